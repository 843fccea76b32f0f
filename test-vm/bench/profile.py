"""perf in dom0 while a job runs: where the back spends its time."""
import os

from vm.host import HarnessError, say

from . import arms, jobs
from .session import open_session
from .store import OUT

SECONDS = 90    # the job is stopped when enough was seen


def run(image, wanted, arm):
    """Writes out/bench/profile/JOB-ARM.txt; the exit status."""
    names = matching_or_fail(wanted)
    if arm not in arms.ARMS:
        raise HarnessError(f"there is no arm {arm}; there are {', '.join(arms.ARMS)}")
    folder = os.path.join(OUT, "profile")
    os.makedirs(folder, exist_ok=True)
    name = names[0]
    say(f"{name} on {arm}, about a minute")
    with open_session(image, jobs.texts(names[:1], SECONDS)) as session:
        session.run(f"/job/bench/profile {arm} null_blk {name}{jobs.COUNTED}", 240)
        text = session.fetch("/run/bench/profile.txt")
    path = os.path.join(folder, f"{name}-{arm}.txt")
    with open(path, "wb") as target:
        target.write(text)
    for line in text.decode("utf-8", "replace").splitlines()[:45]:
        print(line)
    say(f"all of it, with call chains: {os.path.relpath(path)}")
    return 0


def matching_or_fail(wanted):
    names = jobs.matching(wanted)
    if not names:
        raise HarnessError(f"there is no job {wanted}; there are {', '.join(jobs.JOBS)}")
    return names

"""Where both CPUs spend their time while a job runs; and perf's call chains of dom0."""
import os
import threading

from vm.host import HarnessError, say

from . import arms, jobs, samples
from .session import open_session
from .store import OUT

SECONDS = 90    # the job is stopped when enough was seen
LOOK = 12       # at both CPUs
DEADLINE = 240
READY = b"@ready"


def run(dom0, wanted, arm):
    """Writes out/bench/profile/JOB-ARM.txt; the exit status."""
    names = matching_or_fail(wanted)
    known_arm(arm)
    folder = os.path.join(OUT, "profile")
    os.makedirs(folder, exist_ok=True)
    name = names[0]
    say(f"{name} on {arm}, about a minute")
    with open_session(dom0, jobs.texts(names[:1], SECONDS)) as session:
        found = sampled(session, f"/job/bench/profile {arm} null_blk {name}{jobs.COUNTED} {LOOK}")
        text = text_of(session, found)
    path = os.path.join(folder, f"{name}-{arm}.txt")
    with open(path, "w", encoding="utf-8") as target:
        target.write(text)
    for line in text.splitlines()[:60]:
        print(line)
    say(f"all of it, with call chains: {os.path.relpath(path)}")
    return 0


def sampled(session, command):
    """Runs a command in dom0, looks at the CPUs once it has said that it is ready."""
    ready, output, status = threading.Event(), [], []

    def heard(data):
        output.append(data)
        if READY in b"".join(output):
            ready.set()

    def running():
        try:
            status.append(session.machine.run(command, DEADLINE, heard))
        except (TimeoutError, HarnessError) as error:
            status.append(error)
        ready.set()

    thread = threading.Thread(target=running)
    thread.start()
    ready.wait()
    found = [] if status else samples.take(session.machine, LOOK)
    thread.join()
    if status != [0]:
        raise HarnessError(f"the job was not seen to its end ({status[0]}):\n"
                           + b"".join(output).decode("utf-8", "replace")[-1500:])
    return found


def text_of(session, found):
    def fetch(name):
        return session.fetch(f"/run/bench/{name}").decode("utf-8", "replace")

    kernels = [samples.Symbols(fetch(f"symbols-{name}")) for name in ("dom0", "guest")]
    xen = samples.Symbols(fetch("symbols-xen"))
    perf = fetch("profile.txt")
    head, _, chains = perf.partition("\n")
    return "\n".join([head, "", *samples.report(found, kernels, xen), chains])


def known_arm(arm):
    if arm not in arms.ARMS:
        raise HarnessError(f"there is no arm {arm}; there are {', '.join(arms.ARMS)}")
    return arm


def matching_or_fail(wanted):
    names = jobs.matching(wanted)
    if not names:
        raise HarnessError(f"there is no job {wanted}; there are {', '.join(jobs.JOBS)}")
    return names

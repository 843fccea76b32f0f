"""One boot of the test VM, made ready for measuring."""
import contextlib
import os
import tarfile
import tempfile
import time

from vm import catalog, guests, job, snapshot
from vm.host import HERE, HarnessError
from vm.runner import UNPACK

from .arms import ARMS, DEVICES
from .counter import Counter
from .quiet import Quiet

FOLDER = os.path.join(HERE, "bench", "dom0")
SETUP_SECONDS = 120


class Session:
    """
    A machine whose dom0 has the benchmark's programs; `facts` is what it told of itself.
    `counter` is None where instructions are not counted.
    """

    def __init__(self, machine, counter=None):
        self.machine = machine
        self.counter = counter
        self.facts = {}
        self.quiet = Quiet(machine.process.pid)

    def run(self, command, seconds):
        """Output of a command in dom0; a HarnessError with its end if it fails."""
        chunks = []
        try:
            status = self.machine.run(command, seconds, chunks.append)
        except TimeoutError as error:
            status, chunks = -1, chunks + [f"\n{error}".encode()]
        text = b"".join(chunks).decode("utf-8", "replace")
        if status:
            tail = "\n".join(line for line in text.splitlines()
                             if not line.startswith("@sample"))[-1500:]
            raise HarnessError(f"in the VM, '{command}' failed ({status}):\n{tail}")
        return text

    def fetch(self, path):
        """The bytes of a file of dom0."""
        chunks = []
        if self.machine.run(f"cat {path}", 60, chunks.append):
            raise HarnessError(f"there is no {path} in dom0")
        return b"".join(chunks)


def sampler():
    return guests.program("bench-sample", [os.path.join(FOLDER, "sample.c")], "-lxenctrl")


def _add_bench(path, jobs, devices):
    """Adds the benchmark's own files to a job tar."""
    with tarfile.open(path, "a") as tar:
        job.add_folder(tar, FOLDER, "job/bench", lambda full: not full.endswith(".c"))
        tar.add(sampler(), "job/bench/sample")
        for name, arm in ARMS.items():
            job.add_bytes(tar, f"job/bench/arms/{name}", arm.text().encode())
        for name, text in jobs.items():
            job.add_bytes(tar, f"job/bench/jobs/{name}", text.encode())
        listed = "".join(f"{name} {command}\n" for name, command in devices.items())
        job.add_bytes(tar, "job/bench/device-list", listed.encode())


@contextlib.contextmanager
def open_session(dom0, jobs, devices=None, guest="bench1", counting=False):
    """jobs: {name: text of the job file}; devices: as arms.DEVICES."""
    test = catalog.Test(os.path.join(FOLDER, "in-bench"), "bench", dom0.lane, GUESTS=guest,
                        FRONT="ours", BACK="ours")
    with tempfile.TemporaryDirectory(prefix="xvbd-bench-") as scratch:
        tar = os.path.join(scratch, "job.tar")
        job.build(test, tar)
        _add_bench(tar, jobs, devices or DEVICES)
        counter = Counter(os.path.join(scratch, "counts")) if counting else None
        more = counter.arguments() if counter else ()
        with snapshot.resume(dom0, test.guests, tar, more) as machine:
            session = Session(machine, counter)
            session.run(f"date -s @{time.time():.0f} >/dev/null; {UNPACK}", 60)
            text = session.run(f"GUEST={guest} /job/bench/setup", SETUP_SECONDS)
            for line in text.splitlines():
                if line.startswith("@"):
                    name, _, value = line[1:].partition(" ")
                    session.facts[name] = value.strip()
            yield session

"""Runs tests in resumed snapshots and brings back their verdicts and logs."""
import contextlib
import io
import os
import tarfile
import tempfile
import threading
import time

from .host import HarnessError, say
from . import job, snapshot

SKIPPED = 77
GRACE = 90  # seconds beyond a test's limit for set-up and checks
PROGRESS_SECONDS = 60
MOST_IN_ONE_VM = 25
UNPACK = ("dd if=/dev/vdb bs=1M iflag=direct status=none | "
          "tar -xmf - -C / --no-same-owner")
# What does not belong to the next test too, as job.build_next() leaves it.
CLEAN_UP = "cd /job && GLOBIGNORE=bin:docs:lib:modules && rm -rf * /tmp/* /var/tmp/* && cd /"


class Verdict:
    """
    How a test went: passed, failed or skipped, with the reasons; `earlier` are the tests that
    ran in the same VM before it.
    """

    def __init__(self, status, reasons, seconds, earlier=()):
        self.status = status
        self.reasons = reasons
        self.seconds = seconds
        self.earlier = earlier

    @property
    def passed(self):
        return self.status == 0

    @property
    def skipped(self):
        return self.status == SKIPPED


class Progress:
    """Says every minute that a test is still running, with the last line of its output."""

    def __init__(self, name, on_output):
        self._name = name
        self._on_output = on_output
        self._tail = b""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self.take

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def take(self, data):
        """Output of the test, which goes on to whoever wants it."""
        self._tail = (self._tail + data)[-400:]
        self._on_output(data)

    def _speak(self):
        seconds = 0
        while not self._ended.wait(PROGRESS_SECONDS):
            seconds += PROGRESS_SECONDS
            lines = self._tail.decode("utf-8", "replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), "no output yet")
            say(f"{self._name}: {seconds} s, still running: {last[:150]}")


class Bench:
    """
    Where tests run, one after another. A VM serves the next test too if that needs the same
    lane, and if the one before has passed and left everything as it was.
    """

    def __init__(self):
        self._vm = contextlib.ExitStack()
        self._machine = None
        self._key = None
        self._earlier = []      # the tests that this VM has run

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the VM, if there is one."""
        self._machine, self._key, self._earlier = None, None, []
        self._vm.close()

    def in_use(self):
        return self._machine is not None

    @staticmethod
    def key(dom0, test):
        """What two tests in one VM have in common."""
        return (dom0, tuple(test.guests), test.script, test.seeded)

    def has_vm_for(self, dom0, test):
        return self._machine is not None and not test.fresh and self._key == self.key(dom0, test)

    def run(self, dom0, test, folder, on_output):
        """
        Runs test; its output goes to on_output(bytes) as it comes. Logs end up in
        folder. A VM that hangs or dies is the test's failure, not an exception.
        """
        snapshot.ensure(dom0, test.guests)
        start = time.monotonic()
        if not self.has_vm_for(dom0, test):
            self.close()
        earlier = list(self._earlier)
        with Progress(test.name, on_output) as take:
            status, reasons, clean = self._run(dom0, test, folder, take)
        self._earlier.append(test.name)
        if not clean or test.fresh or len(self._earlier) >= MOST_IN_ONE_VM:
            self.close()
        return Verdict(status, reasons, time.monotonic() - start, earlier)

    def _run(self, dom0, test, folder, on_output):
        with tempfile.TemporaryDirectory(prefix="xvbd-job-") as scratch:
            tar = os.path.join(scratch, "job.tar")
            if self._machine:
                job.build_next(test, tar)
                self._machine.change_job(tar)
            else:
                job.build(test, tar)
                self._machine = self._vm.enter_context(
                    snapshot.resume(dom0, test.guests, tar))
                self._key = self.key(dom0, test)
        try:
            result = _run_in(self._machine, test, bool(self._earlier), folder, on_output)
        except (TimeoutError, HarnessError) as error:
            result = 1, [f"the VM: {error}"], False
        _keep(self._machine.console, os.path.join(folder, "console.log"))
        return result


def run(dom0, test, folder, on_output):
    """Runs one test in a VM of its own."""
    with Bench() as bench:
        return bench.run(dom0, test, folder, on_output)


def _run_in(machine, test, again, folder, on_output):
    """The status, the reasons, and whether another test may run in the same VM."""
    first = CLEAN_UP if again else f"date -s @{time.time():.0f} >/dev/null"
    limit = test.timeout + GRACE * test.lane.slow
    try:
        status = machine.run(f"{first}; {UNPACK} && exec /job/lib/run", limit, on_output)
    except TimeoutError:
        return 1, [f"dom0 did not come back within {limit} s"], False
    files = _fetch(machine)
    for name, data in files.items():
        if name.startswith("logs/"):
            _keep_bytes(data, os.path.join(folder, name[len("logs/"):]))
    changes = files.get("changes")
    if changes:
        _keep_bytes(changes, os.path.join(folder, "changes"))
    if "result" not in files:
        return 1, ["the job could not be unpacked in dom0, or its logs not be fetched"], False
    reasons = files["result"].decode("utf-8", "replace").splitlines()
    return status, reasons, status in (0, SKIPPED) and changes == b""


def _fetch(machine):
    """The files that a test has left in the job's folder, by name."""
    chunks, files = [], {}
    machine.run("cd /job && tar -cf - --ignore-failed-read result changes logs 2>/dev/null", 60,
                chunks.append)
    with contextlib.suppress(tarfile.TarError):
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            for member in tar:
                if member.isfile():
                    files[member.name] = tar.extractfile(member).read()
    return files


def _keep(source, target):
    with open(source, "rb") as data:
        _keep_bytes(data.read(), target)


def _keep_bytes(data, path):
    with open(path, "wb") as target:
        target.write(data)

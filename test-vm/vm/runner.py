"""Runs one test in a resumed snapshot and brings back its verdict and logs."""
import os
import tarfile
import tempfile
import time

from .host import HarnessError
from . import job, snapshot

SKIPPED = 77
GRACE = 90  # seconds beyond a test's limit for set-up and checks
UNPACK = ("dd if=/dev/vdb bs=1M iflag=direct status=none | "
          "tar -xmf - -C / --no-same-owner")


class Verdict:
    """How a test went: passed, failed or skipped, with the reasons."""

    def __init__(self, status, reasons, seconds):
        self.status = status
        self.reasons = reasons
        self.seconds = seconds

    @property
    def passed(self):
        return self.status == 0

    @property
    def skipped(self):
        return self.status == SKIPPED


def run(dom0, test, folder, on_output):
    """
    Runs test; its output goes to on_output(bytes) as it comes. Logs end up in
    folder. A VM that hangs or dies is the test's failure, not an exception.
    """
    snapshot.ensure(dom0, test.guests)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="xvbd-job-") as scratch:
        tar = os.path.join(scratch, "job.tar")
        job.build(test, tar)
        with snapshot.resume(dom0, test.guests, tar) as machine:
            try:
                status, reasons = _run_in(machine, test, folder, on_output)
            except (TimeoutError, HarnessError) as error:
                status, reasons = 1, [f"the VM: {error}"]
            _keep(machine.console, os.path.join(folder, "console.log"))
    return Verdict(status, reasons, time.monotonic() - start)


def _run_in(machine, test, folder, on_output):
    if machine.run(f"date -s @{time.time():.0f} >/dev/null; {UNPACK}", 60, on_output):
        return 1, ["the job could not be unpacked in dom0"]
    try:
        status = machine.run("exec /job/lib/run", test.timeout + GRACE, on_output)
    except TimeoutError:
        return 1, [f"dom0 did not come back within {test.timeout + GRACE} s"]
    text = []
    machine.run("cat /job/result", 30, text.append)
    reasons = b"".join(text).decode("utf-8", "replace").splitlines()
    _fetch_logs(machine, folder)
    return status, reasons


def _fetch_logs(machine, folder):
    path = os.path.join(folder, "logs.tar")
    with open(path, "wb") as target:
        machine.run("tar -C /job -cf - logs", 60, target.write)
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile():
                    _keep_bytes(tar.extractfile(member).read(),
                                os.path.join(folder, os.path.basename(member.name)))
    except tarfile.TarError:
        pass
    os.unlink(path)


def _keep(source, target):
    with open(source, "rb") as data:
        _keep_bytes(data.read(), target)


def _keep_bytes(data, path):
    with open(path, "wb") as target:
        target.write(data)

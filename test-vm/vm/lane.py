"""
Lanes: a booted dom0 with a set of guests, saved once and resumed for each test.

A lane lives in the cache as a folder with `disk.qcow2`, an overlay on the image
that is never written again, and `state`, QEMU's migration stream. Resuming makes
a throw-away overlay on top, so that no run can damage a lane.
"""
import contextlib
import os
import shutil
import subprocess
import tempfile
import time

from .host import HarnessError, cache_dir, hash_of, say, tail
from .machine import Machine, fingerprint
from . import guests

BOOT_SECONDS = 240
GUEST_SECONDS = 240


KEEP_LANES = 12
KEEP_IMAGES = 3


def lane_name(guest_names, xenstored):
    """A lane's name for people: pv1+pv2, none@xenstored."""
    name = "+".join(guest_names) or "none"
    return name if xenstored == "oxenstored" else f"{name}@{xenstored}"


def lane_dir(image, guest_names, xenstored):
    """The lane's place in the cache; its name holds a hash of all it depends on."""
    key = hash_of(os.path.basename(image), fingerprint(xenstored),
                  *(guests.config(name) for name in guest_names))
    return os.path.join(cache_dir(), f"lane-{lane_name(guest_names, xenstored)}-{key}")


def prune(image):
    """Removes what was not used for longest. Only for the holder of the VM's lock."""
    def oldest_first(prefix):
        paths = [entry.path for entry in os.scandir(cache_dir())
                 if entry.is_dir() and entry.name.startswith(prefix)]
        return sorted(paths, key=os.path.getmtime)

    os.utime(image)
    for path in oldest_first("image-")[:-KEEP_IMAGES] + oldest_first("lane-")[:-KEEP_LANES]:
        shutil.rmtree(path, ignore_errors=True)
    for path in oldest_first(".lane-"):     # of a run that was killed
        shutil.rmtree(path, ignore_errors=True)


def overlay(backing, path):
    try:
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2",
                        "-b", backing, path], check=True)
    except FileNotFoundError:
        raise HarnessError("qemu-img is missing: run test-vm/install-deps") from None
    except subprocess.CalledProcessError:
        raise HarnessError(f"qemu-img cannot make an overlay of {backing}") from None


def wait_for(machine, what, command, seconds):
    """Runs command in dom0; any failure becomes a sentence with the log's tail."""
    captured = []
    try:
        status = machine.run(command, seconds, captured.append)
        why = f"failed with status {status}"
    except TimeoutError as error:
        status, why = -1, str(error)
    if status:
        log = machine.keep_console()
        shown = b"".join(captured).decode("utf-8", "replace").strip()
        raise HarnessError(f"{what}: {why}\n{shown}\n--- last lines of the console\n"
                           f"{tail(log)}\n--- the whole console: {log}")


def bring_up(machine, guest_names):
    """Waits for dom0's toolstack, creates the guests, waits for their agents."""
    start = time.monotonic()
    wait_for(machine, "dom0 did not come up", "xl info >/dev/null", BOOT_SECONDS)
    say(f"dom0 is up after {time.monotonic() - start:.0f} s")
    for name in guest_names:
        wait_for(machine, f"guest {name} was not created", guests.create_command(name),
                 GUEST_SECONDS)
    for name in guest_names:
        wait_for(machine, f"guest {name} does not answer", guests.wait_command(name),
                 GUEST_SECONDS)
        say(f"guest {name} answers after {time.monotonic() - start:.0f} s")
    wait_for(machine, "dom0 does not settle", guests.SETTLE, 60)


def make_in(work, image, guest_names, xenstored):
    """Makes a lane's files in the folder work."""
    disk = os.path.join(work, "disk.qcow2")
    overlay(os.path.join(image, "dom0.qcow2"), disk)
    job = guests.tool_tar(work, guests.tool())
    with Machine(image, disk, xenstored, job=job) as machine:
        bring_up(machine, guest_names)
        machine.save(os.path.join(work, "state"))
    os.unlink(job)
    os.chmod(work, 0o755)


def make_with_patience(work, image, guest_names, xenstored):
    """As make_in; emulated PVH guests hang now and then as they boot, so it tries twice."""
    try:
        make_in(work, image, guest_names, xenstored)
    except HarnessError as error:
        say("it did not come up; trying once more. What happened:")
        for line in str(error).splitlines():
            say("  " + line)
        for name in os.listdir(work):
            os.unlink(os.path.join(work, name))
        make_in(work, image, guest_names, xenstored)


def build(image, guest_names, xenstored):
    """Makes a lane and moves it to its place in the cache when it is complete."""
    target = lane_dir(image, guest_names, xenstored)
    say(f"booting lane {lane_name(guest_names, xenstored)} once, to snapshot it")
    start = time.monotonic()
    work = tempfile.mkdtemp(prefix=".lane-", dir=cache_dir())
    try:
        make_with_patience(work, image, guest_names, xenstored)
        with contextlib.suppress(OSError):
            os.rename(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"snapshot made in {time.monotonic() - start:.0f} s "
        f"({os.path.getsize(os.path.join(target, 'state')) >> 20} MiB)")


def exists(image, guest_names, xenstored):
    """Whether the lane is in the cache."""
    return os.path.isdir(lane_dir(image, list(guest_names), xenstored))


def ensure(image, guest_names, xenstored):
    """The lane's folder; makes the lane if it is not in the cache."""
    lane = lane_dir(image, guest_names, xenstored)
    if not os.path.isdir(lane):
        build(image, guest_names, xenstored)
    os.utime(lane)
    return lane


@contextlib.contextmanager
def resume(image, guest_names, xenstored, job):
    """A machine that goes on from the lane's snapshot, with `job` (a tar) on its job disk."""
    lane = ensure(image, guest_names, xenstored)
    scratch = tempfile.mkdtemp(prefix="xvbd-disk-")
    try:
        disk = os.path.join(scratch, "disk.qcow2")
        overlay(os.path.join(lane, "disk.qcow2"), disk)
        with Machine(image, disk, xenstored, os.path.join(lane, "state"), job) as machine:
            yield machine
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

"""
Snapshots: a booted dom0 with a set of guests, saved once and resumed for each test.

A snapshot lives in the cache as a folder with `disk.qcow2`, an overlay on the image,
`ram`, the memory, and `state`, QEMU's migration stream. None of them is written again.
Resuming makes a throw-away overlay on top of the disk, and maps the memory privately.
"""
import contextlib
import errno
import os
import shutil
import subprocess
import tempfile
import time

from .host import HarnessError, cache_dir, ending, hash_of, say, tail
from .machine import Machine, fingerprint
from . import guests

BOOT_SECONDS = 240
GUEST_SECONDS = 240


# How many folders of a kind the cache keeps. Those of all lanes are 50 snapshots, 8 images.
KEEP = {"snapshot-": 64, "image-": 12, "base-": 8, "kernel-": 8, "buildroot-": 4, "lane-": 0}
KEEP_SECONDS = 6 * 3600  # what was used since then may still be in use
MAKING_SECONDS = 3600  # no snapshot takes longer to make


def title(dom0, guest_names):
    """A snapshot's name for people: deb12-pv1+pv2, smp-none-xenstored."""
    words = [dom0.lane.name, "+".join(guest_names) or "none"]
    if dom0.xenstored != "oxenstored":
        words.append(dom0.xenstored)
    return "-".join(words)


def folder_of(dom0, guest_names):
    """The snapshot's place in the cache; its name holds a hash of all it depends on."""
    key = hash_of(os.path.basename(dom0.image), fingerprint(dom0),
                  *(guests.config(dom0.lane, name) for name in guest_names))
    return os.path.join(cache_dir(), f"snapshot-{title(dom0, guest_names)}-{key}")


def prune(images):
    """
    Removes what was not used for longest. Only for the holder of all slots. Every run marks
    what it is going to use by the time of the folder.
    """
    def oldest_first(prefix):
        paths = [entry.path for entry in os.scandir(cache_dir())
                 if entry.is_dir() and entry.name.startswith(prefix)]
        return sorted(paths, key=os.path.getmtime)

    for image in images:
        os.utime(image)
    for prefix, most in KEEP.items():
        found = oldest_first(prefix)
        for path in found[:max(0, len(found) - most)]:
            if time.time() - os.path.getmtime(path) > KEEP_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
    for path in oldest_first(".snapshot-"):     # of a run that was killed, or of one at work
        if time.time() - os.path.getmtime(path) > MAKING_SECONDS:
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


def bring_up(machine, lane, guest_names):
    """Waits for dom0's toolstack, creates the guests, waits for their agents."""
    start = time.monotonic()
    wait_for(machine, "dom0 did not come up", "xl info >/dev/null", BOOT_SECONDS * lane.slow)
    say(f"dom0 is up after {time.monotonic() - start:.0f} s")
    for name in guest_names:
        wait_for(machine, f"guest {name} was not created", guests.create_command(lane, name),
                 GUEST_SECONDS * lane.slow)
    for name in guest_names:
        wait_for(machine, f"guest {name} does not answer", guests.wait_command(name),
                 GUEST_SECONDS * lane.slow)
        say(f"guest {name} answers after {time.monotonic() - start:.0f} s")
    wait_for(machine, "dom0 does not settle", guests.SETTLE, 60)


def nearest(dom0, guest_names):
    """How many of the guests, the first ones, a snapshot in the cache has; None: there is none."""
    for count in range(len(guest_names) - 1, -1, -1):
        if exists(dom0, guest_names[:count]):
            return count
    return None


@contextlib.contextmanager
def memory_file():
    """A descriptor of a file in the host's memory, which nothing is left of when it is closed."""
    memory = os.memfd_create("xvbd-ram")
    try:
        yield memory
    finally:
        os.close(memory)


def copy(source, target):
    """Copies a file that is mostly zeroes; either may be a descriptor."""
    paths = [f"/proc/self/fd/{one}" if isinstance(one, int) else one for one in (source, target)]
    descriptors = [one for one in (source, target) if isinstance(one, int)]
    result = subprocess.run(["cp", "--sparse=always", *paths], check=False, pass_fds=descriptors,
                            stderr=subprocess.PIPE, text=True)
    if result.returncode:
        raise HarnessError(f"a snapshot could not be copied: {result.stderr.strip()}")


def make_in(work, dom0, guest_names, have):
    """
    Makes a snapshot's files in the folder work: from the image, or, which saves the boot of
    dom0, from the snapshot that has the first `have` of the guests.
    """
    disk = os.path.join(work, "disk.qcow2")
    with memory_file() as memory:
        if have is None:
            state = None
            overlay(os.path.join(dom0.image, "dom0.qcow2"), disk)
        else:
            folder = folder_of(dom0, guest_names[:have])
            os.utime(folder)
            state = os.path.join(folder, "state")
            copy(os.path.join(folder, "disk.qcow2"), disk)
            copy(os.path.join(folder, "ram"), memory)
        job = guests.tool_tar(work, guests.tool())
        with Machine(dom0, disk, memory, state, job) as machine:
            bring_up(machine, dom0.lane, guest_names[have or 0:])
            machine.save(os.path.join(work, "state"))
        copy(memory, os.path.join(work, "ram"))
    os.chmod(os.path.join(work, "ram"), 0o644)
    os.unlink(job)
    os.chmod(work, 0o755)


def make_with_patience(work, dom0, guest_names):
    """
    As make_in. Emulated PVH guests hang now and then as they boot, so it tries twice, the second
    time from the image: what it began with may be at fault.
    """
    try:
        make_in(work, dom0, guest_names, nearest(dom0, guest_names))
    except HarnessError as error:
        if ending():
            raise
        say("it did not come up; trying once more. What happened:")
        for line in str(error).splitlines():
            say("  " + line)
        for name in os.listdir(work):
            os.unlink(os.path.join(work, name))
        make_in(work, dom0, guest_names, None)


def build(dom0, guest_names):
    """Makes a snapshot and moves it to its place in the cache when it is complete."""
    target = folder_of(dom0, guest_names)
    say(f"booting {title(dom0, guest_names)} once, to snapshot it (up to 40 s)")
    start = time.monotonic()
    work = tempfile.mkdtemp(prefix=".snapshot-", dir=cache_dir())
    try:
        make_with_patience(work, dom0, guest_names)
        try:
            os.rename(work, target)
        except OSError as error:        # another run has made the same one
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"snapshot made in {time.monotonic() - start:.0f} s "
        f"({os.stat(os.path.join(target, 'ram')).st_blocks >> 11} MiB)")


def exists(dom0, guest_names):
    """Whether the snapshot is in the cache."""
    return os.path.isdir(folder_of(dom0, guest_names))


def ensure(dom0, guest_names):
    """The snapshot's folder; makes it if it is not in the cache."""
    folder = folder_of(dom0, guest_names)
    if not os.path.isdir(folder):
        build(dom0, guest_names)
    os.utime(folder)
    return folder


@contextlib.contextmanager
def resume(dom0, guest_names, job, more=()):
    """
    A machine that goes on from the snapshot, with `job` (a tar) on its job disk. `more` are
    arguments of QEMU that change nothing of the machine.
    """
    folder = ensure(dom0, guest_names)
    scratch = tempfile.mkdtemp(prefix="xvbd-disk-")
    try:
        disk = os.path.join(scratch, "disk.qcow2")
        overlay(os.path.join(folder, "disk.qcow2"), disk)
        with Machine(dom0, disk, os.path.join(folder, "ram"), os.path.join(folder, "state"),
                     job, more) as machine:
            yield machine
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

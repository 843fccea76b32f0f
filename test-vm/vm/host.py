"""What the host offers: the cache folder, the machine-wide lock, messages."""
import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(HERE)


class HarnessError(Exception):
    """Something that a person must put right; str() is the sentence to print."""


def cache_dir():
    path = os.environ.get("XVBD_CACHE")
    if not path:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        path = os.path.join(base, "xen-vbd")
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise HarnessError(f"cannot make the cache folder {path} ({error.strerror}); "
                           "set XVBD_CACHE to one that can be written") from None
    return path


def say(text):
    """A progress line; TAP readers take it for a comment."""
    print(f"# {text}", flush=True)


def time_is_up():
    """Whether no more tests are to be begun: UNTIL, a time of the host's clock, has passed."""
    text = os.environ.get("UNTIL") or "0"
    if not text.isdigit():
        raise HarnessError(f"UNTIL={text} is not a time in seconds, as date +%s prints it")
    return 0 < int(text) <= time.time()


def hash_of(*items):
    """A short hash over strings and over the contents of files that exist."""
    digest = hashlib.sha256()
    for item in items:
        if os.path.isfile(item):
            with open(item, "rb") as source:
                digest.update(source.read())
        else:
            digest.update(item.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


VM_GIB = 5


def _memory_gib():
    return (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 30


def check_memory():
    """Says in time that the host is too small for a VM."""
    if _memory_gib() < VM_GIB:
        raise HarnessError(f"the test VM takes {VM_GIB} GiB of memory, and this host has "
                           f"{_memory_gib()} GiB")


def _vms_that_fit():
    """A VM keeps a bit less than one processor busy."""
    return max(1, min(2, len(os.sched_getaffinity(0)), _memory_gib() // 8))


def jobs():
    """How many VMs this run may have at once: JOBS, or as many as fit."""
    text = os.environ.get("JOBS")
    if text:
        if not text.isdigit() or not 1 <= int(text) <= 16:
            raise HarnessError(f"JOBS={text} is not a number of VMs from 1 to 16")
        return int(text)
    return _vms_that_fit()


def slots():
    """How many VMs may run on this machine at once: a run with fewer leaves room for others."""
    return max(jobs(), _vms_that_fit())


def _slot(number):
    # "a": the file must not be emptied under its holder
    path = os.path.join(cache_dir(), f"vm.lock.{number}" if number else "vm.lock")
    return open(path, "a", encoding="ascii")


WAITING = "other runs have the test VM, waiting for one to end"


def _take_one(locks):
    """Tries to hold one of the locks; returns whether it does."""
    for lock in locks:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


_ending = threading.Event()


def stop_waiting():
    """Has the threads that wait for a slot give up: the run ends."""
    _ending.set()


def ending():
    """Whether the run ends: what fails from then on is not tried again."""
    return _ending.is_set()


def _wait_for_one(locks):
    """
    Holds one of the locks when it returns. Any of them may be released first, and a thread
    that waits in flock() cannot be told that the run ends: it asks again and again.
    """
    while not _take_one(locks):
        if _ending.wait(0.2):
            raise HarnessError("the run was ended while it waited for the test VM")


@contextlib.contextmanager
def _queue():
    """Held by whoever is next to get a slot: a run that ends one test waits behind others."""
    path = os.path.join(cache_dir(), "vm.queue")
    with open(path, "a", encoding="ascii") as queue:
        if not _take_one([queue]):
            say(WAITING)
            _wait_for_one([queue])
        yield


def others_wait():
    """Whether somebody waits for a slot."""
    with open(os.path.join(cache_dir(), "vm.queue"), "a", encoding="ascii") as queue:
        return not _take_one([queue])


@contextlib.contextmanager
def vm_slot(count):
    """Holds one of `count` machine-wide locks, each of which lets one QEMU run."""
    with contextlib.ExitStack() as opened:
        locks = [opened.enter_context(_slot(number)) for number in range(count)]
        start = time.monotonic()
        with _queue():
            if not _take_one(locks):
                say(WAITING)
                _wait_for_one(locks)
        waited = time.monotonic() - start
        if waited >= 1:
            say(f"waited {waited:.0f} s")
        yield


@contextlib.contextmanager
def all_slots(count):
    """Holds every one of them: nobody else's VM runs."""
    with contextlib.ExitStack() as opened:
        with _queue():
            for number in range(count):
                fcntl.flock(opened.enter_context(_slot(number)), fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def slots_if_idle(count):
    """Holds every one of them if nobody's VM runs; yields whether it does. Does not wait."""
    with contextlib.ExitStack() as opened:
        yield all(_take_one([opened.enter_context(_slot(number))]) for number in range(count))


def _build(script, *arguments, failure, **environment):
    """What a script of test-vm that builds something prints; its progress goes to stdout."""
    result = subprocess.run([os.path.join(HERE, script), *arguments], check=False,
                            stdout=subprocess.PIPE, stderr=sys.stdout, text=True,
                            env={**os.environ, **environment})
    if result.returncode:
        raise HarnessError(failure)
    return result.stdout.strip()


def build_image(lane, kind=""):
    """The folder of a lane's image; builds it if it is not in the cache."""
    return _build("build-image", *[kind] * bool(kind), LANE=lane.name,
                  failure=f"the image of lane {lane.name} could not be built")


def keep_releases(kernels):
    """From here on, each suite's kernel is the one that is the newest now."""
    for kernel in kernels:
        if kernel != "bookworm" and not kernel.startswith("debug-"):
            release = _build("build-image", "--release", kernel,
                             failure=f"the newest kernel of {kernel} is not known")
            os.environ["RELEASE_" + kernel.replace("-", "_")] = release


def build_pair(kernel, seeded=""):
    """
    Builds the pair for a kernel, what has changed; with a fault on purpose, or without. For
    the host's kernel make has built it in place.
    """
    if kernel != "bookworm":
        _build("build-pair", kernel, failure=f"the pair could not be built for kernel {kernel}",
               SEEDED=seeded)


def tail(path, lines=15):
    """The last lines of a text file, or what stands in for them."""
    try:
        with open(path, "rb") as source:
            source.seek(0, os.SEEK_END)
            source.seek(max(0, source.tell() - 16384))
            text = source.read().decode("utf-8", "replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.replace("\r", "").splitlines()[-lines:])

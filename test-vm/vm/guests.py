"""The guests that a lane can have, and how dom0 makes them."""
import os
import subprocess
import tarfile
import threading

from .host import HERE, TOP, HarnessError, cache_dir, hash_of

# How guests of a name are made: Xen's type, MiB of memory, virtual CPUs.
KINDS = {"pv": ("pv", 448, 1), "pvh": ("pvh", 448, 1), "smp": ("pv", 448, 2),
         "bench": ("pv", 448, 1)}

# Guests that read the TSC themselves, as dom0 does. Xen does not trust that of an
# emulated machine, and emulates it for other guests: a trap for each look at the
# clock, of which fio takes several an I/O.
OWN_CLOCK = ("bench",)

XEN_BIN = "/usr/lib/test-vm/xen/bin"
ANSWER_SECONDS = 90

COMMON = os.path.join(TOP, "common")

SETTLE = "udevadm settle -t 30; sync; echo 3 >/proc/sys/vm/drop_caches; sleep 1"


def kind(name):
    """What a guest is, from its name: pv1, pv2, pvh1, smp1..."""
    base = name.rstrip("0123456789")
    if base not in KINDS or base == name:
        raise HarnessError(f"no guest is called {name}; there are pv1, pv2, ..., pvh1, ... "
                           "and smp1, ...")
    return KINDS[base]


def config(lane, name):
    """xl's configuration of a guest; its virtual CPUs are away from dom0's."""
    xen_type, memory, vcpus = kind(name)
    vcpus = max(vcpus, lane.guest_cpus)
    own_clock = name.rstrip("0123456789") in OWN_CLOCK
    clock = " clocksource=tsc tsc=reliable" if own_clock else ""
    return "; ".join((
        f"name='{name}'", f"type='{xen_type}'", f"kernel='/guest/{xen_type}/vmlinux'",
        f"ramdisk='/guest/{xen_type}/guest.initrd'", f"memory={memory}", f"vcpus={vcpus}",
        f"cpus='{lane.guests_on}'", *["tsc_mode='native'"] * own_clock,
        "on_crash='preserve'", "on_reboot='destroy'",
        f"cmdline='console=hvc0 loglevel=1 rdinit=/init{clock}'"))


def create_command(lane, name):
    options = config(lane, name).replace("; ", "\\n")
    return (f"mkdir -p /run/guest && printf \"{options}\\n\" >/run/guest/{name}.cfg && "
            f"xl create -q /run/guest/{name}.cfg")


def wait_command(name):
    """Waits for a guest's agent; if it does not answer, prints what Xen knows of it."""
    return ("mkdir -p /run/tool && dd if=/dev/vdb bs=1M iflag=direct status=none | "
            "tar -xf - -C /run/tool; "
            f"GUEST_DEAD_SECONDS={ANSWER_SECONDS} /run/tool/guest {name} uname -r && "
            "rm -r /run/tool && exit; "
            f"xl list; {XEN_BIN}/lsevtchn $(xl domid {name}); "
            f"{XEN_BIN}/xenctx -S $(xl domid {name}); xl debug-keys eq; exit 1")


def program(name, sources, *options):
    """A program for dom0, compiled once for each version of its source."""
    folder = os.path.join(HERE, "agent")
    headers = [os.path.join(place, file) for place in (folder, COMMON, os.path.join(COMMON, "block"))
               for file in sorted(os.listdir(place)) if file.endswith(".h")]
    sources = [os.path.join(folder, file) for file in sources]
    path = os.path.join(cache_dir(), f"{name}-{hash_of(*sources, *headers, *options)}")
    if not os.path.exists(path):
        part = f"{path}.{os.getpid()}.{threading.get_ident()}"
        command = ["gcc", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-o", part, *sources, *options]
        try:
            result = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            raise HarnessError("gcc is missing: run test-vm/install-deps") from None
        if result.returncode:
            raise HarnessError(f"{name} does not compile:\n{result.stderr}")
        os.rename(part, path)
    return path


def tool():
    """dom0's end of the guests' agents; static, since it runs before anything is installed."""
    return program("guest-tool", ["guest.c", "console.c", "store.c", "frame.c"], "-static")


def inventory():
    """Counts what exists before and after a test, and collects the logs."""
    return program("inventory", ["inventory.c", "dom0.c", "logs.c", "lines.c", "xen.c",
                                 "console.c", "store.c", "frame.c"], "-static")


def synthetic_front():
    """A front of domain 0 that sends what a test tells it to."""
    return program("synthetic-front", ["synthetic-front.c", "peer.c",
                                       os.path.join(COMMON, "block", "protocol.c")], f"-I{COMMON}")


def split_peer():
    """Either end of a driver of any class, that sends what a test tells it to."""
    return program("split-peer", ["split-peer.c", "peer.c"], f"-I{COMMON}")


def zeroes():
    """Zeroes a part of a block device; static, since tests put it into guests."""
    return program("zeroes", ["zeroes.c"], "-static")


def tool_tar(folder, path):
    """A job with nothing but the tool, for the first boot."""
    name = os.path.join(folder, "tool.tar")
    with tarfile.open(name, "w") as tar:
        tar.add(path, "guest")
    return name

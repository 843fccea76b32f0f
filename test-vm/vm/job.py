"""The job: a tar with all that a test needs inside the VM."""
import gzip
import io
import os
import shlex
import subprocess
import tarfile
import tempfile

from .host import HERE, TOP, HarnessError
from . import classes, guests

MODULES = {"xen-blkfront.ko": "blkfront/xen-blkfront.ko",
           "xen-blkback.ko": "blkback/xen-blkback.ko"}
# Documents that tests compare with what they see.
DOCUMENTS = ("interop.md", "xenstore-walk.md")


def stripped(path):
    """A module's bytes without debug info, which is most of them."""
    with tempfile.NamedTemporaryFile() as target:    # objcopy wants to seek in it
        result = subprocess.run(["objcopy", "--strip-debug", path, target.name], check=False,
                                stderr=subprocess.PIPE, text=True)
        if result.returncode:
            raise HarnessError(f"objcopy cannot strip {path}: {result.stderr}")
        with open(target.name, "rb") as result:         # which may be a new file
            return result.read()


def add_bytes(tar, name, data, mode=0o644):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = mode
    tar.addfile(info, io.BytesIO(data))


def add_link(tar, name, target):
    info = tarfile.TarInfo(name)
    info.type = tarfile.SYMTYPE
    info.linkname = target
    tar.addfile(info)


def add_folder(tar, path, name, wanted=lambda full: True):
    """Adds the wanted regular files under path, in a fixed order."""
    for folder, folders, files in os.walk(path):
        folders.sort()
        for file in sorted(files):
            full = os.path.join(folder, file)
            if wanted(full):
                tar.add(full, os.path.join(name, os.path.relpath(full, path)))


def pair_dir(kernel, seeded=""):
    """Where the pair is built for a kernel: in place for that of the host's headers."""
    if kernel != "bookworm":
        return os.path.join(TOP, "out", "pair", kernel + (f"@{seeded}" if seeded else ""))
    if seeded:
        raise HarnessError("a pair with a fault is built for other kernels than the host's")
    return TOP


def tools_dir(lane):
    """Where agent and vbd are built for dom0. Debug kernels run beside the host's programs."""
    return TOP if lane.kernel.startswith("debug-") else pair_dir(lane.kernel)


def agent_of(lane):
    return os.path.join(tools_dir(lane), "hotplug", "block")


def add_modules(tar, lane, seeded):
    """All modules for dom0's kernel, and for those of PV and of PVH guests."""
    added = {}
    for place, kernel in (("dom0", lane.kernel), ("pv", lane.kernel_of("pv")),
                          ("pvh", lane.kernel_of("pvh"))):
        if kernel in added:
            add_link(tar, f"job/modules/{place}", added[kernel])
            continue
        added[kernel] = place
        tree = pair_dir(kernel, seeded)
        for source in classes.modules(tree):
            module = os.path.basename(source)
            data = stripped(os.path.join(tree, source))
            add_bytes(tar, f"job/modules/{place}/{module}", data)
            if module.endswith("front.ko"):     # guest-put takes it as it is
                add_bytes(tar, f"job/modules/{place}/{module}.gz", gzip.compress(data))


def add_agent(tar, lane):
    """The agent as make install leaves it, beside what Debian has there."""
    tar.add(agent_of(lane), "etc/xen/scripts/block")
    types = ["phy", "file"]
    targets = os.path.join(TOP, "hotplug", "targets")
    for name in sorted(os.listdir(targets)):
        tar.add(os.path.join(targets, name), f"etc/xen/scripts/targets/{name}")
        if os.access(os.path.join(targets, name), os.X_OK):
            types.append(name)
    for name in types:
        if name != "drbd":      # drbd-utils has a block-drbd of its own
            add_link(tar, f"etc/xen/scripts/block-{name}", "block")


def check_built(test):
    """A test on what is built here needs it built; says so in one sentence."""
    wanted = []
    if test.back == "ours":
        wanted.append(("xen-blkback.ko", test.lane.kernel, "BACK"))
    if test.front == "ours":
        for guest in test.guests:
            kernel = test.lane.kernel_of(guests.kind(guest)[0])
            wanted.append(("xen-blkfront.ko", kernel, "FRONT"))
    for module, kernel, field in wanted:
        path = os.path.join(pair_dir(kernel, test.seeded), MODULES[module])
        if not os.path.exists(path):
            raise HarnessError(f"{os.path.relpath(path, TOP)} is not built: run make first "
                               f"(or say '{field}: kernel' in the test)")
    if test.back != "none" and test.script == "ours" and not os.path.exists(agent_of(test.lane)):
        raise HarnessError("hotplug/block is not built: run make first "
                           "(or say 'SCRIPT: debian' in the test)")


def add_test(tar, test, again):
    """What belongs to this test alone."""
    settings = {"TEST_NAME": test.name, "GUESTS": " ".join(test.guests), "FRONT": test.front,
                "BACK": test.back, "SCRIPT": test.script, "TEST_TIMEOUT": str(test.timeout),
                "CLASSES": " ".join(one.name for one in classes.every()),
                "XENSTORED": test.xenstored, "LANE": test.lane.name,
                "SEEDED": test.seeded, "REPORTS": test.reports,
                "SLOW": str(test.lane.slow), "GUESTS_ON": test.lane.guests_on,
                "GUEST_VCPUS": str(test.lane.guest_cpus), "AGAIN": "yes" if again else ""}
    settings.update({name: os.environ.get(name, "") for name in ("SEED", "SOAK", "RECORD")})
    text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
    add_bytes(tar, "job/settings", text.encode())
    tar.add(test.path, "job/test")


def build_next(test, path):
    """Writes the job tar for a test in a VM that has run another one."""
    check_built(test)
    with tarfile.open(path, "w") as tar:
        add_test(tar, test, True)


def build(test, path):
    """Writes the job tar for a test to path; it is unpacked in dom0's root."""
    check_built(test)
    with tarfile.open(path, "w") as tar:
        tar.add(guests.tool(), "job/bin/guest")
        for name in ("guest-put", "guest-domid", "store-read", "store-wait"):
            add_link(tar, f"job/bin/{name}", "guest")
        tar.add(guests.inventory(), "job/bin/inventory")
        tar.add(guests.synthetic_front(), "job/bin/synthetic-front")
        tar.add(guests.split_peer(), "job/bin/split-peer")
        tar.add(guests.zeroes(), "job/bin/zeroes")
        vbd = os.path.join(tools_dir(test.lane), "hotplug", "tool", "vbd")
        if os.path.exists(vbd):
            tar.add(vbd, "job/bin/vbd")
        add_folder(tar, os.path.join(HERE, "lib"), "job/lib")
        for name in DOCUMENTS:
            document = os.path.join(TOP, "docs", name)
            if os.path.exists(document):
                tar.add(document, f"job/docs/{name}")
        add_test(tar, test, False)
        add_modules(tar, test.lane, test.seeded)
        if test.script == "ours" and os.path.exists(agent_of(test.lane)):
            add_agent(tar, test.lane)
        for name, path in classes.scripts().items():
            tar.add(path, f"etc/xen/scripts/hotplug-{name}")
        add_folder(tar, os.path.join(TOP, "udev-rules"), "etc/udev/rules.d",
                   lambda full: full.endswith((".rules", ".example")))
        add_folder(tar, os.path.join(TOP, "udev-rules"), "usr/lib/systemd/system",
                   lambda full: full.endswith(".service"))

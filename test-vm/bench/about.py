"""What was measured, and on what: a run goes on only where all of this is the same."""
import os
import platform
import subprocess

from vm import job
from vm.host import TOP, HarnessError, hash_of
from vm.machine import accelerator, fingerprint


def _modules(lane):
    """A hash over both modules as they go into the VM, for each kernel of the lane."""
    found = []
    for kernel in lane.kernels():
        for _, path in sorted(job.MODULES.items()):
            full = os.path.join(job.pair_dir(kernel), path)
            if not os.path.exists(full):
                raise HarnessError(f"{os.path.relpath(full, TOP)} is not built: run make first")
            found.append(hash_of(full))
    return "+".join(found)


def _revision():
    """What git calls the sources, marked where they differ from that."""
    result = subprocess.run(["git", "-C", TOP, "describe", "--always", "--dirty"], check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return result.stdout.strip() or "unknown"


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as source:
            for line in source:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def this_run(dom0, instrument=None):
    """`instrument` is a file that the figures depend on as well."""
    found = {"instrument": hash_of(instrument)} if instrument else {}
    return {**found, "modules": _modules(dom0.lane), "revision": _revision(),
            "image": os.path.basename(dom0.image),
            "machine": f"{_processor()}, {os.cpu_count()} CPUs, QEMU with {accelerator()}",
            "virtual_machine": hash_of(fingerprint(dom0))}

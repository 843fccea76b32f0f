"""
Where the emulated CPUs are: their instruction pointers, read through QEMU's monitor
while the VM runs. That sees Xen, both kernels and user space alike, and costs the
VM next to nothing.
"""
import bisect
import collections
import re
import time

CPUS = ("dom0's CPU", "the guest's CPU")
XEN = range(0xffff800000000000, 0xffff880000000000)
USER = range(0, 1 << 47)
INTERVAL = 0.003

REGISTERS = re.compile(r"RIP=([0-9a-f]+).*HLT=([01])", re.DOTALL)


def take(machine, seconds):
    """[addresses of CPU 0, of CPU 1]; None where a CPU was halted."""
    found = [[] for _ in CPUS]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for cpu, addresses in enumerate(found):
            text = machine.qmp("human-monitor-command",
                               **{"command-line": "info registers", "cpu-index": cpu})
            address, halted = REGISTERS.search(text).groups()
            addresses.append(None if halted == "1" else int(address, 16))
        time.sleep(INTERVAL)
    return found


class Symbols:
    """Code addresses and their names, from text as in /proc/kallsyms."""

    def __init__(self, text):
        lines = (line.split() for line in text.splitlines())
        self.known = sorted((int(words[0], 16), " ".join(words[2:])) for words in lines
                            if len(words) > 2 and words[1] in "tTwW")

    def name(self, address):
        index = bisect.bisect(self.known, (address, "~")) - 1
        return self.known[index][1] if index >= 0 else f"{address:#x}"


def place(address, kernel, xen):
    """(kind of code, name of the function)"""
    if address is None:
        return "halted", "(halted)"
    if address in USER:
        return "user space", "(user space)"
    if address in XEN:
        return "Xen", f"xen: {xen.name(address)}"
    name = kernel.name(address)
    module = re.search(r"\[(\w+)\]", name)
    return module.group(1) if module else "kernel", name


def report(addresses, kernels, xen, most=25):
    """Lines of text: for each CPU the kinds of code, then the functions."""
    for title, found, kernel in zip(CPUS, addresses, kernels):
        places = [place(address, kernel, xen) for address in found]
        kinds = collections.Counter(kind for kind, _ in places)
        shares = ", ".join(f"{kind} {100 * n / len(places):.1f}%"
                           for kind, n in kinds.most_common())
        yield f"# {title}, {len(places)} samples: {shares}"
        for name, count in collections.Counter(name for _, name in places).most_common(most):
            yield f"{100 * count / len(places):6.1f}%  {name}"
        yield ""

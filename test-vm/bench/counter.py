"""
Counts of what the emulated CPUs execute: counter.c, a plugin of QEMU, writes them to a file.
Programs in dom0 mark moments, and the file has all counts at each of the last marks.
"""
import os
import struct

from vm import guests
from vm.host import HarnessError
from vm.machine import accelerator

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "counter.c")

# The layout of the file, as in counter.c.
CPUS = 8
LAYERS = ("user", "kernel", "module", "Xen")
EVENTS = ("instructions", "locked", "unlocked", "syscall", "CR3", "HLT", "INVLPG", "WRMSR",
          "rep turns", "rep copied", "rep filled")
SLOTS = 16      # for events
MARKS = 4096
COUNTS = struct.Struct(f"={CPUS * len(LAYERS) * SLOTS}Q")
HEAD = 4096
FIRST_MARK = HEAD + COUNTS.size


class Counts:
    """All counts at one moment, or what they grew by."""

    def __init__(self, values):
        self.values = values

    def __sub__(self, before):
        return Counts([b - a for a, b in zip(before.values, self.values)])

    def get(self, cpu, layer, event):
        place = (cpu * len(LAYERS) + LAYERS.index(layer)) * SLOTS + EVENTS.index(event)
        return self.values[place]

    def of(self, cpu):
        """{layer: {event: count}} of a CPU."""
        return {layer: {event: self.get(cpu, layer, event) for event in EVENTS}
                for layer in LAYERS}


class Counter:
    """The plugin in one QEMU, and the file at `path` that it writes to."""

    def __init__(self, path):
        self.path = path

    def arguments(self):
        """What QEMU's command line has in addition."""
        return ["-plugin", f"{plugin()},out={self.path}"]

    def marks(self):
        """How many moments were marked so far."""
        with open(self.path, "rb") as source:
            return struct.unpack("=Q", source.read(8))[0]

    def at(self, first, number):
        """The Counts at `number` marks, from the `first` on."""
        if number > MARKS:
            raise ValueError(f"{number} marks are more than the counter keeps")
        found = []
        with open(self.path, "rb") as source:
            for mark in range(first, first + number):
                source.seek(FIRST_MARK + mark % MARKS * COUNTS.size)
                found.append(Counts(COUNTS.unpack(source.read(COUNTS.size))))
        return found


def plugin():
    """The plugin's path; built once for each version of its source."""
    if accelerator() != "tcg":
        raise HarnessError("instructions can be counted with ACCEL=tcg only")
    return guests.program("bench-counter.so", [SOURCE], "-shared", "-fPIC")

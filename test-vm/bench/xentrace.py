"""
Reads what xentrace writes: hypercalls, by domain and kind.

A record is a header (event in bits 0 to 27, number of further words in 28 to
30, bit 31: two words of TSC come first), then its words. A record of its own
says which CPU the following come from; the benchmark pins dom0 to CPU 0 and the
guest to CPU 1, so that the CPU tells the domain.
"""
import struct

CPU_CHANGE = 0x1F003
LOST_RECORDS = 0x1F001
HYPERCALL = 0x20100D
SUBCALL = 0x20200E      # a call within a multicall

NUMBER = 0xFFFFF        # of a call's first word; the rest says which arguments follow

# xen/include/public/xen.h
NAMES = {
    1: "mmu_update", 3: "stack_switch", 5: "fpu_taskswitch", 10: "update_descriptor",
    12: "memory_op", 13: "multicall", 14: "update_va_mapping", 15: "set_timer_op",
    17: "xen_version", 18: "console_io", 20: "grant_table_op", 21: "vm_assist", 23: "iret",
    24: "vcpu_op", 25: "set_segment_base", 26: "mmuext_op", 29: "sched_op", 32: "event_channel_op",
    33: "physdev_op", 34: "hvm_op", 35: "sysctl", 36: "domctl", 7: "platform_op",
}
COMMANDS = {
    "grant_table_op": {0: "map", 1: "unmap", 5: "copy", 8: "version", 12: "cache_flush"},
    "sched_op": {0: "yield", 1: "block", 3: "poll"},
}
# In a context switch the change of the address space, a mmuext_op, comes right before the
# stack_switch, with interrupts off; it is counted as switch_mm.
SWITCH, SPACE, MULTICALL = 3, 26, 13

# What a block driver causes directly: "driver hypercalls" in the results.
DRIVER = ("grant_table_op", "event_channel_op", "mmu_update", "mmuext_op", "update_va_mapping")


class Trace:
    """Counts of one trace; calls are {(cpu, kind): number}, operations the same."""

    def __init__(self):
        self.calls = {}
        self.operations = {}    # entries of grant_table_op, by its command
        self.lost = 0
        self.held = {}          # the mmuext_op of each CPU whose next call is not known yet
        self.first = {}         # TSC of each CPU's first and last record
        self.last = {}

    def seconds(self, cpu, mhz):
        """The time that a CPU's records cover."""
        if cpu not in self.first:
            return 0.0
        return (self.last[cpu] - self.first[cpu]) / (mhz * 1e6)

    def _count(self, table, cpu, kind, number=1):
        table[cpu, kind] = table.get((cpu, kind), 0) + number

    def add(self, cpu, words):
        """One hypercall, or one within a multicall; in the order of its CPU."""
        operation = words[0] & NUMBER
        if operation != MULTICALL:
            self.finish(cpu, operation == SWITCH)
        if operation == SPACE:
            self.held[cpu] = words
        else:
            self._add_call(cpu, words)

    def finish(self, cpu, switch=False):
        """Counts the mmuext_op that was held back, as what it turned out to be."""
        words = self.held.pop(cpu, None)
        if words and switch:
            self._count(self.calls, cpu, "switch_mm")
        elif words:
            self._add_call(cpu, words)

    def _add_call(self, cpu, words):
        """Its first word is the number, the others some arguments."""
        operation = words[0] & NUMBER
        kind = NAMES.get(operation, f"op{operation}")
        commands = COMMANDS.get(kind)
        if commands and len(words) > 1:
            command = commands.get(words[1], str(words[1]))
            if kind == "grant_table_op" and len(words) > 2:
                self._count(self.operations, cpu, command, words[2])
                if not words[2]:
                    command += "-of-nothing"
            kind = f"{kind}/{command}"
        self._count(self.calls, cpu, kind)


def is_driver(kind):
    return kind.split("/")[0] in DRIVER


def decode(data):
    """The Trace in the bytes of a file; what follows a torn last record is left out."""
    trace = Trace()
    place, cpu = 0, None
    while place + 4 <= len(data):
        header, = struct.unpack_from("<I", data, place)
        event, extra = header & 0x0FFFFFFF, header >> 28 & 7
        size = 4 * (1 + extra + (2 if header >> 31 else 0))
        if place + size > len(data):
            break
        words = struct.unpack_from(f"<{extra}I", data, place + size - 4 * extra)
        if event == CPU_CHANGE:
            cpu = words[0]
        elif event == LOST_RECORDS:
            trace.lost += words[0]
        elif cpu is not None and header >> 31:
            tsc, = struct.unpack_from("<Q", data, place + 4)
            trace.first.setdefault(cpu, tsc)
            trace.last[cpu] = tsc
            if event in (HYPERCALL, SUBCALL):
                trace.add(cpu, words)
        place += size
    for cpu in list(trace.held):
        trace.finish(cpu)
    return trace

"""
What an I/O costs in hypercalls, notifications, grant operations and context
switches, from a trace and from counters that were read before and after. Both
are rates: the trace's own clock tells what it covers, the samples beside it how
many I/Os went by a second.
"""
from . import xentrace
from .jobs import JOBS
from .results import SECTOR, Sample

DOMAINS = ("dom0", "guest")     # dom0 is on CPU 0, the guest on CPU 1
PAGE = 4096


def _counters(text):
    """{(who, name): increase} of the lines "@count WHO before|after NAME VALUE"."""
    first, grown = {}, {}
    for line in text.replace("\r", "").splitlines():
        words = line.split()
        if len(words) == 5 and words[0] == "@count":
            key = words[1], words[3]
            if words[2] == "before":
                first[key] = first.get(key, 0) + int(words[4])
            else:
                grown[key] = grown.get(key, -first.get(key, 0)) + int(words[4])
    return grown


def _sample_rate(text):
    """Sectors a second over the samples in a text, and each domain's CPU seconds a second."""
    samples = [Sample(line, 2) for line in text.replace("\r", "").splitlines()
               if line.startswith("@sample ")]
    if len(samples) < 2:
        raise ValueError("too few samples beside the trace")
    first, last = samples[0], samples[-1]
    seconds = last.time - first.time
    return ((sum(last.numbers) - sum(first.numbers)) / seconds,
            [(after - before) / seconds for before, after in zip(first.cpu, last.cpu)])


def _per_second(trace, table, mhz):
    """{"dom0 grant_table_op/map": a second} of one of a trace's tables."""
    rates = {}
    for (cpu, kind), number in table.items():
        seconds = trace.seconds(cpu, mhz)
        if cpu < len(DOMAINS) and seconds > 0:
            rates[f"{DOMAINS[cpu]} {kind}"] = number / seconds
    return rates


def _driver(rates):
    return sum(rate for name, rate in rates.items() if xentrace.is_driver(name.split(" ", 1)[1]))


def parse(job, text, data, mhz):
    """Everything an I/O, for one counted job."""
    sectors = JOBS[job].block_size / SECTOR
    ios, _ = _sample_rate(text)
    ios /= sectors
    if ios <= 0:
        raise ValueError(f"{job}: no I/O went by while it was counted")
    trace = xentrace.decode(data)
    calls = _per_second(trace, trace.calls, mhz)
    grants = _per_second(trace, trace.operations, mhz)
    counted = {}
    grown = _counters(text)
    for (who, name), number in grown.items():
        done = grown.get((who, "sectors"), 0) / sectors
        if name != "sectors" and done > 0:
            counted[f"{who} {name}"] = number / done
    return {"hypercalls_per_io": {name: rate / ios for name, rate in sorted(calls.items())},
            "driver_hypercalls_per_io": _driver(calls) / ios,
            "grant_entries_per_io": {name: rate / ios for name, rate in sorted(grants.items())},
            "pages_copied_by_xen_per_io": sum(
                rate for name, rate in grants.items() if name.endswith(" copy")) / ios,
            "counters_per_io": dict(sorted(counted.items())),
            "records_lost": trace.lost, "iops_while_traced": ios}


def idle(text, data, mhz):
    """A second of an attached disk that nobody uses."""
    trace = xentrace.decode(data)
    quiet, _, _ = text.partition("@traced")
    grown, (_, busy) = _counters(quiet), _sample_rate(quiet)
    seconds = float(quiet.partition("@seconds ")[2].split()[0])
    return {"cpu_busy": dict(zip(DOMAINS, busy)),
            "driver_hypercalls_per_s": _driver(_per_second(trace, trace.calls, mhz)),
            "counters_per_s": {f"{who} {name}": number / seconds
                               for (who, name), number in sorted(grown.items())}}


def memory(text, disks):
    """KiB a disk, of both domains: once attached, and once all of it was in use."""
    seen = {}
    for line in text.replace("\r", "").splitlines():
        words = line.split()
        if len(words) == 5 and words[0] == "@memory":
            seen[words[1], words[2], words[3]] = int(words[4])
    grown = {}
    for (who, when, name), value in seen.items():
        if when != "before":
            change = value - seen[who, "before", name]
            sign = -1 if name == "MemFree" else 1
            grown[f"{who} {when} {'memory' if name == 'MemFree' else name}"] = sign * change / disks
    return {"kib_per_disk": grown}

"""
What an I/O costs in instructions and other events, by layer and domain: counter.py's counts
between the first and the last sample of the steady part of a run.
"""
from statistics import median

from . import results
from .counter import LAYERS
from .jobs import NUMBERED

DOMAINS = ("dom0", "guest")     # dom0 is on CPU 0, the guest on CPU 1
PERIOD = 500                    # ms from sample to sample: each costs dom0 instructions
NOISY = 0.02                    # half the range over the median; more is not trusted
REP = "rep turns"


def _per_io(job, samples, counts):
    """{domain: {layer: {event: an I/O}}} and I/Os a second, over the steady part; or None."""
    for sample, at in zip(samples, counts):
        sample.counts = at
    window = results.steady(samples)
    if not window:
        return None
    first, last = window
    ios = results.ios_between(job, first, last)
    if ios <= 0:
        return None
    grown = last.counts - first.counts
    found = {domain: {layer: {event: round(number / ios, 4) for event, number in events.items()}
                      for layer, events in grown.of(cpu).items()}
             for cpu, domain in enumerate(DOMAINS)}
    return {"per_io": found, "ios": ios, "iops_while_counted": ios / (last.time - first.time)}


def parse(text, marked):
    """
    {job: what was counted} of a round's output; `marked` are the Counts at each of its samples,
    in their order. ValueError where a run is no good.
    """
    sections = results.sections(text)
    if sum(len(lines) for _, lines in sections.values()) != len(marked):
        raise ValueError(f"{len(marked)} marks do not match the samples")
    outcome, used = {}, 0
    for name, (body, lines) in sections.items():
        job = name.removesuffix(NUMBERED)
        results.fio(job, body)
        counts = marked[used:used + len(lines)]
        used += len(lines)
        found = _per_io(job, [results.Sample(line, len(DOMAINS)) for line in lines], counts)
        if not found:
            raise ValueError(f"{job}: no steady part to count in")
        outcome[job] = found
    return outcome


def value(counted, domain, event="instructions", layers=LAYERS):
    """One figure of one count of a job: an event an I/O, over some layers."""
    return sum(counted["per_io"][domain][layer][event] for layer in layers)


def locked(counted, domain, layers=LAYERS):
    """With those that are not locked only because the domain has one CPU."""
    return sum(value(counted, domain, event, layers) for event in ("locked", "unlocked"))


def hypercalls(counted, domain):
    return value(counted, domain, "syscall", ("kernel", "module"))


def noise(values):
    """Half the range over the median; None where that says nothing."""
    middle = median(values) if values else 0
    return (max(values) - min(values)) / 2 / middle if len(values) > 1 and middle > 0 else None


class Counted:
    """The counts of a run: several of each (device, job, arm)."""

    def __init__(self, steps):
        self.found = {}
        for step in steps:
            if step["kind"] == "instructions":
                for job, counted in step["jobs"].items():
                    self.found.setdefault((step["device"], job, step["arm"]), []).append(counted)

    def arms(self):
        return list({arm: True for _, _, arm in self.found})

    def pairs(self):
        """(device, job) in the order in which they were counted."""
        return list({(device, job): True for device, job, _ in self.found})

    def values(self, device, job, arm, measure):
        """measure(count) of each count."""
        return [measure(counted) for counted in self.found.get((device, job, arm), ())]

    def median(self, device, job, arm, measure):
        values = self.values(device, job, arm, measure)
        return median(values) if values else None

    def noise(self, device, job, arm):
        """The larger of both domains' noise; None if each was counted once."""
        known = [noise(self.values(device, job, arm, lambda one, who=who: value(one, who)))
                 for who in DOMAINS]
        known = [one for one in known if one is not None]
        return max(known, default=None)


# What a limit may be set on: its name in limits.json, and how it is measured.
LIMITED = {
    **{f"{who} instructions": lambda one, who=who: value(one, who) for who in DOMAINS},
    **{f"{who} hypercalls": lambda one, who=who: hypercalls(one, who) for who in DOMAINS},
    **{f"{who} locked operations in modules":
       lambda one, who=who: locked(one, who, ("module",)) for who in DOMAINS},
}
MARGIN = 0.05


def compare(counted, arm, limits):
    """
    (lines of text, what is above its limit, what may be): the least count of each figure of an
    arm beside limits {"DEVICE JOB": {name: limit}}. A busy host raises counts and lowers none.
    Where they are noisy, a count above the limit does not tell which of the two it is.
    """
    lines, above, unsure = [], [], []
    for device, job in counted.pairs():
        noisy = (counted.noise(device, job, arm) or 0) > NOISY
        for name, measure in LIMITED.items():
            found = min(counted.values(device, job, arm, measure))
            limit = limits.get(f"{device} {job}", {}).get(name)
            figure = f"{job} on {device}: {name} an I/O"
            if limit is None:
                verdict = "no limit is set"
            elif found <= limit * (1 + MARGIN):
                verdict = f"within its limit of {limit:g}"
            else:
                verdict = f"ABOVE its limit of {limit:g}" + (", but noisy" if noisy else "")
                (unsure if noisy else above).append(figure)
            lines.append(f"{figure} {found:,.2f}, {verdict}")
    return lines, above, unsure

"""Comparisons from the steps of a run: ratios, noise, what goes into summary.json."""
from statistics import median

from . import stats
from .arms import OWN, RAW

BASELINES = ("default", "tuned", "nopersistent")
MIXED = ("our-front", "our-back", *OWN)     # measured against the default


# Figures that are made of those stored: which one, and how.
DERIVED = {"cpu": ("cpu_per_io_us", sum), "dom0_us": ("cpu_per_io_us", lambda each: each[0]),
           "dom0_busy": ("cpu_busy", lambda each: each[0])}


def value(job, field):
    """A figure of a job's outcome; None where it was not measured."""
    stored, make = DERIVED.get(field, (field, lambda found: found))
    return make(job[stored]) if job.get(stored) is not None else None


class Run:
    """The steps of a run, asked for by what they measured."""

    def __init__(self, steps):
        self.steps = steps

    def pairs(self):
        """(device, job) of all comparisons, in the order in which they were measured."""
        found = {}
        for step in self.steps:
            if step["phase"].startswith("ab"):
                for job in step["jobs"]:
                    found[step["device"], job] = True
        return list(found)

    def arms(self, phase):
        return list({step["arm"]: True for step in self.steps
                     if step["phase"].startswith(phase)})

    def values(self, arm, device, job, field="iops", phase="ab"):
        """{block: values}"""
        found = {}
        for step in self.steps:
            if (step["phase"].startswith(phase) and step["arm"] == arm
                    and step["device"] == device and job in step["jobs"]):
                figure = value(step["jobs"][job], field)
                if figure is not None:
                    found.setdefault(step["block"], []).append(figure)
        return found

    def median(self, arm, device, job, field="iops", phase="ab"):
        values = [value for block in self.values(arm, device, job, field, phase).values()
                  for value in block]
        return median(values) if values else None

    def ratio(self, arm, base, device, job, field="iops", phase="ab"):
        """A stats.Ratio of an arm over a base, or None."""
        ours = self.values(arm, device, job, field, phase)
        theirs = self.values(base, device, job, field, phase)
        return stats.ratio([(ours[block], theirs[block]) for block in ours if block in theirs])

    def noise(self, device, job):
        """How far two runs of the same arm seem to differ; None if that was not measured."""
        ratio = self.ratio("again", "default", device, job)
        return ratio.spread if ratio else None

    def counted(self, arm, device, job):
        """What a counting step found for a job, or None."""
        for step in self.steps:
            if step["kind"] == "count" and step["arm"] == arm and step["device"] == device:
                if job in step["jobs"]:
                    return step["jobs"][job]
        return None

    def compared(self):
        """(arm, base, name in the summary) of the comparisons that were measured."""
        arms = self.arms("ab")
        if "ours" in arms:
            for base in BASELINES:
                if base in arms:
                    yield "ours", base, base
        for mixed in MIXED:
            if mixed in arms and "default" in arms:
                yield mixed, "default", f"default/{mixed}"


def _rounded(value, digits=4):
    return None if value is None else round(value, digits)


def _driver(run, arm, device, job):
    counted = run.counted(arm, device, job)
    return counted and counted["driver_hypercalls_per_io"]


def entry(run, arm, base, name, device, job):
    """One entry of summary.json; None where there is nothing to compare."""
    iops = run.ratio(arm, base, device, job)
    if iops is None:
        return None
    cpu = run.ratio(arm, base, device, job, "cpu")
    raw = run.median(RAW, device, job)
    dom0 = {f"{name}_{whose}": _rounded(run.median(who, device, job, field))
            for name, field in (("dom0_us_per_io", "dom0_us"), ("dom0_busy", "dom0_busy"))
            for whose, who in (("ours", arm), ("base", base))}
    return {"job": job, "device": device, "baseline": name,
            "ratio_iops": _rounded(iops.value), "ci_low": _rounded(iops.low),
            "ci_high": _rounded(iops.high), "aa_spread": _rounded(run.noise(device, job)),
            **dom0, "ratio_cpu_per_io": _rounded(cpu and cpu.value),
            "driver_hypercalls_per_io_ours": _rounded(_driver(run, arm, device, job)),
            "driver_hypercalls_per_io_base": _rounded(_driver(run, base, device, job)),
            "ours_over_raw": _rounded(raw and run.median(arm, device, job) / raw)}


def summary(run):
    """All entries, and {(job, device, baseline): verdict}."""
    entries, verdicts = [], {}
    for arm, base, name in run.compared():
        for device, job in run.pairs():
            item = entry(run, arm, base, name, device, job)
            if item:
                entries.append(item)
                verdicts[job, device, name] = run.ratio(arm, base, device, job).verdict(
                    run.noise(device, job))
    return entries, verdicts

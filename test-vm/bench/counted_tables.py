"""The tables of the counts of instructions."""
from .counter import LAYERS
from .instructions import DOMAINS, NOISY, Counted, hypercalls, locked, value
from .markdown import number, percent, table

BASE = "default"


def _pair(counted, key, measure, digits=2):
    """A cell: dom0's median and the guest's."""
    return " / ".join(number(counted.median(*key, lambda one, who=who: measure(one, who)), digits)
                      for who in DOMAINS)


def _noise(counted, key):
    noise = counted.noise(*key)
    return percent(noise, 1) + (" noisy" if noise is not None and noise > NOISY else "")


def _ratio(counted, device, job, arm):
    """A cell: dom0's and the guest's instructions of an arm over those of BASE."""
    if any((counted.noise(device, job, one) or 0) > NOISY for one in (arm, BASE)):
        return "noisy"
    found = []
    for who in DOMAINS:
        pair = [counted.median(device, job, one, lambda count, who=who: value(count, who))
                for one in (arm, BASE)]
        found.append(number(pair[0] / pair[1]) if all(pair) else "-")
    return " / ".join(found)


def totals(run):
    counted = Counted(run.steps)
    others = [arm for arm in counted.arms() if arm != BASE and BASE in counted.arms()]
    head = ["device", "job"]
    for arm in counted.arms():
        head += [arm, "noise"]
    rows = []
    for device, job in counted.pairs():
        row = [device, job]
        for arm in counted.arms():
            key = device, job, arm
            row += [_pair(counted, key, value, 0), _noise(counted, key)]
        rows.append(row + [_ratio(counted, device, job, arm) for arm in others])
    return rows and table((*head, *(f"{arm} over {BASE}" for arm in others)), rows)


def _rows(run, cells):
    """A row for each job, device and arm: what cells(counted, key) yields."""
    counted = Counted(run.steps)
    return [(*(device, job, arm), *cells(counted, (device, job, arm)))
            for device, job in counted.pairs() for arm in counted.arms()
            if (device, job, arm) in counted.found]


def layers(run):
    def cells(counted, key):
        for layer in LAYERS:
            yield _pair(counted, key, lambda one, who: value(one, who, layers=(layer,)), 0)

    rows = _rows(run, cells)
    return rows and table(("device", "job", "arm", *LAYERS), rows)


EVENTS = {
    "hypercalls": hypercalls,
    "locked, modules": lambda one, who: locked(one, who, ("module",)),
    "locked, kernel": lambda one, who: locked(one, who, ("kernel",)),
    "locked, Xen": lambda one, who: locked(one, who, ("Xen",)),
    "halts": lambda one, who: value(one, who, "HLT"),
    "CR3 loads": lambda one, who: value(one, who, "CR3"),
    "INVLPG": lambda one, who: value(one, who, "INVLPG"),
    "WRMSR": lambda one, who: value(one, who, "WRMSR"),
    "KiB copied by rep": lambda one, who: value(one, who, "rep copied") / 1024,
    "KiB filled by rep": lambda one, who: value(one, who, "rep filled") / 1024,
    "turns of rep": lambda one, who: value(one, who, "rep turns"),
}


def events(run):
    rows = _rows(run, lambda counted, key: (_pair(counted, key, measure)
                                            for measure in EVENTS.values()))
    return rows and table(("device", "job", "arm", *EVENTS), rows)


TABLES = (("Instructions an I/O: dom0 / guest", totals),
          ("Instructions an I/O by layer: dom0 / guest", layers),
          ("Other events an I/O: dom0 / guest", events))

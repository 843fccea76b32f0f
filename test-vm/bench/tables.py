"""The tables of a report, in Markdown."""
from . import analysis, counted_tables
from .arms import ARMS, RAW
from .markdown import number, percent, table


def line_of(item, verdict):
    """An entry of the summary as a line for people."""
    return (f"{item['job']} on {item['device']} against {item['baseline']}: "
            f"{item['ratio_iops']:.2f} [{item['ci_low']:.2f}, {item['ci_high']:.2f}], "
            f"A/A {percent(item['aa_spread'])}: {verdict}")


def ratios(run):
    entries, verdicts = analysis.summary(run)
    names = [(item["job"], item["device"], item["baseline"]) for item in entries]
    rows = [(item["device"], item["job"], item["baseline"], f"**{item['ratio_iops']:.2f}**",
             f"{item['ci_low']:.2f} - {item['ci_high']:.2f}", percent(item["aa_spread"]),
             verdicts[name], number(item["dom0_us_per_io_ours"]),
             number(item["dom0_us_per_io_base"]), percent(item["dom0_busy_ours"]),
             percent(item["dom0_busy_base"]), number(item["ratio_cpu_per_io"]),
             number(item["driver_hypercalls_per_io_ours"]),
             number(item["driver_hypercalls_per_io_base"]), number(item["ours_over_raw"]))
            for name, item in zip(names, entries)]
    return rows and table(("device", "job", "against", "IOPS ratio", "95% interval", "A/A",
                           "verdict", "dom0 us an I/O", "dom0 us, base", "dom0 busy",
                           "dom0 busy, base", "CPU an I/O, ratio", "driver hypercalls an I/O",
                           "the same, base", "of raw"), rows)


def _iops_and_dom0(run, arm, device, job):
    """A cell: 21,705 / 20 / 43%. What was not measured is "-"."""
    return " / ".join((number(run.median(arm, device, job), 0),
                       number(run.median(arm, device, job, "dom0_us"), 0),
                       percent(run.median(arm, device, job, "dom0_busy"))))


def medians(run):
    arms = run.arms("ab")
    rows = [(device, job, *(_iops_and_dom0(run, arm, device, job) for arm in arms))
            for device, job in run.pairs()]
    return rows and table(("device", "job", *arms), rows)


def _latency(run, arm, device, job):
    found = run.values(arm, device, job, "latency_us")
    every = [latency for block in found.values() for latency in block]
    cells = []
    for name in ("50", "99", "99.9"):
        values = sorted(latency[name] for latency in every if name in latency)
        cells.append(number(values[len(values) // 2], 0) if values else "-")
    return " / ".join(cells)


def latencies(run):
    arms = run.arms("ab")
    rows = [(device, job, *(_latency(run, arm, device, job) for arm in arms))
            for device, job in run.pairs()]
    return rows and table(("device", "job", *arms), rows)


def _processor(run, arm, device, job):
    found = run.values(arm, device, job, "cpu_per_io_us")
    every = [pair for block in found.values() for pair in block]
    if not every:
        return "-"
    return " + ".join(number(sorted(pair[i] for pair in every)[len(every) // 2], 0)
                      for i in range(len(every[0])))


def processors(run):
    arms = [arm for arm in run.arms("ab") if arm != RAW]
    rows = [(device, job, *(_processor(run, arm, device, job) for arm in arms))
            for device, job in run.pairs()]
    return rows and table(("device", "job", *arms), rows)


def grid(run):
    steps = [step for step in run.steps if step["phase"] == "grid"]
    if not steps:
        return None
    jobs = list(steps[0]["jobs"])
    rows = [(ARMS[step["arm"]].about, *(number(step["jobs"][job]["iops"], 0) for job in jobs))
            for step in steps]
    return table(("parameters", *jobs), rows)


def _counting(run):
    return [step for step in run.steps if step["kind"] == "count"]


def hypercalls(run):
    rows = []
    for step in _counting(run):
        for job, counted in step["jobs"].items():
            kinds = sorted(counted["hypercalls_per_io"].items(), key=lambda kind: -kind[1])
            shown = ", ".join(f"{name} {value:.2f}" for name, value in kinds if value >= 0.02)
            rows.append((step["device"], job, step["arm"],
                         number(counted["driver_hypercalls_per_io"]), shown))
    return rows and table(("device", "job", "arm", "driver hypercalls", "all, by kind"), rows)


def operations(run):
    rows = []
    for step in _counting(run):
        for job, counted in step["jobs"].items():
            grants = ", ".join(f"{name} {value:.2f}" for name, value
                               in counted["grant_entries_per_io"].items() if value >= 0.005)
            others = ", ".join(f"{name} {value:.2f}" for name, value
                               in counted["counters_per_io"].items() if value >= 0.005)
            rows.append((step["device"], job, step["arm"], grants or "none",
                         number(counted["pages_copied_by_xen_per_io"]), others))
    return rows and table(("device", "job", "arm", "grant entries", "pages copied by Xen",
                           "calls and switches"), rows)


def idle(run):
    rows = []
    for step in run.steps:
        if step["kind"] == "idle":
            busy, counters = step["cpu_busy"], step["counters_per_s"]
            rows.append((step["arm"], *(f"{100 * busy[who]:.2f}%" for who in ("dom0", "guest")),
                         number(step["driver_hypercalls_per_s"]),
                         number(counters.get("dom0 worker_switches", 0)),
                         number(counters.get("dom0 disk_interrupts", 0)),
                         number(counters.get("guest disk_interrupts", 0))))
    return rows and table(("arm", "CPU of dom0", "CPU of the guest", "driver hypercalls a second",
                           "wake-ups of the back", "interrupts of the back",
                           "interrupts of the front"), rows)


def memory(run):
    steps = [step for step in run.steps if step["kind"] == "memory"]
    names = sorted({name for step in steps for name in step["kib_per_disk"]})
    rows = [(name, *(number(step["kib_per_disk"].get(name), 0) for step in steps))
            for name in names]
    return rows and table(("KiB a disk", *(step["arm"] for step in steps)), rows)


def _middle(outcomes, field):
    values = sorted(value for value in (analysis.value(outcome, field) for outcome in outcomes)
                    if value is not None)
    return values[len(values) // 2] if values else None


def scaling(run):
    cells = {}
    for step in run.steps:
        if step["phase"] == "scale":
            for job, outcome in step["jobs"].items():
                arm = step["arm"].split("-")[0]
                cells.setdefault((step["label"], job), {}).setdefault(arm, []).append(outcome)
    arms = ("ours", "default")
    rows = [(label, job, *(" / ".join((number(_middle(found.get(arm, ()), "iops"), 0),
                                       number(_middle(found.get(arm, ()), "dom0_us"), 0),
                                       percent(_middle(found.get(arm, ()), "dom0_busy"))))
                           for arm in arms))
            for (label, job), found in cells.items()]
    return rows and table(("of", "job", *arms), rows)


TABLES = (("Ratios", ratios), ("IOPS / dom0 us an I/O / dom0 busy, medians", medians),
          ("Latency: median / 99% / 99.9%, us", latencies),
          ("CPU an I/O: dom0 + guest, us", processors),
          ("The kernel's own, tuned: IOPS over the grid", grid),
          ("Hypercalls an I/O", hypercalls),
          ("Grant operations, notifications, context switches an I/O", operations),
          ("A disk that nobody uses", idle), ("Memory of a disk", memory),
          ("Scaling: IOPS / dom0 us an I/O / dom0 busy", scaling),
          *counted_tables.TABLES)


def all_of(run):
    """(title, Markdown) of the tables for which something was measured."""
    for title, make in TABLES:
        text = make(run)
        if text:
            yield title, text

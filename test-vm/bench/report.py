"""summary.json, the Markdown page and the plots of a run."""
import json
import os
import shutil

from vm.host import TOP, HarnessError, say

from . import analysis, counted_tables, instructions, plots, tables
from .store import OUT

DOCS = os.path.join(TOP, "docs", "benchmarks")
TRANSFERS = """\
Xen runs here in an emulator that translates every instruction. What **transfers** to hardware: hypercalls by kind,
grant operations, page-table writes, pages copied - what the drivers ask for. What transfers **in part**: notifications,
wake-ups and batch sizes, which depend on how fast the other end is. What does **not**: IOPS, latency, CPU seconds, and
the gain of polling. A ratio of IOPS says that less is done for an I/O, not how much faster a given host becomes.
"""


def _quietness(steps):
    """A sentence on how much the host had else to do; it explains the A/A noise."""
    taken = sorted(step["taken_by_host"] for step in steps
                   if step.get("taken_by_host") is not None)
    if not taken:
        return "Whether the machine was quiet is not known."
    return (f"Of the CPU time that the VM wanted, others had {100 * taken[len(taken) // 2]:.0f}% "
            f"(median of the rounds; {100 * taken[-1]:.0f}% in the worst).")


def _page(store, run, mode, images):
    about, told = store.about, store.told
    lines = [f"# `make bench BENCH={mode}`", "",
             f"Made by that command from {about['revision']}, on {about['machine']}; "
             f"Xen {told.get('xen', '?')}, Linux {told.get('kernel', '?')} in dom0 and guest, "
             f"{told.get('fio', 'fio')}.",
             "dom0 has one CPU, the guest the other; both builds were measured in one boot, in turn.",
             _quietness(store.steps),
             "How to read it: [benchmarking.md](../benchmarking.md).", "", TRANSFERS]
    lines += [f"![{title}]({name})\n" for name, title in images]
    for title, text in tables.all_of(run):
        lines += [f"## {title}", "", text, ""]
    return "\n".join(lines).rstrip() + "\n"


def _publish(folder, names, entries):
    if any(item["aa_spread"] is None for item in entries):
        raise HarnessError("not published: how large the noise is was not measured")
    os.makedirs(DOCS, exist_ok=True)
    for name in names:
        shutil.copyfile(os.path.join(folder, name), os.path.join(DOCS, name))
    say(f"published in {os.path.relpath(DOCS)}")


LIMITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "limits.json")


def limits(steps):
    """Compares the counts with limits.json; the exit status. A HarnessError: it cannot be told."""
    with open(LIMITS, encoding="utf-8") as source:
        lines, above, unsure = instructions.compare(instructions.Counted(steps), "ours",
                                                    json.load(source))
    for line in lines:
        say(line)
    if not any("its limit" in line for line in lines):
        raise HarnessError(f"{LIMITS} has a limit for none of these figures")
    if unsure and not above:
        raise HarnessError("the host was too busy to tell whether an I/O became dearer")
    return 1 if above else 0


def write(store, mode, publish=False):
    """Writes everything; the exit status."""
    run = analysis.Run(store.steps)
    entries, verdicts = analysis.summary(run)
    if entries:
        path = os.path.join(OUT, "summary.json")
        with open(path, "w", encoding="utf-8") as target:
            json.dump(entries, target, indent=1)
            target.write("\n")
        say(f"summary: {os.path.relpath(path)}")
    images = plots.draw(run, entries, store.folder, mode)
    page = os.path.join(store.folder, f"{mode}.md")
    with open(page, "w", encoding="utf-8") as target:
        target.write(_page(store, run, mode, images))
    say(f"tables and plots: {os.path.relpath(page)}")
    counted = counted_tables.totals(run)
    if counted:
        print(counted)
    for item in entries:
        say(tables.line_of(item, verdicts[item["job"], item["device"], item["baseline"]]))
    if publish:
        _publish(store.folder, [f"{mode}.md", *(name for name, _ in images)], entries)
    return 0

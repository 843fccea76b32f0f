"""Carries a plan out, block by block, in one boot of the test VM; says how far it is."""
import os
import time

from vm.host import HarnessError, say

from . import instructions, jobs, plan, rounds, stats
from .session import open_session

WARM_UP = plan.Step("visit", "warm-up", "default", plan.NULL, jobs.GRID)


NOISY = 0.05    # CPU time kept from the VM, as a part of what it wanted
BUSY = 0.10     # the same: a count of instructions is taken once more


class Progress:
    """Time left, from how long steps take here beside what the plan says."""

    def __init__(self, blocks):
        self.total = sum(len(block.steps) for block in blocks)
        self.spent = self.expected = 0.0
        self.to_do(blocks)

    def to_do(self, blocks):
        self.left = sum(block.seconds for block in blocks)
        self.number = self.total - sum(len(block.steps) for block in blocks)

    def step(self, step, block, seconds, line):
        self.left -= step.seconds
        self.spent += seconds
        self.expected += step.seconds
        self.number += 1
        left = self.left * self.spent / self.expected
        say(f"[{self.number}/{self.total}] {block.name}: {line}; {_clock(left)} left")


def _clock(seconds):
    minutes = int(seconds + 30) // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def tuned(store):
    """The best arm of the grid: by the geometric mean of its IOPS over the jobs."""
    steps = store.of(phase="grid")
    if not steps:
        return None
    return max(steps, key=lambda step: stats.geometric_mean(
        [job["iops"] for job in step["jobs"].values()]))["arm"]


def _describe(step, result):
    name = step.arm if result["actual"] == step.arm else f"{step.arm} ({result['actual']})"
    told = []
    for job, outcome in result.get("jobs", {}).items():
        if "iops" in outcome:
            told.append(f"{job.removesuffix('-qd32')} {outcome['iops']:.0f}")
        elif "per_io" in outcome:
            pair = [instructions.value(outcome, who) for who in instructions.DOMAINS]
            told.append(f"{job.removesuffix('-qd32')} {pair[0]:,.0f} + {pair[1]:,.0f}")
        else:
            told.append(f"{job} {outcome['driver_hypercalls_per_io']:.2f} driver hypercalls/IO")
    taken = result["taken_by_host"] or 0
    busy = f" (not quiet: the host kept {100 * taken:.0f}% of the CPU)" if taken > NOISY else ""
    return (f"{name} on {step.device.split(',')[0]}, {step.kind}: "
            + (", ".join(told) or "done") + busy)


def _job_texts(blocks):
    names = {name for block in blocks for step in block.steps for name in step.jobs}
    names |= {*jobs.GRID, "T2-randread-qd128", "S2-write-1M"}
    return jobs.texts(sorted(names), plan.COUNT_SECONDS)


def _measured(session, step, best):
    """A step's result. On a busy host a count is taken twice, and the quieter one kept."""
    result = rounds.carry_out(session, step, best)
    if step.kind == "instructions" and (result["taken_by_host"] or 0) > BUSY:
        again = rounds.carry_out(session, step, best)
        result = min(result, again, key=lambda one: one["taken_by_host"])
    return result


def _block(session, block, store, progress):
    store.begin(block.name)
    for step in block.steps:
        start = time.monotonic()
        result = _measured(session, step, tuned(store))
        store.add(block.name, result)
        progress.step(step, block, time.monotonic() - start, _describe(step, result))
    store.complete(block.name)


def _look_at_logs(session):
    try:
        session.run("/job/bench/look-at-logs", 60)
    except HarnessError as error:
        say("a kernel complained while it was measured; what it said:")
        for line in str(error).splitlines():
            say("  " + line)


def _boot(dom0, left, store, progress):
    """Carries out blocks in one boot, and takes each that is complete off the list."""
    counting = any(step.kind == "instructions" for block in left for step in block.steps)
    with open_session(dom0, _job_texts(left), plan.extra_devices(left),
                      counting=counting) as session:
        store.facts(session.facts)
        rounds.carry_out(session, WARM_UP, None)
        if any(step.guest != plan.GUEST for block in left for step in block.steps):
            session.run("/job/bench/make-guest smp 4", 120)
        while left:
            _block(session, left[0], store, progress)
            left.pop(0)
        _look_at_logs(session)


def run(dom0, blocks, store):
    """
    Measures what of the plan is not in the store yet. The first visit of a boot
    warms up and does not count. What fails is tried once more, in another boot.
    """
    left = [block for block in blocks if block.name not in store.done]
    if not left:
        say("everything is measured already (NEW=1 measures again)")
        return
    if store.done:
        say(f"goes on with a run that was stopped: {len(store.done)} blocks are there "
            "(NEW=1 begins a new one)")
    progress = Progress(left)
    say(f"{progress.total} steps, about {_clock(progress.left)}; "
        f"results as they come in {os.path.relpath(store.path)}")
    failed = None
    while left:
        try:
            _boot(dom0, left, store, progress)
        except HarnessError as error:
            if not left or failed == left[0].name:
                raise
            failed = left[0].name
            say(f"{failed} did not work, once more in another boot; what happened: {error}")
            progress.to_do(left)

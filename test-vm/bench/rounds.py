"""One step of a plan, carried out: the command in dom0, and what its output says."""
from vm.host import HarnessError

from . import counts, instructions, results
from .arms import RAW, TUNED
from .jobs import COUNTED, NUMBERED

SLACK = 120     # seconds beyond what a step should take


def _visit(session, step, arm):
    names = " ".join(step.jobs)
    command = f"GUEST={step.guest} /job/bench/visit {arm} {step.device} {names}"
    text = session.run(command, 5 * step.seconds + SLACK)
    outcome = results.parse(text, 1 if arm == RAW else 2)
    missing = [name for name in step.jobs if name not in outcome]
    if missing:
        raise ValueError(f"no result of {', '.join(missing)}")
    return {"jobs": outcome}


def _count(session, step, arm):
    mhz = float(session.facts["mhz"])
    found = {}
    for name in step.jobs:      # a trace at a time: dom0's memory is small
        command = f"GUEST={step.guest} /job/bench/count {arm} {step.device} {name}{COUNTED}"
        text = session.run(command, 5 * step.seconds + SLACK)
        found[name] = counts.parse(name, text, session.fetch("/run/bench/trace"), mhz)
    return {"jobs": found}


def _instructions(session, step, arm):
    names = " ".join(name + NUMBERED for name in step.jobs)
    first = session.counter.marks()
    text = session.run(f"GUEST={step.guest} PERIOD={instructions.PERIOD} "
                       f"/job/bench/visit {arm} {step.device} {names}", 5 * step.seconds + SLACK)
    marked = session.counter.at(first, session.counter.marks() - first)
    outcome = instructions.parse(text, marked)
    missing = [name for name in step.jobs if name not in outcome]
    if missing:
        raise ValueError(f"no count of {', '.join(missing)}")
    return {"jobs": outcome}


def _idle(session, step, arm):
    text = session.run(f"GUEST={step.guest} /job/bench/idle {arm} {step.device}", SLACK)
    return counts.idle(text, session.fetch("/run/bench/trace"), float(session.facts["mhz"]))


def _memory(session, step, arm):
    text = session.run(f"GUEST={step.guest} /job/bench/memory {arm} {step.device}", 3 * SLACK)
    return counts.memory(text, step.device.count(",") + 1)


ROUNDS = {"visit": _visit, "count": _count, "instructions": _instructions, "idle": _idle,
          "memory": _memory}


def carry_out(session, step, tuned):
    """The step's result, ready to be stored; `tuned` is the arm that TUNED stands for."""
    arm = tuned if step.arm == TUNED else step.arm
    session.quiet.taken()
    try:
        result = ROUNDS[step.kind](session, step, arm)
    except ValueError as error:
        raise HarnessError(f"{step.arm} on {step.device}: {error}") from None
    return dict(step.identity(), actual=arm, taken_by_host=session.quiet.taken(), **result)

"""
What a mode measures, in which order. A plan is a list of blocks, a block a list
of steps that are of one boot. A comparison is a sequence of blocks that each
measure every arm once, forwards and backwards in turn: A B, B A, A B, B A.
"""
from . import arms, jobs

SWITCH = 4.0            # seconds: modules out and in, disks attached and detached
SWITCHED = 8.0          # the same while instructions are counted
OVERHEAD = 0.5          # of fio starting and reporting
COUNT_SECONDS = 60      # how long a job could run while it is counted; it is stopped then
COUNTING = 8.0          # how long that takes
NULL = "null_blk"
TIMED = "null_blk-80us"
GUEST = "bench1"
SAME = ("again", "default")     # A/A: what differs between these two is noise


class Step:
    """One round in dom0. `kind` is a key of rounds.ROUNDS."""

    def __init__(self, kind, phase, arm, device=NULL, names=(), guest=GUEST, label=""):
        self.kind = kind
        self.phase = phase
        self.arm = arm
        self.device = device
        self.jobs = list(names)
        self.guest = guest
        self.label = label

    @property
    def seconds(self):
        """About how long it takes."""
        if self.kind in ("idle", "memory"):
            return 22.0
        if self.kind == "instructions":
            return SWITCHED + len(self.jobs) * (jobs.NUMBERED_SECONDS + jobs.RAMP + 2 * OVERHEAD)
        if self.kind == "count":
            return len(self.jobs) * (SWITCH + COUNTING)
        runs = sum(jobs.JOBS[name].runtime + jobs.RAMP + OVERHEAD for name in self.jobs)
        disks = self.device.count(",")
        return runs + (0 if self.arm == arms.RAW else SWITCH + 2.5 * disks)

    def identity(self):
        """What a result is stored with."""
        return {"kind": self.kind, "phase": self.phase, "arm": self.arm, "device": self.device,
                "label": self.label}


class Block:
    """Steps of one boot."""

    def __init__(self, name, steps):
        self.name = name
        self.steps = steps

    @property
    def seconds(self):
        return sum(step.seconds for step in self.steps)


def grid(shapes, names):
    steps = [Step("visit", "grid", arm, NULL, names) for arm in arms.grid_names(shapes)]
    return [Block("grid", steps)]


def compare(phase, compared, device, names, count, raw_every=0):
    """`count` blocks of every arm once, turned round from block to block."""
    blocks = []
    for number in range(count):
        order = compared if number % 2 == 0 else compared[::-1]
        steps = [Step("visit", phase, arm, device, names) for arm in order]
        if raw_every and number % raw_every == 0:
            measurable = [name for name in names if jobs.JOBS[name].raw]
            steps.insert(0, Step("visit", phase, arms.RAW, device, measurable))
        blocks.append(Block(f"{phase}-{device}-{number + 1}", steps))
    return blocks


def count(compared, device, names):
    return [Block(f"count-{arm}-{device}", [Step("count", "count", arm, device, names)])
            for arm in compared]


def instructions(compared=("default", "ours"), names=jobs.NUMBERED_JOBS, blocks=4):
    """Instructions an I/O, on a device that ends requests at once and on one that does not."""
    found = []
    for number in range(blocks):
        for device in (NULL, TIMED):
            order = compared if number % 2 == 0 else compared[::-1]
            steps = [Step("instructions", "counted", arm, device, names) for arm in order]
            found.append(Block(f"counted-{device}-{number + 1}", steps))
    return found


def limits():
    """What no later change may make dearer: a few minutes."""
    return instructions(("ours",), ("T2-randread-qd32", "L1-randread"), 3)


def rest(compared):
    """An idle disk beside no disk, and the memory of disks."""
    blocks = [Block(f"idle-{arm}", [Step("idle", "idle", arm)]) for arm in ["none", *compared]]
    return blocks + [Block(f"memory-{arm}", [Step("memory", "memory", arm, many(4))])
                     for arm in compared]


MANY = 16


def many(number):
    return ",".join(f"many-{i}" for i in range(number))


def scale(blocks):
    """Queues, in a guest of four virtual CPUs; and disks. All share the two emulated CPUs."""
    found = []
    for number in range(blocks):
        steps = []
        for queues in arms.QUEUES:
            for name in ("ours", "default"):
                steps.append(Step("visit", "scale", f"{name}-q{queues}", NULL,
                                  ["T3-randread-x4"], "smp", f"{queues} queues"))
        for disks in (1, 4, MANY):
            for name in ("ours", "default"):
                steps.append(Step("visit", "scale", name, many(disks),
                                  ["T2-randread-qd128"], GUEST, f"{disks} disks"))
        found.append(Block(f"scale-{number + 1}", steps if number % 2 == 0 else steps[::-1]))
    return found


def quick():
    return (grid(arms.GRID_QUICK, jobs.GRID)
            + compare("ab", [*SAME, "ours", arms.TUNED], NULL, jobs.QUICK, 10, 4)
            + compare("ab", [*SAME, "ours", arms.TUNED], TIMED, jobs.QUICK, 10, 4)
            + count(["ours", "default"], NULL, ("L1-randread", "T2-randread-qd32")))


def smoke():
    """A little of everything: whether the instrument works."""
    names = ("T2-randread-qd32", "S2-write-1M")
    return (grid(arms.GRID_QUICK[1:2], jobs.GRID)
            + compare("ab", [*SAME, "ours", arms.TUNED], NULL, names, 2, 2)
            + count(["ours", "default"], NULL, names[:1]) + rest(["ours", "default"]))


def mixed():
    return compare("ab", [*SAME, "our-front", "our-back"], NULL, jobs.QUICK, 10, 4)


def own():
    """What our own parameters do, for who has to choose them."""
    return (compare("ab", [*SAME, "ours", *arms.OWN], NULL, jobs.QUICK, 10, 4)
            + count(arms.OWN, NULL, ("L1-randread", "T2-randread-qd32")))


def counting():
    return (count(["ours", "default", "nopersistent", "our-front", "our-back"], NULL, jobs.QUICK)
            + rest(["ours", "default"]))


def full():
    everyone = ["default", "ours", arms.TUNED, "nopersistent", "our-front", "our-back"]
    plan = grid(arms.GRID_FULL, jobs.GRID + ("T2-randwrite-qd32", "S2-write-1M"))
    for device in arms.DEVICES:
        names = jobs.ON_A_DISK if device == NULL else jobs.CORE
        plan += compare("ab", ["again", *everyone], device, names, 10, 1)
    plan += compare("ab", ["again", *everyone], arms.FILES, jobs.BUFFERED, 10)
    for device in arms.DEVICES:
        plan += count(everyone, device, jobs.CORE)
    return plan + rest(everyone) + scale(5)


MODES = {"quick": quick, "mixed": mixed, "own": own, "count": counting, "scale": lambda: scale(5),
         "full": full, "smoke": smoke, "instructions": instructions, "limits": limits}

# The modes that run with the plugin that counts, counter.py.
WITH_COUNTER = ("instructions", "limits")


def extra_devices(plan):
    """The devices of arms.DEVICES, and what the plan wants beside them."""
    devices = dict(arms.DEVICES)
    named = {step.device for block in plan for step in block.steps}
    devices.update({name: how for name, how in arms.MORE_DEVICES.items() if name in named})
    wanted = max((step.device.count(",") + 1 for block in plan for step in block.steps
                  if step.device.startswith("many")), default=0)
    for i in range(wanted):
        devices[f"many-{i}"] = "make_nullb size=1024 memory_backed=0 queue_mode=2 irqmode=0"
    return devices

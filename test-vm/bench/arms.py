"""What is measured: which build at each end, with which parameters; and on which devices."""


class Arm:
    """A pair of drivers: "ours" or "kernel" at each end, with their parameters."""

    def __init__(self, front, back, about, front_options="", back_options=""):
        self.front = front
        self.back = back
        self.about = about
        self.front_options = front_options
        self.back_options = back_options

    def text(self):
        """The arm as dom0's scripts read it."""
        return (f"FRONT={self.front}\nFRONT_OPTIONS='{self.front_options}'\n"
                f"BACK={self.back}\nBACK_OPTIONS='{self.back_options}'\n")

    def with_queues(self, queues):
        option = f"max_queues={queues}"
        return Arm(self.front, self.back, f"{self.about}, {queues} queues",
                   f"{self.front_options} {option}".strip(),
                   f"{self.back_options} {option}".strip())


def _tuned(order, segments):
    """
    The kernel's own with larger rings and requests. Its front keeps a page for
    each segment of each slot: order 3 with 128 segments is 128 MiB a disk.
    """
    slots = 32 << order
    return Arm("kernel", "kernel", f"kernel's own, ring order {order}, {segments} segments",
               f"max_ring_page_order={order} max_indirect_segments={segments}",
               f"max_ring_page_order={order} max_persistent_grants={slots * (segments + 1)}")


GRID_QUICK = ((1, 32), (2, 64), (3, 64), (3, 128))
GRID_FULL = tuple((order, segments) for order in (1, 2, 3) for segments in (32, 64, 128))

RAW = "raw"             # no arm: the device itself, in dom0
TUNED = "tuned"         # stands for the best of the grid, once that is known

ARMS = {
    "ours": Arm("ours", "ours", "this pair"),
    "default": Arm("kernel", "kernel", "kernel's own, default"),
    "again": Arm("kernel", "kernel", "kernel's own, default, once more"),
    "nopersistent": Arm("kernel", "kernel", "kernel's own, feature_persistent=0",
                        "feature_persistent=0", "feature_persistent=0"),
    "none": Arm("none", "none", "no drivers"),
    "our-front": Arm("ours", "kernel", "our front on the kernel's back"),
    "our-back": Arm("kernel", "ours", "the kernel's front on our back"),
}
ARMS.update({f"tuned-{order}-{segments}": _tuned(order, segments)
             for order, segments in GRID_FULL})
# This pair with other parameters than by default, each of which some machine may want.
OWN = {
    "sleep": Arm("ours", "ours", "this pair, poll_us=0", "", "poll_us=0"),
    "map": Arm("ours", "ours", "this pair, data_path=map", "", "data_path=map"),
    "copy": Arm("ours", "ours", "this pair, no persistent grants", "", "persistent_max_segments=0"),
    "copy-large": Arm("ours", "ours", "this pair, large requests copied by Xen", "",
                      "persistent_max_segments=11"),
    "map-large": Arm("ours", "ours", "this pair, large requests mapped", "",
                     "persistent_max_segments=11 copy_max_segments=11"),
    "persistent": Arm("ours", "ours", "this pair, all grants persistent", "",
                      "data_path=persistent"),
}
ARMS.update(OWN)
QUEUES = (1, 2, 4)
ARMS.update({f"{name}-q{queues}": ARMS[name].with_queues(queues)
             for name in ("ours", "default") for queues in QUEUES})


def grid_names(grid):
    return [f"tuned-{order}-{segments}" for order, segments in grid]


NULL = "make_nullb size=4096 memory_backed=0 queue_mode=2"


def _timed(microseconds):
    return f"{NULL} irqmode=2 completion_nsec={1000 * microseconds}"


# How dom0 makes each device, in the terms of lib/devices.sh. Data is kept by
# brd alone; null_blk's differ in when a request ends: at once, or by a timer.
DEVICES = {
    "null_blk": f"{NULL} irqmode=0",
    "null_blk-timer": _timed(100),
    "brd": "make_brd 262144",
}
# For file systems, which the other jobs would overwrite; larger than a guest's memory.
FILES = "null_blk-data"
# Made only where they are measured.
MORE_DEVICES = {FILES: "make_nullb size=640 memory_backed=1",
                "null_blk-20us": _timed(20), "null_blk-80us": _timed(80),
                "null_blk-depth8": f"{_timed(80)} hw_queue_depth=8"}

# SPDX-License-Identifier: GPL-2.0
"""A storm: random steps over a few disks, each checked against what must be so after it.

    storm.py STEPS SEED DEVICE...

What comes next is decided by the seed and by what is expected, never by what is found: a seed
gives the same steps again. The devices are dom0's first, then two of guest pv1.
"""
import random
import sys
import time
import traceback

from world import Back, Disk, Guest, Wrong, command

GUEST_LIVES = 3         # a guest takes seconds to boot
DISKS_IN_GUEST = 2
CHECK_ALL = 20          # so many steps apart


class Storm:
    """Steps are the methods after whose names STEPS says how often they come.

    Each is tried on one disk; its first line says when it is possible.
    """

    def __init__(self, devices):
        self.back = Back()
        self.dom0 = Guest("0")
        self.pv1 = Guest("pv1")
        self.dom0.load()
        self.lives = GUEST_LIVES
        self.disks = []
        for i, device in enumerate(devices):
            inside = i >= len(devices) - DISKS_IN_GUEST
            self.disks.append(Disk(i, self.pv1 if inside else self.dom0, f"xvd{'hijklmno'[i]}",
                                   device, self.back))

    def check_all(self):
        for disk in self.disks:
            try:
                disk.check()
            except Wrong as wrong:
                raise Wrong(f"{disk}: {wrong}") from None

    # Attach

    def attach(self, disk):
        disk.make()
        disk.check()

    def attach_script_late(self, disk):
        disk.make(named=False)
        if disk.up:
            disk.rest("2", "3")
        disk.write(physical_device=disk.number())
        disk.check()

    def attach_xl(self, disk):
        command("xl", "block-attach", disk.guest.name, f"phy:{disk.device},{disk.vdev},w")
        disk.there = True
        disk.check()

    # Detach

    def detach(self, disk, front="6"):
        asked = disk.ask_offline()
        if disk.back.loaded:
            disk.closed(front)
        elif asked and disk.guest.front:
            disk.rest("5", "6")     # nobody is there to say Closed for the back
        disk.drop()
        disk.gone()

    def detach_in_use(self, disk):
        disk.ask_offline()
        disk.rest("5", "5")
        if disk.reader.ended():
            raise Wrong(f"its reader has ended: {disk.reader.error}")
        disk.reader.stop()
        disk.reader = None
        disk.closed()
        disk.drop()
        disk.gone()

    def detach_xl(self, disk):
        command("xl", "block-detach", disk.guest.name, disk.vdev)
        disk.there = disk.shown = False
        disk.gone()

    def force(self, disk):
        disk.drop()
        disk.gone()

    def front_directory_removed(self, disk):
        command("xenstore-rm", disk.front_dir)
        if disk.back.loaded:
            disk.rest("6", ("",))
        disk.drop()
        disk.gone()

    def back_directory_removed(self, disk):
        shown = disk.shown
        command("xenstore-rm", disk.back_dir)
        if disk.guest.front:
            disk.rest(("",), "6" if shown else "16")    # with no disk there is nothing to close
        disk.drop()
        disk.gone()

    # Without waiting for what was asked for before

    def attach_and_force(self, disk):
        disk.make()
        disk.drop()
        disk.gone()

    def attach_and_detach(self, disk):
        disk.make()
        disk.noticed()
        # A front that comes when all is over has nothing to close.
        self.detach(disk, front="16")

    def online_flipped(self, disk):
        disk.write(online="0")
        disk.write(online="1")
        disk.rest("456", "13456")
        self.force(disk)

    # Users

    def use(self, disk):
        disk.reader = disk.guest.reader(disk.vdev)

    def stop_using(self, disk):
        disk.reader.stop()
        disk.reader = None
        disk.check()

    # Drivers

    def named_again(self, disk):
        disk.write(physical_device=disk.number())
        disk.check()

    def back_rebound(self, disk):
        self.back.tell("unbind", disk.bus_name)
        disk.rest("6", "1")
        self.back.tell("bind", disk.bus_name)
        disk.check()

    def front_rebound(self, disk):
        disk.guest.run(f"echo vbd-{disk.devid} >/sys/bus/xen/drivers/vbd/unbind")
        disk.rest("6", "6")
        disk.guest.run(f"echo vbd-{disk.devid} >/sys/bus/xen/drivers/vbd/bind")
        disk.check()

    def back_unloaded(self, _):
        if self.back.bound():
            command("rmmod", "xen_blkback", fails=True)
        self.back.unload()
        self.check_all()

    def back_loaded(self, _):
        self.back.load()
        self.check_all()

    def front_unloaded(self, _):
        self.dom0.unload()
        for disk in self.disks:
            if disk.guest is self.dom0:
                disk.shown = False
        self.check_all()

    def front_in_use_unloaded(self, disk):
        command("rmmod", "xen_blkfront", fails=True)
        disk.check()

    def front_loaded(self, _):
        # Without a back it would wait for its disks, as at boot, for minutes.
        self.dom0.load()
        self.check_all()

    # The guest

    def guest_destroyed(self, _):
        self.pv1.destroy()
        for disk in self.disks:
            if disk.guest is self.pv1:
                disk.drop()
                disk.gone()
        self.check_all()

    def guest_created(self, _):
        self.pv1.create()
        self.lives -= 1
        self.check_all()

    def free(self, disk):
        return not disk.there and disk.guest.alive

    def idle(self, disk):
        return disk.there and not disk.reader

    def local(self, disk):
        return disk.guest is self.dom0

    # name, how often it comes, when it is possible
    STEPS = (
        ("attach", 12, lambda s, d: s.free(d)),
        ("attach_script_late", 4, lambda s, d: s.free(d)),
        ("attach_xl", 1, lambda s, d: s.free(d) and s.local(d) and s.back.loaded and d.guest.front),
        ("attach_and_force", 2, lambda s, d: s.free(d)),
        ("attach_and_detach", 2, lambda s, d: s.free(d)),
        ("detach", 3, lambda s, d: s.idle(d)),
        ("detach_in_use", 4, lambda s, d: d.up and d.reader),
        ("force", 2, lambda s, d: d.there),
        ("front_directory_removed", 1, lambda s, d: d.there),
        ("back_directory_removed", 1, lambda s, d: d.there),
        ("online_flipped", 1, lambda s, d: d.up),
        ("use", 4, lambda s, d: d.up and not d.reader),
        ("stop_using", 1, lambda s, d: d.up and d.reader),
        ("named_again", 2, lambda s, d: d.up),
        ("back_rebound", 2, lambda s, d: d.up),
        ("front_rebound", 2, lambda s, d: d.up and not d.reader),
        ("back_unloaded", 0.6, lambda s, d: s.back.loaded),
        ("back_loaded", 2, lambda s, d: not s.back.loaded),
        ("front_unloaded", 0.6, lambda s, d: s.dom0.front and s.local(d) and
            not any(o.reader and s.local(o) for o in s.disks)),
        ("front_in_use_unloaded", 0.3, lambda s, d: d.up and d.reader and s.local(d)),
        ("front_loaded", 2, lambda s, d: not s.dom0.front and s.local(d) and s.back.loaded),
        ("guest_destroyed", 0.2, lambda s, d: s.pv1.alive and s.lives and not s.local(d)),
        ("guest_created", 1, lambda s, d: not s.pv1.alive and not s.local(d)),
    )

    def choose(self, dice):
        possible = [(name, disk, weight) for name, weight, when in self.STEPS
                    for disk in self.disks if when(self, disk)]
        return dice.choices(possible, [weight for _, _, weight in possible])[0][:2]

    def calm(self):
        """All as it was before the storm."""
        if not self.back.loaded:
            self.back.load()
        for disk in self.disks:
            if disk.there:
                self.force(disk)
        if not self.pv1.alive:
            self.pv1.create()
        if self.dom0.front:
            self.dom0.unload()


def run(steps, seed, devices):
    storm = Storm(devices)
    dice = random.Random(seed)
    count = {}
    print(f"# {steps} steps of seed {seed}: SEED={seed} does the same again", flush=True)
    for number in range(1, steps + 1):
        name, disk = storm.choose(dice)
        count[name] = count.get(name, 0) + 1
        begin = time.monotonic()
        print(f"{number} {name} {disk}", end="", flush=True)
        try:
            getattr(storm, name)(disk)
            if number % CHECK_ALL == 0:
                storm.check_all()
        except (Wrong, OSError) as wrong:
            print(f"\nFAIL: step {number}, {name} {disk}, of seed {seed}: {wrong}")
            print(disk.listing(), flush=True)
            return 1
        print(f" {time.monotonic() - begin:.2f} s", flush=True)
    storm.calm()
    print("# " + ", ".join(f"{count[name]} {name}" for name in sorted(count)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
    except Exception:       # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        sys.exit(2)

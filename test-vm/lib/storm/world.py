# SPDX-License-Identifier: GPL-2.0
"""The disks of a storm: how they are made and taken away by hand, and what is to be seen of each.

Disks of dom0 have both drivers in one kernel, so that a step of theirs needs no guest.
"""
import errno
import glob
import mmap
import os
import subprocess
import sys
import threading
import time

sys.path.append("/usr/lib/test-vm/xen/lib/python")
# pylint: disable=wrong-import-position,import-error
from xen.lowlevel.xs import xs

JOB = "/job"
PATIENCE = 15       # seconds until what is expected must be so
STORE = xs()


class Wrong(Exception):
    """Something is not as it must be."""


def until(check, what, seconds=PATIENCE):
    """Waits for check() to be true; what() says what is seen instead."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise Wrong(what())
        time.sleep(0.01)


def command(*words, fails=False):
    """Runs a command that must succeed, or must fail."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if (done.returncode != 0) != fails:
        raise Wrong(f"{' '.join(words)}: status {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def write_all(nodes):
    """All of these nodes or none, whoever else writes."""
    while True:
        transaction = STORE.transaction_start()
        for path, value in nodes.items():
            STORE.write(transaction, path, value)
        if STORE.transaction_end(transaction):
            return


def remove(path):
    """Removes a directory; its empty parents stay."""
    try:
        STORE.rm("", path)
    except RuntimeError as error:
        if error.args[0] != errno.ENOENT:
            raise


def read(path):
    value = STORE.read("", path)
    return value.decode() if value else ""


class Reader(threading.Thread):
    """Has a disk of dom0 open and reads it until told to stop, or until it fails."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.error = None
        self.stopping = False
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
        self.start()

    def run(self):
        buffer = mmap.mmap(-1, 65536)
        try:
            while not self.stopping:
                for offset in range(0, 4 << 20, 65536):
                    if not os.preadv(self.fd, [buffer], offset):
                        raise OSError(errno.ENODEV, "the disk has ended")   # a dead one has no size
                    time.sleep(0.01)    # the storm needs the processor, too
        except OSError as error:
            self.error = error
        os.close(self.fd)

    def ended(self):
        return not self.is_alive()

    def stop(self):
        self.stopping = True
        self.join(PATIENCE)
        if self.error or self.is_alive():
            raise Wrong(f"its reader did not end well: {self.error or 'it hangs'}")


class GuestReader:
    """The same in a guest."""

    def __init__(self, guest, vdev):
        self.guest, self.vdev, self.error = guest, vdev, None
        guest.run(f"rm -f /tmp/*.{vdev}; (exec 3</dev/{vdev}; while [ ! -e /tmp/stop.{vdev} ] && "
                  f"dd if=/dev/{vdev} of=/dev/null bs=64k count=8 iflag=direct; do sleep 0.1; done; "
                  f"[ -e /tmp/stop.{vdev} ]; echo $? >/tmp/end.{vdev}) >/dev/null 2>&1 &")

    def ended(self):
        if not self.guest.alive:
            self.error = "its guest is gone"
            return True
        end = self.guest.run(f"cat /tmp/end.{self.vdev} 2>/dev/null; true").strip()
        self.error = "it has seen an error" if end == "1" else None
        return end != ""

    def stop(self):
        self.guest.run(f"touch /tmp/stop.{self.vdev}")
        until(self.ended, lambda: "its reader hangs")
        if self.error:
            raise Wrong("its reader did not end well")


class Guest:
    """A domain with a front driver; dom0 too is one."""

    def __init__(self, name):
        self.name = name
        self.alive = True
        self.front = True
        self.domid = 0 if name == "0" else int(command(f"{JOB}/bin/guest-domid", name))

    def run(self, text):
        if self.name == "0":
            return command("sh", "-c", text)
        return command(f"{JOB}/bin/guest", self.name, text)

    def reader(self, vdev):
        return Reader(f"/dev/{vdev}") if self.name == "0" else GuestReader(self, vdev)

    def has(self, vdev):
        if self.name == "0":
            return os.path.exists(f"/dev/{vdev}")
        return self.alive and self.run(f"[ -e /dev/{vdev} ] && echo y; true") != ""

    def knows(self, devid):
        """Xenbus has the device. A directory that comes again before it has forgotten the first
        one is the same device to it, and that is Closed."""
        path = f"/sys/bus/xen/devices/vbd-{devid}"
        if self.name == "0":
            return os.path.exists(path)
        return self.alive and self.run(f"[ -e {path} ] && echo y; true") != ""

    def first_word(self, vdev):
        """Of the disk's text; nothing if there is no disk. A guest is asked once."""
        if self.name != "0":
            return self.run(f"[ ! -e /dev/{vdev} ] || "
                            f"dd if=/dev/{vdev} bs=512 count=1 iflag=direct | head -c 16").split(" ")[0]
        if not self.has(vdev):
            return ""
        buffer = mmap.mmap(-1, 512)
        fd = os.open(f"/dev/{vdev}", os.O_RDONLY | os.O_DIRECT)
        try:
            os.preadv(fd, [buffer], 0)
        finally:
            os.close(fd)
        return buffer[:16].decode().split(" ", 1)[0]

    def load(self):
        if self.name == "0":
            command("insmod", f"{JOB}/modules/dom0/xen-blkfront.ko")
        else:
            kind = "pvh" if self.name.startswith("pvh") else "pv"
            command(f"{JOB}/bin/guest-put", self.name, f"{JOB}/modules/{kind}/xen-blkfront.ko",
                    "/run/f.ko")
            self.run("insmod /run/f.ko")
        self.front = True

    def unload(self):
        """Unbound first, then left by udev: a module whose disks are open is in use."""
        self.run("for d in /sys/bus/xen/drivers/vbd/vbd-*; do [ -e $d ] || continue; "
                 "echo ${d##*/} >/sys/bus/xen/drivers/vbd/unbind; done; "
                 "udevadm settle -t 30; rmmod xen_blkfront")
        self.front = False

    def destroy(self):
        command("xl", "destroy", self.name)
        self.alive = self.front = False

    def create(self):
        command("xl", "create", "-q", f"/run/guest/{self.name}.cfg")
        os.environ["GUEST_DEAD_SECONDS"] = "60"
        self.run("true")
        self.domid = int(command(f"{JOB}/bin/guest-domid", self.name))
        self.alive = True
        self.load()


class Back:
    """The back's module in dom0."""

    drivers = "/sys/bus/xen-backend/drivers/vbd"

    def __init__(self):
        self.loaded = True

    def bound(self):
        return [os.path.basename(path) for path in glob.glob(f"{self.drivers}/vbd-*")]

    def tell(self, file, name):
        with open(f"{self.drivers}/{file}", "w", encoding="ascii") as control:
            control.write(name)

    def unload(self):
        for name in self.bound():
            self.tell("unbind", name)
        command("rmmod", "xen_blkback")
        self.loaded = False

    def load(self):
        command("insmod", f"{JOB}/modules/dom0/xen-blkback.ko")
        self.loaded = True


class Disk:
    """One virtual disk, with a device of its own behind it.

    there: both directories are, and it is online. shown: its guest has seen it since.
    """

    def __init__(self, number, guest, vdev, device, back):
        self.guest, self.vdev, self.device, self.back = guest, vdev, device, back
        self.there = self.shown = False
        self.reader = None
        self.sign = f"disk-{number}"
        self.devid = 202 << 8 | (ord(vdev[3]) - ord("a")) << 4
        with open(device, "r+b") as disk:
            disk.write(f"{self.sign} ".encode().ljust(512))

    def __str__(self):
        return f"{self.vdev} of {self.guest.name}"

    @property
    def front_dir(self):
        return f"/local/domain/{self.guest.domid}/device/vbd/{self.devid}"

    @property
    def back_dir(self):
        return f"/local/domain/0/backend/vbd/{self.guest.domid}/{self.devid}"

    @property
    def bus_name(self):
        return f"vbd-{self.guest.domid}-{self.devid}"

    @property
    def up(self):
        return self.there and self.back.loaded and self.guest.front

    def write(self, **nodes):
        write_all({f"{self.back_dir}/{key.replace('_', '-')}": value
                   for key, value in nodes.items()})

    def number(self):
        number = os.stat(self.device).st_rdev
        return f"{os.major(number):x}:{os.minor(number):x}"

    def make(self, named=True):
        """What a toolstack writes to attach, and a hotplug script."""
        back, front, domid = self.back_dir, self.front_dir, self.guest.domid
        for path, owner, other in ((front, domid, 0), (back, 0, domid)):
            write_all({path: ""})
            STORE.set_permissions("", path, [{"dom": owner, "read": False, "write": False},
                                             {"dom": other, "read": True, "write": False}])
        nodes = {f"{front}/backend": back, f"{front}/backend-id": "0",
                 f"{front}/virtual-device": str(self.devid), f"{front}/device-type": "disk",
                 f"{back}/frontend": front, f"{back}/frontend-id": str(domid),
                 f"{back}/mode": "w", f"{back}/type": "phy", f"{back}/script": "none",
                 f"{back}/online": "1"}
        if named:
            nodes[f"{back}/physical-device"] = self.number()
        nodes.update({f"{front}/state": "1", f"{back}/state": "1"})
        write_all(nodes)
        self.there = True

    def ask_offline(self):
        """What a toolstack writes to detach: nothing, if the back is Closed already."""
        if read(f"{self.back_dir}/state") == "6":
            return False
        self.write(online="0", state="5")
        return True

    def drop(self):
        remove(self.front_dir)
        remove(self.back_dir)
        remove(f"/libxl/{self.guest.domid}/device/vbd/{self.devid}")
        self.there = self.shown = False

    # What is to be seen

    def states(self):
        return read(f"{self.back_dir}/state"), read(f"{self.front_dir}/state")

    def rest(self, back, front):
        """Both ends come to these states: a digit each of them may be, "" for gone."""
        def so():
            seen = self.states()
            return seen[0] in tuple(back) and seen[1] in tuple(front)
        until(so, lambda: f"states {self.states()}, expected {back} and {front}")

    def noticed(self):
        """Xenbus leaves alone what is closing when it looks at it first: nobody will say Closed."""
        until(lambda: os.path.exists(f"/sys/bus/xen-backend/devices/{self.bus_name}"),
              lambda: "xenbus does not see it")

    def listing(self):
        """All that the store has of it."""
        return "".join(f"{path} = {read(path)}\n" for top in (self.back_dir, self.front_dir)
                       for path in [f"{top}/{name}" for name in STORE.ls("", top) or ()])

    def is_claimed(self):
        try:
            os.close(os.open(self.device, os.O_RDONLY | os.O_EXCL))
            return False
        except OSError as error:
            if error.errno == errno.EBUSY:
                return True
            raise

    def gone(self):
        """The disk has left its guest, whoever read it has been told, the device is free."""
        if self.reader:
            until(self.reader.ended, lambda: "its reader goes on without it")
            if not self.reader.error:
                raise Wrong("its reader has seen no error")
            self.reader = None
        until(lambda: not self.guest.has(self.vdev), lambda: "it is still there")
        until(lambda: not self.guest.knows(self.devid), lambda: "xenbus has not forgotten it")
        until(lambda: not self.is_claimed(), lambda: f"{self.device} is still held")

    def closed(self, front="6"):
        """Closed means that the device has been let go: not soon, but now."""
        self.rest("6", front if self.guest.front else "0123456")
        if self.is_claimed():
            raise Wrong(f"the back is Closed and {self.device} is held")

    def check(self):
        if not self.there:
            if self.states() != ("", ""):
                raise Wrong(f"its directories came back: states {self.states()}")
        elif self.up:
            self.rest("4", "4")
            until(lambda: self.guest.first_word(self.vdev) == self.sign,
                  lambda: f"it reads '{self.guest.first_word(self.vdev)}', not '{self.sign}'")
            if self.reader and self.reader.ended():
                raise Wrong(f"its reader has ended: {self.reader.error}")
            self.shown = True
        elif self.guest.front and self.shown:
            self.rest("6", "1")     # parked
            if not self.guest.has(self.vdev):
                raise Wrong("it does not wait for its back")
        elif self.back.loaded:
            self.rest("26", "16")

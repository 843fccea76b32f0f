"""One QEMU with Xen in it: start, talk to dom0, save, kill."""
import contextlib
import dataclasses
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import lane as lanes
from .host import HarnessError, cache_dir, ending, tail

JOB_DISK_SIZE = 64 << 20
MEMORY_MB = 4608
DOM0_MB = 1536

# Each flag off for a reason: SMAP kills a PV dom0 in its first iret; MONITOR makes
# Xen idle in MWAIT, which TCG emulates as a spin; ERMS and FSRM make memcpy
# byte-wise; RDTSCP kills a PVH guest in Xen's SVM instruction decoding; with XSAVE
# two guests that compute on one CPU corrupt each other's registers (fio's free() of
# 0x2525252525252525, with no block driver loaded).
CPU = "max,-smap,-monitor,-erms,-fsrm,-rdtscp,-xsave"


RUNNING = set()


def kill_all():
    """Ends every QEMU of this process: who waits for one finds it dead."""
    for machine in list(RUNNING):
        if machine.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(machine.process.pid, signal.SIGKILL)


def accelerator():
    accel = os.environ.get("ACCEL", "tcg")
    if accel not in ("tcg", "kvm"):
        raise HarnessError(f"ACCEL={accel} is not known; it is tcg (the default) or kvm")
    return accel


@dataclasses.dataclass(frozen=True)
class Dom0:
    """What a machine boots: the image of a lane, and a xenstore daemon."""
    lane: lanes.Lane
    image: str
    xenstored: str


def command_line(dom0, disk, ram, folder):
    """
    QEMU's arguments. The machine's memory is the file `ram`: one that is mapped privately by
    its path, one that is written to by its descriptor. `folder` has the job disk and takes
    sockets and logs.
    """
    # No balloon and no virtio-mem: what they discard would become holes in a saved file.
    ours = isinstance(ram, int)
    memory = f"mem-path=/proc/self/fd/{ram},share=on" if ours else f"mem-path={ram},share=off"
    kvm = accelerator() == "kvm"
    image, lane = dom0.image, dom0.lane
    xen = ("console=com1 com1=115200 loglvl=all guest_loglvl=all conring_size=1m "
           f"dom0_mem={DOM0_MB}M,max:{DOM0_MB}M dom0_max_vcpus={lane.dom0_cpus} dom0_vcpus_pin "
           "cpuidle=0 bootscrub=off")
    # Without tsc=reliable a busy host makes dom0's watchdog give up the TSC for Xen's
    # clock, each look at which is a system call: fio there falls to a fourth.
    linux = (f"console=hvc0 loglevel=6 test_xenstored={dom0.xenstored} log_buf_len=1M "
             "tsc=reliable")
    return [
        "qemu-system-x86_64", "-machine", "q35,memory-backend=ram",
        "-object", f"memory-backend-file,id=ram,size={MEMORY_MB}M,{memory}",
        "-accel", "kvm" if kvm else "tcg,thread=multi", "-cpu", "host,-smap" if kvm else CPU,
        "-smp", str(lane.cpus), "-m", str(MEMORY_MB), "-nodefaults", "-no-user-config",
        "-display", "none", "-no-reboot", "-nic", "none",
        "-kernel", f"{image}/xen", "-append", xen,
        "-initrd", f"{image}/vmlinux {linux},{image}/dom0.initrd",
        "-drive", f"file={disk},format=qcow2,if=virtio,cache=unsafe",
        "-drive", f"file={folder}/job,format=raw,if=virtio,readonly=on",
        "-device", "virtio-serial-pci",
        "-chardev", f"socket,id=control,path={folder}/control,server=on,wait=off",
        "-device", "virtserialport,chardev=control,nr=1",
        "-chardev", f"socket,id=output,path={folder}/output,server=on,wait=off",
        "-device", "virtserialport,chardev=output,nr=2",
        "-chardev", f"file,id=console,path={folder}/console.log",
        "-serial", "chardev:console",
        "-qmp", f"unix:{folder}/monitor,server=on,wait=off",
    ]


def fingerprint(dom0):
    """What a saved state depends on beside the image: QEMU and its command line."""
    program = shutil.which("qemu-system-x86_64")
    if not program:
        raise HarnessError("qemu-system-x86_64 is missing: run test-vm/install-deps")
    about = os.stat(program)
    arguments = command_line(dataclasses.replace(dom0, image="IMAGE"), "DISK", "RAM", "FOLDER")
    return " ".join([*arguments, str(about.st_size), str(about.st_mtime)])


class Machine:
    """
    A running QEMU. `disk` is a qcow2 that this machine may write to. With `state`, which save()
    made, it goes on from there instead of booting. Its memory is a file: a machine that is to be
    saved writes to `ram`, the descriptor of an empty file or of a copy of a saved one. For any
    other `ram` is the path of a saved file, which it maps and does not change: to read it all
    takes seconds. The command line must stay the same from save to load, but for `more`:
    arguments that change nothing of the machine, such as a plugin.
    """

    def __init__(self, dom0, disk, ram, state=None, job=None, more=()):
        self.dir = tempfile.mkdtemp(prefix="xvbd-vm-")
        self.console = os.path.join(self.dir, "console.log")
        self.process = None
        RUNNING.add(self)
        self.control = self.output = self.monitor = None
        self.buffer = b""
        try:
            self._make_job_disk(job)
            self._start([*command_line(dom0, disk, ram, self.dir), *more], state,
                        [ram] if isinstance(ram, int) else [])
        except BaseException:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def change_job(self, job):
        """Another tar on the job disk, which dom0 reads past its cache."""
        with open(job, "rb") as source, open(os.path.join(self.dir, "job"), "r+b") as target:
            shutil.copyfileobj(source, target)

    def _make_job_disk(self, job):
        path = os.path.join(self.dir, "job")
        if job:
            shutil.copyfile(job, path)
        with open(path, "ab") as target:
            if target.tell() > JOB_DISK_SIZE:
                raise HarnessError(f"the job is larger than {JOB_DISK_SIZE >> 20} MiB")
            target.truncate(JOB_DISK_SIZE)

    def _start(self, command, state, descriptors):
        log = os.path.join(self.dir, "qemu.log")
        # QEMU dies with this process, however that ends.
        command = ["setpriv", "--pdeathsig", "KILL", *command]
        if state:
            command += ["-incoming", "defer"]
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(command, start_new_session=True,
                                            stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors, pass_fds=descriptors)
        if ending():        # kill_all() may have missed this one
            raise HarnessError("the run was ended")
        self.control = self._connect("control", log)
        self.output = self._connect("output", log)
        self.monitor = self._connect("monitor", log).makefile("rw")
        self.monitor.readline()
        self.qmp("qmp_capabilities")
        if state:
            self._load(state)

    def _leave_memory_out(self):
        """Neither save nor load has the memory in the state: it is in a file already."""
        self.qmp("migrate-set-capabilities",
                 capabilities=[{"capability": "x-ignore-shared", "state": True}])

    def _load(self, state):
        """Loads the saved state, then lets the machine go on."""
        self._leave_memory_out()
        self.qmp("migrate-incoming", uri=f"exec:cat '{state}'")
        while self.qmp("query-status")["status"] == "inmigrate":
            time.sleep(0.02)
        self.qmp("cont")

    def _connect(self, name, log):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            link = socket.socket(socket.AF_UNIX)
            try:
                link.connect(os.path.join(self.dir, name))
                return link
            except OSError:
                link.close()
                time.sleep(0.02)
        raise HarnessError("QEMU did not start:\n" + tail(log))

    def qmp(self, command, **arguments):
        """Runs a QEMU monitor command and returns what it answers."""
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        self.monitor.write(json.dumps(request) + "\n")
        self.monitor.flush()
        while True:
            line = self.monitor.readline()
            if not line:
                raise HarnessError("QEMU ended:\n" + tail(os.path.join(self.dir, "qemu.log")))
            answer = json.loads(line)
            if "error" in answer:
                raise HarnessError(f"QEMU refuses {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def run(self, command, seconds, on_output=None):
        """
        Runs a one-line shell command in dom0 and returns its exit status.
        Output goes to on_output(bytes) as it comes. After a TimeoutError the
        machine is good for nothing but kill().
        """
        token = secrets.token_hex(8)
        self.control.sendall(f"{token} {command}\n".encode())
        deadline = time.monotonic() + seconds
        status = None
        # What was written before the status may come after it: they have ports of their own.
        while status is None or self._readable([self.output], 0.1):
            left = deadline - time.monotonic()
            ready = self._readable([self.control, self.output], left if status is None else 0)
            if not ready and status is None:
                if self.process.poll() is not None:
                    raise self.ended()
                raise TimeoutError(f"no answer within {seconds:.0f} s")
            if self.output in ready:
                data = self.output.recv(65536)
                if not data:
                    raise self.ended()
                if on_output:
                    on_output(data)
            if self.control in ready:
                status = self._status(token)
        return status

    def ended(self):
        """The error for a VM that is gone; its console log is kept."""
        log = self.keep_console()
        return HarnessError(f"the VM ended by itself; last lines of its console:\n{tail(log)}\n"
                            f"--- the whole console: {log}")

    def keep_console(self):
        """Copies the console log to where it outlives this machine."""
        path = os.path.join(cache_dir(), "last-failure-console.log")
        shutil.copyfile(self.console, path)
        return path

    @staticmethod
    def _readable(links, seconds):
        return select.select(links, [], [], max(0, seconds))[0]

    def _status(self, token):
        data = self.control.recv(4096)
        if not data:
            raise self.ended()
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            words = line.decode("ascii", "replace").split()
            if len(words) == 2 and words[0] == token:
                return int(words[1])
        return None

    def save(self, path):
        """Writes the machine's state to path and ends it: disk and memory are at rest then."""
        self.qmp("stop")
        self._leave_memory_out()
        self.qmp("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        self.qmp("migrate", uri=f"exec:cat >'{path}'")
        while True:
            status = self.qmp("query-migrate")["status"]
            if status == "completed":
                break
            if status in ("failed", "cancelled"):
                raise HarnessError(f"QEMU could not save the VM: {status}")
            time.sleep(0.05)
        self.qmp("quit")
        self.process.wait(20)

    def kill(self):
        """Ends QEMU whatever it does, and removes its scratch folder."""
        RUNNING.discard(self)
        for link in (self.control, self.output, self.monitor):
            if link:
                link.close()
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

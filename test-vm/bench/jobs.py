"""The fio jobs: what each is called, and the job file that runs it."""

GLOBAL = {"direct": 1, "thread": 1, "norandommap": 1, "randrepeat": 1, "time_based": 1,
          "group_reporting": 1, "percentile_list": "50:99:99.9", "filename": "${DISKS}"}
RAMP = 0.3      # seconds of each run that do not count
RUNTIME = 0.8
PERCENTILES = ("50.000000", "99.000000", "99.900000")

BATCHES = {"iodepth_batch_submit": 16, "iodepth_batch_complete_min": 1,
           "iodepth_batch_complete_max": 32}


class Job:
    """One fio run. `raw` is False where the device in dom0 is no measure of it."""

    def __init__(self, name, rw, bs, depth=1, engine="libaio", raw=True, **options):
        self.name = name
        self.runtime = options.pop("seconds", RUNTIME)
        self.raw = raw
        self.options = dict(GLOBAL, rw=rw, bs=bs, iodepth=depth, ioengine=engine,
                            ramp_time=f"{RAMP * 1000:.0f}ms", **options)

    @property
    def block_size(self):
        number, unit = self.options["bs"], 1
        if number[-1] in "kM":
            number, unit = number[:-1], 1024 if number[-1] == "k" else 1 << 20
        return int(number) * unit

    def text(self, runtime=None):
        """The job file; it takes the disks from the environment, as DISKS."""
        options = dict(self.options, runtime=f"{(runtime or self.runtime) * 1000:.0f}ms")
        return f"[{self.name}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())


def _latency():
    for rw in ("randread", "randwrite"):
        yield Job(f"L1-{rw}", rw, "4k")
        yield Job(f"L1-{rw}-psync", rw, "4k", engine="psync")
    for bs in ("4k", "512"):
        yield Job(f"L2-randread-{bs}-hipri", "randread", bs, engine="io_uring")


def _throughput():
    for depth in (32, 128):
        for rw in ("randread", "randwrite"):
            yield Job(f"T1-{rw}-qd{depth}", rw, "4k", depth)
            yield Job(f"T2-{rw}-qd{depth}", rw, "4k", depth, **BATCHES)
            yield Job(f"T2-{rw}-qd{depth}-uring", rw, "4k", depth, "io_uring", **BATCHES)
    for engine, tail in (("libaio", ""), ("io_uring", "-uring")):
        for count in (1, 2, 4):
            yield Job(f"T3-randread-x{count}{tail}", "randread", "4k", 64, engine, numjobs=count)
    for count in (1, 2):
        yield Job(f"M1-randrw-x{count}", "randrw", "4k", 32, rwmixread=70, numjobs=count)


def _sequential():
    for rw in ("read", "write"):
        for bs in ("512", "4k", "32k", "256k", "1M"):
            yield Job(f"S1-{rw}-{bs}", rw, bs, 32)
        yield Job(f"S1-{rw}-4M", rw, "4M", 8)   # 32 of them do not fit a guest of 448 MiB
        for bs in ("128k", "1M"):
            yield Job(f"S2-{rw}-{bs}", rw, bs, 8)


def _files():
    for count in (1, 4):
        yield Job(f"F1-fsync-x{count}", "randwrite", "4k", engine="psync", fsync=1,
                  numjobs=count)
    for rw in ("read", "write"):    # on ext4, a file larger than the guest's memory
        yield Job(f"B1-{rw}", rw, "64k", engine="psync", raw=False, direct=0, size="512M",
                  seconds=4)


JOBS = {job.name: job for group in (_latency, _throughput, _sequential, _files) for job in group()}

QUICK = ("L1-randread", "T1-randread-qd32", "T2-randread-qd32", "T2-randwrite-qd32",
         "S2-read-1M", "S2-write-1M")
NUMBERED_JOBS = ("L1-randread", "T1-randread-qd32", "T2-randread-qd32", "S2-read-1M",
                 "S2-write-1M")         # whose instructions are counted
GRID = ("T2-randread-qd32", "S2-read-1M")       # what the kernel's own parameters are chosen by
CORE = QUICK + ("L1-randwrite", "T1-randwrite-qd32", "M1-randrw-x1", "S2-read-128k",
                "S2-write-128k", "F1-fsync-x1")
ON_A_DISK = tuple(name for name in JOBS if not name.startswith("B1"))
BUFFERED = tuple(name for name in JOBS if name.startswith("B1"))


COUNTED = ".counted"    # a job's name with this: the same, long enough to be counted
NUMBERED = ".numbered"  # the same, for as long as instructions are counted
NUMBERED_SECONDS = 3.6


def texts(names, count_seconds):
    """{name: job file} of some jobs, as timed and as counted."""
    files = {name: JOBS[name].text() for name in names}
    files.update({name + NUMBERED: JOBS[name].text(NUMBERED_SECONDS) for name in names})
    files.update({name + COUNTED: JOBS[name].text(count_seconds) for name in names})
    return files


def matching(prefix):
    """The jobs whose name is, or starts with, prefix: T2, T2-randread-qd32."""
    return [name for name in JOBS if name.startswith(prefix)]

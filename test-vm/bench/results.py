"""What one fio run came to, from fio's JSON and the samples that dom0 took beside it."""
import json

from .jobs import JOBS, PERCENTILES, RAMP

SECTOR = 512
SETTLE = 0.1    # seconds left out at both ends of the window in which CPU time is counted


class Sample:
    """One "@sample" line: seconds, CPU seconds of dom0 and the guest, a file's numbers."""

    def __init__(self, line, domains):
        words = line.split()[1:]
        self.time = int(words[0]) / 1e9
        self.cpu = [int(word) / 1e9 for word in words[1:1 + domains]]
        self.numbers = [int(word) for word in words[1 + domains:]]


def sections(text):
    """
    The runs in a round's output, {job: (fio's JSON text, sample lines)}; a run
    is what stands between "@job NAME" and "@end".
    """
    found, name, body, samples = {}, None, [], []
    for line in text.replace("\r", "").splitlines():
        if line.startswith("@job "):
            name, body, samples = line.split()[1], [], []
        elif line.startswith("@end") and name:
            found[name] = ("\n".join(body), samples)
            name = None
        elif line.startswith("@sample "):
            samples.append(line)
        else:
            body.append(line)
    return found


def _fio(text):
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < 0:
        raise ValueError("fio printed no JSON: " + text[-300:])
    job = json.loads(text[begin:end + 1])["jobs"][0]
    if job["error"]:
        raise ValueError(f"fio met error {job['error']}")
    sides = [job[side] for side in ("read", "write") if job[side]["total_ios"]]
    if not sides:
        raise ValueError("fio did no I/O")
    busiest = max(sides, key=lambda side: side["total_ios"])
    latency = busiest["clat_ns"]
    return {"iops": sum(side["iops"] for side in sides),
            "bytes_per_s": sum(side["bw_bytes"] for side in sides),
            "latency_us": {name.rstrip("0").rstrip("."): latency["percentile"][name] / 1000
                           for name in PERCENTILES if name in latency.get("percentile", {})},
            "latency_mean_us": latency["mean"] / 1000}


def fio(job, text):
    """The figures of fio's JSON; ValueError where it is no result."""
    try:
        return _fio(text)
    except (ValueError, KeyError) as error:
        raise ValueError(f"{job}: {error}") from None


def _sectors(sample):
    """Sectors moved: of the stat of a device in dom0, or of vbds' pairs of rd_sect and wr_sect."""
    raw = len(sample.cpu) == 1
    return sample.numbers[2] + sample.numbers[6] if raw else sum(sample.numbers)


def ios_between(job, first, last):
    """I/Os of a job from one sample to another, as the back counts."""
    return (_sectors(last) - _sectors(first)) * SECTOR / JOBS[job].block_size


def steady(samples):
    """The first and last sample of the time in which I/O flows, ramp left out; or None."""
    moved = [_sectors(sample) for sample in samples]
    flowing = [i for i in range(1, len(samples)) if moved[i] > moved[i - 1]]
    if not flowing:
        return None
    begin = samples[flowing[0]].time + RAMP + SETTLE
    end = samples[flowing[-1]].time - SETTLE
    window = [sample for sample in samples if begin <= sample.time <= end]
    return (window[0], window[-1]) if len(window) > 2 else None


def _cpu(job, samples):
    """CPU seconds an I/O of dom0 and of the guest, and I/Os a second as the back counts."""
    window = steady(samples)
    if not window:
        return {}
    first, last = window
    ios = ios_between(job, first, last)
    if ios <= 0:
        return {}
    spent = [after - before for before, after in zip(first.cpu, last.cpu)]
    return {"cpu_per_io_us": [1e6 * seconds / ios for seconds in spent],
            "cpu_busy": [seconds / (last.time - first.time) for seconds in spent],
            "iops_in_dom0": ios / (last.time - first.time)}


def parse(text, domains):
    """{job: what it came to} of a round's output; ValueError where a run is no good."""
    outcome = {}
    for job, (body, lines) in sections(text).items():
        outcome[job] = fio(job, body)
        outcome[job].update(_cpu(job, [Sample(line, domains) for line in lines]))
    return outcome

"""What is read from a round's output, and that nothing bad is taken for a result."""
import json
import unittest

from bench import counts, results

JOB = "T2-randread-qd32"


def fio(iops=1000, error=0, total=800):
    idle = {"total_ios": 0}
    busy = {"total_ios": total, "iops": iops, "bw_bytes": iops * 4096,
            "clat_ns": {"mean": 2e6, "percentile": {"50.000000": 1e6, "99.000000": 3e6}}}
    return json.dumps({"jobs": [{"error": error, "read": busy, "write": idle}]}, indent=1)


def samples(iops=1000, dom0=0.5, guest=0.25, seconds=1.5):
    """I/O of 8 sectors flows from 0.2 s on; CPU time is spent while it flows."""
    lines = []
    for tick in range(int(20 * (seconds + 0.4))):
        now = tick / 20
        active = min(max(0, now - 0.2), seconds)
        lines.append(f"@sample {int(now * 1e9)} {int(active * dom0 * 1e9)} "
                     f"{int(active * guest * 1e9)} {int(active * iops) * 8} 0")
    return "\n".join(lines)


def round_of(body, lines):
    return f"note\n@job {JOB}\n{body}\n{lines}\n@end\n"


class ParseTest(unittest.TestCase):
    def test_a_run(self):
        outcome = results.parse(round_of(fio(), samples()), 2)[JOB]
        self.assertEqual(outcome["iops"], 1000)
        self.assertEqual(outcome["latency_us"], {"50": 1000, "99": 3000})
        self.assertAlmostEqual(outcome["iops_in_dom0"], 1000, delta=10)
        self.assertAlmostEqual(outcome["cpu_per_io_us"][0], 500, delta=10)
        self.assertAlmostEqual(outcome["cpu_per_io_us"][1], 250, delta=10)

    def test_without_samples_there_is_no_cpu_time(self):
        self.assertNotIn("cpu_per_io_us", results.parse(round_of(fio(), ""), 2)[JOB])

    def test_many_disks_are_summed(self):
        """16 disks have as many figures as the stat file of a device in dom0, and more."""
        lines = "\n".join(line + " 0" * 30 for line in samples().splitlines())
        outcome = results.parse(round_of(fio(), lines), 2)[JOB]
        self.assertAlmostEqual(outcome["iops_in_dom0"], 1000, delta=10)

    def test_an_error_of_fio_is_no_result(self):
        for body in (fio(error=5), fio(total=0), "fio: no such file", "{"):
            with self.assertRaises(ValueError):
                results.parse(round_of(body, samples()), 2)

    def test_a_run_without_its_end_is_none(self):
        self.assertEqual(results.parse(f"@job {JOB}\n{fio()}\n", 2), {})


class CountersTest(unittest.TestCase):
    TEXT = ("@memory dom0 before MemFree 1000\n@memory dom0 attached MemFree 600\n"
            "@memory dom0 before Slab 100\n@memory dom0 attached Slab 140\n")

    def test_memory_is_what_is_gone(self):
        self.assertEqual(counts.memory(self.TEXT, 4), {"kib_per_disk": {
            "dom0 attached memory": 100, "dom0 attached Slab": 10}})

    def test_no_io_is_no_count(self):
        text = "@sample 0 0 0 8 0\n@sample 1000000000 0 0 8 0\n"
        with self.assertRaises(ValueError):
            counts.parse(JOB, text, b"", 1000)

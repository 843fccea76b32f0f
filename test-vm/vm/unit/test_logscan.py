"""The scan of the logs: what it finds, and which reports it leaves out."""
import os
import shutil
import subprocess
import tempfile
import unittest

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib")

REPORT = """\
[   49.357804] suspending xenstore...
[   49.372857] ------------[ cut here ]------------
[   49.373050] WARNING: CPU: 0 PID: 16 at kernel/time/timekeeping.c:1005 {where}+0x1b/0x30
[   49.383058] Call Trace:
[   49.390950]  crng_make_state+0x136/0x1c0
[   49.391076]  xen_manage_runstate_time+0x115/0x1b0
[   49.391212]  xen_suspend+0x53/0x190
[   49.394171] ---[ end trace 0000000000000000 ]---
[   49.397069] xen:grant_table: Grant tables using version 1 layout
"""
KNOWN = REPORT.format(where="ktime_get_seconds")
OTHER = REPORT.format(where="ktime_get_other")


class ScanTest(unittest.TestCase):
    def scan(self, text):
        """The status and the output of scan_logs, and what is left of the log."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(LIB, os.path.join(folder, "lib"))
            for name in "logs", "raw":
                os.mkdir(os.path.join(folder, name))
            log = os.path.join(folder, "logs", "pv1.log")
            with open(log, "w", encoding="ascii") as target:
                target.write(text)
            result = subprocess.run(["bash", "-c", '. "$JOB/lib/logscan.sh" && scan_logs'],
                                    check=False, stdout=subprocess.PIPE, text=True,
                                    env={**os.environ, "JOB": folder})
            with open(log, encoding="ascii") as rest:
                return result.returncode, result.stdout, rest.read()

    def test_a_clean_log(self):
        self.assertEqual(self.scan("[ 1.0] xvda: xvda1\n"), (0, "", "[ 1.0] xvda: xvda1\n"))

    def test_a_report(self):
        status, found, rest = self.scan(OTHER)
        self.assertEqual((status, rest), (1, OTHER))
        self.assertIn("WARNING: CPU: 0", found)

    def test_a_known_report_is_left_out(self):
        status, found, rest = self.scan(KNOWN)
        self.assertEqual((status, found), (0, ""))
        self.assertEqual(rest, KNOWN.splitlines(True)[0] + KNOWN.splitlines(True)[-1])

    def test_a_report_beside_a_known_one(self):
        for text in KNOWN + OTHER, OTHER + KNOWN, KNOWN + "[ 2.0] BUG: bad\n":
            self.assertEqual(self.scan(text)[0], 1)

    def test_a_known_report_that_does_not_end(self):
        cut = KNOWN[:KNOWN.index("[   49.394171]")]
        status, _, rest = self.scan(cut)
        self.assertEqual((status, rest), (1, cut))

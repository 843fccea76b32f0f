"""The tables of timed runs: IOPS never stand without what dom0 spends for them."""
import unittest

from bench import analysis, tables


def visit(arm, block, iops, dom0_us, busy, phase="ab"):
    outcome = {"iops": iops, "cpu_per_io_us": [dom0_us, 50], "cpu_busy": [busy, 0.9]}
    return {"kind": "visit", "phase": phase, "arm": arm, "device": "null_blk", "block": str(block),
            "label": "1 disks", "jobs": {"L1-randread": outcome}}


class TablesTest(unittest.TestCase):
    def setUp(self):
        steps = []
        for block in range(5):
            steps += [visit("again", block, 1000, 20, 0.4), visit("default", block, 1000, 20, 0.4),
                      visit("ours", block, 1500, 30, 0.94)]
        self.run = analysis.Run(steps)

    def test_ratios_show_dom0_of_both_arms(self):
        text = tables.ratios(self.run)
        self.assertIn("| **1.50** | 1.50 - 1.50 | 0% | win | 30.00 | 20.00 | 94% | 40% |", text)

    def test_medians_show_dom0_of_each_arm(self):
        self.assertIn("| 1,000 / 20 / 40% | 1,500 / 30 / 94% |", tables.medians(self.run))

    def test_scaling_shows_dom0_of_each_arm(self):
        run = analysis.Run([visit("ours", 1, 1500, 30, 0.94, "scale")])
        self.assertIn("| 1 disks | L1-randread | 1,500 / 30 / 94% | - / - / - |",
                      tables.scaling(run))

    def test_the_summary_has_it(self):
        (entry,), _ = analysis.summary(self.run)
        self.assertEqual((entry["dom0_us_per_io_ours"], entry["dom0_us_per_io_base"]), (30, 20))
        self.assertEqual((entry["dom0_busy_ours"], entry["dom0_busy_base"]), (0.94, 0.4))

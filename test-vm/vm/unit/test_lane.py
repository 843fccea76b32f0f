"""Lanes: their files, how they are selected, and what a test's header says of them."""
import os
import tempfile
import unittest
from unittest import mock

from vm import catalog, lane
from vm.host import HarnessError


class LaneTest(unittest.TestCase):
    def write(self, text):
        # pylint: disable=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        with open(os.path.join(scratch.name, "x"), "w", encoding="ascii") as target:
            target.write(text)
        patch = mock.patch.object(lane, "FOLDER", scratch.name)
        patch.start()
        self.addCleanup(patch.stop)

    def refused(self, text):
        self.write(text)
        with self.assertRaises(HarnessError) as caught:
            lane.get("x")
        return str(caught.exception)

    def select(self, text):
        with mock.patch.dict(os.environ, {"LANE": text}):
            return [one.name for one in lane.selected()]

    def test_each_lane_of_the_tree_can_be_read(self):
        for name in lane.names():
            self.assertTrue(lane.get(name).about, name)

    def test_fields_and_defaults(self):
        self.write("# About it,\n# in two lines.\nSUITE=a\nXEN=4.17\nKERNEL=k\nPVH_KERNEL=p\nCPUS=4\n"
                   "DOM0_CPUS=2\n")
        one = lane.get("x")
        self.assertEqual(one.about, "About it, in two lines.")
        self.assertEqual((one.kernel_of("pv"), one.kernel_of("pvh")), ("k", "p"))
        self.assertEqual(one.guests_on, "2-3")
        self.assertEqual(one.kernels(), ["k", "p"])

    def test_one_cpu_for_guests(self):
        self.write("SUITE=a\nXEN=4.17\nKERNEL=k\n")
        self.assertEqual(lane.get("x").guests_on, "1")

    def test_bad_files_are_refused(self):
        self.assertIn("XEN is missing", self.refused("SUITE=a\nKERNEL=k\n"))
        self.assertIn("CPU is not known", self.refused("SUITE=a\nXEN=4\nKERNEL=k\nCPU=3\n"))
        self.assertIn("CPUS is not a number", self.refused("SUITE=a\nXEN=4\nKERNEL=k\nCPUS=b\n"))
        self.assertIn("line 2: 'XEN 4'", self.refused("SUITE=a\nXEN 4\n"))

    def test_an_unknown_lane_names_the_others(self):
        with self.assertRaises(HarnessError) as caught:
            lane.get("deb31")
        self.assertIn("there is no lane 'deb31'; there are deb12", str(caught.exception))
        self.assertIn("was it deb13?", str(caught.exception))

    def test_selection(self):
        self.assertEqual(self.select(""), ["deb12"])
        self.assertEqual(self.select("smp,deb12 smp"), ["smp", "deb12"])
        self.assertEqual(self.select("mixed"), ["mixed-new-guest", "mixed-old-guest"])
        self.assertEqual(self.select("all"), lane.names())
        with mock.patch.dict(os.environ, {"LANE": "all"}), self.assertRaises(HarnessError):
            lane.selected_one("a benchmark")


class HeaderTest(unittest.TestCase):
    def make(self, header, on_lane):
        # pylint: disable=consider-using-with
        scratch = tempfile.NamedTemporaryFile("w", suffix=".test")
        self.addCleanup(scratch.close)
        scratch.write("#!/bin/bash\n" + header)
        scratch.flush()
        return catalog.Test(scratch.name, "a/b", lane.get(on_lane))

    def test_names(self):
        self.assertEqual(self.make("", "deb12").name, "a/b")
        self.assertEqual(self.make("", "smp").name, "a/b@smp")

    def test_not_on(self):
        header = "# NOTON: smp, deb13: it needs one CPU\n# NOTON: systemd: another reason\n"
        self.assertEqual(self.make(header, "deb12").not_here, "")
        self.assertEqual(self.make(header, "smp").not_here, "it needs one CPU")
        self.assertEqual(self.make(header, "systemd").not_here, "another reason")

    def test_not_on_wants_a_lane_and_a_reason(self):
        with self.assertRaises(HarnessError):
            self.make("# NOTON: smp\n", "deb12")
        with self.assertRaises(HarnessError):
            self.make("# NOTON: spm: one CPU\n", "deb12")

    def test_smoke_tests_are_selected_on_each_lane(self):
        chosen = catalog.select(catalog.SMOKE, [lane.get("deb12"), lane.get("smp")])
        self.assertTrue(chosen)
        self.assertEqual(len({test.name for test in chosen}), len(chosen))
        self.assertEqual({test.lane.name for test in chosen}, {"deb12", "smp"})


if __name__ == "__main__":
    unittest.main()

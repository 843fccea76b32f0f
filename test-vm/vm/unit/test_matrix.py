"""What record-matrix makes of what the tests said."""
import importlib.machinery
import importlib.util
import os
import tempfile
import unittest
from unittest import mock

from vm.host import HERE

SAID = """\
TAP version 13
1..4
ok 1 - data/awake@smp # 14.0 s
ok 2 - data/flush@smp # SKIP it needs one CPU
not ok 3 - data/paths@smp # it failed, and failed again alone
  ---
  first run: 9.0 s
  reason:
    - 'the disk is gone'
  second run: 9.0 s
  reason:
    - 'it is gone again'
  ...
ok 4 - data/limits@smp # flaky: it failed, and passed alone
flaky: 1 data/limits@smp
2 passed, 1 failed, 1 skipped
"""


def load():
    path = os.path.join(HERE, "record-matrix")
    loader = importlib.machinery.SourceFileLoader("record_matrix", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class MatrixTest(unittest.TestCase):
    def setUp(self):
        # pylint: disable=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.matrix = load()
        patch = mock.patch.object(self.matrix, "OUT", scratch.name)
        patch.start()
        self.addCleanup(patch.stop)
        os.mkdir(os.path.join(scratch.name, "smp"))
        self.path = os.path.join(scratch.name, "smp", "data.tap")

    def record(self, text):
        with open(self.path, "w", encoding="utf-8") as target:
            target.write(text)
        return self.matrix.Record("smp", "data")

    def test_verdicts(self):
        record = self.record(SAID + "# recorded: abc123 2026-01-02\n")
        self.assertEqual(record.passed, ["data/awake", "data/limits"])
        self.assertEqual(record.skipped, {"data/flush": "it needs one CPU"})
        self.assertEqual(record.failed, {"data/paths": "the disk is gone"})
        self.assertEqual(record.flaky, ["data/limits"])
        self.assertEqual((record.revision, record.date), ("abc123", "2026-01-02"))
        self.assertEqual(record.cell(), "2, **1 failed**, 1 skipped")

    def test_a_run_that_was_cut_off_does_not_count(self):
        self.assertEqual(self.record(SAID).cell(), "not run")
        self.assertEqual(self.matrix.Record("smp", "abi").cell(), "not run")

    def test_the_page_names_what_did_not_pass(self):
        self.record(SAID + "# recorded: abc123 2026-01-02\n")
        page = self.matrix.page(["deb12", "smp"])
        self.assertIn("| data | not run | 2, **1 failed**, 1 skipped |", page)
        self.assertIn("- `data/paths` failed on `smp`: the disk is gone", page)
        self.assertIn("- `data/flush` skipped on `smp`: it needs one CPU", page)
        self.assertIn("- `data/limits` failed once on `smp`, and passed alone", page)


if __name__ == "__main__":
    unittest.main()

"""The plans and the store: order, and that a run that was stopped goes on."""
import os
import tempfile
import unittest
from unittest import mock

from bench import arms, jobs, plan, store


class PlanTest(unittest.TestCase):
    def test_every_arm_once_a_block_and_turned_round(self):
        blocks = plan.compare("ab", ["a", "b"], "null_blk", jobs.QUICK, 10)
        orders = [[step.arm for step in block.steps] for block in blocks]
        self.assertEqual(orders[:4], [["a", "b"], ["b", "a"], ["a", "b"], ["b", "a"]])

    def test_ten_blocks_or_more_where_a_claim_is_made(self):
        for mode in ("quick", "mixed", "full"):
            blocks = [block for block in plan.MODES[mode]() if block.steps[0].phase == "ab"]
            devices = {block.steps[0].device for block in blocks}
            self.assertGreaterEqual(len(blocks), 10 * len(devices), mode)

    def test_quick_is_quick(self):
        self.assertLess(sum(block.seconds for block in plan.quick()), 21 * 60 - 20)

    def test_quick_has_both_kinds_of_device(self):
        devices = {step.device for block in plan.quick() for step in block.steps
                   if step.phase == "ab"}
        self.assertEqual(devices, {plan.NULL, plan.TIMED})

    def test_instructions_are_counted_several_times_in_turn(self):
        blocks = plan.instructions()
        orders = [[step.arm for step in block.steps] for block in blocks
                  if block.steps[0].device == plan.TIMED]
        self.assertEqual(orders, [["default", "ours"], ["ours", "default"]] * 2)

    def test_the_counter_is_there_where_instructions_are_counted(self):
        for mode, make in plan.MODES.items():
            counted = any(step.kind == "instructions" for block in make() for step in block.steps)
            self.assertEqual(counted, mode in plan.WITH_COUNTER, mode)

    def test_everything_that_is_named_exists(self):
        for mode, make in plan.MODES.items():
            blocks = make()
            self.assertEqual(len({block.name for block in blocks}), len(blocks), mode)
            devices = plan.extra_devices(blocks)
            for step in (step for block in blocks for step in block.steps):
                self.assertIn(step.arm, {*arms.ARMS, arms.RAW, arms.TUNED})
                for name in step.jobs:
                    self.assertIn(name, jobs.JOBS)
                for device in step.device.split(","):
                    self.assertIn(device, devices)

    def test_the_grid_comes_before_the_tuned_arm(self):
        for make in plan.MODES.values():
            known = False
            for step in (step for block in make() for step in block.steps):
                known |= step.phase == "grid"
                self.assertTrue(known or step.arm != arms.TUNED)


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name, value in (("OUT", self.folder.name), ("say", lambda text: None)):
            patch = mock.patch.object(store, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    @staticmethod
    def stopped_in_its_second_block():
        first = store.Store("quick", {"modules": "a"})
        for block, arm in (("one", "ours"), ("two", "ours")):
            first.begin(block)
            first.add(block, {"arm": arm})
            if block == "one":
                first.complete(block)

    def test_a_block_that_was_stopped_is_measured_again(self):
        self.stopped_in_its_second_block()
        again = store.Store("quick", {"modules": "a"})
        self.assertEqual(again.done, {"one"})
        self.assertEqual([step["block"] for step in again.steps], ["one"])
        again.begin("two")
        again.add("two", {"arm": "default"})
        again.complete("two")
        last = store.Store("quick", {"modules": "a"})
        self.assertEqual([step["arm"] for step in last.steps], ["ours", "default"])

    def test_a_block_that_failed_leaves_nothing(self):
        one = store.Store("quick", {"modules": "a"})
        for arm in ("ours", "default"):
            one.begin("one")
            one.add("one", {"arm": arm})
        self.assertEqual([step["arm"] for step in one.steps], ["default"])

    def test_results_of_other_modules_are_not_mixed_in_but_kept(self):
        self.stopped_in_its_second_block()
        other = store.Store("quick", {"modules": "b"})
        self.assertEqual((other.steps, other.done), ([], set()))
        self.assertEqual(len(os.listdir(other.folder)), 2)

    def test_a_torn_line_is_left_out(self):
        self.stopped_in_its_second_block()
        path = store.Store("quick", {"modules": "a"}).path
        with open(path, "a", encoding="utf-8") as target:
            target.write('{"block": "tw')
        store.Store("quick", {"modules": "a"}).complete("two")
        self.assertEqual(store.Store("quick", {"modules": "a"}).done, {"one", "two"})

"""Slots for VMs: as many at once as there are, and each waits for its turn."""
import contextlib
import os
import tempfile
import threading
import time
import unittest
from unittest import mock

from vm import host


class SlotsTest(unittest.TestCase):
    def setUp(self):
        # pylint: disable=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        for patch in (mock.patch.object(host, "cache_dir", lambda: scratch.name),
                      mock.patch.object(host, "say")):
            patch.start()
            self.addCleanup(patch.stop)
        self.order = []

    def start(self, name, slots, seconds=0.0):
        """Somebody who holds slots for a while, in a thread; begins to wait at once."""
        def hold():
            with slots:
                self.order.append(name)
                time.sleep(seconds)
        thread = threading.Thread(target=hold)
        thread.start()
        time.sleep(0.3)
        return thread

    def test_any_that_is_free(self):
        with host.vm_slot(2), host.vm_slot(2):
            third = self.start("third", host.vm_slot(2))
            self.assertEqual(self.order, [])
        third.join()
        self.assertEqual(self.order, ["third"])

    def test_the_second_is_released_first(self):
        first = host.vm_slot(2)
        with contextlib.ExitStack() as held:
            held.enter_context(first)
            with host.vm_slot(2):
                third = self.start("third", host.vm_slot(2))
            third.join(5)
            self.assertEqual(self.order, ["third"])

    def test_a_run_that_ends_waits_no_longer(self):
        self.addCleanup(host._ending.clear)     # pylint: disable=protected-access
        raised = []

        def wait():
            try:
                with host.vm_slot(1):
                    self.order.append("got it")
            except host.HarnessError as error:
                raised.append(error)
        with host.vm_slot(1):
            threads = [threading.Thread(target=wait) for _ in range(2)]
            for thread in threads:
                thread.start()
            time.sleep(0.3)
            host.stop_waiting()
            for thread in threads:
                thread.join(5)
        self.assertEqual((len(raised), self.order), (2, []))

    def test_each_in_turn(self):
        with host.vm_slot(1):
            waits = self.start("the one that waited", host.vm_slot(1), 0.1)
        with host.vm_slot(1):
            self.order.append("the one that comes back")
        waits.join()
        self.assertEqual(self.order, ["the one that waited", "the one that comes back"])

    def test_all_of_them(self):
        with host.vm_slot(2):
            everything = self.start("all", host.all_slots(2), 0.1)
            one = self.start("one", host.vm_slot(2))
            self.assertEqual(self.order, [])
        everything.join()
        one.join()
        self.assertEqual(self.order, ["all", "one"])

    def test_a_run_of_one_vm_leaves_room_for_another(self):
        with mock.patch.object(host, "_vms_that_fit", lambda: 2), \
             mock.patch.dict(os.environ, JOBS="1"):
            self.assertEqual(host.jobs(), 1)
            with host.vm_slot(host.slots()):
                self.start("another", host.vm_slot(host.slots())).join()
        self.assertEqual(self.order, ["another"])

    def test_more_vms_than_fit_if_asked(self):
        with mock.patch.object(host, "_vms_that_fit", lambda: 2), \
             mock.patch.dict(os.environ, JOBS="5"):
            self.assertEqual((host.jobs(), host.slots()), (5, 5))

    def test_idle(self):
        with host.slots_if_idle(2) as idle:
            self.assertTrue(idle)
        with host.vm_slot(2), host.slots_if_idle(2) as idle:
            self.assertFalse(idle)
        self.assertTrue(os.path.exists(os.path.join(host.cache_dir(), "vm.lock.1")))


if __name__ == "__main__":
    unittest.main()

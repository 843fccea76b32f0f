"""Snapshots: in which order they are made, what each begins with, and how a failure ends."""
import contextlib
import os
import tempfile
import types
import unittest
from unittest import mock

from vm import host, machine, snapshot
from vm.unit.test_retry import load_run_tests


def make_test(*guests):
    return types.SimpleNamespace(image="", guests=list(guests), xenstored="oxenstored",
                                 lane=types.SimpleNamespace(name="deb12"))


class OrderTest(unittest.TestCase):
    def make(self, tests, ensure):
        run_tests = load_run_tests()
        self.addCleanup(host._ending.clear)     # pylint: disable=protected-access
        with mock.patch.object(run_tests, "jobs", lambda: 2), \
                mock.patch.object(run_tests, "vm_slot", lambda count: contextlib.nullcontext()), \
                mock.patch.object(run_tests.snapshot, "exists", lambda dom0, names: False), \
                mock.patch.object(run_tests.snapshot, "ensure", ensure):
            run_tests.make_snapshots({("deb12", "", "oxenstored"): "dom0"}, tests, 2)

    def test_few_guests_first_and_each_once(self):
        made = []
        self.make([make_test("pv1", "pv2"), make_test("pv1"), make_test(), make_test("pv1")],
                  lambda dom0, names: made.append(names))
        self.assertEqual(made, [(), ("pv1",), ("pv1", "pv2")])

    def test_one_that_fails_ends_all(self):
        made = []

        def ensure(_dom0, names):
            made.append(names)
            raise host.HarnessError("it does not boot")

        with self.assertRaisesRegex(host.HarnessError, "it does not boot"):
            self.make([make_test(), make_test("pv1")], ensure)
        self.assertEqual(made, [()])
        self.assertTrue(host.ending())


class BeginTest(unittest.TestCase):
    def setUp(self):
        # pylint: disable=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.addCleanup(host._ending.clear)     # pylint: disable=protected-access
        self.work = scratch.name
        self.begun = []

    def make(self, make_in):
        with mock.patch.object(snapshot, "make_in", make_in), \
                mock.patch.object(snapshot, "nearest", lambda dom0, names: 1), \
                mock.patch.object(snapshot, "say", lambda text: None):
            snapshot.make_with_patience(self.work, "dom0", ("pv1", "pv2"))

    def test_nearest_is_the_one_with_most_guests(self):
        have = {(), ("pv1",)}
        with mock.patch.object(snapshot, "exists", lambda dom0, names: names in have):
            self.assertEqual(snapshot.nearest("dom0", ("pv1", "pv2")), 1)
            self.assertEqual(snapshot.nearest("dom0", ("pvh1",)), 0)
            self.assertIsNone(snapshot.nearest("dom0", ()))
            have.clear()
            self.assertIsNone(snapshot.nearest("dom0", ("pv1",)))

    def test_the_second_try_begins_with_the_image(self):
        def make_in(work, _dom0, _names, have):
            self.begun.append((have, os.listdir(work)))
            if have is not None:
                with open(os.path.join(work, "ram"), "w", encoding="ascii"):
                    pass
                raise host.HarnessError("it hangs")

        self.make(make_in)
        self.assertEqual(self.begun, [(1, []), (None, [])])

    def test_a_run_that_ends_tries_once(self):
        def make_in(_work, _dom0, _names, have):
            self.begun.append(have)
            host.stop_waiting()
            raise host.HarnessError("the VM ended")

        with self.assertRaises(host.HarnessError):
            self.make(make_in)
        self.assertEqual(self.begun, [1])


class EndTest(unittest.TestCase):
    def test_no_qemu_is_started_once_the_run_ends(self):
        self.addCleanup(host._ending.clear)     # pylint: disable=protected-access
        host.stop_waiting()
        with mock.patch.object(machine, "command_line", lambda *_: ["sleep", "60"]), \
                self.assertRaisesRegex(host.HarnessError, "the run was ended"):
            machine.Machine("dom0", "disk", "ram")
        self.assertEqual(machine.RUNNING, set())

    def test_all_are_killed_though_one_has_ended(self):
        killed = []

        def killpg(pid, _signal):
            killed.append(pid)
            raise ProcessLookupError

        machines = {mock.Mock(process=mock.Mock(pid=1)), mock.Mock(process=mock.Mock(pid=2))}
        with mock.patch.object(machine, "RUNNING", machines), \
                mock.patch.object(machine.os, "killpg", killpg):
            machine.kill_all()
        self.assertEqual(sorted(killed), [1, 2])

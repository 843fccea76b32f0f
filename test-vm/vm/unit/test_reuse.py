"""Several tests in one VM: which, and what is said of one that fails there."""
import contextlib
import io
import os
import tempfile
import types
import unittest
from unittest import mock

from vm import lane, runner, tap
from vm.unit.test_retry import FAIL, PASS, load_run_tests


def make_test(name, guests=("pv1",), script="ours", fresh=False, alone=False):
    return types.SimpleNamespace(name=name, image="", guests=list(guests), xenstored="oxenstored",
                                 lane=lane.get(lane.DEFAULT), not_here="", script=script,
                                 fresh=fresh, seeded="", alone=alone, timeout=60)


class Machines:
    """Stands in for VMs: what each has run, in order."""

    def __init__(self, outcomes):
        self.outcomes = outcomes    # {name: (status, clean)}, or a list of them
        self.vms = []

    @contextlib.contextmanager
    def resume(self, *_):
        self.vms.append([])
        yield mock.Mock(console=os.devnull)

    def run_in(self, _machine, test, _again, _folder, on_output):
        self.vms[-1].append(test.name)
        on_output(b"output\n")
        outcome = self.outcomes.get(test.name, (PASS, True))
        if isinstance(outcome, list):
            outcome = outcome.pop(0)
        status, clean = outcome
        return status, ["reason"] if status else [], clean


class ReuseTest(unittest.TestCase):
    def run_tests(self, tests, outcomes=None):
        """The exit status and the lines; self.vms has what each VM has run."""
        machines = Machines(outcomes or {})
        run_tests = load_run_tests()
        printed = io.StringIO()
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(contextlib.redirect_stdout(printed))
            stack.enter_context(mock.patch.dict(os.environ))
            os.environ.pop("RETRY", None)
            hold = lambda count: contextlib.nullcontext()
            for target, name, value in (
                    (run_tests, "OUT", folder), (run_tests, "slots", lambda: 1),
                    (run_tests, "jobs", lambda: 1),
                    (run_tests, "vm_slot", hold), (run_tests, "all_slots", hold),
                    (run_tests, "others_wait", lambda: False),
                    (run_tests.snapshot, "exists", mock.Mock(return_value=True)),
                    (runner.snapshot, "ensure", mock.Mock()),
                    (runner.snapshot, "resume", machines.resume),
                    (runner.job, "build", mock.Mock()), (runner.job, "build_next", mock.Mock()),
                    (runner, "_run_in", machines.run_in)):
                stack.enter_context(mock.patch.object(target, name, value))
            dom0s = {("deb12", "", "oxenstored"): "dom0"}
            status = run_tests.run_all(dom0s, tests)
        self.vms = machines.vms
        return status, printed.getvalue().splitlines()

    def test_tests_of_one_kind_share_a_vm(self):
        self.run_tests([make_test("a"), make_test("b", guests=["pvh1"]), make_test("c"),
                        make_test("d", script="debian"), make_test("e")])
        self.assertEqual(self.vms, [["a", "c", "e"], ["b"], ["d"]])

    def test_what_changes_the_vm_is_its_last(self):
        self.run_tests([make_test("a"), make_test("b"), make_test("c")], {"a": (PASS, False)})
        self.assertEqual(self.vms, [["a"], ["b", "c"]])

    def test_fresh_and_alone(self):
        self.run_tests([make_test("a"), make_test("b", fresh=True), make_test("c"),
                        make_test("d", alone=True), make_test("e", alone=True)])
        self.assertEqual(self.vms, [["d"], ["e"], ["a", "c"], ["b"]])

    def test_a_vm_serves_so_many(self):
        self.run_tests([make_test(str(i)) for i in range(runner.MOST_IN_ONE_VM + 1)])
        self.assertEqual([len(ran) for ran in self.vms], [runner.MOST_IN_ONE_VM, 1])

    def test_who_fails_first_fails(self):
        status, lines = self.run_tests([make_test("a"), make_test("b")], {"a": (FAIL, False)})
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertEqual(self.vms, [["a"], ["b"]])

    def test_who_fails_after_others_runs_again(self):
        status, lines = self.run_tests([make_test("a"), make_test("b"), make_test("c")],
                                       {"b": (FAIL, False)})
        self.assertEqual((status, lines[-1]), (1, "2 passed, 1 failed"))
        self.assertEqual(self.vms, [["a", "b"], ["b"], ["c"]])
        self.assertIn("# b failed in a VM that has run a; it runs again in a fresh one", lines)

    def test_who_fails_only_after_others_is_named(self):
        status, lines = self.run_tests([make_test("a"), make_test("b"), make_test("c")],
                                       {"b": [(FAIL, False), (PASS, True)]})
        self.assertEqual((status, lines[-2:]), (0, ["flaky: 1 b", "3 passed, 0 failed"]))
        self.assertIn("ok 2 - b # it failed after other tests, and passed in a fresh VM", lines)
        self.assertTrue([line for line in lines if line.startswith("  after a:")])
        self.assertEqual(self.vms, [["a", "b"], ["b", "c"]])


class ProgressTest(unittest.TestCase):
    def test_it_says_the_last_line(self):
        said, passed_on = [], []
        with mock.patch.object(runner, "PROGRESS_SECONDS", 0.05), \
                mock.patch.object(runner, "say", said.append), \
                runner.Progress("a/x", passed_on.append) as take:
            take(b"one\ntwo\n\n")
            while not said:
                pass
        self.assertTrue(said[0].startswith("a/x: 0.05 s, still running: two"), said)
        self.assertEqual(passed_on, [b"one\ntwo\n\n"])


class FetchTest(unittest.TestCase):
    def test_a_machine_that_tells_nothing(self):
        machine = mock.Mock()
        machine.run.return_value = 1
        # pylint: disable=protected-access
        self.assertEqual(runner._fetch(machine), {})


class ReportTest(unittest.TestCase):
    def test_a_skipped_run_in_a_fresh_vm_is_skipped(self):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            report = tap.Report(1)
            failed = runner.Verdict(FAIL, ["reason"], 1, ["a"])
            skipped = runner.Verdict(runner.SKIPPED, ["why"], 1)
            report.add("b", skipped, b"", "b.again", (failed, b"", "b"))
            report.end()
        self.assertIn("0 passed, 0 failed, 1 skipped", printed.getvalue())


if __name__ == "__main__":
    unittest.main()

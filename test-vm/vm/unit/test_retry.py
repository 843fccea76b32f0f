"""What run-tests does with tests that fail, with a runner that boots no VM."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import tempfile
import time
import types
import unittest
from unittest import mock

from vm import lane, tap
from vm.host import HERE, HarnessError, time_is_up
from vm.runner import SKIPPED, Bench, Verdict

PASS, FAIL = 0, 1


def load_run_tests():
    path = os.path.join(HERE, "run-tests")
    loader = importlib.machinery.SourceFileLoader("run_tests", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", loader))
    loader.exec_module(module)
    return module


class FakeBench(Bench):
    """A bench that boots no VM."""

    @classmethod
    def of(cls, suite):
        """A kind of bench whose tests end as a suite says."""
        return type("SuiteBench", (cls,), {"suite": suite})

    def run(self, dom0, test, folder, on_output):
        return self.suite.run_test(dom0, test, folder, on_output)


class Suite:
    """Tests whose runs end as `script` says: name -> statuses, the first run's first."""

    def __init__(self, script, alone=()):
        self.script = {name: list(statuses) for name, statuses in script.items()}
        self.tests = [types.SimpleNamespace(name=name, image="", guests=[], xenstored="",
                                            lane=lane.get(lane.DEFAULT), not_here="",
                                            script="ours", fresh=False, seeded="",
                                            alone=name in alone, timeout=60)
                      for name in script]
        self.busy = set()
        self.runs = []  # (name, whether it held every slot)

    @contextlib.contextmanager
    def hold(self, kind):
        self.busy.add(kind)
        yield
        self.busy.discard(kind)

    def run_test(self, _dom0, test, folder, on_output):
        self.runs.append((test.name, "all" in self.busy))
        on_output(f"run {len(self.runs)} of {test.name}\n".encode())
        with open(os.path.join(folder, "console.log"), "w", encoding="ascii") as log:
            log.write(f"run {len(self.runs)}")
        status = self.script[test.name].pop(0)
        return Verdict(status, [f"reason {len(self.runs)}"] if status else [], 1.5)

    def run(self, folder, **environment):
        """The exit status and the lines printed."""
        run_tests = load_run_tests()
        printed = io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(printed))
            for target, value in (("OUT", folder), ("slots", lambda: 1), ("jobs", lambda: 1),
                                  ("vm_slot", lambda count: self.hold("one")),
                                  ("all_slots", lambda count: self.hold("all"))):
                stack.enter_context(mock.patch.object(run_tests, target, value))
            stack.enter_context(mock.patch.object(run_tests.snapshot, "ensure"))
            stack.enter_context(mock.patch.object(run_tests.snapshot, "exists", return_value=True))
            stack.enter_context(mock.patch.object(run_tests, "others_wait", lambda: False))
            stack.enter_context(mock.patch.object(run_tests.runner, "Bench",
                                                  FakeBench.of(self)))
            stack.enter_context(mock.patch.dict(os.environ, environment))
            for name in {"RETRY", "UNTIL"} - set(environment):
                os.environ.pop(name, None)
            status = run_tests.run_all({("deb12", "", ""): "dom0"}, self.tests)
        return status, printed.getvalue().splitlines()


class RetryTest(unittest.TestCase):
    def setUp(self):
        # pylint: disable=consider-using-with
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def run_suite(self, script, alone=(), **environment):
        self.suite = Suite(script, alone)
        return self.suite.run(self.folder, **environment)

    def kept(self, name):
        with open(os.path.join(self.folder, name, "console.log"), encoding="ascii") as log:
            return log.read()

    def test_all_pass(self):
        status, lines = self.run_suite({"a/x": [PASS], "a/y": [PASS]}, RETRY="1")
        self.assertEqual((status, lines[-2:]), (0, ["flaky: 0", "2 passed, 0 failed"]))
        self.assertEqual(len(self.suite.runs), 2)

    def test_without_retry_a_failed_test_runs_once(self):
        status, lines = self.run_suite({"a/x": [FAIL], "a/y": [PASS]})
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertEqual(len(self.suite.runs), 2)
        self.assertFalse([line for line in lines if "flaky" in line])

    def test_flaky_counts_once_as_passed(self):
        status, lines = self.run_suite({"a/x": [FAIL, PASS], "a/y": [PASS]}, RETRY="1")
        self.assertEqual((status, lines[-2:]), (0, ["flaky: 1 a/x", "2 passed, 0 failed"]))
        self.assertEqual([line for line in lines if line.startswith(("ok", "not ok"))],
                         ["ok 1 - a/y # 1.5 s",
                          "ok 2 - a/x # flaky: it failed, and passed alone"])

    def test_flaky_shows_and_keeps_both_logs(self):
        _, lines = self.run_suite({"a/x": [FAIL, PASS]}, RETRY="1")
        for line in ("    run 1 of a/x", "    run 2 of a/x", "    - 'reason 1'"):
            self.assertIn(line, lines)
        self.assertEqual((self.kept("a/x"), self.kept("a/x.again")), ("run 1", "run 2"))

    def test_the_next_run_leaves_no_old_second_log(self):
        self.run_suite({"a/x": [FAIL, PASS]}, RETRY="1")
        self.run_suite({"a/x": [PASS]}, RETRY="1")
        self.assertEqual(os.listdir(os.path.join(self.folder, "a")), ["x"])

    def test_failed_twice_stays_failed(self):
        status, lines = self.run_suite({"a/x": [FAIL, FAIL], "a/y": [PASS]}, RETRY="1")
        self.assertEqual((status, lines[-2:]), (1, ["flaky: 0", "1 passed, 1 failed"]))
        self.assertIn("not ok 2 - a/x # it failed, and failed again alone", lines)
        self.assertEqual(len(self.suite.runs), 3)

    def test_skipped_the_second_time_has_not_passed(self):
        status, lines = self.run_suite({"a/x": [FAIL, SKIPPED]}, RETRY="1")
        self.assertEqual((status, lines[-2:]), (1, ["flaky: 0", "0 passed, 1 failed"]))

    def test_a_skipped_test_does_not_run_again(self):
        status, lines = self.run_suite({"a/x": [SKIPPED]}, RETRY="1")
        self.assertEqual((status, lines[-2:]),
                         (0, ["flaky: 0", "0 passed, 0 failed, 1 skipped"]))

    def test_second_runs_are_alone_and_last(self):
        self.run_suite({"a/x": [FAIL, PASS], "a/time": [PASS], "a/y": [FAIL, FAIL]},
                       alone=["a/time"], RETRY="1")
        self.assertEqual(self.suite.runs, [("a/time", True), ("a/x", False), ("a/y", False),
                                           ("a/x", True), ("a/y", True)])

    def test_too_many_failures_have_no_second_run(self):
        many = {f"a/{number}": [FAIL] for number in range(tap.MOST_AGAIN + 1)}
        status, lines = self.run_suite(many, RETRY="1")
        self.assertEqual((status, lines[-2:]), (1, ["flaky: 0", f"0 passed, {len(many)} failed"]))
        self.assertEqual(len(self.suite.runs), len(many))
        self.assertEqual(len([line for line in lines if line.startswith("not ok")]), len(many))

    def test_after_until_no_test_begins(self):
        status, lines = self.run_suite({"a/x": [], "a/time": []}, alone=["a/time"], RETRY="1",
                                       UNTIL="1")
        self.assertEqual(self.suite.runs, [])
        self.assertEqual((status, lines[2:]), (0, [
            "ok 1 - a/time # SKIP there was no time left: UNTIL",
            "ok 2 - a/x # SKIP there was no time left: UNTIL",
            "no time for: 2 a/time a/x", "flaky: 0", "0 passed, 0 failed, 2 skipped"]))

    def test_a_failed_test_runs_again_after_until(self):
        now = time.time()
        with mock.patch("vm.host.time.time", side_effect=[now, now + 9, now + 9, now + 9]):
            status, lines = self.run_suite({"a/x": [FAIL, PASS], "a/y": []}, RETRY="1",
                                           UNTIL=str(int(now) + 5))
        self.assertEqual((status, lines[-3:]), (0, ["no time for: 1 a/y", "flaky: 1 a/x",
                                                    "1 passed, 0 failed, 1 skipped"]))

    def test_before_until_all_run(self):
        status, lines = self.run_suite({"a/x": [PASS]}, UNTIL=str(int(time.time()) + 600))
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed"))

    def test_until_is_a_number(self):
        with mock.patch.dict(os.environ, UNTIL="soon"):
            with self.assertRaisesRegex(HarnessError, "UNTIL=soon is not a time in seconds"):
                time_is_up()


if __name__ == "__main__":
    unittest.main()

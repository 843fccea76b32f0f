"""TAP on stdout: one line a test, a YAML block with the reasons where it failed."""
import threading

MOST_AGAIN = 10  # more failed tests than this have one cause; no second run is needed to see it


class Report:
    """
    Counts verdicts and prints them as they come, from any thread. With retry, a failed
    test is counted after its second run: a test that passes then is flaky, and passed.
    """

    def __init__(self, total, retry=False):
        self._lock = threading.Lock()
        self._retry = retry
        self._first = {}  # name: (verdict, output, folder) of a failed first run
        self.passed = self.failed = self.skipped = 0
        self.number = 0
        self.flaky = []
        self.late = []
        print("TAP version 13")
        print(f"1..{total}", flush=True)

    def add(self, name, verdict, output, folder, before=None):
        """
        Takes a verdict. `before` is a run (verdict, output, folder) that failed in a VM
        which had run other tests.
        """
        with self._lock:
            run = (verdict, output, folder)
            if before and verdict.passed:
                self._add_changed(name, "it failed after other tests, and passed in a fresh VM",
                                  [("after " + ", ".join(before[0].earlier), before),
                                   ("in a fresh VM", run)])
            elif name in self._first:
                self._add_second(name, run)
            elif self._retry and not (verdict.passed or verdict.skipped):
                self._first[name] = run
                print(f"# {name} failed in {verdict.seconds:.1f} s and will run once more, alone: "
                      + "; ".join(verdict.reasons or ["no reason given"]).replace("\n", " "),
                      flush=True)
            else:
                self._add(name, *run)

    def add_late(self, name):
        """Takes a test that was not begun, since UNTIL had passed."""
        with self._lock:
            self.number += 1
            self.skipped += 1
            self.late.append(name)
            print(f"ok {self.number} - {name} # SKIP there was no time left: UNTIL", flush=True)

    def to_run_again(self):
        """The names of the failed tests whose second run decides."""
        if len(self._first) <= MOST_AGAIN:
            return list(self._first)
        print(f"# {len(self._first)} tests failed, more than {MOST_AGAIN}: none runs again")
        for name, run in self._first.items():
            self._add(name, *run)
        return []

    def _add(self, name, verdict, output, folder):
        self.number += 1
        time = f"{verdict.seconds:.1f} s"
        if verdict.skipped:
            self.skipped += 1
            reason = "; ".join(verdict.reasons) or "no reason given"
            print(f"ok {self.number} - {name} # SKIP {reason}", flush=True)
        elif verdict.passed:
            self.passed += 1
            print(f"ok {self.number} - {name} # {time}", flush=True)
        else:
            self.failed += 1
            print(f"not ok {self.number} - {name} # {time}")
            print("  ---")
            self._explain(verdict, output, folder, 20)
            print("  ...", flush=True)

    def _add_second(self, name, second):
        """A test that is skipped now has not passed either."""
        runs = [("first run", self._first[name]), ("second run", second)]
        if second[0].passed:
            self._add_changed(name, "flaky: it failed, and passed alone", runs)
            return
        self.number += 1
        self.failed += 1
        word = "was skipped" if second[0].skipped else "failed again"
        print(f"not ok {self.number} - {name} # it failed, and {word} alone")
        self._explain_runs(runs)

    def _add_changed(self, name, how, runs):
        """A test that has failed and then passed."""
        self.number += 1
        self.passed += 1
        self.flaky.append(name)
        print(f"ok {self.number} - {name} # {how}")
        self._explain_runs(runs)

    def _explain_runs(self, runs):
        print("  ---")
        for title, run in runs:
            print(f"  {title}: {run[0].seconds:.1f} s")
            self._explain(*run, 200)
        print("  ...", flush=True)

    @staticmethod
    def _explain(verdict, output, folder, most):
        if not verdict.passed:
            print("  reason:")
            for reason in verdict.reasons or ["none given"]:
                for line in reason.splitlines():
                    print(f"    - {line!r}")
        print("  output: |")
        for line in output.decode("utf-8", "replace").replace("\r", "").splitlines()[-most:]:
            print(f"    {line}")
        print(f"  logs: {folder}")

    def end(self):
        """Prints the totals; the exit status."""
        if self.late:
            print(" ".join([f"no time for: {len(self.late)}", *self.late]))
        if self._retry or self.flaky:
            print(" ".join([f"flaky: {len(self.flaky)}", *self.flaky]))
        tail = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}", flush=True)
        return 1 if self.failed else 0

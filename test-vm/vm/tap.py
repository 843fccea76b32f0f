"""TAP on stdout: one line a test, a YAML block with the reasons where it failed."""
import threading


class Report:
    """Counts verdicts and prints them as they come, from any thread."""

    def __init__(self, total):
        self._lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0
        self.number = 0
        print("TAP version 13")
        print(f"1..{total}", flush=True)

    def add(self, name, verdict, output, folder):
        """Takes a verdict."""
        with self._lock:
            self._add(name, verdict, output, folder)

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
            self._explain(verdict.reasons, output, folder)

    @staticmethod
    def _explain(reasons, output, folder):
        print("  ---")
        print("  reason:")
        for reason in reasons or ["none given"]:
            for line in reason.splitlines():
                print(f"    - {line!r}")
        print("  output: |")
        for line in output.decode("utf-8", "replace").replace("\r", "").splitlines()[-20:]:
            print(f"    {line}")
        print(f"  logs: {folder}")
        print("  ...", flush=True)

    def end(self):
        """Prints the totals; the exit status."""
        tail = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}", flush=True)
        return 1 if self.failed else 0

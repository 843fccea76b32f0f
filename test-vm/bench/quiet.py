"""How quiet the host is: the CPU time that QEMU's threads wanted and did not get."""
import os


class Quiet:
    """Watches a process from the host's scheduler statistics."""

    def __init__(self, pid):
        self.folder = f"/proc/{pid}/task"
        self.seen = self._read()

    def _read(self):
        """{thread: (ns run, ns waited for a CPU)}; empty where the kernel does not tell."""
        found = {}
        try:
            threads = os.listdir(self.folder)
        except OSError:
            return found
        for thread in threads:
            try:
                with open(f"{self.folder}/{thread}/schedstat", encoding="ascii") as source:
                    ran, waited, _ = source.read().split()
            except (OSError, ValueError):
                continue
            found[thread] = int(ran), int(waited)
        return found

    def taken(self):
        """The part of the time wanted since the last call that others had; None if unknown."""
        now, before = self._read(), self.seen
        self.seen = now
        ran = sum(values[0] - before.get(thread, (0, 0))[0] for thread, values in now.items())
        waited = sum(values[1] - before.get(thread, (0, 0))[1] for thread, values in now.items())
        return waited / (ran + waited) if ran + waited > 0 else None

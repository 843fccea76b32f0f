"""
The results of a run, on the host, written as they come: a line of JSON a step,
and a line that says that a block is complete. A run that was stopped goes on
with the first block that is not; what it had of that block is measured again,
so that a block is of one boot.
"""
import json
import os
import time

from vm.host import TOP, HarnessError, say

OUT = os.path.join(TOP, "out", "bench")


def _same(old, new):
    """Whether results may stand side by side; a commit that changes no module does not matter."""
    return {**old, "revision": ""} == {**new, "revision": ""}


class Store:
    """The steps of one run. `about` says what was measured and where."""

    def __init__(self, mode, about, fresh=False):
        self.folder = os.path.join(OUT, mode)
        self.path = os.path.join(self.folder, "steps.jsonl")
        self.about = about
        self.steps = []
        self.done = set()
        self.told = {}
        os.makedirs(self.folder, exist_ok=True)
        if os.path.exists(self.path):
            self._load(fresh)
        if not os.path.exists(self.path):
            self._append({"about": about, "at": time.strftime("%Y-%m-%d %H:%M")})

    def _lines(self):
        """The file's lines; a torn last one is cut off, so that the next stands alone."""
        with open(self.path, "r+", encoding="utf-8") as source:
            whole = source.read()
            kept = whole[:whole.rfind("\n") + 1]
            if kept != whole:
                source.seek(0)
                source.truncate()
                source.write(kept)
        return [json.loads(line) for line in kept.splitlines()]

    def _load(self, fresh):
        lines = self._lines()
        if fresh or not lines or not _same(lines[0].get("about", {}), self.about):
            written = time.localtime(os.path.getmtime(self.path))
            name = time.strftime("steps-%Y%m%d-%H%M%S.jsonl", written)
            os.rename(self.path, os.path.join(self.folder, name))
            if not fresh:
                say(f"the results that are there are of something else; they are kept as {name}")
            return
        pending = {}
        for line in lines[1:]:
            if "complete" in line:
                self.steps += pending.pop(line["complete"], [])
                self.done.add(line["complete"])
            elif "facts" in line:
                self.told = line["facts"]
            elif "again" in line:
                pending.pop(line["again"], None)
            else:
                pending.setdefault(line["block"], []).append(line)

    def _append(self, line):
        try:
            with open(self.path, "a", encoding="utf-8") as target:
                target.write(json.dumps(line) + "\n")
        except OSError as error:
            raise HarnessError(f"cannot write results to {self.path}: {error.strerror}") from None

    @classmethod
    def existing(cls, mode):
        """What a mode has measured so far, whatever it was."""
        path = os.path.join(OUT, mode, "steps.jsonl")
        try:
            with open(path, encoding="utf-8") as source:
                about = json.loads(source.readline())["about"]
        except (OSError, ValueError, KeyError):
            raise HarnessError(f"nothing was measured with BENCH={mode} yet") from None
        return cls(mode, about)

    def facts(self, facts):
        """What the VM says of itself: kernel, Xen, fio."""
        self.told = facts
        self._append({"facts": facts})

    def begin(self, block):
        """What there was of the block is forgotten."""
        self.steps = [step for step in self.steps if step["block"] != block]
        self._append({"again": block})

    def add(self, block, step):
        """A step's result, with the names of what was measured."""
        line = dict(step, block=block)
        self.steps.append(line)
        self._append(line)

    def complete(self, block):
        self.done.add(block)
        self._append({"complete": block})

    def of(self, **wanted):
        """The steps whose fields have these values."""
        return [step for step in self.steps
                if all(step.get(field) == value for field, value in wanted.items())]

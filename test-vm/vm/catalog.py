"""Finds the tests and reads the headers that say what each needs."""
import difflib
import os
import re

from .host import HERE, HarnessError
from . import classes, guests, lane

OTHER_TESTS = os.environ.get("XVBD_TESTS")
TESTS = OTHER_TESTS or os.path.join(HERE, "tests")
HEADER = re.compile(r"^#\s*([A-Z]+):\s*(.*?)\s*$")
BUILDS = ("ours", "kernel", "none")
STORES = ("oxenstored", "xenstored")
IMAGES = ("", "ceph")
SEEDED = ("", "use-after-free", "lock-inversion")     # those of common/seeded.mk


SMOKE = "smoke"     # stands for the tests that say SMOKE: yes


class Test:
    """
    A test script and its header, to be run on a lane; see test-vm/README.md for the fields.
    `script_name` is its group and name; `name` has the lane besides, unless it is the default.
    """

    def __init__(self, path, script_name, on_lane=None, **override):
        self.path = path
        self.script_name = script_name
        self.lane = on_lane or lane.get(lane.DEFAULT)
        self.name = script_name
        if self.lane.name != lane.DEFAULT:
            self.name += "@" + self.lane.name
        fields = dict(self._header(path), **override)
        self.description = fields.get("DESCRIPTION", "")
        text = fields.get("GUESTS", "").replace(",", " ")
        self.guests = [] if text.strip() in ("", "none") else text.split()
        self.front = self._choice(fields, "FRONT", BUILDS, "ours" if self.guests else "none")
        self.back = self._choice(fields, "BACK", BUILDS, "ours")
        self.script = self._choice(fields, "SCRIPT", ("ours", "debian"), "ours")
        self.image = self._choice(fields, "IMAGE", IMAGES, "")
        self.alone = self._choice(fields, "ALONE", ("yes", "no"), "no") == "yes"
        self.long = self._choice(fields, "LONG", ("yes", "no"), "no") == "yes"
        self.seeded = self._choice(fields, "SEEDED", SEEDED, "")
        self.reports = fields.get("REPORTS", "")
        if bool(self.seeded) != bool(self.reports):
            raise HarnessError(f"{script_name}: SEEDED and REPORTS go together")
        self.smoke = self._choice(fields, "SMOKE", ("yes", "no"), "no") == "yes"
        self.not_here = self._not_here(fields.get("NOTON", ""))
        self.fresh = bool(fields.get("FRESH") or self.seeded)
        default = os.environ.get("XENSTORED", "oxenstored")
        self.xenstored = self._choice(fields, "XENSTORED", STORES, default)
        try:
            self.timeout = int(fields.get("TIMEOUT", "60"))
        except ValueError:
            raise HarnessError(f"{name}: TIMEOUT is not a number of seconds") from None
        for guest in self.guests:
            guests.kind(guest)

    @staticmethod
    def _header(path):
        fields = {}
        try:
            with open(path, encoding="utf-8") as source:
                for line in source:
                    if not line.startswith("#"):
                        break
                    match = HEADER.match(line)
                    if match and match[1] == "NOTON":   # may be repeated
                        fields["NOTON"] = fields.get("NOTON", "") + match[2] + "\n"
                    elif match:
                        fields[match[1]] = match[2]
        except OSError as error:
            raise HarnessError(f"cannot read the test {path}: {error.strerror}") from None
        return fields

    def _not_here(self, text):
        """Why the test cannot run on its lane, from lines "LANE LANE...: REASON"; or nothing."""
        why = ""
        for line in text.splitlines():
            where, _, reason = line.partition(":")
            lanes = [one for name in where.replace(",", " ").split() for one in lane.expand(name)]
            for name in lanes:
                lane.get(name)
            if not lanes or not reason.strip():
                raise HarnessError(f"{self.script_name}: 'NOTON: {line}' must be "
                                   "'NOTON: LANE...: REASON'")
            if self.lane.name in lanes:
                why = reason.strip()
        return why

    def _choice(self, fields, field, allowed, default):
        value = fields.get(field) or default
        if value not in allowed:
            raise HarnessError(f"{self.name}: {field} is '{value}'; it must be one of "
                               + ", ".join(allowed))
        return value


def folders():
    """The folder of each group: those of tests/, and those that come with a class."""
    found = {} if OTHER_TESTS else classes.tests()
    for group in os.listdir(TESTS):
        if os.path.isdir(os.path.join(TESTS, group)):
            found[group] = os.path.join(TESTS, group)
    return found


def names():
    """All tests as group/name, in order."""
    found = []
    for group, folder in sorted(folders().items()):
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                found.append(f"{group}/{name}")
    return found


def all_on(lanes, chosen):
    """The chosen tests on each lane."""
    where = folders()
    found = []
    for on_lane in lanes:
        for name in chosen:
            group, _, test = name.partition("/")
            found.append(Test(os.path.join(where[group], test), name, on_lane))
    return found


def select(wanted, lanes):
    """The tests that wanted (nothing, "smoke", a group, or group/name) stands for, on each lane."""
    everything = names()
    if wanted == SMOKE:
        return [test for test in all_on(lanes, everything) if test.smoke]
    chosen = [name for name in everything
              if not wanted or name == wanted or name.startswith(wanted.rstrip("/") + "/")]
    if not chosen:
        groups = sorted({name.split("/")[0] for name in everything})
        near = difflib.get_close_matches(wanted, everything + groups, 4, 0.4)
        near += [name for name in everything if wanted.split("/")[-1] in name and name not in near][:4]
        hint = "near it: " + ", ".join(near) if near else "--list lists them all"
        raise HarnessError(f"there is no test or group '{wanted}'; {hint}")
    return all_on(lanes, chosen)


def select_all(wanted, lanes):
    """The tests that any of the words stands for, each once; all of them for no word."""
    found = {}
    for word in wanted or [""]:
        found.update((test.name, test) for test in select(word, lanes))
    return list(found.values())


def without_long(tests, wanted):
    """Those to run: long ones only if named, or at length (SOAK=1)."""
    if os.environ.get("SOAK"):
        return tests
    return [test for test in tests if not test.long or test.script_name in wanted]

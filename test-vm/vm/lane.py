"""
Lanes: which Debian, Xen, kernels, init and CPUs a test is run with.

A lane is a small file of settings in lanes/, which the shell scripts of the image
read, too. $LANE selects one or, separated by commas, several; deb12 is the default.
"""
import dataclasses
import difflib
import os
import re

from .host import HERE, HarnessError

FOLDER = os.path.join(HERE, "lanes")
DEFAULT = "deb12"
SETTING = re.compile(r"^([A-Z0-9_]+)=([A-Za-z0-9._-]+)$")
NAME = re.compile(r"^[a-z0-9-]+$")
INITS = ("shell", "systemd")
# One name for several lanes.
GROUPS = {"mixed": ("mixed-new-guest", "mixed-old-guest")}


@dataclasses.dataclass(frozen=True)
class Lane:
    """The settings of one lane; the fields are those of its file, in small letters."""
    name: str
    about: str
    suite: str
    xen: str
    kernel: str             # dom0's
    pv_kernel: str = ""     # the guests', by Xen's type
    pvh_kernel: str = ""
    init: str = "shell"
    cpus: int = 2           # of the emulated machine
    dom0_cpus: int = 1
    guest_cpus: int = 1     # the least a guest has
    slow: int = 1           # how many times more time a test is given

    def kernel_of(self, xen_type):
        """The kernel that guests of a type boot."""
        return {"pv": self.pv_kernel, "pvh": self.pvh_kernel}[xen_type] or self.kernel

    @property
    def guests_on(self):
        """xl's list of the physical CPUs that guests run on: those that dom0 does not have."""
        first, last = self.dom0_cpus, self.cpus - 1
        return str(first) if first == last else f"{first}-{last}"

    def kernels(self):
        """The names of all its kernels."""
        return sorted({self.kernel, self.kernel_of("pv"), self.kernel_of("pvh")})


def names():
    return sorted(name for name in os.listdir(FOLDER) if NAME.match(name))


def expand(name):
    """The names of the lanes that a name stands for."""
    return tuple(names()) if name == "all" else GROUPS.get(name, (name,))


def _settings(name):
    path = os.path.join(FOLDER, name)
    found = {"name": name, "about": ""}
    with open(path, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            line = line.strip()
            if line.startswith("#"):
                found["about"] = f"{found['about']} {line[1:].strip()}".strip()
                continue
            match = SETTING.match(line)
            if line and not match:
                raise HarnessError(f"lanes/{name}, line {number}: '{line}' is not NAME=VALUE")
            if line and match[1] in ("NAME", "ABOUT"):
                raise HarnessError(f"lanes/{name}, line {number}: {match[1]} is not a setting")
            if line:
                found[match[1].lower()] = match[2]
    return found


def _check(lane):
    """Returns the lane if its settings go together."""
    if not 0 < lane.dom0_cpus < lane.cpus:
        raise HarnessError(f"lanes/{lane.name}: of CPUS={lane.cpus}, DOM0_CPUS={lane.dom0_cpus} "
                           "must leave at least one for guests")
    if lane.init not in INITS:
        raise HarnessError(f"lanes/{lane.name}: INIT={lane.init} is not known; it is one of "
                           + ", ".join(INITS))
    return lane


def get(name):
    """The lane of a name."""
    if name not in names():
        near = difflib.get_close_matches(name, [*names(), *GROUPS], 3, 0.4)
        raise HarnessError(f"there is no lane '{name}'; there are {', '.join([*names(), *GROUPS])}"
                           + (f" - was it {near[0]}?" if near else ""))
    settings = _settings(name)
    fields = {field.name: field for field in dataclasses.fields(Lane)}
    unknown = sorted(set(settings) - set(fields))
    missing = sorted(field.name for field in fields.values()
                     if field.default is dataclasses.MISSING and field.name not in settings)
    if unknown or missing:
        raise HarnessError(f"lanes/{name}: "
                           + "; ".join([f"{field.upper()} is not known" for field in unknown]
                                       + [f"{field.upper()} is missing" for field in missing]))
    for field in fields.values():
        if field.type is int and field.name in settings:
            if not settings[field.name].isdigit():
                raise HarnessError(f"lanes/{name}: {field.name.upper()} is not a number")
            settings[field.name] = int(settings[field.name])
    return _check(Lane(**settings))


def selected():
    """The lanes that $LANE selects."""
    wanted = os.environ.get("LANE") or DEFAULT
    chosen = []
    for name in wanted.replace(",", " ").split():
        chosen += expand(name)
    if not chosen:
        raise HarnessError(f"LANE='{wanted}' names no lane; there are {', '.join(names())}")
    return [get(name) for name in dict.fromkeys(chosen)]


def selected_one(what):
    """The one lane that $LANE selects, for what runs on one only."""
    lanes = selected()
    if len(lanes) != 1:
        raise HarnessError(f"{what} runs on one lane; LANE={os.environ.get('LANE')} selects "
                           + ", ".join(lane.name for lane in lanes))
    return lanes[0]

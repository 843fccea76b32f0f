"""The classes of split drivers, as common/classes lists them, and what tests need of each."""
import collections
import os

from .host import TOP

LIST = os.path.join(TOP, "common", "classes")

Class = collections.namedtuple("Class", "name kind use dirs")


def every():
    """All classes, in the order of the list."""
    with open(LIST, encoding="utf-8") as source:
        rows = [line.split() for line in source]
    return [Class(row[0], row[1], row[2], row[3:]) for row in rows
            if row and not row[0].startswith("#")]


def modules(where):
    """The modules of all classes that are built in the tree `where`, as paths in it."""
    return [os.path.join(folder, name) for one in every() for folder in one.dirs
            if os.path.isdir(os.path.join(where, folder))
            for name in sorted(os.listdir(os.path.join(where, folder))) if name.endswith(".ko")]


def scripts():
    """The hotplug scripts that are in the folders of their classes, hotplug-CLASS: paths."""
    paths = {one.name: os.path.join(TOP, folder, "hotplug-" + one.name) for one in every()
             for folder in one.dirs}
    return {name: path for name, path in paths.items() if os.path.isfile(path)}


def tests():
    """The folders of the tests that come with a class, by class; they form a group of its name."""
    paths = {one.name: os.path.join(TOP, folder, "tests") for one in every()
             for folder in one.dirs}
    return {name: path for name, path in paths.items() if os.path.isdir(path)}

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Checks that the code keeps to its layers, lowest first:

    common/                     the core of split drivers
    common/block/               what both block ends agree on
    blkback/ blkfront/ hotplug/ and the directories of each class in common/classes

  - The code of a class uses the core, not that of another class. Only the class vbd uses
    common/block/.
  - A file includes headers of its own layer and of lower ones. The core includes no header of
    the block layer.
  - A file uses functions of its own layer and of lower ones.
  - Within a layer the files do not use each other in a circle. A function that is only named,
    for example in a table, counts as used.

Prints one line for each violation; the exit status is 1 if there is any. --self-test checks
that seeded faults are found.
"""
import glob
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LAYERS = {
    "common": [],
    "common/block": ["common"],
    "hotplug": ["common", "common/block"],
    "hotplug/tool": ["common", "common/block", "hotplug"],
}
# The units that compile the files of the core, and pure files of a class, into a module include
# .c files.
UNIT = re.compile(r"blk(back|front)/common\.c$|common/(back|front)core\.c$|.*/(back|front)-core\.c$")
BLOCK_HEADER = re.compile(r"(linux/(blk|bio|genhd|cdrom|hdreg)|xen/interface/io/blkif)")
INCLUDE = re.compile(r'^#include ["<]([^">]+)[">]', re.M)
FUNCTION = re.compile(r"^(?!typedef)((?:[\w*]+[ \n]+\**)+?)\**(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", re.M | re.S)
WORD = re.compile(r"\b[A-Za-z_]\w*\b")


def add_classes():
    """Makes a layer of each directory of a class."""
    with open(os.path.join(TOP, "common", "classes"), encoding="utf-8") as lines:
        for words in (line.split() for line in lines if not line.startswith("#")):
            for layer in words[3:]:
                LAYERS[layer] = ["common", "common/block"] if words[0] == "vbd" else ["common"]


def strip(text):
    """The text without comments and strings."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', re.sub(r"//.*", "", text))


def read_tree():
    """The text of each source file, by its name."""
    add_classes()
    texts = {}
    for layer in LAYERS:
        for name in glob.glob(os.path.join(TOP, layer, "*.[ch]")):
            with open(name, encoding="utf-8") as source:
                texts[os.path.relpath(name, TOP)] = source.read()
    return texts


def layer_of(name):
    return os.path.dirname(name)


def header_of(texts, name, header):
    """The file of the tree that an #include of the file name means, or None."""
    own = os.path.normpath(os.path.join(layer_of(name), header))
    for path in [own] + [os.path.join(layer, header) for layer in ("common", "hotplug", "hotplug/tool")]:
        if path in texts:
            return path
    return None


def included(texts):
    """Violations of the first rule."""
    for name, text in texts.items():
        layer = layer_of(name)
        for header in INCLUDE.findall(text):
            if layer == "common" and BLOCK_HEADER.match(header):
                yield f"{name}: the core includes {header}"
            path = header_of(texts, name, header)
            if path and layer_of(path) not in [layer] + LAYERS[layer]:
                yield f"{name}: includes {path}, which is in a layer above or beside"
            if path and path.endswith(".c") and not UNIT.match(name):
                yield f"{name}: includes {path}, which is no header"


def used(texts):
    """For each .c file: {file that defines a function: the first function used of it}."""
    defined, own = {}, {}
    for name, text in texts.items():
        own[name] = set()
        for head, function, _ in FUNCTION.findall(strip(text)):
            own[name].add(function)
            if "static" not in head.split():
                defined.setdefault(function, []).append(name)
    uses = {}
    for name, text in texts.items():
        if not name.endswith(".c") or UNIT.match(name):
            continue
        uses[name] = {}
        for word in WORD.findall(strip(text)):
            if word in own[name]:
                continue
            for other in defined.get(word, []):
                # Two programs or modules may each define a function of the same name.
                if layer_of(other) in [layer_of(name)] + LAYERS[layer_of(name)] or \
                   len(defined[word]) == 1:
                    uses[name].setdefault(other, word)
    return uses


def circles(uses):
    """Each pair of files of one layer that use each other, directly or by way of others."""
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for other in uses.get(todo.pop(), {}):
                if other not in seen and layer_of(other) == layer_of(start):
                    seen.add(other)
                    todo.append(other)
        return seen

    reached = {name: reach(name) for name in uses}
    for name in sorted(uses):
        for other, word in sorted(uses[name].items()):
            if layer_of(other) == layer_of(name) and name in reached.get(other, ()):
                yield f"{name} uses {word}() of {other}, and {other} uses {name}: a circle"


def violations(texts):
    found = list(included(texts))
    uses = used(texts)
    for name, others in uses.items():
        for other, word in others.items():
            if layer_of(other) not in [layer_of(name)] + LAYERS[layer_of(name)]:
                found.append(f"{name} uses {word}() of {other}, which is in a layer above or beside")
    return sorted(found + list(circles(uses)))


SEEDED = (
    ("common/machine.c", '#include "machine.h"\n', '#include "machine.h"\n#include "block/protocol.h"\n'),
    ("common/machine.c", '#include "machine.h"\n', '#include "machine.h"\n#include <linux/blkdev.h>\n'),
    ("common/store.c", "int xsplit_publish(",
     "int publish(void)\n{\n\treturn xbback_params_init();\n}\n\nint xsplit_publish("),
    ("common/keys.c", "\nconst char *xsplit_key_verdict_text(",
     "\nint name(void)\n{\n\treturn !xvbd_layout_find(0);\n}\n\nconst char *xsplit_key_verdict_text("),
    ("blkback/copy.c", "\nconst struct xbback_path_ops ",
     "\nint turn(void)\n{\n\treturn !xbback_worker;\n}\n\nconst struct xbback_path_ops "),
)


def self_test():
    """Checks that each fault of SEEDED is found. Returns the number of faults missed."""
    failed = 0
    for name, good, bad in SEEDED:
        texts = read_tree()
        before = set(violations(texts))
        if good not in texts[name]:
            print(f"{name} has no \"{good.strip()}\"")
            failed += 1
            continue
        texts[name] = texts[name].replace(good, bad, 1)
        if not set(violations(texts)) - before:
            print(f"{name}: not noticed: \"{bad.strip()}\"")
            failed += 1
    print(f"{len(SEEDED) - failed} passed, {failed} failed")
    return failed


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    found = violations(read_tree())
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

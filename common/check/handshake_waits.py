#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Checks in the source that the handshake of the front of each class cannot deadlock. The requests
of a device may wait for the handshake, so the handshake must not wait for requests.

  - The handshake's work reaches no function of WAITS: these functions wait for requests. A
    function of ALLOWED may call them, for the reason given there.
  - A function calls a function of AFTER only after the other function of that pair.
  - What the work waits for, a function of WAITED_FOR, reaches no function of WAITS either.
  - Each function of NOIO begins with memalloc_noio_save(), or reaches no GFP_KERNEL. Else an
    allocation could wait for a write to the disk that waits for the handshake.

The handshake's work reaches the actions, which are in a table of the core, and the hooks of the
class, which are in a table of the class. A hook of OUTSIDE is called elsewhere. common/classes
lists the classes; OF_CLASS has what is said above of functions of one class.

Prints one line for each violation; the exit status is 1 if there is any. --self-test checks
that seeded faults are found.
"""
import glob
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CORE = ("common/*.[ch]",)
# Sources that a front does not contain.
NO_FRONT = re.compile(r"(.*/)?(back[^/]*|sim|\w*_test)\.[ch]$")
WAITS = """
    queue_limits_start_update xvbd_lock_limits blk_mq_freeze_queue blk_mq_freeze_queue_wait
    blk_mq_update_nr_hw_queues elevator_switch
    blk_mark_disk_dead del_gendisk device_add_disk disk_force_media_change bdev_mark_dead
    __invalidate_device invalidate_bdev fsync_bdev sync_blockdev bdev_freeze
    set_capacity_and_notify set_disk_ro kobject_uevent kobject_uevent_env
    flush_work flush_delayed_work flush_workqueue cancel_work_sync
    hwrng_register hwrng_unregister wait_for_completion
    """.split()
# What the work waits for by cancel_delayed_work_sync().
WAITED_FOR = "retry_work give_up_work".split()
# The hooks init() and remove() of the class as well.
NOIO = """
    handshake_work again_work retry_work give_up_work
    probe backend_changed directory_will_handle directory_changed resume remove_front
    """.split()
OF_CLASS = {
    "vbd": {
        "sources": ("common/block/*.[ch]",),
        "ALLOWED": {
            "remove_dead_disk": "all requests have failed",
            "xbfront_disk_discard": "the block layer does not have the disk any more, or not yet",
            "alloc_gendisk": "the block layer does not have the disk yet",
        },
        "AFTER": {"remove_dead_disk": "fail_requests"},
        "WAITED_FOR": ["xbfront_trim_work"],
        "NOIO": ["xbfront_trim_work"],
    },
}
# Hooks that the work does not call, and why.
OUTSIDE = {
    "init": "xenwatch calls it: see NOIO",
    "remove": "the last run of the work has ended; for memory see NOIO",
    "release": "there is no reference any more",
    "is_ready": "the bus calls it",
    "event": "an interrupt calls it",
    "answer": "it cannot sleep, as response()",
    "response": "it cannot sleep: it is called with a spinlock",
}
# Where the tables are.
STEPS = "common/frontsteps.c"
MACHINE = "common/front.c"
HEADER = "common/front.h"
HEAD = re.compile(r"^(?:static |const |inline |__printf\([\d, ]*\) )*[\w ]+[ *](\w+)\([^;{}]*\)\n\{\n(.*?)^\}",
                  re.M | re.S)
CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
ACTION = re.compile(r"^\t\[XSPLIT_A_\w+\] = (\w+),", re.M)
CALLBACK = re.compile(r"^\t\t\.(?:facts|call_xenwatch|retry_write) = (\w+),", re.M)
HOOKS = re.compile(r"^struct xsplit_front_class \{\n(.*?)^\};", re.M | re.S)
HOOK = re.compile(r"\(\*(\w+)\)\(|^\tirq_handler_t (\w+);", re.M)
# The test that a class has all hooks that it must have.
REQUIRED = re.compile(r"if \(((?:!c->\w+(?:\s*\|\|\s*)?)+)\)\n")
TABLE = re.compile(r"^static (?:const )?struct xsplit_front_class \w+[\w ]* = \{\n(.*?)^\};", re.M | re.S)


def classes():
    """The directories of each class that common/classes lists, by its name."""
    with open(os.path.join(TOP, "common", "classes"), encoding="utf-8") as lines:
        words = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {word[0]: word[3:] for word in words}


def read_tree(name, dirs):
    """The text of each file of a class's front, without comments."""
    texts = {}
    directories = [f"{folder}/*.[ch]" for folder in dirs if "back" not in os.path.basename(folder)]
    for pattern in (*CORE, *OF_CLASS.get(name, {}).get("sources", ()), *directories):
        for path in glob.glob(os.path.join(TOP, pattern)):
            file = os.path.relpath(path, TOP)
            if NO_FRONT.match(file):
                continue
            with open(path, encoding="utf-8") as source:
                texts[file] = re.sub(r"/\*.*?\*/", "", source.read(), flags=re.S)
    return texts


def functions(texts):
    """The bodies of the functions, by name. A name with several variants has all bodies."""
    bodies = {}
    for text in texts.values():
        for name, body in HEAD.findall(text):
            bodies[name] = bodies.get(name, "") + body
    return bodies


def reached(bodies, root, allowed):
    """Yields (function, call path) for root and for every function that root reaches."""
    ways = {root: [root]}
    todo = [root]
    while todo:
        name = todo.pop()
        yield name, ways[name]
        for callee in CALL.findall("" if name in allowed else bodies.get(name, "")):
            if callee not in ways:
                ways[callee] = ways[name] + [callee]
                todo.append(callee)


def hooks(texts, found):
    """The class's functions by their hooks. Adds to found what is not understood."""
    declared = HOOKS.search(texts[HEADER])
    names = [a or b for a, b in HOOK.findall(declared[1])] if declared else []
    tables = [(name, TABLE.search(text)) for name, text in texts.items() if TABLE.search(text)]
    if len(tables) != 1:
        found.append(f"there are {len(tables)} tables of a front's class, not 1")
        return {}
    name, table = tables[0][0], tables[0][1][1]
    given = dict(re.findall(r"^\t\.(\w+) = (\w+),$", table, re.M))
    if not names or len(names) != declared[1].count("(*") + declared[1].count("irq_handler_t"):
        found.append(f"{HEADER}: the hooks are not understood")
    found += [f"{HEADER}: there is no hook {hook}" for hook in OUTSIDE if hook not in names]
    # A hook that may be NULL may be left out.
    required = []
    # The core itself sees to the requests of a class that has calls.
    for test in ["has_hooks"] + ([] if ".nr_calls = " in table else ["has_request_hooks"]):
        understood = REQUIRED.search(functions(texts).get(test, ""))
        required += re.findall(r"c->(\w+)", understood[1]) if understood else []
        if not understood:
            found.append(f"{MACHINE}: {test}() is not understood")
    found += [f"{name}: {hook} is not understood" for hook in names if hook not in given and
              (hook in required and hook not in OUTSIDE or re.search(rf"\.{hook}\b", table))]
    return {hook: given[hook] for hook in names if hook in given}


def not_understood(texts, run):
    """Violations: parts of the source that this check does not understand."""
    tables = texts[STEPS] + texts[MACHINE]
    begun = sum(text.count("\n{\n") for text in texts.values())
    heads = sum(len(HEAD.findall(text)) for text in texts.values())
    if len(ACTION.findall(texts[STEPS])) != len(re.findall(r"^\t\[\w+\] ?=", texts[STEPS], re.M)):
        yield f"{STEPS}: the actions are not understood"
    if not run or len(run) != len(re.findall(r"\[XSPLIT_A_\w+\] ?=|\.(?:facts|call_xenwatch|retry_write) ?=", tables)):
        yield "what the machine calls is not understood"
    if heads != begun:
        yield f"of {begun} functions {heads} are understood"


def memory(bodies, roots, allowed):
    """Violations of the last rule."""
    for root in roots:
        calls = CALL.findall(bodies.get(root, ""))
        calls = [call for call in calls if call not in ("container_of", "to_delayed_work")]
        if calls[:1] == ["memalloc_noio_save"] and calls[-1] == "memalloc_noio_restore":
            continue
        for name, way in reached(bodies, root, allowed):
            if re.search(r"\bGFP_KERNEL\b", bodies.get(name, "")):
                yield "memory without NOIO: " + " -> ".join(way)


def violations(name, texts):
    """Violations in the front of the class of that name."""
    bodies = functions(texts)
    found = []
    own = OF_CLASS.get(name, {})
    allowed, after = own.get("ALLOWED", {}), own.get("AFTER", {})
    waited_for = WAITED_FOR + own.get("WAITED_FOR", [])
    tables = texts[STEPS] + texts[MACHINE]
    hooked = hooks(texts, found)
    run = ACTION.findall(tables) + CALLBACK.findall(tables)
    found += not_understood(texts, run)
    run += [function for hook, function in hooked.items() if hook not in OUTSIDE]
    noio = NOIO + own.get("NOIO", []) + [hooked[hook] for hook in ("init", "remove") if hook in hooked]
    found += [f"{function}: not found" for function in [*run, *hooked.values(), *allowed, *after, *noio]
              if function not in bodies]
    bodies["xsplit_machine_run"] += "".join(f"{function}();" for function in run)
    for root in ["handshake_work"] + waited_for:
        for function, way in reached(bodies, root, allowed):
            if function in WAITS:
                found.append("waits for requests: " + " -> ".join(way))
    for function, body in bodies.items():
        calls = CALL.findall(body)
        for late, early in after.items():
            if late in calls and early not in calls[:calls.index(late)]:
                found.append(f"{function} calls {late}() before {early}()")
    return [f"{name}: {text}" for text in [*found, *memory(bodies, noio, allowed)]]


SEEDED = (
    ("common/frontpark.c", "\tfront->parked = true;\n",
     "\tfront->parked = true;\n\tflush_work(&front->give_up_work.work);\n"),
    ("blkfront/park.c", "\tsynchronize_rcu();\n", "\tsynchronize_rcu();\n\tdel_gendisk(vbd->gd);\n"),
    ("blkfront/connect.c", "\txbfront_disk_refresh(vbd);\n", "\txbfront_disk_view_work(&vbd->view_work);\n"),
    ("blkfront/vbd.c", "\t\top_refused(vbd);\n", "\t\tset_disk_ro(vbd->gd, true);\n"),
    ("blkfront/vbd.c", "\t.park = xbfront_park,\n", ""),
    ("blkfront/vbd.c", "\t.park = xbfront_park,\n", "\t.park = remove_vbd,\n"),
    ("common/front.h", "\tvoid (*park)(", "\tvoid(* park)("),
    ("common/block/blkcompat.h", "mutex_trylock(", "xvbd_lock_limits("),
    ("blkfront/disk.c", "\tfail_requests(vbd);\n\tremove_dead_disk(vbd);",
     "\tremove_dead_disk(vbd);\n\tfail_requests(vbd);"),
    ("common/front.c", "memalloc_noio_save()", "0"),
    ("common/front.c", "kstrdup(dev->otherend, GFP_NOIO)", "kstrdup(dev->otherend, GFP_KERNEL)"),
    ("blkfront/vbd.c", "\tINIT_LIST_HEAD(&vbd->minors_entry);\n",
     "\tvbd->busy_error = kzalloc(1, GFP_KERNEL);\n"),
    ("common/frontsteps.c", "[XSPLIT_A_PARK] =", "[XSPLIT_A_PARK]="),
    ("blkfront/grant.c", "void xbfront_trim_work(struct work_struct *work)\n{\n",
     "void xbfront_trim_work(struct work_struct *work)\n{\n\tdel_gendisk(0);\n"),
    ("common/front.c", "\tset_front(dev, NULL);\n", "\tset_front(dev, kmalloc(1, GFP_KERNEL));\n"),
    ("common/frontsteps.c", "[XSPLIT_A_SHOW] =", "[OTHER_A_SHOW] ="),
)


def self_test():
    """Checks that each fault of SEEDED is found. Returns the number of faults missed."""
    failed = 0
    for name, good, bad in SEEDED:
        texts = read_tree("vbd", classes()["vbd"])
        if good not in texts[name]:
            print(f"{name} has no \"{good.strip()}\"")
            failed += 1
            continue
        texts[name] = texts[name].replace(good, bad, 1)
        if not violations("vbd", texts):
            print(f"{name}: not noticed: \"{bad.strip()}\"")
            failed += 1
    print(f"{len(SEEDED) - failed} passed, {failed} failed")
    return failed


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    found = [line for name, dirs in classes().items() for line in violations(name, read_tree(name, dirs))]
    for line in sorted(set(found)):
        print(line)
    return 1 if found else 0


sys.exit(main())

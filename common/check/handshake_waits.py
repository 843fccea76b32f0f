#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Checks in the source that the frontend's handshake cannot deadlock. The requests of a disk
may wait for the handshake, so the handshake must not wait for requests.

  - The handshake's work reaches no function of WAITS: these functions wait for requests. A
    function of ALLOWED may call them, for the reason given there.
  - A function calls a function of AFTER only after the other function of that pair.
  - What the work waits for, a function of WAITED_FOR, reaches no function of WAITS either.
  - Each function of NOIO begins with memalloc_noio_save(), or reaches no GFP_KERNEL. Else an
    allocation could wait for a write to the disk that waits for the handshake.

The handshake's work reaches the actions, which are in a table of the core, and the hooks of the
class, which are in a table of the class. A hook of OUTSIDE is called elsewhere.

Prints one line for each violation; the exit status is 1 if there is any. --self-test checks
that seeded faults are found.
"""
import glob
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SOURCES = ("blkfront/*.c", "common/*.[ch]", "common/block/*.[ch]")
BACK = "common/back"     # the core of a back, which a frontend does not contain
WAITS = """
    queue_limits_start_update xvbd_lock_limits blk_mq_freeze_queue blk_mq_freeze_queue_wait
    blk_mq_update_nr_hw_queues elevator_switch
    blk_mark_disk_dead del_gendisk device_add_disk disk_force_media_change bdev_mark_dead
    __invalidate_device invalidate_bdev fsync_bdev sync_blockdev bdev_freeze
    set_capacity_and_notify set_disk_ro kobject_uevent kobject_uevent_env
    flush_work flush_delayed_work flush_workqueue cancel_work_sync
    """.split()
ALLOWED = {
    "remove_dead_disk": "all requests have failed",
    "xbfront_disk_discard": "the block layer does not have the disk any more, or not yet",
    "alloc_gendisk": "the block layer does not have the disk yet",
}
AFTER = {"remove_dead_disk": "fail_requests"}
# What the work waits for by cancel_delayed_work_sync().
WAITED_FOR = "retry_work give_up_work xbfront_trim_work".split()
NOIO = """
    handshake_work again_work retry_work give_up_work xbfront_trim_work
    probe backend_changed directory_will_handle directory_changed resume init_vbd
    remove_front remove_vbd
    """.split()
# Hooks that the work does not call, and why.
OUTSIDE = {
    "init": "xenwatch calls it: see NOIO",
    "remove": "the last run of the work has ended; for memory see NOIO",
    "release": "there is no reference any more",
    "is_ready": "the bus calls it",
    "event": "an interrupt calls it",
    "response": "it cannot sleep: it is called with a spinlock",
}
# Where the tables are.
STEPS = "common/frontsteps.c"
MACHINE = "common/front.c"
HEADER = "common/front.h"
CLASS = "blkfront/vbd.c"
HEAD = re.compile(r"^(?:static |const |inline |__printf\([\d, ]*\) )*[\w ]+[ *](\w+)\([^;{}]*\)\n\{\n(.*?)^\}",
                  re.M | re.S)
CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
ACTION = re.compile(r"^\t\[XSPLIT_A_\w+\] = (\w+),", re.M)
CALLBACK = re.compile(r"^\t\t\.(?:facts|call_xenwatch|retry_write) = (\w+),", re.M)
HOOKS = re.compile(r"^struct xsplit_front_class \{\n(.*?)^\};", re.M | re.S)
HOOK = re.compile(r"\(\*(\w+)\)\(|^\tirq_handler_t (\w+);", re.M)
TABLE = re.compile(r"^static struct xsplit_front_class \w+[\w ]* = \{\n(.*?)^\};", re.M | re.S)


def read_tree():
    """The text of each file, without comments."""
    texts = {}
    for pattern in SOURCES:
        for name in glob.glob(os.path.join(TOP, pattern)):
            if os.path.relpath(name, TOP).startswith(BACK):
                continue
            with open(name, encoding="utf-8") as source:
                texts[os.path.relpath(name, TOP)] = re.sub(r"/\*.*?\*/", "", source.read(), flags=re.S)
    return texts


def functions(texts):
    """The bodies of the functions, by name. A name with several variants has all bodies."""
    bodies = {}
    for text in texts.values():
        for name, body in HEAD.findall(text):
            bodies[name] = bodies.get(name, "") + body
    return bodies


def reached(bodies, root):
    """Yields (function, call path) for root and for every function that root reaches."""
    ways = {root: [root]}
    todo = [root]
    while todo:
        name = todo.pop()
        yield name, ways[name]
        for callee in CALL.findall("" if name in ALLOWED else bodies.get(name, "")):
            if callee not in ways:
                ways[callee] = ways[name] + [callee]
                todo.append(callee)


def hooks(texts, found):
    """The class's functions by their hooks. Adds to found what is not understood."""
    declared = HOOKS.search(texts[HEADER])
    names = [a or b for a, b in HOOK.findall(declared[1])] if declared else []
    table = TABLE.search(texts[CLASS])
    given = dict(re.findall(r"^\t\.(\w+) = (\w+),$", table[1], re.M)) if table else {}
    if not names or len(names) != declared[1].count("(*") + declared[1].count("irq_handler_t"):
        found.append(f"{HEADER}: the hooks are not understood")
    found += [f"{HEADER}: there is no hook {name}" for name in OUTSIDE if name not in names]
    # A hook that may be NULL may be missing, but not be set in a way that is not seen here.
    found += [f"{CLASS}: {name} is not understood" for name in names
              if name not in given and re.search(rf"[.>]{name}\s*=[^=]", texts[CLASS])]
    return {name: given[name] for name in names if name in given}


def violations(texts):
    bodies = functions(texts)
    found = []
    tables = texts[STEPS] + texts[MACHINE]
    hooked = hooks(texts, found)
    begun = sum(text.count("\n{\n") for text in texts.values())
    heads = sum(len(HEAD.findall(text)) for text in texts.values())
    run = ACTION.findall(tables) + CALLBACK.findall(tables)
    if len(ACTION.findall(texts[STEPS])) != len(re.findall(r"^\t\[\w+\] ?=", texts[STEPS], re.M)):
        found.append(f"{STEPS}: the actions are not understood")
    if not run or len(run) != len(re.findall(r"\[XSPLIT_A_\w+\] ?=|\.(?:facts|call_xenwatch|retry_write) ?=", tables)):
        found.append("what the machine calls is not understood")
    run += [function for hook, function in hooked.items() if hook not in OUTSIDE]
    if hooked.get("init") not in NOIO:
        found.append(f"{CLASS}: init() is not in NOIO")
    found += [f"{name}: not found" for name in [*run, *hooked.values(), *ALLOWED, *AFTER, *NOIO]
              if name not in bodies]
    if heads != begun:
        found.append(f"of {begun} functions {heads} are understood")
    bodies["xsplit_machine_run"] += "".join(f"{name}();" for name in run)
    for root in ["handshake_work"] + WAITED_FOR:
        for name, way in reached(bodies, root):
            if name in WAITS:
                found.append("waits for requests: " + " -> ".join(way))
    for name, body in bodies.items():
        calls = CALL.findall(body)
        for late, early in AFTER.items():
            if late in calls and early not in calls[:calls.index(late)]:
                found.append(f"{name} calls {late}() before {early}()")
    for root in NOIO:
        calls = CALL.findall(bodies.get(root, ""))
        calls = [call for call in calls if call not in ("container_of", "to_delayed_work")]
        if calls[:1] == ["memalloc_noio_save"] and calls[-1] == "memalloc_noio_restore":
            continue
        for name, way in reached(bodies, root):
            if re.search(r"\bGFP_KERNEL\b", bodies.get(name, "")):
                found.append("memory without NOIO: " + " -> ".join(way))
    return found


SEEDED = (
    ("common/frontpark.c", "\tfront->parked = true;\n",
     "\tfront->parked = true;\n\tflush_work(&front->give_up_work.work);\n"),
    ("blkfront/park.c", "\tsynchronize_rcu();\n", "\tsynchronize_rcu();\n\tdel_gendisk(vbd->gd);\n"),
    ("blkfront/connect.c", "\txbfront_disk_refresh(vbd);\n", "\txbfront_disk_view_work(&vbd->view_work);\n"),
    ("blkfront/vbd.c", "\t\top_refused(vbd);\n", "\t\tset_disk_ro(vbd->gd, true);\n"),
    ("blkfront/vbd.c", "\t.park = xbfront_park,\n", "\t.park = (void *)xbfront_park,\n"),
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
        texts = read_tree()
        if good not in texts[name]:
            print(f"{name} has no \"{good.strip()}\"")
            failed += 1
            continue
        texts[name] = texts[name].replace(good, bad, 1)
        if not violations(texts):
            print(f"{name}: not noticed: \"{bad.strip()}\"")
            failed += 1
    print(f"{len(SEEDED) - failed} passed, {failed} failed")
    return failed


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    found = sorted(set(violations(read_tree())))
    for line in found:
        print(line)
    return 1 if found else 0


sys.exit(main())

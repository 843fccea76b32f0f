"""Counts of instructions: the file, the steady part, noise, tables, limits."""
import ctypes
import json
import os
import struct
import subprocess
import tempfile
import unittest
from unittest import mock

from bench import analysis, counted_tables, counter, instructions, jobs, report
from bench.unit.test_results import fio
from vm.host import HarnessError

JOB = "T2-randread-qd32"
INSTRUCTIONS_OF = {(0, "kernel"): 3000, (0, "Xen"): 1000, (1, "user"): 500, (1, "module"): 700}


def counts(ios):
    """The Counts after so many I/Os: INSTRUCTIONS_OF, a hypercall of dom0 and a lock each."""
    values = [0] * (counter.CPUS * len(counter.LAYERS) * counter.SLOTS)

    def put(cpu, layer, event, number):
        place = (cpu * len(counter.LAYERS) + counter.LAYERS.index(layer)) * counter.SLOTS
        values[place + counter.EVENTS.index(event)] = number * ios

    for (cpu, layer), number in INSTRUCTIONS_OF.items():
        put(cpu, layer, "instructions", number)
    put(0, "kernel", "syscall", 1)
    put(1, "user", "syscall", 9)
    put(1, "module", "locked", 1)
    put(1, "module", "unlocked", 2)
    return counter.Counts(values)


def a_round(iops=1000, seconds=4):
    """A round's output, and the counts at its samples."""
    lines, marked = [], []
    for tick in range(2 * (seconds + 1)):
        ios = int(min(max(0, tick / 2 - 0.2), seconds) * iops)
        lines.append(f"@sample {tick * 500000000} 0 0 {8 * ios} 0")
        marked.append(counts(ios))
    return f"@job {JOB}{jobs.NUMBERED}\n{fio()}\n" + "\n".join(lines) + "\n@end\n", marked


def step(arm, dom0, guest, job=JOB):
    def layers(number):
        return {layer: {event: number if layer == "kernel" and event == "instructions" else 0
                        for event in counter.EVENTS} for layer in counter.LAYERS}
    per_io = {"dom0": layers(dom0), "guest": layers(guest)}
    return {"kind": "instructions", "phase": "counted", "arm": arm, "device": "null_blk",
            "block": "1", "jobs": {job: {"per_io": per_io}}}


class ParseTest(unittest.TestCase):
    def test_an_io_of_the_steady_part(self):
        one = instructions.parse(*a_round())[JOB]
        self.assertAlmostEqual(instructions.value(one, "dom0"), 4000)
        self.assertAlmostEqual(instructions.value(one, "guest"), 1200)
        self.assertAlmostEqual(instructions.value(one, "guest", layers=("user",)), 500)
        self.assertAlmostEqual(one["iops_while_counted"], 1000, delta=1)

    def test_a_system_call_of_a_program_is_no_hypercall(self):
        one = instructions.parse(*a_round())[JOB]
        self.assertEqual(instructions.hypercalls(one, "dom0"), 1)
        self.assertEqual(instructions.hypercalls(one, "guest"), 0)

    def test_a_lock_that_one_cpu_does_not_need_is_one(self):
        self.assertEqual(instructions.locked(instructions.parse(*a_round())[JOB], "guest"), 3)

    def test_marks_that_do_not_match_the_samples_are_no_count(self):
        text, marked = a_round()
        with self.assertRaises(ValueError):
            instructions.parse(text, marked[1:])

    def test_a_run_that_is_too_short_is_no_count(self):
        with self.assertRaises(ValueError):
            instructions.parse(*a_round(seconds=1))


class NoiseTest(unittest.TestCase):
    def test_half_the_range_over_the_median(self):
        self.assertAlmostEqual(instructions.noise([98, 100, 104]), 0.03)
        self.assertIsNone(instructions.noise([100]))
        self.assertIsNone(instructions.noise([]))

    def test_the_noisier_domain_counts(self):
        counted = instructions.Counted([step("ours", 100, 200), step("ours", 100, 220)])
        self.assertAlmostEqual(counted.noise("null_blk", JOB, "ours"), 10 / 210)


class TablesTest(unittest.TestCase):
    def test_medians_noise_and_ratio(self):
        steps = [step("default", 5000, 12000), step("default", 5010, 12000),
                 step("ours", 4000, 9000), step("ours", 4000, 9000)]
        text = counted_tables.totals(analysis.Run(steps))
        self.assertIn("| 5,005 / 12,000 | 0.1% | 4,000 / 9,000 | 0.0% | 0.80 / 0.75 |", text)

    def test_a_noisy_job_has_no_ratio(self):
        steps = [step("default", 5000, 12000), step("ours", 4000, 9000), step("ours", 5000, 9000)]
        self.assertIn("| 11.1% noisy | noisy |", counted_tables.totals(analysis.Run(steps)))

    def test_nothing_counted_is_no_table(self):
        for _, make in counted_tables.TABLES:
            self.assertFalse(make(analysis.Run([])))

    def test_every_table_can_be_made(self):
        for _, make in counted_tables.TABLES:
            self.assertIn("null_blk", make(analysis.Run([step("ours", 1, 2)])))


class LimitsTest(unittest.TestCase):
    LIMITS = {f"null_blk {JOB}": {"dom0 instructions": 1000}}

    def compared(self, *found):
        """(lines, what is above, what may be) of so many instructions of dom0."""
        counted = instructions.Counted([step("ours", dom0, 2000) for dom0 in found])
        return instructions.compare(counted, "ours", self.LIMITS)

    def test_five_percent_are_allowed(self):
        self.assertEqual(self.compared(1050, 1050)[1:], ([], []))
        lines, above, unsure = self.compared(1060, 1065)
        self.assertEqual((len(above), unsure), (1, []))
        self.assertIn("ABOVE", lines[0])

    def test_the_least_count_tells(self):
        self.assertEqual(self.compared(1040, 3000)[1:], ([], []))

    def test_noisy_counts_above_a_limit_tell_nothing(self):
        _, above, unsure = self.compared(1200, 3000)
        self.assertEqual((above, len(unsure)), ([], 1))

    def test_without_a_limit_nothing_fails(self):
        lines, above, unsure = self.compared(5000)
        self.assertEqual(len(above), 1)
        self.assertIn("no limit is set", lines[1])
        self.assertEqual(unsure, [])

    def test_the_exit_status(self):
        with mock.patch.object(report, "say"), tempfile.NamedTemporaryFile("w") as file:
            json.dump(self.LIMITS, file)
            file.flush()
            with mock.patch.object(report, "LIMITS", file.name):
                self.assertEqual(report.limits([step("ours", 1000, 2000)]), 0)
                self.assertEqual(report.limits([step("ours", 1100, 2000)]), 1)
                with self.assertRaises(HarnessError):
                    report.limits([step("ours", 1000, 2000, "S2-read-1M")])
                with self.assertRaises(HarnessError):
                    report.limits([step("ours", 1100, 1), step("ours", 1300, 1)])

    def test_the_limits_name_what_is_counted(self):
        with open(report.LIMITS, encoding="utf-8") as source:
            known = json.load(source)
            self.assertTrue(known)
            for key, limits in known.items():
                self.assertIn(key.split(" ")[1], jobs.JOBS)
                self.assertLessEqual(set(limits), set(instructions.LIMITED))


class FileTest(unittest.TestCase):
    def test_the_last_marks_are_read_in_order(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(struct.pack("=Q", counter.MARKS + 2))
            for place, ios in ((counter.MARKS - 1, 5), (0, 6), (1, 7)):
                file.seek(counter.FIRST_MARK + place * counter.COUNTS.size)
                file.write(counter.COUNTS.pack(*counts(ios).values))
            file.flush()
            found = counter.Counter(file.name)
            self.assertEqual(found.marks(), counter.MARKS + 2)
            at = found.at(counter.MARKS - 1, 3)
            self.assertEqual([one.get(0, "kernel", "instructions") for one in at],
                             [15000, 18000, 21000])
            self.assertEqual((at[2] - at[0]).get(0, "Xen", "instructions"), 2000)


# A stand-in for QEMU: one block of code is "translated", then its callbacks are called.
STAND_IN = r"""
#include "COUNTER"
static struct { executed_fn *fn; void *data; } called[64];
static int calls, sizes[64], count;
static const uint8_t *code[64];
static uint64_t base;
static translated_fn *translated;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_fn *fn)
{ (void)id; translated = fn; }
static void call_later(executed_fn *fn, void *data)
{ called[calls].fn = fn; called[calls++].data = data; }
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *t, executed_fn *fn, int f, void *d)
{ (void)t; (void)f; call_later(fn, d); }
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *i, executed_fn *fn, int f,
					    void *d)
{ (void)i; (void)f; call_later(fn, d); }
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *t) { (void)t; return count; }
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *t, size_t i)
{ (void)t; return (void *)(i + 1); }
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *i)
{ return code[(uintptr_t)i - 1]; }
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *i) { return sizes[(uintptr_t)i - 1]; }
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *i) { return base + (uintptr_t)i; }
EXPORT void begin(uint64_t address) { base = address; count = calls = 0; }
EXPORT void add(const uint8_t *bytes, int size) { code[count] = bytes; sizes[count++] = size; }
EXPORT void translate(void) { translated(0, 0); }
EXPORT void execute(unsigned int cpu)
{ for (int i = 0; i < calls; i++) called[i].fn(cpu, called[i].data); }
"""
MODULE = 0xffffffffc0100000


class PluginTest(unittest.TestCase):
    """counter.c itself, on instructions whose kind is known."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        source = os.path.join(cls.folder.name, "stand-in.c")
        with open(source, "w", encoding="utf-8") as target:
            target.write(STAND_IN.replace("COUNTER", counter.SOURCE))
        library = os.path.join(cls.folder.name, "stand-in.so")
        subprocess.run(["gcc", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-shared",
                        "-fPIC", "-o", library, source], check=True)
        cls.library = ctypes.CDLL(library)
        cls.counter = counter.Counter(os.path.join(cls.folder.name, "counts"))
        option = (ctypes.c_char_p * 1)(f"out={cls.counter.path}".encode())
        assert cls.library.qemu_plugin_install(ctypes.c_uint64(0), None, 1, option) == 0

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def counted(self, *code, times=1, address=MODULE, cpu=0, layer="module"):
        """{event: count} of a block of instructions (in hex) that ran."""
        before = self._marked()
        self._load(address, code)
        for _ in range(times):
            self.library.execute(cpu)
        found = (self._marked() - before).of(cpu)[layer]
        return {event: number for event, number in found.items() if number}

    def _load(self, address, code):
        self.library.begin(ctypes.c_uint64(address))
        self.bytes = [bytes.fromhex(one) for one in code]   # the library keeps the addresses
        for one in self.bytes:
            self.library.add(one, len(one))
        self.library.translate()

    def _marked(self):
        self._load(0x1000, ["0f1f840078626d6b"])
        self.library.execute(7)
        return self.counter.at(self.counter.marks() - 1, 1)[0]

    def test_plain_instructions_by_layer_and_cpu(self):
        for address, layer in ((0x1000, "user"), (0xffff82d040200000, "Xen"),
                               (0xffffffff81000000, "kernel"), (MODULE, "module")):
            self.assertEqual(self.counted("90", "c3", address=address, layer=layer, cpu=1),
                             {"instructions": 2})

    def test_each_kind(self):
        for code, event in (("f0480fb107", "locked"), ("8707", "locked"), ("3eff07", "unlocked"),
                            ("3e0fba2f03", "unlocked"), ("0f05", "syscall"), ("0f30", "WRMSR"),
                            ("0f22d8", "CR3"), ("f4", "HLT"), ("0f0138", "INVLPG")):
            self.assertEqual(self.counted(code), {"instructions": 1, event: 1}, code)

    def test_what_only_looks_alike(self):
        for code in ("87c8", "3effe0", "3e8b07", "3e0fba2703", "0f22e0", "0f01f8", "f390"):
            self.assertEqual(self.counted(code), {"instructions": 1}, code)

    def test_the_turns_of_a_rep_are_one_instruction(self):
        self.assertEqual(self.counted("f348a5", times=512),
                         {"instructions": 1, "rep turns": 512, "rep copied": 4096})
        self.assertEqual(self.counted("f3aa", times=3, address=MODULE + 64),
                         {"instructions": 1, "rep turns": 3, "rep filled": 3})

    def test_the_same_rep_after_other_code_is_another(self):
        self.assertEqual(self.counted("90", "f3a5", times=2, address=MODULE + 128),
                         {"instructions": 4, "rep turns": 2, "rep copied": 8})

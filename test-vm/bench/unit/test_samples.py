"""Addresses of a running CPU, and the code that they are in."""
import unittest

from bench import samples

KERNEL = samples.Symbols("""\
ffffffff81000000 T first
ffffffff81000100 t second
ffffffff81000180 D not_code
ffffffffc0000000 t of_module	[xen_blkback]
""")
XEN = samples.Symbols("ffff82d040200000 T do_something\nffff82d040200080 t file.c#else\n")


class Places(unittest.TestCase):
    def test_an_address_is_in_the_last_function_that_begins_before_it(self):
        for address, expected in (
                (0xffffffff81000000, ("kernel", "first")),
                (0xffffffff810000ff, ("kernel", "first")),
                (0xffffffff81000190, ("kernel", "second")),
                (0xffffffffc0000010, ("xen_blkback", "of_module [xen_blkback]")),
                (0xffff82d040200081, ("Xen", "xen: file.c#else")),
                (0x401000, ("user space", "(user space)")),
                (None, ("halted", "(halted)"))):
            self.assertEqual(samples.place(address, KERNEL, XEN), expected)

    def test_an_address_before_all_functions_stays_a_number(self):
        self.assertEqual(KERNEL.name(0xffffffff80ffffff), "0xffffffff80ffffff")


class Report(unittest.TestCase):
    def test_shares_of_each_cpu(self):
        found = [[None, 0x401000, 0x401000, 0xffffffff81000001], [0xffffffffc0000000]]
        lines = list(samples.report(found, [KERNEL, KERNEL], XEN))
        self.assertEqual(lines[0], "# dom0's CPU, 4 samples: user space 50.0%, halted 25.0%, "
                                   "kernel 25.0%")
        self.assertIn("  50.0%  (user space)", lines)
        self.assertIn(" 100.0%  of_module [xen_blkback]", lines)

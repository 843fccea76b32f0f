"""The decoder, on records built here and on a piece of a real trace."""
import struct
import unittest

from bench import xentrace

MAP, COPY = 0, 5


def cpu(number):
    return struct.pack("<III", 2 << 28 | xentrace.CPU_CHANGE, number, 0)


def record(event, tsc, *words):
    header = 1 << 31 | len(words) << 28 | event
    return struct.pack(f"<IQ{len(words)}I", header, tsc, *words)


def call(tsc, operation, *arguments, event=xentrace.HYPERCALL):
    flags = sum(1 << (20 + 2 * i) for i in range(len(arguments)))
    return record(event, tsc, operation | flags, *arguments)


# The first records of a real one: dom0 maps 16 pages, asks nothing else of note.
REAL = bytes.fromhex(
    "03f00120" "00000000" "04010000"
    "0d1020b0" "ecc81092" "25000000" "18005000" "08000000" "00000000"
    "061120a0" "beea1a92" "25000000" "06250281" "ffffffff"
    "0d102090" "ac441b92" "25000000" "19000000"
    "0d1020b0" "ca1e1e92" "25000000" "14001001" "00000000" "10000000"
    "0d1020b0" "fcd12b92" "25000000" "14001001" "01000000" "10000000"
    "0d102090" "4c273092" "25000000" "20000000")


class DecodeTest(unittest.TestCase):
    def test_calls_go_to_the_domain_of_their_cpu(self):
        trace = xentrace.decode(cpu(0) + call(10, 32) + cpu(1) + call(5, 32) + call(6, 32)
                                + cpu(0) + call(20, 29, 1))
        self.assertEqual(trace.calls, {(0, "event_channel_op"): 1, (1, "event_channel_op"): 2,
                                       (0, "sched_op/block"): 1})

    def test_grant_operations_are_counted_by_entries(self):
        trace = xentrace.decode(cpu(0) + call(1, 20, MAP, 11) + call(2, 20, MAP, 5)
                                + call(3, 20, COPY, 16))
        self.assertEqual(trace.calls[0, "grant_table_op/map"], 2)
        self.assertEqual(trace.operations, {(0, "map"): 16, (0, "copy"): 16})

    def test_a_call_of_nothing_is_seen(self):
        trace = xentrace.decode(cpu(0) + call(1, 20, 1, 0))
        self.assertEqual(trace.calls, {(0, "grant_table_op/unmap-of-nothing"): 1})

    def test_calls_within_a_multicall_count(self):
        trace = xentrace.decode(cpu(0) + call(1, 13, 1)
                                + call(2, 26, 1, event=xentrace.SUBCALL))
        self.assertEqual(trace.calls, {(0, "multicall"): 1, (0, "mmuext_op"): 1})

    def test_a_change_of_address_space_in_a_context_switch_is_not_the_driver_s(self):
        sub = xentrace.SUBCALL
        one_by_one = call(1, 26, 2) + call(2, 3)
        together = call(3, 13, 2) + call(4, 26, 2, event=sub) + call(5, 3, event=sub)
        apart = call(6, 26, 2) + call(7, 13, 2) + call(8, 3, event=sub)
        flushes = call(9, 26, 1) + call(10, 26, 1) + call(11, 32)
        trace = xentrace.decode(cpu(1) + one_by_one + together + apart + flushes)
        self.assertEqual(trace.calls, {
            (1, "multicall"): 2, (1, "stack_switch"): 3, (1, "switch_mm"): 3,
            (1, "mmuext_op"): 2, (1, "event_channel_op"): 1})
        self.assertFalse(xentrace.is_driver("switch_mm"))

    def test_the_last_call_of_a_trace_counts(self):
        self.assertEqual(xentrace.decode(cpu(0) + call(1, 26, 1)).calls, {(0, "mmuext_op"): 1})

    def test_another_cpu_s_calls_do_not_come_between(self):
        trace = xentrace.decode(cpu(0) + call(1, 26, 2) + cpu(1) + call(2, 32)
                                + cpu(0) + call(3, 3))
        self.assertEqual(trace.calls[0, "switch_mm"], 1)

    def test_time_is_of_each_cpu(self):
        trace = xentrace.decode(cpu(0) + call(1000, 32) + call(3000, 32) + cpu(1) + call(5, 32))
        self.assertAlmostEqual(trace.seconds(0, 1), 0.002)
        self.assertEqual((trace.seconds(1, 1), trace.seconds(2, 1)), (0, 0))

    def test_lost_records_are_told(self):
        lost = record(xentrace.LOST_RECORDS, 9, 42, 0, 0, 0)
        self.assertEqual(xentrace.decode(cpu(0) + lost).lost, 42)

    def test_a_torn_record_ends_it(self):
        data = cpu(0) + call(1, 32) + call(2, 20, MAP, 3)
        for cut in range(1, 20):
            self.assertEqual(xentrace.decode(data[:-cut]).calls, {(0, "event_channel_op"): 1})

    def test_a_real_one(self):
        trace = xentrace.decode(REAL)
        self.assertEqual(trace.calls, {
            (0, "vcpu_op"): 1, (0, "set_segment_base"): 1, (0, "grant_table_op/map"): 1,
            (0, "grant_table_op/unmap"): 1, (0, "event_channel_op"): 1})
        self.assertEqual(trace.operations, {(0, "map"): 16, (0, "unmap"): 16})

    def test_what_counts_as_the_driver_s(self):
        self.assertTrue(xentrace.is_driver("grant_table_op/map"))
        self.assertTrue(xentrace.is_driver("event_channel_op"))
        self.assertFalse(xentrace.is_driver("sched_op/block"))

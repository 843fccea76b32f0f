# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How often dom0's kernel has called a function of its own.
#
#   count_calls FUNCTION...   begins to count
#   calls FUNCTION            the count so far

count_calls() {
	local function tracing=/sys/kernel/tracing
	for function in "$@"; do
		echo "p:calls_$function $function" >>"$tracing/kprobe_events" ||
			fail "cannot count calls of $function"
		echo 1 >"$tracing/events/kprobes/calls_$function/enable"
	done
}

calls() {
	awk -v name="calls_$1" '$1 == name { print $2 }' /sys/kernel/tracing/kprobe_profile
}

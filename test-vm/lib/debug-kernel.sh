# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a debug kernel reports only when it is asked, in dom0 and in the guests. A kernel
# without these checks costs one test for a file in dom0.
#
#   debug_kernels_begin   before the test: memory that is lost already is not this test's
#   debug_kernels_end     after collect_logs: appends to the logs that scan_logs reads the
#                         objects that nothing points to (kmemleak), and prints a line for
#                         each kernel whose lockdep has switched itself off
#
# Kmemleak reports an object that no scan has found a pointer to, that has not changed
# between two scans, and that is 5 s old: so the second scan is 6 s after the test.

KMEMLEAK=/sys/kernel/debug/kmemleak

DEBUG_BEGIN="for i in scan scan clear; do echo \$i >$KMEMLEAK; done"
DEBUG_SCAN="echo scan >$KMEMLEAK"
DEBUG_END="$DEBUG_SCAN; cat $KMEMLEAK; grep debug_locks: /proc/lockdep_stats"

# in_kernel NAME COMMAND : in a guest, or in dom0 (NAME dom0)
in_kernel() {
	if [ "$1" = dom0 ]; then
		sh -c "$2"
	else
		guest "$1" -t 90 "[ ! -e $KMEMLEAK ] || { $2; }"
	fi
}

# in_all_kernels COMMAND : output goes to the log of each
in_all_kernels() {
	local name
	for name in dom0 $GUESTS; do
		[ "$name" = dom0 ] || "$JOB/bin/guest-domid" "$name" >/dev/null 2>&1 || continue
		in_kernel "$name" "$1" >>"$JOB/logs/$name.log" 2>&1
	done
}

debug_kernels_begin() { [ ! -e "$KMEMLEAK" ] || in_all_kernels "$DEBUG_BEGIN"; }

debug_kernels_end() {
	local name
	[ -e "$KMEMLEAK" ] || return 0
	in_all_kernels "$DEBUG_SCAN"
	sleep 6
	in_all_kernels "$DEBUG_END"
	for name in dom0 $GUESTS; do
		! grep -q 'debug_locks: *0' "$JOB/logs/$name.log" ||
			echo "lockdep has switched itself off in $name: it reports only once, see the logs"
	done
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Memory that nothing points to, in dom0 and in the guests whose kernel has kmemleak.
#
#   kmemleak_forget   before the test: what is lost already is not this test's
#   kmemleak_collect  after it: appends what is lost now to the logs that scan_logs reads
#
# Kmemleak reports an object that no scan has found a pointer to, that has not changed
# between two scans, and that is 5 s old: so the second scan is 5 s after the test.

KMEMLEAK=/sys/kernel/debug/kmemleak

KMEMLEAK_FORGET="[ ! -e $KMEMLEAK ] || { echo scan >$KMEMLEAK; echo scan >$KMEMLEAK; echo clear >$KMEMLEAK; }"
KMEMLEAK_FIRST="[ ! -e $KMEMLEAK ] || echo scan >$KMEMLEAK"
KMEMLEAK_SECOND="[ ! -e $KMEMLEAK ] || { echo scan >$KMEMLEAK; cat $KMEMLEAK; }"

# kmemleak_everywhere COMMAND : in dom0 and in every guest; output goes to the logs.
kmemleak_everywhere() {
	local name
	sh -c "$1" >>"$JOB/logs/dom0.log"
	for name in $GUESTS; do
		"$JOB/bin/guest-domid" "$name" >/dev/null || continue
		guest "$name" -t 60 "$1" >>"$JOB/logs/$name.log" ||
			echo "guest $name does not answer when it is asked for lost memory"
	done
}

kmemleak_forget() { [ ! -e "$KMEMLEAK" ] || kmemleak_everywhere "$KMEMLEAK_FORGET"; }

kmemleak_collect() {
	[ -e "$KMEMLEAK" ] || return 0
	kmemleak_everywhere "$KMEMLEAK_FIRST"
	sleep 6
	kmemleak_everywhere "$KMEMLEAK_SECOND"
}

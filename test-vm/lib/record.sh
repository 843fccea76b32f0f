# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Records the handshake of pv1's xvdb, for a test on the C xenstored, whose trace
# says who wrote what and in which order. The drivers say which rows of the table
# they took (dynamic debug). test-vm/record-paths makes one course of it.
#
#   load_back_told / load_front_told GUEST     ours, saying what they do
#   record NAME TITLE         begins a recording
#   told COLUMN TEXT          somebody did something that the store does not show;
#                             COLUMN is tools, hotplug, back or front
#   recorded                  ends it: prints it on lines that begin with @

RECORDING=
MARK_PATH='test-vm: recorded from here'

load_back_told() { must insmod "$JOB/modules/dom0/xen-blkback.ko" dyndbg=+p; }

load_front_told() {
	must guest_put "$1" "$(modules_of "$1")/xen-blkfront.ko" /run/xen-blkfront.ko
	must guest "$1" insmod /run/xen-blkfront.ko dyndbg=+p
}

record() {
	RECORDING=$JOB/trace-$1
	echo "@path $1 $2"
	echo "<6>$MARK_PATH" >/dev/kmsg
	guest pv1 "echo '<6>$MARK_PATH' >/dev/kmsg"
	must xenstore-control logfile "$RECORDING"
}

told() { must xenstore-write /test-told "$*"; }

# Only what is after the last mark.
since_record() { awk -v mark="$MARK_PATH" '{ l[NR] = $0 } index($0, mark) { n = NR }
	END { while (n++ < NR) print l[n] }'; }

# What the machine of a vbd says with dev_dbg().
steps() { sed -n "s/^.*\] vbd vbd-[0-9-]*: \([A-Z][A-Za-z]*, other end .*\)/@$1 \1/p"; }

recorded() {
	sleep 1
	must xenstore-control logfile /dev/null
	awk '$1 == "IN" && ($5 == "WRITE" || $5 == "RM") && /\/vbd|test-told|\/local\/domain\/[0-9]+ \)/ {
		sub(/^IN [^ ]* [^ ]* [^ ]* /, "@store "); sub(/\)$/, ""); print }' "$RECORDING"
	dmesg | since_record | steps back
	if xl domid pv1 >/dev/null 2>&1; then
		guest pv1 dmesg | since_record | steps front
	fi
	echo "@end"
	xenstore-rm /test-told 2>/dev/null
}

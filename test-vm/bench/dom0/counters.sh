# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Counting, apart from timing.
#
#   start_probes / stop_probes     kprobes on the functions that drivers call
#   count_all before|after         "@count WHO WHEN NAME VALUE" lines of both domains
#   trace_hypercalls SECONDS       /run/bench/trace, with "@sample" lines beside it

TRACING=/sys/kernel/tracing
XEN_BIN=/usr/lib/test-vm/xen/bin
PROBED_IN_DOM0="gnttab_map_refs gnttab_unmap_refs gnttab_unmap_refs_async gnttab_batch_copy
	notify_remote_via_irq"
PROBED_IN_GUEST="notify_remote_via_irq gnttab_grant_foreign_access_ref
	gnttab_end_foreign_access_ref gnttab_try_end_foreign_access"
HYPERCALLS_AND_SUBCALLS=0x00203000

probe_script() {
	echo "for name in $*; do
		echo p:bench_\$name \$name >>$TRACING/kprobe_events &&
			echo 1 >$TRACING/events/kprobes/bench_\$name/enable
	done"
}

unprobe_script() {
	echo "for name in $*; do
		echo 0 >$TRACING/events/kprobes/bench_\$name/enable
		echo -:bench_\$name >>$TRACING/kprobe_events
	done"
}

# shellcheck disable=SC2086 # lists of words
start_probes() {
	must bash -c "$(probe_script $PROBED_IN_DOM0)"
	must guest "$GUEST" "$(probe_script $PROBED_IN_GUEST)"
}

# shellcheck disable=SC2086 # lists of words
stop_probes() {
	must bash -c "$(unprobe_script $PROBED_IN_DOM0)"
	must guest "$GUEST" "$(unprobe_script $PROBED_IN_GUEST)"
}

# Of a block device's stat file (guest) or of statistics/*_sect (dom0), of
# /proc/stat, of the probes, and of interrupts that are a disk's.
COUNT_PROGRAM='
	function put(name, value) { printf "@count %s %s %s %d\n", who, when, name, value }
	FILENAME ~ /_sect$/ { sectors += $1 }
	FILENAME ~ /\/block\/.*\/stat$/ { sectors += $3 + $7 }
	FILENAME ~ /kprobe_profile$/ && $1 ~ /^bench_/ { put(substr($1, 7), $2) }
	$1 == "ctxt" { put("context_switches", $2) }
	$1 == "intr" { put("interrupts", $2) }
	FILENAME ~ /interrupts$/ && /blkif|xbfront|xbback|blkback|xvbd/ {
		for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++)
			disk += $i
	}
	FILENAME ~ /status$/ && $1 ~ /^(non)?voluntary_ctxt_switches:/ { worker += $2 }
	END { put("sectors", sectors); put("disk_interrupts", disk); put("worker_switches", worker) }'

# Status files of the back's threads, whichever build it is.
worker_files() {
	local status line
	for status in /proc/[0-9]*/status; do
		{ read -r line <"$status"; } 2>/dev/null || continue
		case ${line#Name:} in
		*xbback* | *xvbd* | *blkback* | *[0-9].xvd*) echo "$status" ;;
		esac
	done
}

count_all() {
	local name disk guest_files=''
	for disk in "${ATTACHED[@]}"; do
		guest_files+=" /sys/block/$disk/stat"
	done
	# shellcheck disable=SC2046 # paths without spaces
	awk -v who=dom0 -v when="$1" "$COUNT_PROGRAM" $(sector_files) $(worker_files) \
		"$TRACING/kprobe_profile" /proc/stat /proc/interrupts
	guest "$GUEST" "awk -v who=guest -v when=$1 '$COUNT_PROGRAM' $guest_files \
		$TRACING/kprobe_profile /proc/stat /proc/interrupts" || fail "the guest's counters"
}

trace_hypercalls() {
	# shellcheck disable=SC2046 # paths without spaces
	sampled 100 $(sector_files) -- "$XEN_BIN/xentrace" -D -S 1024 -e "$HYPERCALLS_AND_SUBCALLS" \
		-T "$1" /run/bench/trace || fail "xentrace ended with status $?"
}

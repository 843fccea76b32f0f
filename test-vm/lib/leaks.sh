# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What exists, as lines that can be compared: inventory FILE before and after a
# test must be the same. Each line is a thing or a count, worded for a person.
# Starting a program takes 50 ms and more under emulation, so few are started:
# they leave their raw output in /job/raw, and one awk reads it all.

TRACING=/sys/kernel/tracing
XEN_BIN=/usr/lib/test-vm/xen/bin

# Numbers of the domains that exist, read from the dump of xenstore.
domains_in() {
	local path
	while read -r path _; do
		case $path in
		/local/domain/*/name)
			path=${path#/local/domain/}
			echo "${path%/name}"
			;;
		esac
	done <"$1"
}

guest_inventory() {
	guest "$1" -t 20 'for i in /sys/block/xvd*; do [ -e $i ] && echo "disk ${i##*/}"; done
		awk "/^ *[0-9]+:.*(blkif|xbfront|vbd|blkfront)/ { print \"interrupt \" \$NF }
			/^xen_blk/ { print \"module \" \$1 \" used \" \$3 \" times\" }" \
			/proc/interrupts /proc/modules' | sed "s/^/in guest $1: /"
}

gather() {
	local raw=$1 id name disk comm
	xl debug-keys g
	xenstore-ls -f / >"$raw/store"
	domains_in "$raw/store" >"$raw/ids"
	while read -r id; do
		echo "domain $id"
		"$XEN_BIN/lsevtchn" "$id"
	done <"$raw/ids" >"$raw/channels"
	for disk in /sys/block/*; do
		name=
		if [ -e "$disk/loop/backing_file" ]; then
			name=" on $(<"$disk/loop/backing_file")"
		elif [ "${disk#*/loop}" != "$disk" ]; then
			continue
		fi
		echo "block device /dev/${disk##*/}$name"
	done >"$raw/disks"
	for comm in /proc/[0-9]*/comm; do
		{ read -r name <"$comm" && echo "$name"; } 2>/dev/null
	done >"$raw/threads"
	xl dmesg >"$raw/xen"
}

# inventory FILE
inventory() {
	local raw=$JOB/raw name
	mkdir -p "$raw"
	gather "$raw"
	awk -f "$JOB/lib/inventory.awk" "$raw/store" "$raw/channels" "$raw/xen" \
		"$raw/threads" /proc/interrupts /proc/modules "$TRACING/kprobe_profile" |
		LC_ALL=C sort >"$1"
	cat "$raw/disks" >>"$1"
	for name in $GUESTS; do
		domain_exists "$name" && guest_inventory "$name" >>"$1"
	done
}

domain_exists() {
	grep -q "^/local/domain/[0-9]*/name = \"$1\"" "$JOB/raw/store"
}

# compare BEFORE AFTER : what differs, worded, goes to $JOB/difference; status 1
# if anything does. What belonged to a guest that the test has destroyed is not
# missed.
compare() {
	local name gone='^$'
	for name in $GUESTS; do
		domain_exists "$name" || gone+="|^< .*[ :]$name([ :]|\$)|^< in guest $name:"
	done
	diff "$1" "$2" | grep -E '^[<>]' | grep -vE "$gone" |
		sed -e 's/^< /gone or changed: /' -e 's/^> /left behind or changed: /' >"$JOB/difference"
	[ ! -s "$JOB/difference" ]
}

# wait_balanced SECONDS : as compare, with patience for what ends by itself.
wait_balanced() {
	local end=$(($(monotonic_ms) + $1 * 1000))
	while :; do
		inventory "$JOB/logs/after"
		compare "$JOB/logs/before" "$JOB/logs/after" && return 0
		[ "$(monotonic_ms)" -lt "$end" ] || return 1
		sleep 0.5
	done
}

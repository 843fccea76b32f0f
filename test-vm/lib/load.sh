# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A guest that is at work while something happens to its disks.
#
#   start_load GUEST DISK...  fio writes and verifies each disk, over and over; beside it
#                             a reader of the first disk notes when each read has ended
#   load_runs GUEST           fails if one of them has ended
#   end_load GUEST            lets the running rounds end; fails if one has found fault
#   pauses GUEST COUNT        median and longest of the COUNT longest times in which no
#                             read of the first disk ended, in seconds; the guest's uptime
#                             goes on while it is suspended

start_load() {
	local guest=$1 disk
	shift
	guest "$guest" 'rm -f /tmp/load.*'
	for disk; do
		must guest "$guest" "(n=0; while [ ! -e /tmp/load.stop ]; do
			fio --name=v --filename=/dev/$disk --rw=randwrite --bs=4k --size=4M \
				--rate=2m --ioengine=libaio --iodepth=16 --direct=1 --fsync=64 \
				--verify=crc32c --verify_backlog=128 --minimal \
				>/tmp/load.$disk 2>&1 ||
				{ mv /tmp/load.$disk /tmp/load.$disk.failed; break; }
			n=\$((n + 1))
		done; echo \$n >/tmp/load.$disk.done) >/dev/null 2>&1 &"
	done
	must guest "$guest" "(while [ ! -e /tmp/load.stop ]; do
		dd if=/dev/$1 of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
		read up idle </proc/uptime; echo \$up
	done >/tmp/load.beat) >/dev/null 2>&1 &"
	LOAD_DISKS=$*
}

load_faults() { guest "$1" 'cat /tmp/load.*.failed 2>/dev/null'; }

load_runs() {
	guest "$1" '! ls /tmp/load.*.done 2>/dev/null' >/dev/null ||
		fail "fio has ended: $(load_faults "$1")"
}

load_ended() {
	local disk
	for disk in $LOAD_DISKS; do
		guest "$1" "test -e /tmp/load.$disk.done" || return 1
	done
}

end_load() {
	local faults
	must guest "$1" 'touch /tmp/load.stop'
	wait_until 90 load_ended "$1"
	faults=$(load_faults "$1")
	[ -z "$faults" ] || fail "fio: $faults"
	note "rounds of fio: $(guest "$1" 'cat /tmp/load.*.done' | tr '\n' ' ')"
}

pauses() {
	guest "$1" -t 20 'cat /tmp/load.beat' | awk 'NR > 1 { print $1 - last } { last = $1 }' |
		sort -n | tail -n "$2" |
		awk '{ p[NR] = $1 } END { print p[int((NR + 1) / 2)], p[NR] }'
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Block devices and files for dom0 to serve. They are destroyed at the end of the
# test, which fails if one is still in use then.
#
#   make_nullb [ATTRIBUTE=VALUE...]   a null_blk device (memory backed, 256 MiB unless
#                             said: size=MiB memory_backed=0 blocksize=...); sets $DEVICE
#   make_brd [KIB]            a RAM disk of KIB (65536 unless said); sets $DEVICE
#   make_file MIB [NAME]      a sparse file; sets $FILE
#   destroy_devices           destroys them now

DEVICE=
FILE=
NULLB_DIR=/sys/kernel/config/nullb
MADE=$JOB/made			# one line for each device or file made: KIND NAME
FILES=/var/tmp/test

make_nullb() {
	local name setting
	modprobe null_blk nr_devices=0 || fail "null_blk does not load"
	[ -d "$NULLB_DIR" ] || mount -t configfs configfs /sys/kernel/config
	name=nullb$(($(grep -c '^nullb ' "$MADE" 2>/dev/null) + 0))
	mkdir "$NULLB_DIR/$name" || fail "cannot make a null_blk device"
	echo "nullb $name" >>"$MADE"
	for setting in size=256 memory_backed=1 blocksize=512 irqmode=0 "$@"; do
		echo "${setting#*=}" >"$NULLB_DIR/$name/${setting%%=*}" ||
			fail "null_blk does not take $setting"
	done
	echo 1 >"$NULLB_DIR/$name/power" || fail "null_blk device $name does not start"
	DEVICE=/dev/$name
	wait_until 5 test -b "$DEVICE"
}

# The module makes its disks when it loads: one test has one size.
make_brd() {
	local kib=${1:-65536}
	modprobe brd rd_nr=1 "rd_size=$kib" || fail "brd does not load"
	grep -q '^brd' "$MADE" 2>/dev/null || echo "brd ram0" >>"$MADE"
	DEVICE=/dev/ram0
	wait_until 5 test -b "$DEVICE"
}

make_file() {
	local mib=$1 name=${2:-disk$RANDOM.img}
	mkdir -p "$FILES"
	FILE=$FILES/$name
	truncate -s "${mib}M" "$FILE" || fail "cannot make the file $FILE"
	echo "file $FILE" >>"$MADE"
}

destroy_one() {
	case $1 in
	nullb)
		echo 0 >"$NULLB_DIR/$2/power"
		rmdir "$NULLB_DIR/$2"
		;;
	brd) rmmod brd ;;
	file) rm -f "$2" ;;
	esac
}

destroy_devices() {
	local kind name failed=0
	[ -f "$MADE" ] || return 0
	while read -r kind name; do
		destroy_one "$kind" "$name" || {
			echo "cannot destroy $kind $name: still in use?"
			failed=1
		}
	done <"$MADE"
	rm -f "$MADE"
	if [ -d "$NULLB_DIR" ]; then
		rmmod null_blk || failed=1
	fi
	return "$failed"
}

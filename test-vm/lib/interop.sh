# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Ends of several makes at each other: what the matrix of docs/interop.md is made of.
#
#   open_back BACK GUEST      ours, kernel, or qdisk: QEMU for that guest
#   close_back GUEST
#   disk_of GUEST DEVICE      a spare disk on $DEVICE, 64 MiB with a cache and discards, as
#                             xvdb of the guest, from the back that is open
#   no_disk_of GUEST
#   uses_disk GUEST DISK OFFSET SIZE     fio with verification, flush and discard, SIZE MiB
#                             from OFFSET MiB of the disk, each seen to reach $DEVICE; sets
#                             $DOES to what the pair can do
#   cell FRONT BACK TYPE TEXT            a row of the document's table; the test fails if
#                             it is not there, unless RECORD=1 (make interop)

BACK_OPEN=
QEMU=
ROWS=$JOB/docs/interop.md

open_back() {
	BACK_OPEN=$1
	case $1 in
	qdisk) open_qemu "$2" ;;
	*) load_back "$1" ;;
	esac
}

# As libxl does for a guest that is made with such a disk.
open_qemu() {
	local id
	id=$(domid "$1")
	/usr/libexec/xen-qemu-system-i386 -xen-domid "$id" -xen-attach -machine xenpv \
		-nodefaults -no-user-config -display none -name "$1" -m 32 >qemu.log 2>&1 &
	QEMU=$!
	sleep 3
	kill -0 "$QEMU" || fail "QEMU did not start: $(<qemu.log)"
	# By this libxl knows.
	must xenstore-write "/local/domain/$id/image/device-model-pid" "$QEMU"
}

close_back() {
	case $BACK_OPEN in
	qdisk)
		must xenstore-rm "/local/domain/$(domid "$1")/image"
		kill "$QEMU"
		wait "$QEMU"
		;;
	*) unload_back ;;
	esac
}

back_kind() { [ "$BACK_OPEN" = qdisk ] && echo qdisk || echo vbd; }

other_back_dir() { echo "/local/domain/0/backend/$(back_kind)/$(domid "$1")/$(vdev_id "$2")"; }

disk_of() {
	local guest=$1 type='' back front
	front=$(front_dir "$guest" xvdb)
	back=$(other_back_dir "$guest" xvdb)
	[ "$BACK_OPEN" != qdisk ] || type=backendtype=qdisk,
	must xl block-attach "$guest" "vdev=xvdb,access=w,format=raw,discard,${type}target=$2"
	wait_until 20 is_connected "$back" "$front"
	wait_until 10 has_disk "$guest" xvdb
}

no_disk_of() { detach "$1" xvdb; }

# What has reached the device: field of its "stat": 12 discards, 16 flushes.
reached() { awk -v field="$1" '{ print $field }' "/sys/block/${DEVICE#/dev/}/stat"; }

uses_disk() {
	local guest=$1 disk=$2 offset=$3 size=$4 before
	local fio="fio --name=u --filename=/dev/$disk --offset=${offset}M --minimal"
	must guest "$guest" -t 100 "$fio --rw=randwrite --bsrange=4k-64k --size=${size}M \
		--ioengine=libaio --iodepth=16 --direct=1 --verify=crc32c"
	DOES='fio verify'
	before=$(reached 16)
	must guest "$guest" -t 60 "$fio --rw=write --bs=4k --size=32k --ioengine=psync --fsync=1"
	if [ "$(queue_of "$guest" "$disk" write_cache)" = 'write back' ]; then
		# fio does not sync what it writes last.
		before=$(($(reached 16) - before))
		[ "$before" -ge 7 ] || fail "of 7 flushes $before reached the device"
		DOES+=', flush'
	fi
	before=$(reached 12)
	if [ "$(queue_of "$guest" "$disk" discard_max_bytes)" -gt 0 ]; then
		must guest "$guest" "blkdiscard -o ${offset}M -l ${size}M /dev/$disk"
		[ "$(reached 12)" -gt "$before" ] || fail "no discard reached the device"
		must guest "$guest" "dd if=/dev/$disk bs=1M skip=$offset count=$size iflag=direct \
			2>/dev/null | cmp -s -n $((size << 20)) - /dev/zero"
		DOES+=', discard'
	fi
}

queue_of() { guest "$1" "cat /sys/block/$2/queue/$3"; }

declare -A END_NAMES=([front-ours]='ours' [front-kernel]="the kernel's own" [back-ours]='ours'
	[back-kernel]="the kernel's own" [back-qdisk]='QEMU (qdisk)')

cell() {
	local row
	row="| ${END_NAMES[front-$1]:-$1} | ${END_NAMES[back-$2]} | $3 | $4 |"
	echo "@row $row"
	[ -n "$RECORD" ] || grep -qxF "$row" "$ROWS" ||
		fail "docs/interop.md does not say '$row' (make interop writes it)"
}

# large_sectors GUEST : of a device with sectors of 4096 bytes QEMU makes a disk of 512
large_sectors() {
	make_nullb size=64 blocksize=4096
	disk_of "$1" "$DEVICE"
	[ "$(queue_of "$1" xvdb logical_block_size)" = 512 ] ||
		fail "QEMU's disk has sectors of $(queue_of "$1" xvdb logical_block_size) bytes"
	must guest "$1" -t 60 'fio --name=s --filename=/dev/xvdb --rw=randwrite --direct=1 \
		--bsrange=512-8k --blockalign=512 --size=512k --ioengine=libaio --iodepth=8 \
		--verify=crc32c --minimal'
	no_disk_of "$1"
}

EVERY_PAIR=(ours:ours ours:kernel ours:qdisk kernel:ours kernel:kernel kernel:qdisk)

# matrix GUEST TYPE SIZE FRONT:BACK... : each front, which is loaded, at each back
matrix() {
	local guest=$1 type=$2 size=$3 front='' pair
	shift 3
	for pair; do
		if [ "${pair%:*}" != "$front" ]; then
			[ -z "$front" ] || unload_front "$guest"
			front=${pair%:*}
			load_front "$guest" "$front"
		fi
		serves "$guest" "$type" "$size" "$front" "${pair#*:}"
	done
	unload_front "$guest"
}

# serves GUEST TYPE SIZE FRONT BACK
serves() {
	local guest=$1 type=$2 size=$3 front=$4 back=$5
	note "front $front, back $back"
	open_back "$back" "$guest"
	make_nullb size=64 discard=1 cache_size=4
	disk_of "$guest" "$DEVICE"
	uses_disk "$guest" xvdb 8 "$size"
	cell "$front" "$back" "$type" "$DOES"
	no_disk_of "$guest"
	[ "$back" != qdisk ] || large_sectors "$guest"
	close_back "$guest"
	destroy_devices
}

# grub_disk : $DEVICE gets a file system with a kernel and GRUB's menu, in its first part. GRUB
# reads 4 KiB at a time: what the guest does not need is left out of its initramfs.
grub_disk() {
	local dir=/var/tmp/grub root=/var/tmp/grub-root
	mkdir -p $dir/boot/grub $root
	cp /guest/pv/vmlinuz $dir/boot/
	(cd $root && busybox cpio -idm </guest/pv/guest.initrd 2>/dev/null &&
		rm -r usr/lib/modules/*/kernel/{fs,drivers/md} usr/bin/bash \
			usr/lib/x86_64-linux-gnu/lib{crypto,pcre,fdisk,readline,mount}* &&
		find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 >$dir/boot/initrd.gz) ||
		fail "no initramfs could be made"
	cat >$dir/boot/grub/grub.cfg <<-'X'
		linux /boot/vmlinuz console=hvc0 loglevel=1 rdinit=/init
		initrd /boot/initrd.gz
		boot
	X
	must mke2fs -q -t ext4 -b 4096 -d $dir "$DEVICE" 64M
	rm -r $dir $root
}

# open_grub_back BACK : sets $KIND, for the disk in a guest's configuration
open_grub_back() {
	BACK_OPEN=$1 KIND=''
	case $1 in
	qdisk) KIND=backendtype=qdisk, ;;
	*) load_back "$1" ;;
	esac
}

close_grub_back() {
	[ "$BACK_OPEN" = qdisk ] || wait_until 10 rmmod xen_blkback
}

# by_grub NAME TYPE GRUB FRONT BACK : GRUB's front reads a kernel, hands the disk over to FRONT
by_grub() {
	local name=$1 type=$2 grub=$3 front=$4 back=$5
	note "GRUB, then front $front, back $back"
	open_grub_back "$back"
	BOOT_SECONDS=240
	boot_guest "$name" "$type" "kernel='$grub'" ramdisk= cmdline= \
		"disk=['vdev=xvda,access=w,format=raw,discard,${KIND}target=$DEVICE']"
	note "the kernel answers"
	wait_until 10 handed_over "$(other_back_dir "$name" xvda)" "$(front_dir "$name" xvda)"
	load_front "$name" "$front"
	wait_until 20 is_connected "$(other_back_dir "$name" xvda)" "$(front_dir "$name" xvda)"
	wait_until 10 has_disk "$name" xvda
	uses_disk "$name" xvda 80 4
	destroy_guest "$name"
	close_grub_back
	cell "GRUB, then ${END_NAMES[front-$front]}" "$back" "${type^^}" "boots a kernel; $DOES"
}

# The back waits in InitWait for a front that is Initialising.
handed_over() { [ "$("$JOB/bin/store-read" "$1/state" "$2/state")" = $'2\n1' ]; }

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the benchmark's programs in dom0 have in common. Each is one round of work
# that leaves nothing loaded or attached; what the host reads are lines that begin
# with "@", everything else is for people.
#
#   load_arm ARM / unload_arm        both ends' modules, with the arm's parameters; sets
#                                    $FRONT and $BACK: ours, kernel or none
#   attach_disks DEVICE...           one disk for each, in order; sets $DISKS (for
#                                    fio, in the guest) and $VBDS (sysfs directories)
#   detach_disks
#   fio_command JOB                  the command that runs a job on $DISKS
#   sampled PERIOD FILES -- COMMAND  runs it, with "@sample" lines of dom0 and $GUEST

BENCH=$JOB/bench
GUEST=${GUEST:-bench1}
DISKS=
VBDS=()
ATTACHED=()

load_arm() {
	# shellcheck source=/dev/null
	. "$BENCH/arms/$1" || fail "there is no arm $1"
	# shellcheck disable=SC2086 # options are words
	case $BACK in
	ours) must insmod "$JOB/modules/dom0/xen-blkback.ko" $BACK_OPTIONS ;;
	kernel) must modprobe -i xen-blkback $BACK_OPTIONS ;;
	esac
	case $FRONT in
	ours) must guest "$GUEST" "insmod /run/bench/xen-blkfront.ko $FRONT_OPTIONS" ;;
	kernel) must guest "$GUEST" "modprobe xen-blkfront $FRONT_OPTIONS" ;;
	esac
}

# With patience: on a busy machine the last user of a disk may take a moment to go.
unload_arm() {
	[ "$FRONT" = none ] || wait_until 10 guest "$GUEST" rmmod xen_blkfront
	[ "$BACK" = none ] || wait_until 10 rmmod xen_blkback
}

attach_disks() {
	local device name letters=abcdefghijklmnop id
	id=$(domid "$GUEST")
	DISKS='' VBDS=() ATTACHED=()
	for device in "$@"; do
		name=xvd${letters:${#ATTACHED[@]}:1}
		attach "$GUEST" "$(<"$BENCH/devices/$device")" "$name"
		ATTACHED+=("$name")
		DISKS+=${DISKS:+:}/dev/$name
		VBDS+=("/sys/bus/xen-backend/devices/vbd-$id-$(vdev_id "$name")")
	done
}

detach_disks() {
	local name
	for name in "${ATTACHED[@]}"; do
		detach "$GUEST" "$name"
	done
}

fio_command() { echo "DISKS=$DISKS /run/bench/fio-job $1"; }

# Sectors read and written, of all disks.
sector_files() {
	local vbd
	for vbd in "${VBDS[@]}"; do
		echo "$vbd/statistics/rd_sect" "$vbd/statistics/wr_sect"
	done
}

sampled() {
	local period=$1 files=() domains=0 status=0
	shift
	while [ "$1" != -- ]; do
		files+=("$1")
		shift
	done
	shift
	[ "$GUEST" = 0 ] || domains+=,$(domid "$GUEST")
	"$BENCH/sample" "$period" /run/bench/samples "$domains" "${files[@]}" -- "$@" || status=$?
	cat /run/bench/samples
	return "$status"
}

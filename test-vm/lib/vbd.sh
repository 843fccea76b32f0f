# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Virtual block devices: attaching, detaching, and what xenstore says of them.
# GUEST is a guest's name, a domain number, or 0 for dom0 itself.
#
#   attach GUEST TARGET VDEV [r|w] [KEY=VALUE...]   xl block-attach; TARGET is a device, a
#                             file, or phy:... / file:...; fails with what xl said
#   detach GUEST VDEV [--force]         xl block-detach; fails with what xl said
#   try_attach, try_detach    the same, but only return xl's status; $OUTPUT is its output
#   domid GUEST               its number
#   vdev_id VDEV              the device number of a name (xvda -> 51712)
#   back_dir / front_dir GUEST VDEV     the directories in xenstore
#   back_state / front_state GUEST VDEV the number in "state"; nothing if it is gone
#   wait_connected GUEST VDEV [SECONDS] both ends at 4, and the disk there in the guest
#   read_key PATH             a value from xenstore; nothing if there is none

read_key() { "$JOB/bin/store-read" "$1"; }

domid() {
	find_domid "$1"
	echo "$DOMID"
}

vdev_id() {
	find_vdev "$1"
	echo "$VDEV_ID"
}

# These two set a variable instead: a fork takes 10 ms here.
find_domid() {
	case $1 in
	'' | *[!0-9]*) DOMID=$("$JOB/bin/guest-domid" "$1") || fail "there is no guest $1" ;;
	*) DOMID=$1 ;;
	esac
}

# A name's disk is a letter, or two from xvdaa (disk 26) on; partitions follow.
find_vdev() {
	local letters number disk first second
	case $1 in
	*[!0-9]*) ;;
	*) VDEV_ID=$1; return ;;
	esac
	letters=${1#xvd}
	letters=${letters%%[0-9]*}
	number=${1#"xvd$letters"}
	printf -v first %d "'${letters:0:1}"
	printf -v second %d "'${letters:1}"
	case ${#letters} in
	1) disk=$((first - 97)) ;;
	2) disk=$((26 * (first - 96) + second - 97)) ;;
	*) fail "vdev_id: '$1' is no xvd name" ;;
	esac
	if [ "$disk" -lt 16 ]; then
		VDEV_ID=$((202 << 8 | disk << 4 | ${number:-0}))
	else
		VDEV_ID=$((1 << 28 | disk << 8 | ${number:-0}))
	fi
}

# A test with a driver domain sets $BACK_DOMAIN to its number.
back_dir() {
	find_domid "$1"
	find_vdev "$2"
	echo "/local/domain/${BACK_DOMAIN:-0}/backend/vbd/$DOMID/$VDEV_ID"
}

front_dir() {
	find_domid "$1"
	find_vdev "$2"
	echo "/local/domain/$DOMID/device/vbd/$VDEV_ID"
}

back_state() { read_key "$(back_dir "$1" "$2")/state"; }

front_state() { read_key "$(front_dir "$1" "$2")/state"; }

# xl's own syntax: a key=value list; a bare target has to be last.
disk_spec() {
	local target=$1 vdev=$2 access=$3 spec
	shift 3
	spec="vdev=$vdev,access=${access}"
	while [ $# -gt 0 ]; do
		spec+=",$1"
		shift
	done
	case $target in
	phy:*) spec+=",backendtype=phy,format=raw,target=${target#phy:}" ;;
	file:*) spec+=",format=raw,target=${target#file:}" ;;
	*) spec+=",format=raw,target=$target" ;;
	esac
	echo "$spec"
}

try_attach() {
	local guest=$1 target=$2 vdev=$3 access=${4:-w}
	shift $(($# < 4 ? $# : 4))
	OUTPUT=$(xl block-attach "$guest" "$(disk_spec "$target" "$vdev" "$access" "$@")" 2>&1)
}

attach() {
	try_attach "$@" || fail "xl block-attach $*: $OUTPUT"
	wait_connected "$1" "$3"
}

try_detach() {
	local guest=$1 vdev=$2
	shift 2
	OUTPUT=$(xl block-detach "$@" "$guest" "$vdev" 2>&1)
}

detach() { try_detach "$@" || fail "xl block-detach $*: $OUTPUT"; }

is_connected() { "$JOB/bin/store-wait" 0 "$1/state" 4 "$2/state" 4; }

has_disk() {
	case $1 in
	0) [ -b "/dev/$2" ] ;;
	*) guest "$1" "test -b /dev/$2" ;;
	esac
}

wait_connected() {
	local guest=$1 vdev=$2 seconds=${3:-15} back front
	back=$(back_dir "$guest" "$vdev")
	front=$(front_dir "$guest" "$vdev")
	"$JOB/bin/store-wait" "$((seconds * SLOW))" "$back/state" 4 "$front/state" 4 ||
		fail "$vdev did not connect in $seconds s: back $(read_key "$back/state"), front $(read_key "$front/state"), hotplug-error '$(read_key "$back/hotplug-error")'"
	case $vdev in
	xvd*) wait_until 10 has_disk "$guest" "$vdev" ;;
	esac
}

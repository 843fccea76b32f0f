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
	case $1 in
	'' | *[!0-9]*) "$JOB/bin/guest-domid" "$1" || fail "there is no guest $1" ;;
	*) echo "$1" ;;
	esac
}

# A name's disk is a letter, or two from xvdaa (disk 26) on; partitions follow.
vdev_id() {
	local letters number disk
	case $1 in
	*[!0-9]*) ;;
	*) echo "$1"; return ;;
	esac
	letters=${1#xvd}
	letters=${letters%%[0-9]*}
	number=${1#"xvd$letters"}
	case ${#letters} in
	1) disk=$(letter_index "$letters") ;;
	2) disk=$((26 * ($(letter_index "${letters:0:1}") + 1) + $(letter_index "${letters:1}"))) ;;
	*) fail "vdev_id: '$1' is no xvd name" ;;
	esac
	if [ "$disk" -lt 16 ]; then
		echo $((202 << 8 | disk << 4 | ${number:-0}))
	else
		echo $((1 << 28 | disk << 8 | ${number:-0}))
	fi
}

letter_index() {
	local ordinal
	printf -v ordinal %d "'$1"
	echo $((ordinal - 97))
}

# A test with a driver domain sets $BACK_DOMAIN to its number.
back_dir() { echo "/local/domain/${BACK_DOMAIN:-0}/backend/vbd/$(domid "$1")/$(vdev_id "$2")"; }

front_dir() { echo "/local/domain/$(domid "$1")/device/vbd/$(vdev_id "$2")"; }

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

is_connected() { [ "$("$JOB/bin/store-read" "$1/state" "$2/state")" = $'4\n4' ]; }

has_disk() {
	case $1 in
	0) [ -b "/dev/$2" ] ;;
	*) guest "$1" "test -b /dev/$2" ;;
	esac
}

wait_connected() {
	local guest=$1 vdev=$2 seconds=${3:-15} back front end
	back=$(back_dir "$guest" "$vdev")
	front=$(front_dir "$guest" "$vdev")
	end=$(($(monotonic_ms) + seconds * 1000))
	until is_connected "$back" "$front"; do
		[ "$(monotonic_ms)" -lt "$end" ] ||
			fail "$vdev did not connect in $seconds s: back $(read_key "$back/state"), front $(read_key "$front/state"), hotplug-error '$(read_key "$back/hotplug-error")'"
		sleep 0.1
	done
	case $vdev in
	xvd*) wait_until 10 has_disk "$guest" "$vdev" ;;
	esac
}

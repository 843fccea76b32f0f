# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Vbds made with the store alone, for tests that decide the order of events.
#
#   make_vbd GUEST VDEV [KEY=VALUE...]   both directories, both states 1; KEY=VALUE are
#                             the backend's, front/KEY=VALUE the front's. With script=none
#                             no script will be run for it, without it the udev rule runs
#                             the agent
#   name_device GUEST VDEV DEVICE        what a hotplug script writes
#   connect_vbd GUEST VDEV DEVICE [KEY=VALUE...]     all of it: the disk is there then
#   take_offline GUEST VDEV   what a toolstack writes to detach
#   close_vbd GUEST VDEV      that, and nothing of it is left
#   drop_vbd GUEST VDEV       removes what is left of both directories
#   make_vbds FIRST LAST KEY=VALUE...    back directories of dom0 itself with these numbers,
#                             in one go, as a back leaves them that waits for its device,
#                             but with no driver; "@" in a value stands for the number.
#                             No script is run for them but by the test
#   drop_vbds FIRST LAST      removes them
#   run_agent VERB NUMBER     runs the agent for such a vbd, as a toolstack does

make_vbd() {
	local guest=$1 vdev=$2 id devid front back setting nodes
	shift 2
	id=$(domid "$guest")
	devid=$(vdev_id "$vdev")
	front=$(front_dir "$guest" "$vdev")
	back=$(back_dir "$guest" "$vdev")

	must xenstore-write "$front" '' "$back" ''
	must xenstore-chmod "$front" "n$id" r0
	must xenstore-chmod "$back" n0 "r$id"
	nodes=("$front/backend" "$back" "$front/backend-id" 0 "$front/virtual-device" "$devid"
		"$front/device-type" disk
		"$back/frontend" "$front" "$back/frontend-id" "$id" "$back/mode" w
		"$back/device-type" disk "$back/type" phy "$back/dev" "$vdev" "$back/online" 1)
	for setting in "$@"; do
		case $setting in
		front/*) setting=${setting#front/} nodes+=("$front/${setting%%=*}" "${setting#*=}") ;;
		*) nodes+=("$back/${setting%%=*}" "${setting#*=}") ;;
		esac
	done
	must xenstore-write "${nodes[@]}"
	must xenstore-write "$front/state" 1 "$back/state" 1
}

name_device() {
	must xenstore-write "$(back_dir "$1" "$2")/physical-device" "$(stat -c %t:%T "$3")"
}

connect_vbd() {
	local guest=$1 vdev=$2 device=$3
	shift 3
	make_vbd "$guest" "$vdev" script=none "$@"
	name_device "$guest" "$vdev" "$device"
	wait_connected "$guest" "$vdev"
}

take_offline() {
	local back
	back=$(back_dir "$1" "$2")
	must xenstore-write "$back/online" 0 "$back/state" 5
}

close_vbd() {
	take_offline "$1" "$2"
	wait_until 10 back_is "$1" "$2" 6
	wait_until 10 front_is "$1" "$2" 6
	drop_vbd "$1" "$2"
}

drop_vbd() {
	xenstore-rm "$(front_dir "$1" "$2")" 2>/dev/null
	xenstore-rm -t "$(back_dir "$1" "$2")" 2>/dev/null
}

# back_is / front_is GUEST VDEV STATE
back_is() { [ "$(back_state "$1" "$2")" = "$3" ]; }
front_is() { [ "$(front_state "$1" "$2")" = "$3" ]; }

make_vbds() {
	local i dir setting nodes=()
	for ((i = $1; i <= $2; i++)); do
		dir=/local/domain/0/backend/vbd/0/$i
		for setting in frontend-id=0 "frontend=/local/domain/0/device/vbd/$i" online=1 type=phy \
			device-type=disk mode=w "script=$AGENT" state=2 "${@:3}"; do
			nodes+=("$dir/${setting%%=*}" "${setting#*=}")
			nodes[-1]=${nodes[-1]//@/$i}
		done
	done
	must xenstore-write "${nodes[@]}"
}

drop_vbds() {
	local i nodes=()
	for ((i = $1; i <= $2; i++)); do
		nodes+=("/local/domain/0/backend/vbd/0/$i")
	done
	must xenstore-rm -t "${nodes[@]}"
}

AGENT=/etc/xen/scripts/block

run_agent() { XENBUS_PATH=backend/vbd/0/$2 "$AGENT" "$1"; }

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

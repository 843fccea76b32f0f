# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A front in dom0 that sends what it is told to (agent/synthetic-front.c says what
# that can be). One at a time.
#
#   synthetic VDEV [abi=x86_64-abi] [rings=1] [pages=1] [mode=w] [KEY=VALUE...]   makes the vbd,
#                      which $DEVICE is behind, and connects; KEY=VALUE are the front's, and
#                      protocol=none says nothing of the layout
#   make_synthetic VDEV ...       the same, up to what the front publishes
#   connect_synthetic VDEV
#   tell COMMAND...    has the front do it; what it says is in $ANSWER
#   told COMMAND... = ANSWER     fails if it says anything else
#   end_synthetic VDEV the front closes; fails unless the back says Closed

ANSWER=

synthetic() {
	make_synthetic "$@"
	connect_synthetic "$1"
}

make_synthetic() {
	local vdev=$1 abi=x86_64-abi protocol='' rings=1 pages=1 mode=w setting nodes=() front
	shift
	front=$(front_dir 0 "$vdev")
	for setting in "$@"; do
		case $setting in
		abi=* | protocol=* | rings=* | pages=* | mode=*) local "${setting?}" ;;
		*) nodes+=("$front/${setting%%=*}" "${setting#*=}") ;;
		esac
	done
	must modprobe -a xen-gntalloc xen-evtchn
	make_vbd 0 "$vdev" script=none "mode=$mode"
	name_device 0 "$vdev" "$DEVICE"
	wait_until 10 back_is 0 "$vdev" 2
	coproc SYNTHETIC { exec "$JOB/bin/synthetic-front" "$abi" "$rings" "$pages"; }
	synthetic_program=$SYNTHETIC_PID
	publish_rings "$front" "$rings" "$pages"
	[ "$rings" = 1 ] || nodes+=("$front/multi-queue-num-queues" "$rings")
	[ "$pages" = 1 ] || nodes+=("$front/num-ring-pages" "$pages")
	[ "$protocol" = none ] || nodes+=("$front/protocol" "$abi")
	[ "${#nodes[@]}" = 0 ] || must xenstore-write "${nodes[@]}"
}

connect_synthetic() {
	local front
	front=$(front_dir 0 "$1")
	must xenstore-write "$front/state" 3
	wait_until 10 back_is 0 "$1" 4
	must xenstore-write "$front/state" 4
}

# What the front says of its rings, in the places where a back looks for it.
publish_rings() {
	local front=$1 rings=$2 pages=$3 ring page dir words said
	for ((ring = 0; ring < rings; ring++)); do
		read -r -t 10 -u "${SYNTHETIC[0]}" -a words || fail "the synthetic front did not start"
		dir=$front
		[ "$rings" = 1 ] || dir=$front/queue-$ring
		said=("$dir/event-channel" "${words[0]}")
		for ((page = 0; page < pages; page++)); do
			said+=("$dir/ring-ref$page" "${words[page + 1]}")
		done
		[ "$pages" != 1 ] || said[2]=$dir/ring-ref
		must xenstore-write "${said[@]}"
	done
}

tell() {
	echo "$*" >&"${SYNTHETIC[1]}"
	read -r -t 20 -u "${SYNTHETIC[0]}" ANSWER || fail "the synthetic front does not answer '$*'"
}

told() {
	local line=$* want
	want=${line##* = }
	tell "${line% = *}"
	[ "$ANSWER" = "$want" ] || fail "'${line% = *}': '$ANSWER', not '$want'"
}

end_synthetic() {
	local vdev=$1 front to
	front=$(front_dir 0 "$vdev")
	must xenstore-write "$(back_dir 0 "$vdev")/online" 0 "$front/state" 5
	wait_until 10 back_closed_or_gone "$vdev"
	to=${SYNTHETIC[1]}
	exec {to}>&-
	wait "$synthetic_program"
	drop_vbd 0 "$vdev"
}

back_closed_or_gone() {
	local state
	state=$(back_state 0 "$1")
	[ "${state:-6}" = 6 ] && return
	# As a front does: Closing, and when the back has followed, Closed.
	[ "$state" != 5 ] || xenstore-write "$(front_dir 0 "$1")/state" 6
	return 1
}

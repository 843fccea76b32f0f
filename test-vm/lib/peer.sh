# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2153 # $CLASS is set by the test
# The other end of a device of the class $CLASS (template.sh) is a program that sends what it is
# told to (agent/split-peer.c), one at a time. Tests source this after template.sh; tell and told
# (synthetic.sh) speak to the program.
#
#   peer_front SLOT-SIZE [KEY=VALUE...]  a front of domain 0 for the back that is loaded; KEY=VALUE
#                             are the back's; sets $DATA_REF
#   end_peer_front            fails unless the back closes
#   peer_back GUEST SLOT-SIZE [KEY=VALUE...]    a back, to which the guest's front connects
#   leave_peer_back GUEST     it goes, as a back does whose driver is unbound
#   end_peer_back GUEST       it closes, and the device goes
#   le8, le16, le32 NUMBER    in hex, low byte first

le8() { printf %02x $(($1 & 255)); }
le16() { printf %02x%02x $(($1 & 255)) $(($1 >> 8 & 255)); }
le32() { le16 $(($1 & 65535)) && le16 $(($1 >> 16 & 65535)); }

peer_front() {
	local front size=$1 words
	shift
	front=$(class_front 0)
	must modprobe -a xen-gntalloc xen-evtchn
	must vbd new "$CLASS" 0 --no-wait "$@"
	back_is_at 0 2
	coproc SYNTHETIC { exec "$JOB/bin/split-peer" front "$size"; }
	synthetic_program=$SYNTHETIC_PID
	read -r -t 10 -u "${SYNTHETIC[0]}" -a words || fail "the front did not start"
	DATA_REF=${words[2]}
	must xenstore-write "$front/event-channel" "${words[0]}" "$front/ring-ref" "${words[1]}"
	must xenstore-write "$front/state" 3
	back_is_at 0 4
	must xenstore-write "$front/state" 4
}

back_is_at() {
	"$JOB/bin/store-wait" "$((10 * SLOW))" "$(class_back "$1")/state" "$2" ||
		fail "the back is in state $(read_key "$(class_back "$1")/state"), not $2: $(class_error "$(class_back "$1")")"
}

end_program() {
	local to=${SYNTHETIC[1]}
	exec {to}>&-
	wait "$synthetic_program"
}

end_peer_front() {
	local front
	front=$(class_front 0)
	must xenstore-write "$(class_back 0)/online" 0 "$front/state" 6
	back_is_at 0 6
	end_program
	must vbd delete "$CLASS" 0 0 --force
}

peer_back() {
	local guest=$1 size=$2 back front nodes=() word answer
	shift 2
	back=$(class_back "$guest") front=$(class_front "$guest")
	must modprobe -a xen-gntdev xen-evtchn
	must vbd new "$CLASS" "$guest" --no-wait
	for word; do nodes+=("$back/${word%%=*}" "${word#*=}"); done
	must xenstore-write "${nodes[@]}" "$back/feature-rejoin" 1 "$back/state" 2
	"$JOB/bin/store-wait" "$((10 * SLOW))" "$front/state" 3 ||
		fail "the front is in state $(read_key "$front/state"): $(class_error "$front")"
	coproc SYNTHETIC { exec "$JOB/bin/split-peer" back "$size" "$(domid "$guest")" \
		"$(read_key "$front/event-channel")" "$(read_key "$front/ring-ref")"; }
	synthetic_program=$SYNTHETIC_PID
	read -r -t 10 -u "${SYNTHETIC[0]}" answer || fail "the back did not start"
	[ "$answer" = ready ] || fail "the back said '$answer'"
	must xenstore-write "$back/state" 4
	wait_until 10 class_states "$guest" 4 4
	wait_for_file "$guest"
}

leave_peer_back() {
	end_program
	must xenstore-write "$(class_back "$1")/state" 6
}

end_peer_back() {
	local back
	back=$(class_back "$1")
	must xenstore-write "$back/online" 0 "$back/state" 5
	wait_until 10 class_front_at "$1" 6
	end_program
	must xenstore-write "$back/state" 6
	must vbd delete "$CLASS" "$1" 0 --force
}

class_front_at() { [ "$(read_key "$(class_front "$1")/state")" = "$2" ]; }

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a test can use. A test is a bash script that runs in dom0 with this file
# sourced already, under "set -u"; it passes by ending with status 0.
#
#   fail MESSAGE              ends the test: failed
#   skip REASON               ends the test: skipped
#   note MESSAGE              a line in the test's log
#   expect_fail COMMAND...    fails if the command succeeds; its output is in $OUTPUT
#   must COMMAND...           fails if the command fails, showing what it printed
#   wait_until SECONDS COMMAND...   repeats a command until it succeeds; fails at the limit,
#                             which is multiplied by SLOW of the lane, as that of guest -t
#
#   rounds FEW MANY           FEW, or MANY under SOAK=1: how often to repeat what takes long
#
#   guest NAME [-t SECONDS] COMMAND...     runs a shell command in a guest; its output
#                             and status; 124: out of time, 125: the agent is dead
#   guest_put NAME FILE DESTINATION        copies a file of dom0 into a guest
#   load_back BUILD / unload_back          "ours" or "kernel" (for tests with BACK: none)
#   load_front GUEST BUILD / unload_front GUEST     GUEST may be 0, for dom0 itself
#   modules_of GUEST          the folder of our modules for its kernel
#
# The variables GUESTS, FRONT, BACK, XENSTORED are those of the test's header, LANE is the lane.
# devices.sh, servers.sh, vbd.sh and byhand.sh, sourced with this file, have the functions for
# disks; load.sh puts a guest to work; calls.sh counts what dom0's kernel does.

JOB=/job
RESULT=$JOB/result		# reason of a failure or a skip
OUTPUT=
SKIP_STATUS=77

note() { echo "# $*"; }

fail() {
	echo "FAIL: $*"
	echo "$*" >>"$RESULT"
	exit 1
}

skip() {
	echo "SKIP: $*"
	echo "$*" >"$RESULT"
	exit "$SKIP_STATUS"
}

must() {
	local status=0
	OUTPUT=$("$@" 2>&1) || status=$?
	[ "$status" -eq 0 ] || fail "'$*' failed ($status): $OUTPUT"
}

expect_fail() {
	if OUTPUT=$("$@" 2>&1); then
		fail "'$*' succeeded, but must not; it printed: $OUTPUT"
	fi
}

rounds() { if [ -n "$SOAK" ]; then echo "$2"; else echo "$1"; fi; }

now_ms() { echo "$((${EPOCHREALTIME/./} / 1000))"; }

# uptime in ms: unlike the clock it does not jump when a snapshot is resumed
monotonic_ms() {
	local up
	read -r up _ </proc/uptime
	echo "$((10#${up/./} * 10))"
}

wait_until() {
	local seconds=$1 end
	shift
	end=$(($(monotonic_ms) + seconds * 1000 * ${SLOW:-1}))
	until "$@" >/dev/null 2>&1; do
		[ "$(monotonic_ms)" -lt "$end" ] || fail "still not so after $seconds s: $*"
		nap 0.1
	done
}

# sleep, with no program to start: nothing is ever written to this pipe. It is opened here,
# since a process substitution sets $!, which tests wait for.
exec {NAP}<> <(:)
nap() {
	read -rt "$1" -u "$NAP"
	return 0
}

guest() { "$JOB/bin/guest" "$@"; }

guest_put() { "$JOB/bin/guest-put" "$@"; }

# modules_of GUEST : the folder of our modules for the kernel that it runs; 0 is dom0
modules_of() {
	case $1 in
	0) echo "$JOB/modules/dom0" ;;
	pvh[0-9]*) echo "$JOB/modules/pvh" ;;
	*) echo "$JOB/modules/pv" ;;
	esac
}

load_back() {
	case $1 in
	ours) must insmod "$JOB/modules/dom0/xen-blkback.ko" ;;
	kernel) must modprobe -i xen-blkback ;;
	none) ;;
	*) fail "load_back: '$1' is neither ours nor kernel" ;;
	esac
}

unload_back() { must rmmod xen_blkback; }

load_front() {
	local name=$1 build=$2
	if [ "$name" = 0 ]; then
		case $build in
		ours) must insmod "$(modules_of 0)/xen-blkfront.ko" ;;
		kernel) must modprobe -i xen-blkfront ;;
		esac
		return
	fi
	case $build in
	ours)
		must guest_put "$name" "$(modules_of "$name")/xen-blkfront.ko" /run/xen-blkfront.ko
		must guest "$name" insmod /run/xen-blkfront.ko
		;;
	kernel) must guest "$name" modprobe xen-blkfront ;;
	none) ;;
	*) fail "load_front: '$build' is neither ours nor kernel" ;;
	esac
}

unload_front() {
	if [ "$1" = 0 ]; then
		must rmmod xen_blkfront
	else
		# The guest forgets a device a moment after its directory is gone.
		wait_until 10 guest "$1" rmmod xen_blkfront
	fi
}

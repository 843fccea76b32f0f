# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of vbd share; they source it themselves.
#
#   both_ways GUEST           attached by vbd, detached by xl, and the other way round;
#                             leaves $DEVICE and $FILE
#   watch_attach_and_detach GUEST    the picture of both
#   nothing_left              no disk has a directory any more
#   no_dirs_of GUEST          the same for one guest, whatever serves its disks
#   no_device_of GUEST DISK   waits until the guest's kernel has forgotten the disk: a new one of
#                             its name would find the old one's device
#   refuses STATUS COMMAND... vbd ends with that status and one sentence, in $OUTPUT
#   says TEXT                 $OUTPUT has it
#   json COMMAND... EXPRESSION       what Python makes of the JSON output, called j

nothing_left() {
	! xenstore-ls -f / | grep -E '/(backend|device)/vbd/[0-9]'
}

no_dirs_of() {
	local id
	id=$(domid "$1")
	! xenstore-ls -f / | grep -E "/backend/(vbd|qdisk)/$id/[0-9]|/$id/device/vbd/[0-9]"
}

no_device_of() {
	wait_until 10 guest "$1" "test ! -b /dev/$2 && test ! -d /sys/bus/xen/devices/vbd-$(vdev_id "$2")"
}

refuses() {
	local status=0
	OUTPUT=$(vbd "${@:2}" 2>&1) || status=$?
	[ "$status" = "$1" ] || fail "vbd ${*:2} ended with $status, not $1: $OUTPUT"
	[ "$(grep -c '^vbd: ' <<<"$OUTPUT")" = 1 ] || fail "it is not told in one sentence: $OUTPUT"
}

says() { [[ $OUTPUT == *"$1"* ]] || fail "'$1' is missing in: $OUTPUT"; }

json() {
	local expression=${*: -1}
	OUTPUT=$("${@:1:$#-1}" --json) || fail "${*:1:$#-1} ended with $?"
	python3 -c "import json, sys; j = json.load(sys.stdin); sys.exit(not ($expression))" <<<"$OUTPUT" ||
		fail "not so: $expression, in: $OUTPUT"
}

is_free() { python3 -c "import os; os.close(os.open('$1', os.O_RDWR | os.O_EXCL))"; }

xl_lists() {
	must xl block-list "$1"
	[[ $OUTPUT == *"$(vdev_id "$2")"* ]] || fail "xl block-list does not show $2: $OUTPUT"
}

both_ways() {
	local guest=$1 target
	make_nullb
	make_file 16
	for target in "$DEVICE" "$FILE"; do
		must vbd attach "$guest" "$target" xvdb
		wait_connected "$guest" xvdb
		xl_lists "$guest" xvdb
		detach "$guest" xvdb
		wait_until 5 nothing_left
		attach "$guest" "$target" xvdb
		must vbd list "$guest"
		[[ $OUTPUT == *"$target"* ]] || fail "vbd list does not show $target: $OUTPUT"
		must vbd detach "$guest" xvdb
		nothing_left || fail "vbd detach left something of what xl attached"
	done
	[ -z "$(losetup -a)" ] || fail "a loop device is left: $(losetup -a)"
}

# The states in a column of a picture, in their order.
column() {
	awk -v at="$1" 'NR > 1 {
		text = substr($0, at)
		if (match(text, /^(Initialising|InitWait|Initialised|Connected|Closing|Closed)/))
			printf "%s ", substr(text, 1, RLENGTH)
	}' "$2"
}

watch_attach_and_detach() {
	local guest=$1 watch record back front
	make_nullb
	vbd watch "$guest" xvdb >live &
	watch=$!
	vbd watch --record "$guest" xvdb >recording &
	record=$!
	sleep 1
	must vbd attach "$guest" "$DEVICE" xvdb
	must vbd detach "$guest" xvdb
	sleep 1
	kill -INT "$watch" "$record"
	wait "$watch" || fail "vbd watch ended with $?"
	wait "$record" || fail "vbd watch --record ended with $?"
	must vbd watch --log recording
	echo "$OUTPUT" >again
	cat again
	back=$(column 41 again)
	front=$(column 77 again)
	[ "$back" = "Initialising InitWait Connected Closing Closed " ] || fail "the backend's column: $back"
	# The store keeps no history: a state that is overwritten before it is read is not seen.
	[[ $front =~ ^"Initialising Initialised Connected "(Closing )?"Closed "$ ]] ||
		fail "the frontend's column: $front"
	[ "$(column 41 live)" = "$back" ] || fail "the backend's column of the live picture: $(cat live)"
	[[ $(column 77 live) =~ ^"Initialising Initialised Connected "(Closing )?"Closed "$ ]] ||
		fail "the live picture: $(cat live)"
	grep -qE '^ *[0-9.]+ {2}physical-device [0-9a-f]+:' again || fail "the hotplug column lacks the device"
	[ "$(grep -c 'directory removed' again)" = 2 ] || fail "the ends of the directories are not shown"
}

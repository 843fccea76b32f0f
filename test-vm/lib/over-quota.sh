# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The body of two tests, one for each xenstored.

# The guest's own nodes, as many as it may have: a thousand, and some are in use. A
# hundred in a directory, whose size is bounded, too.
must guest pv1 'i=0
fill() { n=$1; set --
	while [ $# -lt $((2 * n)) ]; do
		k=$((i + $# / 2))
		set -- "$@" data/full/$((k / 100))/$k x
	done
	xenstore write "$@" 2>/dev/null && i=$((i + n)); }
for n in 100 10 1; do while [ $i -lt 2000 ] && fill $n; do :; done; done; echo $i'
note "the guest has $OUTPUT nodes of its own"
[ "$OUTPUT" -lt 2000 ] || fail "that is no quota: $OUTPUT"
make_nullb
must guest pv1 'dmesg -c >/dev/null'
make_vbd pv1 xvdb script=none
name_device pv1 xvdb "$DEVICE"
wait_until 20 front_is pv1 xvdb 6
wait_until 20 back_is pv1 xvdb 6
lines=$(guest pv1 'dmesg | grep "vbd-51728"')
note "$lines"
[ "$(grep -c 'cannot write to device/vbd/51728' <<<"$lines")" = 1 ] || fail "the front's log does not say once what it cannot do"
take_offline pv1 xvdb
drop_vbd pv1 xvdb
must guest pv1 'xenstore rm data/full'
attach pv1 "$DEVICE" xvdb
must guest pv1 'dd if=/dev/xvdb of=/dev/null bs=4k count=1 2>&1'
detach pv1 xvdb
guest pv1 'xenstore rm error/device 2>/dev/null'
true

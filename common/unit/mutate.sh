#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Shows that the tests can fail: breaks one line of common/ at a time, in a copy,
# and expects the tests of that file to notice. Exit status 0 if every one was.

set -u
src=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
survived=0
total=0

# mutate WHAT FILE TEST SED-EXPRESSION
mutate() {
	local what=$1 file=$2 target=bin/$3 expression=$4 verdict

	total=$((total + 1))
	cp "$src/$file" "$copy/common/$file.good"
	sed -e "$expression" "$src/$file" >"$copy/common/$file"
	if cmp -s "$copy/common/$file" "$copy/common/$file.good"; then
		verdict="not ok - no longer applies"
	elif ! make -s -C "$copy/common/unit" "$target" >"$copy/log" 2>&1; then
		verdict="not ok - does not compile"
		cat "$copy/log"
	elif (cd "$copy/common/unit" && ./run.sh "$target") >"$copy/log" 2>&1; then
		verdict="not ok - survived"
	else
		verdict="ok - noticed"
	fi
	echo "$verdict: $file: $what"
	[[ $verdict == ok* ]] || survived=$((survived + 1))
	# A copy is newer than what was built of the broken file.
	cp "$copy/common/$file.good" "$copy/common/$file"
}

mkdir -p "$copy/common/unit"
cp -r "$src"/*.[ch] "$src/block" "$copy/common/"
cp "$src"/unit/*.[ch] "$src"/unit/*.sh "$src"/unit/Makefile "$copy/common/unit/"
cp -r "$src/unit/xenbus" "$copy/common/unit/"
if ! make -s -C "$copy/common/unit" check FUZZ_FLAGS="-n 100000" >"$copy/log" 2>&1; then
	cat "$copy/log"
	echo "the tests fail without any mutation"
	exit 1
fi

mutate "one sector beyond the end" block/protocol.c check_test \
	's/req->sector > geo->sectors - len/req->sector > geo->sectors - len + 1/'
mutate "the last sector is refused" block/protocol.c check_test \
	's/req->sector > geo->sectors - len/req->sector >= geo->sectors - len/'
mutate "read-only disks take writes" block/protocol.c check_test \
	's/trait->changes && geo->read_only/0 \&\& geo->read_only/'
mutate "discard is no change" block/protocol.c check_test \
	's/has_length = true, .changes = true/has_length = true/'
mutate "write zeroes are no change" block/protocol.c check_test \
	'/"WRITE_ZEROES"/,/^\t}/s/ .changes = true,//'
mutate "write zeroes have segments" block/protocol.c check_test \
	'/"WRITE_ZEROES"/,/^\t}/s/XVBD_DATA_NONE/XVBD_DATA_WRITE/'
mutate "write zeroes take any flag" block/protocol.c check_test \
	's/= XVBD_FLAG_NO_UNMAP/= XVBD_FLAGS_ANY/'
mutate "write zeroes of one sector too many" block/protocol.c check_test \
	's/len > max ?/len > max + 1 ?/'
mutate "flags are not checked" block/protocol.c check_test \
	's/req->flags & ~trait->flags/0/'
mutate "discards refuse flags that Xen does not define" block/protocol.c check_test \
	's/= XVBD_FLAGS_ANY/= XVBD_FLAG_SECURE/'
mutate "flags are lost" block/protocol.c protocol_test \
	's/req->flags = second/req->flags = 0/'
mutate "a ninth sector in a page" block/protocol.c check_test \
	's/last_sect >= XVBD_SECTORS_PER_PAGE/last_sect > XVBD_SECTORS_PER_PAGE/'
mutate "x86_32 sector off by 4" block/protocol.c protocol_test \
	's/108, 12, 4, 12, 20, 24/108, 12, 4, 16, 20, 24/'
mutate "padding of responses leaks" block/protocol.c protocol_test \
	's/if (l->rsp_size > RSP_END)/if (l->rsp_size > 99)/'
mutate "segments beyond the slot are read" block/protocol.c slot_test \
	's/return req->nr_segments <= XVBD_MAX_SEGMENTS.*/return req->nr_segments;/'
mutate "segments of a refused request are read" block/protocol.c slot_test \
	's/? req->nr_segments : 0/? req->nr_segments : XVBD_MAX_SEGMENTS/'
mutate "a byte of a slot is read twice" block/protocol.c slot_test \
	's/req->nr_segments = second;/req->nr_segments = GET(u8, slot, OFF_NR_SEGMENTS);/'
mutate "a request is read after it was taken" block/blkring.h ring_test \
	'/xvbd_request_decode/{N;s/\(.*;\)\n\(.*\)/\2\n\1/}'
mutate "indirect requests without limit" block/protocol.c check_test \
	's/req->indirect ? geo->max_segments/req->indirect ? 65535/'
mutate "an indirect flush" block/protocol.c check_test \
	's/trait->data \&\& !trait->may_be_empty;/trait->data;/'
mutate "a flush has a length" block/protocol.c ops_test \
	's/"FLUSH_DISKCACHE", /&.has_length = true, /'
mutate "a discard that is refused is done" block/protocol.c ops_test \
	's/.refusal = XVBD_REFUSAL_UNSUPPORTED/.refusal = XVBD_REFUSAL_DONE/'
mutate "an operation without a row is read" block/protocol.c ops_test \
	's/else if (trait && trait->data)/else if (!trait || trait->data)/'
mutate "an operation without a row is written" block/protocol.c ops_test \
	's/if (trait && trait->data)/if (!trait || trait->data)/'
mutate "any negative status" block/protocol.c check_test \
	's/ || rsp->status < XVBD_RSP_EOPNOTSUPP//'
mutate "no order before looking whether to notify" ring.h ring_test \
	's/virt_mb(); .* the index before looking.*//'
mutate "arming does not look again" ring.h ring_test \
	'/write the event index before the last look/{n;s/xsplit_back_pending(r)/0/}'
mutate "a request index may run ahead" ring.h ring_test \
	's/return n > r->nr - (r->cons - READ_ONCE(r->prod))/return 0/'
mutate "text after a number" keys.c keys_test \
	's/return end && !\*end;/return end;/'
mutate "the largest value is refused" keys.c keys_test \
	's/value > key->max/value >= key->max/'
mutate "a hint must be one that can be used" keys.c keys_test \
	's/key->need == XSPLIT_KEY_HINT ||/0 ||/'
mutate "a name that does not fit is cut" keys.c keys_test \
	's/return len < XSPLIT_KEY_NAME_MAX/return true/'
mutate "any text behind a name" keys.c keys_test \
	's/parse_number(name + len, &number)/(number = 1)/'
mutate "a key without a row" block/blkkeys.c keys_test \
	'/^\t\[XVBD_ID_WWID\]/,+1d'
mutate "a key of a former publication stays" keys.c keys_test \
	's/key && key->flags & XSPLIT_KEY_REPUBLISHED/key \&\& 0/'
mutate "a default outside of its range" splitkeys.h keys_test \
	's/"multi-queue-max-queues", \(.*\)(1, U32_TOP, 1)/"multi-queue-max-queues", \1(1, U32_TOP, 0)/'
mutate "a front writes in the back's directory" block/blkkeys.c keys_test \
	's/"hotplug-undo", BACK_DIR(HOTPLUG/"hotplug-undo", BACK_DIR(FRONT/'
mutate "names after xvdz" block/vdev.c vdev_test \
	's|n = (n - 1) / 26|n = n / 26|'
mutate "hdc is xvda" block/vdev.c vdev_test \
	's/{ 22, 22, 64, 2, 2 }/{ 22, 22, 64, 2, 0 }/'
mutate "connects without a device" handshake.c handshake_test \
	's/RESOURCE | ONLINE, LINKED, XSPLIT_A_CONNECT/ONLINE, LINKED, XSPLIT_A_CONNECT/'
mutate "removed counts as empty while linked" handshake.c handshake_test \
	'/{ B, ANY,.*REMOVED | LINKED/{N;h;d};/{ B, ANY,.*REMOVED, 0/{N;G}'
mutate "connects again while connected" handshake.c handshake_test \
	's/RESOURCE | ONLINE, LINKED, XSPLIT_A_CONNECT/RESOURCE | ONLINE, 0, XSPLIT_A_CONNECT/'
mutate "who served before is not fenced" block/lease.c lease_test \
	's/leases->holder->fenced = true/(void)leases/'
mutate "the lease goes back to one that is out of date" block/lease.c lease_test \
	's/served ? NULL : me->before/served ? me->before : me->before/'
mutate "who was fenced comes back" block/lease.c lease_test \
	's/if (me->fenced)/if (0)/'
mutate "the lease never goes back" block/lease.c lease_test \
	's/served ? NULL : me->before/served ? NULL : NULL/'
mutate "starts over though another back is named" state.c state_test \
	's/id != dev->otherend_id/0/'
mutate "a directory made anew is overwritten" state.c state_test \
	's/return -ESTALE/return 0/'
mutate "a back's directory counts as a front's" state.c state_test \
	's/c->m->role == XSPLIT_FRONT/1/'
mutate "a replaced back is not unregistered" state.c state_test \
	's/m->replaced(m)/(void)m/'
mutate "what could not be written is taken for written" state.c state_test \
	's/err && !xsplit_is_gone(err)/0/'
mutate "what could not be written is not tried again" state.c state_test \
	's/m->retry_write(m)/(void)m/'
mutate "a directory that is gone is waited for" state.c state_test \
	's/ && !xsplit_is_gone(err)//'
mutate "what is no number stays" state.c state_test \
	's/err == -ERANGE/0/'
mutate "xenbus does not learn the state" state.c state_test \
	's/WRITE_ONCE(m->dev->state, c.state)/(void)m/'
mutate "what is to be written is not the state" state.c state_test \
	's/next == XenbusStateUnknown ? READ_ONCE/1 ? READ_ONCE/'
mutate "a woken front does not start over" state.c state_test \
	'/^void xsplit_start_over/,/^}/s/WRITE_ONCE.*;/(void)m;/'

echo "$((total - survived)) noticed, $survived survived"
((survived == 0))

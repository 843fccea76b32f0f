# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The back's driver is replaced under a guest that writes.
#
#   writes_to_xvdb MIB        starts fio with verification in pv1, at most 1 MiB a second
#   upgrades BUILD...         attaches xvdb to pv1 with the back that is loaded, replaces it
#                             by each of the builds in turn while fio writes, detaches

writes_to_xvdb() {
	must guest pv1 "rm -f /tmp/fio.status; (fio --name=v --filename=/dev/xvdb --size=$1M"' \
		--rw=randwrite --bsrange=4k-128k --rate=1m \
		--ioengine=libaio --iodepth=16 --direct=1 \
		--verify=crc32c --minimal >/tmp/fio.out 2>&1
		echo $? >/tmp/fio.status) >/dev/null 2>&1 &'
}

written() { guest pv1 'awk "/ xvdb / { print \$8 }" /proc/diskstats'; }

goes_on() { [ "$(written)" -gt "$1" ]; }

upgrades() {
	local build before start ended
	ended() { guest pv1 'test -e /tmp/fio.status'; }
	make_nullb
	attach pv1 "$DEVICE" xvdb
	writes_to_xvdb 40
	sleep 2
	for build in "$@"; do
		echo "vbd-$(domid pv1)-51728" >/sys/bus/xen-backend/drivers/vbd/unbind
		unload_back
		before=$(written)
		start=$(monotonic_ms)
		load_back "$build"
		wait_until 20 goes_on "$before"
		note "$build is loaded: requests end again after $(($(monotonic_ms) - start)) ms"
		ended && fail "fio has ended: $(guest pv1 'cat /tmp/fio.out')"
		sleep 1
	done
	wait_until 200 ended
	[ "$(guest pv1 'cat /tmp/fio.status')" = 0 ] || fail "fio: $(guest pv1 'cat /tmp/fio.out')"
	note "longest wait of a request: $(guest pv1 'cat /tmp/fio.out' | awk -F';' '{ print int($80 / 1000) }') ms"
	detach pv1 xvdb
	unload_back
}

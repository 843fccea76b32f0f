# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A Ceph cluster in dom0 on loopback: one monitor, one OSD, nothing kept twice. For
# scripts with "IMAGE: ceph", which source it themselves.
#
#   make_ceph                 makes it and starts it, with the pool and the user that
#                             docs/storage.md makes: vms, client.xen
#   kill_osd, start_osd       kill -9; starts again
#   kill_ceph, start_ceph     the same for both
#   stop_ceph                 ends all of it and unloads the kernel's client
#   mapped                    how many images are mapped, by the kernel or by rbd-nbd

CEPH_ID=3d6f6e0a-5c0b-4e6c-9d0e-6b1c9a6f2f10
CEPH_AT='[v2:127.0.0.1:3300,v1:127.0.0.1:6789]'
CEPH_KEYS=/run/ceph.keys

ceph_conf() {
	cat <<-END
		[global]
		fsid = $CEPH_ID
		mon host = $CEPH_AT
		public addr = 127.0.0.1
		auth allow insecure global id reclaim = false
		osd pool default size = 1
		osd pool default min size = 1
		osd pool default pg num = 8
		osd pool default pg autoscale mode = off
		osd crush chooseleaf type = 0
		mon allow pool size one = true
		mon data avail warn = 1
		[osd]
		osd objectstore = bluestore
		bluestore block size = 1073741824
		bluestore cache autotune = false
		bluestore cache size = 33554432
		osd op num shards = 1
	END
}

make_mon() {
	local data=/var/lib/ceph/mon/ceph-a
	must ceph-authtool --create-keyring "$CEPH_KEYS" --gen-key -n mon. --cap mon 'allow *'
	must ceph-authtool --create-keyring /etc/ceph/ceph.client.admin.keyring --gen-key \
		-n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
	must ceph-authtool "$CEPH_KEYS" --import-keyring /etc/ceph/ceph.client.admin.keyring
	must monmaptool --create --fsid "$CEPH_ID" --addv a "$CEPH_AT" /run/ceph.map
	mkdir -p "$data" /run/ceph
	must ceph-mon --mkfs -i a --monmap /run/ceph.map --keyring "$CEPH_KEYS"
	start_mon
}

make_osd() {
	local data=/var/lib/ceph/osd/ceph-0
	mkdir -p "$data"
	must ceph osd new "$CEPH_ID"
	must ceph auth get-or-create osd.0 mon 'allow profile osd' osd 'allow *' -o "$data/keyring"
	must ceph-osd -i 0 --mkfs --osd-uuid "$CEPH_ID"
	start_osd
}

make_ceph() {
	mkdir -p /etc/ceph
	ceph_conf >/etc/ceph/ceph.conf
	make_mon
	note "$(monotonic_ms) ms: the monitor runs"
	make_osd
	note "$(monotonic_ms) ms: the OSD runs"
	must ceph osd pool create vms
	must timeout 120 rbd pool init vms
	must ceph auth get-or-create client.xen mon 'profile rbd' osd 'profile rbd pool=vms' \
		-o /etc/ceph/ceph.client.xen.keyring
	note "$(monotonic_ms) ms: the pool is there"
}

start_mon() { must ceph-mon -i a; }
start_osd() { must ceph-osd -i 0; }
start_ceph() { start_mon && start_osd; }
kill_osd() { must pkill -KILL -x ceph-osd; }
kill_ceph() { kill_osd && must pkill -KILL -x ceph-mon; }

stop_ceph() {
	kill_ceph
	wait_until 20 modprobe -r rbd
	! [ -d /sys/module/nbd ] || wait_until 5 rmmod nbd
}

mapped() { find /sys/bus/rbd/devices/* /sys/block/nbd*/pid -maxdepth 0 2>/dev/null | wc -l; }

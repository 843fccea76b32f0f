# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A driver domain: a guest "dd", of type $DD_TYPE (default pv), with both our ends, the agent
# and `xl devd`, all taken from dom0. Its device is a disk of dom0, attached as its xvdb, which
# outlives it.
#
#   make_driver_domain DEVICE   creates it, with DEVICE as its xvdb
#   start_driver_domain         brings its drivers up; sets $BACK_DOMAIN; after each boot.
#                               $DD_FRONT: the command that loads another front than ours
#   end_driver_domain

DD_TYPE=${DD_TYPE:-pv}
DD_SHIP=/tmp/dd-root
DD_XL=/usr/lib/test-vm/xen/bin/xl

# The programs with the libraries that they and those need.
dd_files() {
	local lib=/usr/lib/x86_64-linux-gnu programs=("$DD_XL" /usr/bin/mountpoint)
	{
		printf '%s\n' "${programs[@]}"
		ldd "${programs[@]}" /etc/xen/scripts/block | awk '/=> \// { print $3 }' | sort -u
		ls "$lib"/libxenforeignmemory.so.* 2>/dev/null
	} | sort -u
}

dd_ship() {
	local file
	mkdir -p "$DD_SHIP/dd" "$DD_SHIP/etc/xen/scripts"
	dd_files | while read -r file; do
		# Where the guest's own libraries are, /lib being a link there.
		file=$(realpath -s "$file")
		install -D "$file" "$DD_SHIP/${file/#\/lib\//\/usr\/lib\/}"
	done
	cp -a /etc/xen/scripts/{block,targets} "$DD_SHIP/etc/xen/scripts/"
	cp "$(modules_of "${DD_TYPE}1")"/*.ko "$DD_SHIP/dd/"
	cp "/guest/$DD_TYPE/guest.initrd" /run/guest/dd.initrd
	(cd "$DD_SHIP" && find . -mindepth 1 | busybox cpio -o -H newc 2>/dev/null) \
		>>/run/guest/dd.initrd
	rm -r "$DD_SHIP"
}

make_driver_domain() {
	dd_ship
	cat >/run/guest/dd.cfg <<-END
		name='dd'
		type='$DD_TYPE'
		kernel='/guest/$DD_TYPE/vmlinux'
		ramdisk='/run/guest/dd.initrd'
		memory=448
		vcpus=$GUEST_VCPUS
		cpus='$GUESTS_ON'
		driver_domain=1
		on_crash='restart'
		cmdline='console=hvc0 loglevel=1 rdinit=/init'
		disk=['vdev=xvdb,access=w,format=raw,target=$1']
	END
	must xl create -q /run/guest/dd.cfg
	GUEST_DEAD_SECONDS=120 must guest dd true
}

start_driver_domain() {
	local dom0_domain=$BACK_DOMAIN
	BACK_DOMAIN=0
	must guest dd "${DD_FRONT:-insmod /dd/xen-blkfront.ko}"' && insmod /dd/xen-blkback.ko &&
		modprobe -a xen-gntdev xen-evtchn xenfs &&
		mount -t xenfs none /proc/xen &&
		mkdir -p /var/run /run/xen /run/lock /var/lock /var/lib/xen /var/log/xen'
	wait_connected dd xvdb
	# xl wants the pid file's directory and a place for its lock, nothing else.
	must guest dd "ldconfig 2>/dev/null; ($DD_XL -v devd -F </dev/null >/run/devd.log 2>&1 &)"
	BACK_DOMAIN=$(domid dd)
	note "the driver domain is domain $BACK_DOMAIN (it was ${dom0_domain:-none})"
}

end_driver_domain() {
	must xl destroy dd
	BACK_DOMAIN=0
	rm -f /run/guest/dd.*
}

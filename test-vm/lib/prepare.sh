# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Puts the job's files where dom0 looks for them.

install_hotplug() {
	cp -a /etc/xen/scripts/block /etc/xen/scripts/block.debian
	if [ -f hotplug/block ] && [ "$SCRIPT" = ours ]; then
		install -m 755 hotplug/block /etc/xen/scripts/block
	fi
	if [ -f hotplug/vbd ]; then
		install -m 755 hotplug/vbd /usr/local/bin/vbd
	fi
}

install_rules() {
	[ -d udev-rules ] || return 0
	cp udev-rules/*.rules /etc/udev/rules.d/ && udevadm control --reload
}

prepare() {
	local name
	for name in guest-put guest-domid store-read; do
		ln -s guest "bin/$name"
	done
	export PATH=$JOB/bin:$PATH
	install_hotplug && install_rules && start_counting_watches
}

load_all() {
	local name
	load_back "$BACK"
	for name in $GUESTS; do
		load_front "$name" "$FRONT"
	done
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes what the job has brought known; its files lie where dom0 looks for them.

prepare() {
	export PATH=$JOB/bin:$PATH
	udevadm control --reload
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
}

load_all() {
	local name
	load_back "$BACK"
	for name in $GUESTS; do
		load_front "$name" "$FRONT"
	done
}

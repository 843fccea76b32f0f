# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests that a test makes for itself, beside those of its snapshot.
#
#   boot_guest NAME TYPE [KEY=VALUE...]   a guest of Xen's type pv or pvh, its
#                             configuration as the other guests' but for KEY=VALUE;
#                             its agent answers, in $BOOT_SECONDS (90 unless said)
#   destroy_guest NAME        no more than xl destroy, and it is gone

# boot_config NAME TYPE [KEY=VALUE...] : into /run/guest/NAME.cfg; the last of a key counts
boot_config() {
	local name=$1 type=$2 setting
	declare -A settings=([name]="'$name'" [type]="'$type'" [kernel]="'/guest/$type/vmlinux'"
		[ramdisk]="'/guest/$type/guest.initrd'" [memory]=448 [vcpus]=$GUEST_VCPUS [cpus]="'$GUESTS_ON'"
		[on_crash]="'preserve'" [on_reboot]="'destroy'"
		[cmdline]="'console=hvc0 loglevel=1 rdinit=/init'")
	shift 2
	for setting in "$@"; do
		settings[${setting%%=*}]=${setting#*=}
	done
	mkdir -p /run/guest
	for setting in "${!settings[@]}"; do
		[ -z "${settings[$setting]}" ] || echo "$setting=${settings[$setting]}"
	done >"/run/guest/$name.cfg"
}

boot_guest() {
	boot_config "$@"
	must xl create -q "/run/guest/$1.cfg"
	GUEST_DEAD_SECONDS=${BOOT_SECONDS:-90} must guest "$1" true
}

destroy_guest() { must xl destroy "$1"; }

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Servers of disks, in dom0 itself, on loopback. A test stops what it has started.
#
#   serve_nbd FILE...         exports disk0, disk1... on 127.0.0.1:10809
#   serve_nbd_on_socket FILE...    the same on $NBD_SOCKET
#   serve_iscsi FILE...       units 1, 2... of $IQN on 127.0.0.1:3260, for CHAP user joe
#                             with the password $SECRET; has the initiator's daemon run
#   serve_nvme FILE...        namespaces 1, 2... of $NQN on 127.0.0.1:4420 (TCP)
#   kill_nbd / kill_iscsi     the server dies
#   stop_nbd / stop_iscsi / stop_nvme    stops the server and unloads the client's module
#   make_loop MIB             a loop device for LVM and DRBD, which take no null_blk;
#                             sets $DEVICE; drop_loop frees it
#   connected_nbd / sessions / controllers    how many connections the host has
#   wrote_through TARGET FILE [KEY=VALUE...]   a disk of that target in pv1 writes FILE

NBD_SOCKET=/run/nbd.socket
IQN=iqn.2026-01.test:disks
NQN=nqn.2026-01.test:disks
SECRET=secretsecret12
NVMET=/sys/kernel/config/nvmet

# It makes numbers for TLS before it serves anybody: up to a minute under emulation.
serve_nbd() {
	start_nbd '' "$@"
	must timeout 120 nbd-client -l 127.0.0.1
}

serve_nbd_on_socket() {
	start_nbd "unixsock = $NBD_SOCKET" "$@"
	must timeout 120 nbd-client -l -unix "$NBD_SOCKET"
}

start_nbd() {
	local number=0 backing
	printf '[generic]\nallowlist = true\n%s\n' "$1" >/run/nbd.conf
	shift
	for backing in "$@"; do
		printf '[disk%s]\nexportname = %s\n' "$number" "$backing" >>/run/nbd.conf
		number=$((number + 1))
	done
	must nbd-server -C /run/nbd.conf
}

kill_nbd() { pkill -KILL -x nbd-server; }

stop_nbd() {
	kill_nbd
	rm -f "$NBD_SOCKET" /run/nbd.conf
	! [ -d /sys/module/nbd ] || wait_until 5 rmmod nbd
}

connected_nbd() { find /sys/block/nbd*/pid 2>/dev/null | wc -l; }

tgt() { must tgtadm --lld iscsi "$@"; }

serve_iscsi() {
	local unit=0 backing
	tgtd >/dev/null 2>&1 || fail "tgtd does not start"
	wait_until 5 tgtadm --lld iscsi --mode target --op show
	tgt --op new --mode target --tid 1 -T "$IQN"
	for backing in "$@"; do
		unit=$((unit + 1))
		tgt --op new --mode logicalunit --tid 1 --lun "$unit" -b "$backing"
	done
	tgt --op bind --mode target --tid 1 -I ALL
	tgt --mode account --op new --user joe --password "$SECRET"
	tgt --mode account --op bind --tid 1 --user joe
	# systemd starts the initiator's daemon when it is asked for.
	[ ! -d /run/systemd/system ] || return 0
	mkdir -p /run/lock/iscsi
	pgrep -x iscsid >/dev/null || iscsid >/dev/null 2>&1 || fail "iscsid does not start"
}

kill_iscsi() { pkill -KILL -x tgtd; }

stop_iscsi() {
	kill_iscsi
	if [ -d /run/systemd/system ]; then
		systemctl -q stop iscsid.service
	else
		pkill -x iscsid
	fi
	:
}

sessions() { find /sys/class/iscsi_session/session* -maxdepth 0 2>/dev/null | wc -l; }

serve_nvme() {
	local number=0 backing dir=$NVMET/subsystems/$NQN port=$NVMET/ports/1
	must modprobe -a nvmet-tcp nvme-tcp
	mkdir "$dir" && echo 1 >"$dir/attr_allow_any_host"
	for backing in "$@"; do
		number=$((number + 1))
		mkdir "$dir/namespaces/$number"
		echo "$backing" >"$dir/namespaces/$number/device_path"
		echo 1 >"$dir/namespaces/$number/enable"
	done
	mkdir "$port"
	echo tcp >"$port/addr_trtype"
	echo ipv4 >"$port/addr_adrfam"
	echo 127.0.0.1 >"$port/addr_traddr"
	echo 4420 >"$port/addr_trsvcid"
	must ln -s "$dir" "$port/subsystems/"
}

stop_nvme() {
	rm -f "$NVMET/ports/1/subsystems/$NQN"
	rmdir "$NVMET/ports/1" "$NVMET/subsystems/$NQN/namespaces/"* "$NVMET/subsystems/$NQN"
}

controllers() { find /sys/class/nvme/nvme* -maxdepth 0 2>/dev/null | wc -l; }

make_loop() {
	make_file "$1"
	must losetup -f --show "$FILE"
	DEVICE=$OUTPUT
}

drop_loop() { must losetup -d "$DEVICE"; }

wrote_through() {
	local target=$1 backing=$2 word=word$RANDOM
	shift 2
	attach pv1 "$target" xvdb w "$@"
	must guest pv1 "printf $word | dd of=/dev/xvdb bs=4096 seek=5 conv=sync oflag=direct 2>&1"
	detach pv1 xvdb
	sync
	[ "$(dd if="$backing" bs=4096 skip=5 count=1 status=none | tr -d '\0')" = "$word" ] ||
		fail "what the guest wrote to $target is not in $backing"
}

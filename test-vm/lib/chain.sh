# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A disk that came from Xen and is given to a guest: the last hop of a chain.
#
#   PATHS                     all values of the back's data_path
#   set_path PATH             data_path of dom0's back
#   chain_verify GUEST DISK   fio with verification, small requests and large ones. The guest
#                             does not merge its requests: the front below makes them large
#   chain_files GUEST DISK    a file system with fsync

PATHS=(auto copy map persistent)

set_path() { echo "$1" >/sys/module/xen_blkback/parameters/data_path; }

chain_verify() {
	local guest=$1 disk=$2
	local fio="fio --filename=/dev/$disk --direct=1 --ioengine=libaio --verify=crc32c --minimal"
	must guest "$guest" "echo 2 >/sys/block/$disk/queue/nomerges"
	must guest "$guest" -t 60 "$fio --name=small --rw=write --bs=4k --size=4M --iodepth=64 &&
		$fio --name=middle --rw=randwrite --bs=44k --size=5632k --iodepth=16 &&
		$fio --name=large --rw=write --bs=1M --size=8M --iodepth=8"
}

chain_files() {
	local guest=$1 disk=$2
	must guest "$guest" -t 60 "modprobe ext4 && mkfs.ext4 -q -F /dev/$disk 32M && mkdir -p /mnt &&
		mount /dev/$disk /mnt &&
		dd if=/dev/urandom of=/mnt/data bs=64k count=32 conv=fsync 2>&1 &&
		fio --directory=/mnt --name=f --rw=randwrite --bs=4k --size=256k --fsync=8 \
			--ioengine=psync --verify=crc32c --minimal &&
		sha256sum </mnt/data >/want && umount /mnt && e2fsck -fn /dev/$disk &&
		mount /dev/$disk /mnt && sha256sum </mnt/data | cmp - /want && umount /mnt"
}

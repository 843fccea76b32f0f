// SPDX-License-Identifier: GPL-2.0
/*
 * Zeroes a part of a block device, which the block layer turns into REQ_OP_WRITE_ZEROES if the
 * device has it; for a guest, whose blkdiscard may be busybox's.
 *
 * usage: zeroes keep|punch DEVICE OFFSET LENGTH
 *
 * keep: its space stays allocated (BLKZEROOUT); punch: the device may unmap it (fallocate()). In
 * MiB.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	uint64_t range[2];
	int fd, err;

	if (argc != 5) {
		fprintf(stderr, "usage: zeroes keep|punch DEVICE OFFSET LENGTH\n");
		return 2;
	}
	fd = open(argv[2], O_RDWR);
	if (fd < 0) {
		perror(argv[2]);
		return 1;
	}
	range[0] = strtoull(argv[3], NULL, 0) << 20;
	range[1] = strtoull(argv[4], NULL, 0) << 20;
	if (!strcmp(argv[1], "punch"))
		err = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, range[0], range[1]);
	else
		err = ioctl(fd, BLKZEROOUT, range);
	if (err)
		perror(argv[1]);
	return !!err;
}

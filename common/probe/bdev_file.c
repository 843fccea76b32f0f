// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>

void probe(dev_t dev)
{
	bdev_fput(bdev_file_open_by_dev(dev, BLK_OPEN_READ, NULL, NULL));
}

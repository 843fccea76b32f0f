// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>

void probe(struct gendisk *disk);

void probe(struct gendisk *disk)
{
	disk_force_media_change(disk);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The block device behind a vbd: opened with a claim, described to the front.
 */
#include <linux/blkdev.h>

#include "blkback.h"

/*
 * A writer claims the device for itself: the kernel then refuses every other
 * exclusive open, a mount among them. Readers claim it in the name of this one
 * holder, so that they share it with each other and with no writer.
 */
static char readers[] = "xen-blkback readers";

static int check_mode(struct xbback_vbd *vbd, bool write)
{
	struct block_device *bdev = vbd->disk.bdev;

	if (write && bdev_read_only(bdev))
		return xvbd_fail(vbd->dev, -EROFS, "%pg is read-only: attach it with mode r", bdev);
	return 0;
}

/**
 * xbback_disk_open() - open and claim the device that the hotplug script named
 * @vbd: whose device
 *
 * Return: 0; or a negative errno after xvbd_fail().
 */
int xbback_disk_open(struct xbback_vbd *vbd)
{
	struct xbback_disk *disk = &vbd->disk;
	u64 keys[XVBD_TOOL_KEYS];
	unsigned int major, minor;
	bool write;
	int err;

	err = xvbd_read_keys(vbd->dev, vbd->dev->nodename, xvbd_tool_keys, XVBD_TOOL_KEYS, keys);
	if (err)
		return err;
	write = keys[XVBD_TOOL_MODE];
	major = keys[XVBD_TOOL_PHYSICAL_DEVICE] >> 32;
	minor = (u32)keys[XVBD_TOOL_PHYSICAL_DEVICE];

	/* The device may still be held by a vbd whose directory is gone already. */
	xbback_wait_for_departed();
	disk->handle = xvbd_bdev_open(MKDEV(major, minor), write, write ? (void *)vbd : readers);
	if (IS_ERR(disk->handle)) {
		err = PTR_ERR(disk->handle);
		disk->handle = NULL;
		return xvbd_fail(vbd->dev, err, "cannot open device %x:%x for %s%s", major, minor,
				 write ? "writing" : "reading",
				 err == -EBUSY ? ": it is in use" : "");
	}
	disk->bdev = xvbd_bdev_of(disk->handle);

	mutex_lock(&vbd->rings_lock);
	disk->number = keys[XVBD_TOOL_PHYSICAL_DEVICE];
	disk->mode = write ? 'w' : 'r';
	mutex_unlock(&vbd->rings_lock);

	disk->geo.sectors = bdev_nr_sectors(disk->bdev);
	disk->geo.align_mask = (bdev_logical_block_size(disk->bdev) >> XVBD_SECTOR_SHIFT) - 1;
	disk->geo.read_only = !write;
	disk->geo.ops = BIT(XVBD_OP_READ) | BIT(XVBD_OP_WRITE);
	if (bdev_write_cache(disk->bdev))
		disk->geo.ops |= BIT(XVBD_OP_FLUSH);
	return check_mode(vbd, write);
}

void xbback_disk_close(struct xbback_vbd *vbd)
{
	struct xbback_disk *disk = &vbd->disk;

	if (!disk->handle)
		return;
	/* What the front was told is written shall not wait in a cache. */
	if (disk->geo.ops & BIT(XVBD_OP_FLUSH) && !disk->geo.read_only)
		blkdev_issue_flush(disk->bdev);
	xvbd_bdev_close(disk->handle, !disk->geo.read_only);
	disk->handle = NULL;
	disk->bdev = NULL;
	mutex_lock(&vbd->rings_lock);
	disk->number = 0;
	mutex_unlock(&vbd->rings_lock);
}

/**
 * xbback_disk_publish() - tell the front what it gets
 * @vbd: with its disk open
 *
 * Return: 0; or a negative errno after xvbd_fail().
 */
int xbback_disk_publish(struct xbback_vbd *vbd)
{
	const struct xbback_disk *disk = &vbd->disk;
	const struct xvbd_node nodes[] = {
		{ "sectors", NULL, disk->geo.sectors },
		{ "sector-size", NULL, bdev_logical_block_size(disk->bdev) },
		{ "physical-sector-size", NULL, bdev_physical_block_size(disk->bdev) },
		{ "info", NULL, disk->geo.read_only ? XVBD_INFO_READONLY : 0 },
		{ "feature-flush-cache", NULL, !!(disk->geo.ops & BIT(XVBD_OP_FLUSH)) },
	};

	return xvbd_publish(vbd->dev, nodes, ARRAY_SIZE(nodes));
}

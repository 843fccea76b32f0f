// SPDX-License-Identifier: GPL-2.0
/*
 * The properties of a disk: read from the block device, used to validate each request, and
 * published in xenstore.
 */
#include <linux/blkdev.h>
#include <linux/slab.h>

#include "data.h"

/*
 * Accept flushes even if they are not offered: the vbd may have had another device, with a write
 * cache that the frontend knows of. If one flush is refused, the in-tree frontend never flushes
 * again, also if a later device has a cache.
 */
static u32 accepted_ops(const struct xbback_vbd *vbd, const struct xbback_disk *disk)
{
	u32 ops = xbback_ops_of(disk->bdev) | BIT(XVBD_OP_INDIRECT);
	unsigned int op;

	/* A barrier orders one ring only. Frontends with several rings use flushes. */
	if (vbd->back.config.nr_rings != 1)
		ops &= ~BIT(XVBD_OP_BARRIER);
	if (!disk->discards)
		ops &= ~BIT(XVBD_OP_DISCARD);
	for (op = 0; op < XVBD_OP_COUNT && disk->geo.read_only; op++)
		if (xvbd_op_trait(op) && xvbd_op_trait(op)->has_length)
			ops &= ~BIT(op);
	return ops;
}

void xbback_disk_describe(const struct xbback_vbd *vbd, struct xbback_disk *disk)
{
	struct block_device *bdev = disk->bdev;
	struct xvbd_geometry *geo = &disk->geo;

	geo->sectors = bdev_nr_sectors(bdev);
	geo->align_mask = (bdev_logical_block_size(bdev) >> XVBD_SECTOR_SHIFT) - 1;
	geo->read_only = disk->mode == XSPLIT_MODE_READ;
	geo->ops = accepted_ops(vbd, disk);
	geo->secure = geo->ops & BIT(XVBD_OP_DISCARD) && bdev_max_secure_erase_sectors(bdev);
	geo->max_segments = XBBACK_MAX_SEGMENTS;
}

static bool is_cdrom(const struct xbback_vbd *vbd)
{
	char *type = xsplit_read_string(vbd->back.dev->nodename,
					xvbd_key_name(XVBD_ID_BACK_DEVICE_TYPE));
	bool cdrom = type && !strcmp(type, "cdrom");

	kfree(type);
	return cdrom;
}

static unsigned int info(const struct xbback_vbd *vbd)
{
	const struct xbback_disk *disk = &vbd->disk;
	unsigned int bits = 0;

	if (disk->geo.read_only)
		bits |= XVBD_INFO_READONLY;
	if (disk->removable || disk->bdev->bd_disk->flags & GENHD_FL_REMOVABLE)
		bits |= XVBD_INFO_REMOVABLE;
	if (is_cdrom(vbd))
		bits |= XVBD_INFO_CDROM;
	return bits;
}

/* Offer the operations that are accepted; those that flush only if there is a write cache. */
static void describe_ops(const struct xvbd_geometry *geo, bool cached, u64 *values)
{
	unsigned int op;

	for (op = 0; op < XVBD_OP_COUNT; op++) {
		const struct xvbd_op_trait *trait = xvbd_op_trait(op);

		if (!trait || trait->feature >= XVBD_BACK_KEYS)
			continue;
		values[trait->feature] = geo->ops & BIT(op) &&
					 (cached || trait->class != XVBD_COUNTS_FLUSH);
		if (trait->secure < XVBD_BACK_KEYS)
			values[trait->secure] = geo->secure;
	}
}

/**
 * xbback_disk_publish() - write the properties of the disk to xenstore
 * @vbd:   the vbd; its disk is open
 * @again: the frontend is connected: also write our state once more, which tells it to read
 *         the properties again
 *
 * A connected frontend may not read all of them again: the in-tree frontend does not.
 *
 * Context: The vbd's work item. Sleeps.
 * Return: 0; or a negative errno after xsplit_dev_error().
 */
int xbback_disk_publish(struct xbback_vbd *vbd, bool again)
{
	const struct xvbd_geometry *geo = &vbd->disk.geo;
	struct block_device *bdev = vbd->disk.bdev;
	bool discard = geo->ops & BIT(XVBD_OP_DISCARD);
	bool cached = bdev_write_cache(bdev);
	u64 values[XVBD_BACK_KEYS] = {
		[XVBD_BACK_SECTORS] = geo->sectors,
		[XVBD_BACK_SECTOR_SIZE] = bdev_logical_block_size(bdev),
		[XVBD_BACK_PHYSICAL_SECTOR_SIZE] = bdev_physical_block_size(bdev),
		[XVBD_BACK_INFO] = info(vbd),
		[XVBD_BACK_DISCARD_GRANULARITY] = discard ? bdev_discard_granularity(bdev) : 0,
		[XVBD_BACK_DISCARD_ALIGNMENT] = discard ? bdev_discard_alignment(bdev) : 0,
		[XVBD_BACK_MAX_INDIRECT_SEGMENTS] = geo->max_segments,
		[XVBD_BACK_PERSISTENT] = vbd->offers_persistent,
		[XVBD_BACK_MEDIUM] = bdev->bd_disk->diskseq,
	};
	struct xsplit_node nodes[XVBD_BACK_KEYS];
	unsigned int i;

	describe_ops(geo, cached, values);
	for (i = 0; i < XVBD_BACK_KEYS; i++)
		nodes[i] = (struct xsplit_node){ &xvbd_back_keys[i], NULL, values[i] };
	/*
	 * A connected frontend may or may not read the new flush-cache key. If the key changes
	 * to 1, assume that the frontend did not read it, and write through the cache. If it
	 * changes to 0, assume that the frontend did, and sends no more flushes.
	 */
	if (!again || !cached)
		WRITE_ONCE(vbd->front_flushes, cached);
	return xsplit_publish(vbd->back.dev, nodes, ARRAY_SIZE(nodes), again);
}

bool xbback_disk_is_empty(const struct xbback_vbd *vbd)
{
	struct block_device *bdev = vbd->disk.bdev;

	return bdev && !bdev_nr_sectors(bdev) && disk_live(bdev->bd_disk) &&
	       !(bdev->bd_disk->flags & GENHD_FL_REMOVABLE);
}

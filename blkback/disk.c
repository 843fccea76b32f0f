// SPDX-License-Identifier: GPL-2.0
/*
 * The block device of a vbd: opened with a claim, and changed while the frontend stays
 * connected.
 */
#include <linux/blkdev.h>
#include <linux/delay.h>

#include "blkback.h"

/* Vbds with an open disk. @served_lock protects the list, and @disk of each vbd in it. */
static LIST_HEAD(served);
static DEFINE_SPINLOCK(served_lock);

/* A vbd has closed its disk. */
static DECLARE_WAIT_QUEUE_HEAD(disk_closed);

/* Another program may claim a device for a moment, only to see whether it is free. */
#define BUSY_TRIES 10
#define BUSY_PAUSE_MS 20

/* A vbd whose directory is gone keeps its device open until its I/O has ended. */
#define DEPARTED_WAIT (5 * HZ)

/* The configuration that the toolstack has written; indexed by XVBD_TOOL_*. */
struct wish {
	u64 keys[XVBD_TOOL_KEYS];
};

static enum xsplit_mode wants_mode(const struct wish *w)
{
	return w->keys[XVBD_TOOL_MODE];
}

static bool wants_write(const struct wish *w)
{
	return wants_mode(w) != XSPLIT_MODE_READ;
}

static u64 wants_device(const struct wish *w)
{
	return w->keys[XVBD_TOOL_PHYSICAL_DEVICE];
}

static int read_wish(struct xbback_vbd *vbd, struct wish *w)
{
	return xsplit_read_keys(vbd->back.dev, vbd->back.dev->nodename, xvbd_tool_keys,
				XVBD_TOOL_KEYS, w->keys);
}

/*
 * The device goes away: the work item of each vbd that uses it checks the device. The block
 * layer calls this with bd_holder_lock; xvbd_holder_told() releases it.
 */
static void device_goes(struct block_device *bdev, bool surprise)
{
	struct xbback_vbd *vbd;

	spin_lock(&served_lock);
	list_for_each_entry(vbd, &served, served) {
		if (vbd->disk.bdev == bdev)
			xsplit_back_changed(&vbd->back);
	}
	spin_unlock(&served_lock);
	xvbd_holder_told(bdev);
}

static const struct xvbd_holder_ops holder_ops = { .mark_dead = device_goes };

/* Whether there is a vbd that xenbus has removed, with this device still open. */
static bool has_departed(u64 number)
{
	struct xbback_vbd *vbd;
	bool found = false;

	spin_lock(&served_lock);
	list_for_each_entry(vbd, &served, served)
		found |= xsplit_back_is_removed(&vbd->back) && vbd->disk.number == number;
	spin_unlock(&served_lock);
	return found;
}

static void wait_for_departed(u64 number)
{
	wait_event_timeout(disk_closed, !has_departed(number), DEPARTED_WAIT);
}

/*
 * Wait only if this device is busy. An open that succeeds at once does not wait for the
 * devices of other vbds.
 */
static struct xvbd_bdev *open_claimed(const struct wish *w, void *holder)
{
	dev_t dev = MKDEV(wants_device(w) >> 32, (u32)wants_device(w));
	struct xvbd_bdev *handle;
	unsigned int tries = 0;

	for (;;) {
		handle = xvbd_bdev_open(dev, wants_write(w), holder, &holder_ops);
		if (!IS_ERR(handle) || PTR_ERR(handle) != -EBUSY || tries++ == BUSY_TRIES)
			return handle;
		if (tries == 1)
			wait_for_departed(wants_device(w));
		else
			msleep(BUSY_PAUSE_MS);
	}
}

static void close_device(struct xbback_disk *disk)
{
	struct xbback_user *user = disk->user;

	/* Data of writes that were answered must not stay in a cache. */
	if (!disk->geo.read_only)
		blkdev_issue_flush(disk->bdev);
	xvbd_bdev_close(disk->handle, !disk->geo.read_only);
	memset(disk, 0, sizeof(*disk));
	/* After the flush: another vbd may start to serve the device now. */
	xbback_user_put(user);
}

/* Open the configured device as @disk, claimed for the right holder. */
static int open_wanted(struct xbback_vbd *vbd, const struct wish *w, struct xbback_disk *disk)
{
	struct xbback_user *user = xbback_user_get(vbd, wants_device(w), wants_mode(w));
	struct xvbd_bdev *handle;
	int err;

	memset(disk, 0, sizeof(*disk));
	if (!user)
		return -ENOMEM;
	handle = open_claimed(w, xbback_user_holder(user));
	if (IS_ERR(handle)) {
		xbback_user_put(user);
		return PTR_ERR(handle);
	}
	err = xbback_user_enter(user, xvbd_bdev_of(handle));
	if (err) {
		xvbd_bdev_close(handle, wants_write(w));
		xbback_user_put(user);
		return err;
	}
	disk->user = user;
	disk->handle = handle;
	return 0;
}

/*
 * When a device is gone, its number may be given to another device. No two devices have the
 * same diskseq, and the hotplug script had the device open when it wrote "diskseq". A changed
 * medium has a new diskseq too: accept it in a removable drive.
 */
static int check_diskseq(struct xbback_vbd *vbd, const struct xbback_disk *disk)
{
	char *text = xsplit_read_string(vbd->back.dev->nodename, xvbd_key_name(XVBD_ID_DISKSEQ));
	u64 seq, is = disk->bdev->bd_disk->diskseq;
	enum xsplit_key_verdict v = XSPLIT_KEY_MISSING;

	if (text)
		v = xsplit_diskseq_parse(text, disk->number, &seq);
	kfree(text);
	if (v == XSPLIT_KEY_MALFORMED)
		return xsplit_dev_error(vbd->back.dev, -EINVAL, "diskseq: %s",
					xsplit_key_verdict_text(v));
	if (v != XSPLIT_KEY_OK || seq == is || disk->bdev->bd_disk->flags & GENHD_FL_REMOVABLE)
		return 0;
	return xsplit_dev_error(
		vbd->back.dev, -ENODEV,
		"%pg is another device (%llx) than the one that was attached (%llx): detach, and attach what is there",
		disk->bdev, is, seq);
}

/*
 * Open and check the configured device. Reports errors. Another vbd of the VM may still serve
 * the device: see take_lease().
 */
static int open_device(struct xbback_vbd *vbd, const struct wish *w, struct xbback_disk *disk)
{
	bool write = wants_write(w);
	int err = open_wanted(vbd, w, disk);

	if (err)
		return xsplit_dev_error(vbd->back.dev, err, "cannot open device %x:%x for %s%s",
					(u32)(wants_device(w) >> 32), (u32)wants_device(w),
					write ? "writing" : "reading",
					err == -EBUSY ? ": it is in use" : "");
	disk->bdev = xvbd_bdev_of(disk->handle);
	disk->number = wants_device(w);
	disk->mode = wants_mode(w);
	disk->discards = w->keys[XVBD_TOOL_DISCARD_ENABLE];
	disk->removable = w->keys[XVBD_TOOL_REMOVABLE];
	xbback_disk_describe(vbd, disk);
	err = check_diskseq(vbd, disk);
	if (!err && write && bdev_is_zoned(disk->bdev))
		err = xsplit_dev_error(
			vbd->back.dev, -EOPNOTSUPP,
			"%pg is zoned, and a guest cannot keep the order in which it must be written: attach it with mode r",
			disk->bdev);
	if (!err && write && bdev_read_only(disk->bdev))
		err = xsplit_dev_error(vbd->back.dev, -EROFS,
				       "%pg is read-only: attach it with mode r", disk->bdev);
	if (err)
		close_device(disk);
	return err;
}

/* Pauses another vbd of the VM that has served the device, and waits for its requests. */
static int take_lease(struct xbback_vbd *vbd, struct xbback_disk *disk)
{
	int err = xbback_lease_take(disk->user);

	if (!err)
		return 0;
	xsplit_dev_error(vbd->back.dev, err, "%pg: the VM goes on with it as another domain",
			 disk->bdev);
	close_device(disk);
	return err;
}

/* Readers of the number and the mode in sysfs need rings_lock. */
static void use(struct xbback_vbd *vbd, const struct xbback_disk *disk)
{
	mutex_lock(&vbd->back.rings_lock);
	spin_lock(&served_lock);
	vbd->disk = *disk;
	list_del_init(&vbd->served);
	if (disk->handle)
		list_add(&vbd->served, &served);
	spin_unlock(&served_lock);
	mutex_unlock(&vbd->back.rings_lock);
	if (!disk->handle)
		wake_up_all(&disk_closed);
}

/* A device that is gone, or a drive without its medium, has no sectors. */
static int check_alive(struct xbback_vbd *vbd)
{
	struct block_device *bdev = vbd->disk.bdev;

	if (disk_live(bdev->bd_disk) && bdev_nr_sectors(bdev))
		return 0;
	return xsplit_dev_error(vbd->back.dev, -ENODEV,
				"%pg has been taken away: detach, and attach what is there", bdev);
}

/**
 * xbback_disk_open() - open and claim the device that the hotplug script named
 * @vbd: the vbd; what the frontend has chosen was read
 *
 * On an error the disk may be open: xbback_disk_close() closes it.
 *
 * Context: The vbd's work item. Sleeps.
 * Return: 0; or a negative errno after xsplit_dev_error().
 */
int xbback_disk_open(struct xbback_vbd *vbd)
{
	struct xbback_disk disk = {};
	struct wish w;
	int err = read_wish(vbd, &w);

	if (err)
		return err;
	err = open_device(vbd, &w, &disk) ?: take_lease(vbd, &disk);
	if (err)
		return err;
	use(vbd, &disk);
	return check_alive(vbd);
}

void xbback_disk_close(struct xbback_vbd *vbd)
{
	struct xbback_disk disk = vbd->disk;

	if (!disk.handle)
		return;
	close_device(&disk);
	use(vbd, &disk);
}

/* A claim is either of one VM or of all that share the device, and cannot be converted. */
static bool can_change_mode(struct xbback_vbd *vbd, enum xsplit_mode mode)
{
	if (vbd->disk.mode == XSPLIT_MODE_READ || mode == XSPLIT_MODE_READ ||
	    mode == vbd->disk.mode)
		return true;
	xsplit_dev_error(vbd->back.dev, -EBUSY,
			 "cannot change between the modes w and w!: detach, and attach again");
	return false;
}

/*
 * Change to another device, or to another mode of the same device. The new one is opened
 * before the old one is closed, because the old one might be taken by another user meanwhile.
 *
 * Return: false if the change failed: an error was reported, and @disk is not valid.
 */
static bool change_device(struct xbback_vbd *vbd, const struct wish *w, struct xbback_disk *disk)
{
	if (wants_device(w) == vbd->disk.number && !can_change_mode(vbd, wants_mode(w)))
		return false;
	if (open_device(vbd, w, disk))
		return false;
	if (disk->geo.align_mask != vbd->disk.geo.align_mask) {
		xsplit_dev_error(vbd->back.dev, -EINVAL,
				 "cannot change to %pg: its sector size is another", disk->bdev);
		close_device(disk);
		return false;
	}
	if (take_lease(vbd, disk))
		return false;
	xbback_disk_close(vbd);
	return true;
}

static bool wants_change(const struct xbback_vbd *vbd, const struct wish *w)
{
	if (wants_device(w) != vbd->disk.number)
		return true;
	return wants_mode(w) != vbd->disk.mode && !xbback_disk_is_empty(vbd);
}

int xbback_disk_change(struct xbback_vbd *vbd, bool *changed)
{
	const struct xbback_disk old = vbd->disk;
	struct xbback_disk disk;
	struct wish w;
	/* If the keys cannot be read, nothing changes, except perhaps the size of the device. */
	bool readable = !read_wish(vbd, &w);
	int err;

	/* If the device has no sectors, a change of its mode waits until it has some. */
	if (!readable || !wants_change(vbd, &w) || !change_device(vbd, &w, &disk)) {
		disk = old;
		if (xbback_disk_is_empty(vbd))
			return 0;
		err = check_alive(vbd);
		if (err)
			return err;
	}
	xbback_disk_describe(vbd, &disk);
	use(vbd, &disk);
	*changed = disk.number != old.number || disk.mode != old.mode ||
		   disk.geo.sectors != old.geo.sectors;
	return 0;
}

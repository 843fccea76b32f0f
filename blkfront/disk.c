// SPDX-License-Identifier: GPL-2.0
/* The gendisk: numbers, openers, addition and removal. */
#include <linux/blkdev.h>
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "blkfront.h"

/* Vbds that use minors; protected by @minors_lock. */
static LIST_HEAD(claimed);
static DEFINE_SPINLOCK(minors_lock);
static DECLARE_WAIT_QUEUE_HEAD(minors_freed);

/* How long to wait for a disk of the same name that is being removed, in jiffies. */
#define MINORS_WAIT (5 * HZ)

/* Numbers of different families (xvd, SCSI, IDE) may have the same name. */
static bool vdevs_overlap(const struct xvbd_vdev *a, const struct xvbd_vdev *b)
{
	return (a->disk == b->disk && a->part == b->part) ||
	       (a->first_minor < b->first_minor + b->nr_minors &&
		b->first_minor < a->first_minor + a->nr_minors);
}

static bool claim_minors(struct xbfront_vbd *vbd)
{
	struct xbfront_vbd *other;
	bool free = true;

	spin_lock(&minors_lock);
	list_for_each_entry(other, &claimed, minors_entry)
		if (vdevs_overlap(&vbd->vdev, &other->vdev))
			free = false;
	if (free)
		list_add(&vbd->minors_entry, &claimed);
	spin_unlock(&minors_lock);
	return free;
}

static void release_minors(struct xbfront_vbd *vbd)
{
	spin_lock(&minors_lock);
	list_del_init(&vbd->minors_entry);
	spin_unlock(&minors_lock);
	wake_up_all(&minors_freed);
}

/* Each opener holds a reference to the vbd; .owner holds one to the module. */
static int get_opener(struct xbfront_vbd *vbd)
{
	int err = 0;

	spin_lock(&vbd->open_lock);
	if (vbd->leaving) {
		err = -ENXIO;
	} else {
		vbd->openers++;
		xsplit_front_get(&vbd->core);
	}
	spin_unlock(&vbd->open_lock);
	return err;
}

static void put_opener(struct xbfront_vbd *vbd)
{
	bool last;

	spin_lock(&vbd->open_lock);
	last = !--vbd->openers;
	spin_unlock(&vbd->open_lock);
	if (last && test_bit(XBFRONT_REFUSED, &vbd->flags))
		xsplit_front_kick(&vbd->core);
	xsplit_front_put(&vbd->core);
}

static int disk_open(xvbd_open_arg *arg, xvbd_open_mode mode)
{
	return get_opener(xvbd_open_disk(arg)->private_data);
}

static void disk_release(XVBD_RELEASE_ARGS(disk))
{
	put_opener(disk->private_data);
}

static int disk_getgeo(xvbd_getgeo_arg *arg, struct hd_geometry *geo)
{
	sector_t sectors = get_capacity(xvbd_getgeo_disk(arg));

	/* The geometry that PC tools assume if a disk reports none. */
	geo->heads = 255;
	geo->sectors = 63;
	sector_div(sectors, 255 * 63);
	geo->cylinders = (u16)sectors;
	return 0;
}

/* udev and installers recognize a CD drive by these ioctls. Report no multisession. */
static int disk_ioctl(struct block_device *bdev, xvbd_open_mode mode, unsigned int cmd,
		      unsigned long arg)
{
	const struct xbfront_vbd *vbd = bdev->bd_disk->private_data;

	if (cmd != CDROM_GET_CAPABILITY && cmd != CDROMMULTISESSION)
		return -ENOTTY;
	if (!(vbd->keys[XVBD_BACK_INFO] & XVBD_INFO_CDROM))
		return -EINVAL;
	if (cmd == CDROMMULTISESSION &&
	    clear_user((void __user *)arg, sizeof(struct cdrom_multisession)))
		return -EFAULT;
	return 0;
}

static const struct block_device_operations disk_fops = {
	.owner = THIS_MODULE,
	.open = disk_open,
	.release = disk_release,
	.ioctl = disk_ioctl,
	.compat_ioctl = blkdev_compat_ptr_ioctl,
	.getgeo = disk_getgeo,
};

/* Replace limits of the backend that are not valid. */
static void set_discard_limits(const struct xbfront_vbd *vbd, struct xvbd_disk_limits *l)
{
	/*
	 * The key table limits both to 32 bits. A 64-bit modulo would not link
	 * on 32-bit kernels.
	 */
	u32 granularity = (u32)vbd->keys[XVBD_BACK_DISCARD_GRANULARITY];
	u32 alignment = (u32)vbd->keys[XVBD_BACK_DISCARD_ALIGNMENT];

	if (!granularity || granularity % l->logical_block_size)
		granularity = l->physical_block_size;
	if (alignment >= granularity || alignment % l->logical_block_size)
		alignment = 0;
	l->secure_discard = test_bit(XBFRONT_OP_SECURE, &vbd->ops);
	l->discard_granularity = granularity;
	l->discard_alignment = alignment;
}

static struct xbfront_view view_of(const struct xbfront_vbd *vbd)
{
	struct xbfront_view view;

	/* memcmp() compares views: clear the padding, too. */
	memset(&view, 0, sizeof(view));
	view.sectors = vbd->keys[XVBD_BACK_SECTORS];
	view.readonly = vbd->keys[XVBD_BACK_INFO] & (XVBD_INFO_READONLY | XVBD_INFO_CDROM);
	view.limits.logical_block_size = vbd->keys[XVBD_BACK_SECTOR_SIZE];
	view.limits.physical_block_size = vbd->keys[XVBD_BACK_PHYSICAL_SECTOR_SIZE];
	view.limits.max_segments = xbfront_segments(vbd);
	view.limits.segment_size = XEN_PAGE_SIZE;
	view.limits.ops = READ_ONCE(vbd->ops) & (BIT(XVBD_OP_COUNT) - 1);
	set_discard_limits(vbd, &view.limits);
	return view;
}

static struct xbfront_view get_view(struct xbfront_vbd *vbd)
{
	struct xbfront_view view;

	spin_lock(&vbd->open_lock);
	view = vbd->view;
	spin_unlock(&vbd->open_lock);
	return view;
}

/*
 * Not in vbd->work, which must not wait for requests. The lock of the limits may be held until
 * all requests have ended. An event for user space allocates memory, and reclaim may have to
 * write to this disk. A file system that is told of another medium first completes its requests.
 */
void xbfront_disk_view_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd = container_of(work, struct xbfront_vbd, view_work);
	struct xbfront_view view;

	/*
	 * A backend may connect while hide_work removes the disk. The disk has no users then, so
	 * its new limits do not matter.
	 */
	if (READ_ONCE(vbd->leaving))
		return;
	if (test_and_clear_bit(XBFRONT_LIMITS, &vbd->flags)) {
		xvbd_lock_limits(vbd->gd);
		view = get_view(vbd);
		xvbd_set_limits(vbd->gd, &view.limits);
	}
	view = get_view(vbd);
	set_capacity_and_notify(vbd->gd, view.sectors);
	set_disk_ro(vbd->gd, view.readonly);
	if (test_and_clear_bit(XBFRONT_MEDIUM, &vbd->flags))
		xvbd_media_changed(vbd->gd);
}

/*
 * Set the limits now if their lock is free, so that they hold for the requests that wait in the
 * queue. Else leave it to view_work.
 */
static void refresh_limits(struct xbfront_vbd *vbd, const struct xvbd_disk_limits *limits)
{
	if (xvbd_trylock_limits(vbd->gd))
		xvbd_set_limits(vbd->gd, limits);
	else
		set_bit(XBFRONT_LIMITS, &vbd->flags);
}

void xbfront_disk_refresh(struct xbfront_vbd *vbd)
{
	const struct xbfront_view view = view_of(vbd), old = vbd->view;

	if (vbd->leaving || !memcmp(&view, &old, sizeof(view)))
		return;
	spin_lock(&vbd->open_lock);
	vbd->view = view;
	spin_unlock(&vbd->open_lock);
	if (memcmp(&view.limits, &old.limits, sizeof(view.limits)))
		refresh_limits(vbd, &view.limits);
	queue_work(xsplit_front_users_wq, &vbd->view_work);
}

void xbfront_disk_change_medium(struct xbfront_vbd *vbd)
{
	set_bit(XBFRONT_MEDIUM, &vbd->flags);
	queue_work(xsplit_front_users_wq, &vbd->view_work);
}

static int alloc_gendisk(struct xbfront_vbd *vbd)
{
	const struct xbfront_view view = view_of(vbd);
	struct gendisk *gd = xvbd_alloc_disk(&vbd->tags, &view.limits, vbd);

	if (IS_ERR(gd))
		return PTR_ERR(gd);
	gd->major = XVBD_MAJOR;
	gd->first_minor = vbd->vdev.first_minor;
	gd->minors = vbd->vdev.nr_minors;
	gd->fops = &disk_fops;
	gd->private_data = vbd;
	if (vbd->vdev.part)
		gd->flags |= GENHD_FL_NO_PART;
	if (vbd->keys[XVBD_BACK_INFO] & XVBD_INFO_REMOVABLE)
		gd->flags |= GENHD_FL_REMOVABLE;
	xvbd_vdev_name(&vbd->vdev, gd->disk_name);
	set_capacity(gd, view.sectors);
	set_disk_ro(gd, view.readonly);
	vbd->view = view;
	vbd->gd = gd;
	xbfront_queues_attach(vbd);
	return 0;
}

/**
 * xbfront_disk_alloc() - allocate the disk, without showing it to users
 * @vbd: the vbd, with open rings and with the keys of the backend
 *
 * Context: Sleeps, up to MINORS_WAIT for a disk of the same name.
 * Return: 0; or a negative errno after xsplit_dev_error().
 */
int xbfront_disk_alloc(struct xbfront_vbd *vbd)
{
	int err;

	if (!wait_event_timeout(minors_freed, claim_minors(vbd), MINORS_WAIT))
		return xsplit_dev_error(vbd->core.dev, -EBUSY,
					"%s/virtual-device: another disk has its name or minors",
					vbd->core.dev->nodename);
	err = xbfront_tags_alloc(vbd);
	if (err)
		goto fail_minors;
	xbfront_identity_read(vbd);
	err = alloc_gendisk(vbd);
	if (err)
		goto fail_tags;
	return 0;

fail_tags:
	blk_mq_free_tag_set(&vbd->tags);
fail_minors:
	release_minors(vbd);
	return xsplit_dev_error(vbd->core.dev, err, "cannot make a disk");
}

/* The block layer does not have the disk any more, or does not have it yet. */
void xbfront_disk_discard(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);

	cancel_work_sync(&vbd->view_work);
	put_disk(vbd->gd);
	vbd->gd = NULL;
	blk_mq_free_tag_set(&vbd->tags);
	release_minors(vbd);
	WRITE_ONCE(vbd->leaving, false);
	clear_bit(XBFRONT_LIMITS, &vbd->flags);
	clear_bit(XBFRONT_MEDIUM, &vbd->flags);
	clear_bit(XBFRONT_KILLED, &vbd->flags);
	/* @show_work has ended: a failure of it is of no interest any more. */
	clear_bit(XBFRONT_SHOW_FAILED, &vbd->flags);
	if (test_and_clear_bit(XBFRONT_REFUSED, &vbd->flags))
		xsplit_error_clear(front->dev, &vbd->busy_error);
}

void xbfront_disk_show_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd = container_of(work, struct xbfront_vbd, show_work);

	/* This reads the partition table. */
	if (!device_add_disk(&vbd->core.dev->dev, vbd->gd, xbfront_identity_groups)) {
		WRITE_ONCE(vbd->added, true);
	} else {
		set_bit(XBFRONT_SHOW_FAILED, &vbd->flags);
		xsplit_front_kick(&vbd->core);
	}
}

void xbfront_disk_show(struct xsplit_front *front)
{
	queue_work(xsplit_front_users_wq, &xbfront_of(front)->show_work);
}

bool xbfront_disk_busy(struct xsplit_front *front)
{
	return READ_ONCE(xbfront_of(front)->openers);
}

void xbfront_disk_refuse(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);

	set_bit(XBFRONT_REFUSED, &vbd->flags);
	xsplit_dev_error(
		front->dev, -EBUSY,
		"%s is in use: it goes when its last user closes it, or at once if the detach is forced",
		vbd->gd->disk_name);
	xsplit_error_save(front->dev, &vbd->busy_error);
	/* The last user may have closed the disk before it could see the flag. */
	if (!READ_ONCE(vbd->openers))
		xsplit_front_kick(front);
}

static void delete_disk(struct xbfront_vbd *vbd)
{
	if (!vbd->added)
		return;
	del_gendisk(vbd->gd);
	WRITE_ONCE(vbd->added, false);
}

/* This waits for requests in flight, which the backend still answers. */
void xbfront_disk_hide_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd = container_of(work, struct xbfront_vbd, hide_work);

	flush_work(&vbd->show_work);
	flush_work(&vbd->view_work);
	delete_disk(vbd);
	xsplit_front_hidden(&vbd->core);
}

/* A user may have opened the disk since the facts were read. */
int xbfront_disk_hide(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);

	spin_lock(&vbd->open_lock);
	WRITE_ONCE(vbd->leaving, !vbd->openers);
	spin_unlock(&vbd->open_lock);
	if (!vbd->leaving)
		return -EAGAIN;
	queue_work(xsplit_front_users_wq, &vbd->hide_work);
	return 0;
}

/*
 * Fail all requests that are with the backend. From now on requests fail at once, because their
 * ring is dead or they have none.
 */
static void fail_requests(struct xbfront_vbd *vbd)
{
	unsigned int i;

	set_bit(XBFRONT_KILLED, &vbd->flags);
	for (i = 0; i < vbd->core.nr_rings; i++)
		xbfront_ring_stop(xbfront_ring_at(vbd, i));
	/* Wait for calls of queue_rq() and ->poll() that began before the rings were stopped. */
	blk_mq_quiesce_queue(vbd->gd->queue);
	for (i = 0; i < vbd->core.nr_rings; i++) {
		xsplit_front_unbind(xsplit_front_ring_at(&vbd->core, i));
		xbfront_requests_fail(xbfront_ring_at(vbd, i));
	}
	blk_mq_unquiesce_queue(vbd->gd->queue);
	if (!vbd->core.parked)
		return;
	/* Release the requests that the parked disk has held back. */
	blk_mq_unquiesce_queue(vbd->gd->queue);
	blk_mq_kick_requeue_list(vbd->gd->queue);
}

/* This waits for users and their file systems: fail_requests() must come first. */
static void remove_dead_disk(struct xbfront_vbd *vbd)
{
	/* The work would set the size of the dead disk again. */
	cancel_work_sync(&vbd->view_work);
	blk_mark_disk_dead(vbd->gd);
	flush_work(&vbd->show_work);
	flush_work(&vbd->hide_work);
	delete_disk(vbd);
}

/*
 * This does not wait for the backend. Users that have the disk open get errors. Since Linux 6.5
 * blk_mark_disk_dead() waits until the file system on the disk has written its data, or has
 * failed to.
 */
void xbfront_disk_kill(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);

	fail_requests(vbd);
	remove_dead_disk(vbd);
}

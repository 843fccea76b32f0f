/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions in the block layer. See compat.h
 * for the probes.
 */
#ifndef XVBD_BLKCOMPAT_H
#define XVBD_BLKCOMPAT_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>

#include "compat-config.h"
#include "protocol.h"

/*
 * Open and close a block device, with an exclusive claim if there is a holder.
 * Both functions sleep.
 *
 * Since "block: Add helpers to open/close bdev as file" (6.9) an open device is
 * a file. The last reference to a file may be dropped later, so bdev_fput()
 * gives up the claim at once.
 *
 * Since "block: introduce holder ops" (6.5) the block layer calls mark_dead()
 * of the holder when the device disappears. It calls with bd_holder_lock held.
 * mark_dead() must end with xvbd_holder_told(), which releases this lock. Older
 * kernels do not call the holder.
 */
#ifdef XSPLIT_HAVE_BDEV_FILE

#define xvbd_bdev file
#define xvbd_bdev_of(handle) file_bdev(handle)

#define xvbd_holder_ops blk_holder_ops

/*
 * @holder NULL: the device is not claimed. A writer has a holder, a reader has
 * none.
 */
static inline struct file *xvbd_bdev_open(dev_t dev, bool write, void *holder,
					  const struct xvbd_holder_ops *ops)
{
	return bdev_file_open_by_dev(dev, BLK_OPEN_READ | (write ? BLK_OPEN_WRITE : 0), holder,
				     holder ? ops : NULL);
}

static inline void xvbd_holder_told(struct block_device *bdev)
{
	mutex_unlock(&bdev->bd_holder_lock);
}

static inline void xvbd_bdev_close(struct file *handle, bool write)
{
	bdev_fput(handle);
}

#else

#define xvbd_bdev block_device
#define xvbd_bdev_of(handle) (handle)

static inline fmode_t xvbd_bdev_mode(bool write)
{
	return FMODE_READ | (write ? FMODE_WRITE | FMODE_EXCL : 0);
}

struct xvbd_holder_ops {
	void (*mark_dead)(struct block_device *bdev, bool surprise);
};

static inline struct block_device *xvbd_bdev_open(dev_t dev, bool write, void *holder,
						  const struct xvbd_holder_ops *ops)
{
	return blkdev_get_by_dev(dev, xvbd_bdev_mode(write), holder);
}

static inline void xvbd_holder_told(struct block_device *bdev)
{
}

static inline void xvbd_bdev_close(struct block_device *handle, bool write)
{
	blkdev_put(handle, xvbd_bdev_mode(write));
}

#endif

/*
 * Queue limits of a disk. Since "block: pass a queue_limits argument to
 * blk_mq_alloc_disk" (6.9) a driver passes all limits when it allocates the
 * disk, and changes them in one step. Before that it sets each limit on its
 * own.
 */
struct xvbd_disk_limits {
	unsigned int logical_block_size; /* bytes; buffers in memory have this alignment, too */
	unsigned int physical_block_size; /* bytes */
	unsigned int max_segments;
	unsigned int segment_size; /* bytes, a power of two; no segment crosses a multiple of it */
	u32 ops; /* operations that the disk has; bits by enum xvbd_op */
	bool secure_discard;
	unsigned int discard_granularity; /* bytes */
	unsigned int discard_alignment; /* bytes */
};

/* The block layer stores the length of a discard, in bytes, in 32 bits. */
#define XVBD_MAX_DISCARD (UINT_MAX >> SECTOR_SHIFT)

static inline bool xvbd_has_discard(const struct xvbd_disk_limits *l)
{
	return l->ops & BIT(XVBD_OP_DISCARD);
}

/*
 * Return: the limit of write zeroes, in sectors. Since 6.17 there is also a limit
 * max_hw_wzeroes_unmap_sectors, which says that the disk unmaps what it zeroes. It stays 0: the
 * back does not promise this.
 */
static inline unsigned int xvbd_max_zeroes(const struct xvbd_disk_limits *l)
{
	return l->ops & BIT(XVBD_OP_WRITE_ZEROES) ? XVBD_MAX_ZEROES : 0;
}

/* The disk has a volatile cache and accepts flushes. */
static inline bool xvbd_has_write_cache(const struct xvbd_disk_limits *l)
{
	return l->ops & (BIT(XVBD_OP_FLUSH) | BIT(XVBD_OP_BARRIER));
}

#ifdef XSPLIT_HAVE_QUEUE_LIMITS

static inline void xvbd_fill_limits(struct queue_limits *lim, const struct xvbd_disk_limits *l)
{
	lim->logical_block_size = l->logical_block_size;
	lim->physical_block_size = l->physical_block_size;
	lim->max_segments = l->max_segments;
	lim->max_segment_size = l->segment_size;
	lim->seg_boundary_mask = l->segment_size - 1;
	lim->max_hw_sectors = l->max_segments * (l->segment_size >> SECTOR_SHIFT);
	lim->dma_alignment = l->logical_block_size - 1;
	lim->max_hw_discard_sectors = xvbd_has_discard(l) ? XVBD_MAX_DISCARD : 0;
	lim->max_secure_erase_sectors = l->secure_discard ? XVBD_MAX_DISCARD : 0;
	lim->max_write_zeroes_sectors = xvbd_max_zeroes(l);
	lim->discard_granularity = xvbd_has_discard(l) ? l->discard_granularity : 0;
	lim->discard_alignment = xvbd_has_discard(l) ? l->discard_alignment : 0;
	lim->features &= ~BLK_FEAT_WRITE_CACHE;
	if (xvbd_has_write_cache(l))
		lim->features |= BLK_FEAT_WRITE_CACHE;
}

static inline struct gendisk *xvbd_alloc_disk(struct blk_mq_tag_set *set,
					      const struct xvbd_disk_limits *l, void *data)
{
	struct queue_limits lim = {};

	xvbd_fill_limits(&lim, l);
	return blk_mq_alloc_disk(set, &lim, data);
}

/*
 * Take the lock of the disk's limits. A write to an attribute of the queue in
 * sysfs holds this lock while the queue is frozen, that is until all its
 * requests have ended. So take the lock only where no request waits for the
 * caller. Sleeps.
 */
static inline void xvbd_lock_limits(struct gendisk *gd)
{
	mutex_lock(&gd->queue->limits_lock);
}

static inline bool xvbd_trylock_limits(struct gendisk *gd)
{
	return mutex_trylock(&gd->queue->limits_lock);
}

/* Change the limits and release the lock. Does not wait for requests. */
static inline void xvbd_set_limits(struct gendisk *gd, const struct xvbd_disk_limits *l)
{
	struct queue_limits lim = gd->queue->limits;

	xvbd_fill_limits(&lim, l);
	if (queue_limits_commit_update(gd->queue, &lim))
		pr_warn_ratelimited("%s: its new limits were refused\n", gd->disk_name);
}

#else

static inline void xvbd_lock_limits(struct gendisk *gd)
{
}

static inline bool xvbd_trylock_limits(struct gendisk *gd)
{
	return true;
}

static inline void xvbd_set_limits(struct gendisk *gd, const struct xvbd_disk_limits *l)
{
	struct request_queue *q = gd->queue;
	unsigned int max_sectors = l->max_segments * (l->segment_size >> SECTOR_SHIFT);

	blk_queue_logical_block_size(q, l->logical_block_size);
	blk_queue_physical_block_size(q, l->physical_block_size);
	blk_queue_max_segments(q, l->max_segments);
	blk_queue_segment_boundary(q, l->segment_size - 1);
	blk_queue_max_segment_size(q, l->segment_size);
	/* Skip a call without a change: it resets max_sectors, which an administrator may lower. */
	if (queue_max_hw_sectors(q) != max_sectors)
		blk_queue_max_hw_sectors(q, max_sectors);
	blk_queue_dma_alignment(q, l->logical_block_size - 1);
	blk_queue_write_cache(q, xvbd_has_write_cache(l), false);
	blk_queue_max_discard_sectors(q, xvbd_has_discard(l) ? XVBD_MAX_DISCARD : 0);
	blk_queue_max_secure_erase_sectors(q, l->secure_discard ? XVBD_MAX_DISCARD : 0);
	blk_queue_max_write_zeroes_sectors(q, xvbd_max_zeroes(l));
	q->limits.discard_granularity = xvbd_has_discard(l) ? l->discard_granularity : 0;
	q->limits.discard_alignment = xvbd_has_discard(l) ? l->discard_alignment : 0;
}

static inline struct gendisk *xvbd_alloc_disk(struct blk_mq_tag_set *set,
					      const struct xvbd_disk_limits *l, void *data)
{
	struct gendisk *gd = blk_mq_alloc_disk(set, data);

	if (IS_ERR(gd))
		return gd;
	/*
	 * The frontend does not know whether the physical disk rotates. Kernels
	 * with BLK_FEAT_* flags assume that it does not.
	 */
	blk_queue_flag_set(QUEUE_FLAG_NONROT, gd->queue);
	xvbd_set_limits(gd, l);
	return gd;
}

#endif

/*
 * Since "block: pass a gendisk to ->open" (6.5) ->open() gets the disk, not the
 * block device.
 */
#ifdef XSPLIT_HAVE_DISK_OPEN
#define xvbd_open_arg struct gendisk
#define xvbd_open_mode blk_mode_t
#define xvbd_open_disk(arg) (arg)
#define XVBD_RELEASE_ARGS(disk) struct gendisk *disk
#else
#define xvbd_open_arg struct block_device
#define xvbd_open_mode fmode_t
#define xvbd_open_disk(arg) ((arg)->bd_disk)
#define XVBD_RELEASE_ARGS(disk) struct gendisk *disk, fmode_t mode
#endif

/* Since 6.14 the block layer merges requests of every driver, and the flag is gone. */
#ifdef XSPLIT_HAVE_SHOULD_MERGE
#define XVBD_MQ_F_SHOULD_MERGE BLK_MQ_F_SHOULD_MERGE
#else
#define XVBD_MQ_F_SHOULD_MERGE 0
#endif

/*
 * The list of ->queue_rqs(). Since "block: add a rq_list type" (6.13) it has a type of its own, and
 * the order of submission. Before that it is the last request, and rq_next leads to the one before.
 *
 * xvbd_rq_list_take() empties the list. It returns the first request that was submitted; rq_next
 * leads to the next one. xvbd_rq_list_give() gives back what is left of such a chain, or NULL.
 *
 * Since "blk-mq: update driver tags request table when start request" (6.7) a request that is
 * started can be found by its tag. Before that ->queue_rqs() must see to it: iostat, for one, looks
 * for requests in flight there.
 */
#ifdef XSPLIT_HAVE_RQ_LIST

#define xvbd_rq_list struct rq_list

static inline struct request *xvbd_rq_list_take(struct rq_list *list)
{
	struct request *first = list->head;

	list->head = NULL;
	list->tail = NULL;
	return first;
}

static inline void xvbd_rq_list_give(struct rq_list *list, struct request *first)
{
	list->head = first;
	for (; first; first = first->rq_next)
		list->tail = first;
}

static inline void xvbd_rq_enter_tag(struct request *rq)
{
}

#else

#define xvbd_rq_list struct request *

static inline struct request *xvbd_rq_reverse(struct request *rq)
{
	struct request *next, *reversed = NULL;

	for (; rq; rq = next) {
		next = rq->rq_next;
		rq->rq_next = reversed;
		reversed = rq;
	}
	return reversed;
}

static inline struct request *xvbd_rq_list_take(struct request **list)
{
	struct request *last = *list;

	*list = NULL;
	return xvbd_rq_reverse(last);
}

static inline void xvbd_rq_list_give(struct request **list, struct request *first)
{
	*list = xvbd_rq_reverse(first);
}

static inline void xvbd_rq_enter_tag(struct request *rq)
{
	rq->mq_hctx->tags->rqs[rq->tag] = rq;
}

#endif

/* Before 6.6 the caller passed the disk events. */
static inline void xvbd_media_changed(struct gendisk *gd)
{
#ifdef XSPLIT_HAVE_MEDIA_CHANGE
	disk_force_media_change(gd);
#else
	disk_force_media_change(gd, DISK_EVENT_MEDIA_CHANGE);
#endif
}

/*
 * Since "block: switch ->getgeo() to struct gendisk" (6.18) ->getgeo() gets the
 * disk. Before that it gets the block device of the disk or of a partition. The
 * driver reports the geometry of the whole disk in both cases.
 */
#ifdef XSPLIT_HAVE_GETGEO_DISK
#define xvbd_getgeo_arg struct gendisk
#define xvbd_getgeo_disk(arg) (arg)
#else
#define xvbd_getgeo_arg struct block_device
#define xvbd_getgeo_disk(arg) ((arg)->bd_disk)
#endif

#endif /* XVBD_BLKCOMPAT_H */

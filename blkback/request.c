// SPDX-License-Identifier: GPL-2.0
/*
 * One request: from the validated request of the ring to a bio, and from the end of the bio to
 * the ring's list of ended requests.
 */
#include <linux/blkdev.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "data.h"

/*
 * Largest part of a request that has a length, in 512-byte sectors: 2 GiB, as the size of a bio
 * has 32 bits.
 */
#define PART_MAX (1U << 22)

/*
 * The flags of the bio for each operation, and for its secure variant. An operation without a
 * row is refused: @known is needed because flags of 0 are a read. @limit is the most sectors that
 * a device takes at once, and 0 if it does not have the operation; every device has an operation
 * without @limit. The data of a flush is on stable storage when the response is sent, as old
 * frontends expect.
 */
static const struct {
	bool known;
	blk_opf_t flags;
	blk_opf_t secure;
	unsigned int (*limit)(struct block_device *bdev);
} bio_ops[XVBD_OP_COUNT] = {
	[XVBD_OP_READ] = { .known = true, REQ_OP_READ },
	/* Like a direct write: the guest may wait for it. */
	[XVBD_OP_WRITE] = { .known = true, REQ_OP_WRITE | REQ_SYNC | REQ_IDLE },
	[XVBD_OP_BARRIER] = { .known = true, REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA },
	[XVBD_OP_FLUSH] = { .known = true, REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA },
	[XVBD_OP_DISCARD] = { .known = true, REQ_OP_DISCARD, .secure = REQ_OP_SECURE_ERASE,
			      .limit = bdev_max_discard_sectors },
	[XVBD_OP_WRITE_ZEROES] = { .known = true, REQ_OP_WRITE_ZEROES,
				   .limit = bdev_write_zeroes_sectors },
};

u32 xbback_ops_of(struct block_device *bdev)
{
	unsigned int op;
	u32 ops = 0;

	for (op = 0; op < XVBD_OP_COUNT; op++)
		if (bio_ops[op].known && (!bio_ops[op].limit || bio_ops[op].limit(bdev)))
			ops |= BIT(op);
	return ops;
}

/*
 * Allocate one request for each slot, with room for the segments that a slot holds. A valid
 * ring has at most as many requests in flight as slots, so xbback_request_take() never finds
 * the list empty.
 */
int xbback_requests_alloc(struct xbback_ring *ring)
{
	unsigned int i;

	ring->requests = kvcalloc(ring->base.ring.nr, sizeof(*ring->requests), GFP_KERNEL);
	if (!ring->requests)
		return -ENOMEM;
	for (i = 0; i < ring->base.ring.nr; i++) {
		ring->requests[i].ring = ring;
		list_add_tail(&ring->requests[i].entry, &ring->free);
	}
	return 0;
}

void xbback_requests_free(struct xbback_ring *ring)
{
	kvfree(ring->requests);
	ring->requests = NULL;
}

/* More segments than a slot holds need memory while the request is in flight. */
static bool make_room(struct xbback_request *req, unsigned int nr)
{
	req->seg = req->inline_seg;
	req->vecs = req->inline_vecs;
	if (nr <= XVBD_MAX_SEGMENTS)
		return true;
	req->large_mem =
		kvmalloc(nr * (sizeof(*req->vecs) + sizeof(*req->seg)), GFP_KERNEL | __GFP_NOWARN);
	req->vecs = req->large_mem;
	req->seg = (void *)(req->vecs + nr);
	return req->large_mem;
}

/*
 * What a request counts of the segments that a ring may have in flight. A pause waits for all
 * that is in flight, and a device may write zeroes as slowly as data: so zeroes count as data.
 */
static unsigned int load_of(const struct xvbd_request *wire)
{
	if (wire->operation != XVBD_OP_WRITE_ZEROES)
		return wire->nr_segments;
	return min_t(u64, DIV_ROUND_UP_ULL(wire->nr_sectors, XVBD_SECTORS_PER_PAGE),
		     XBBACK_MAX_SEGMENTS);
}

struct xbback_request *xbback_request_take(struct xbback_ring *ring,
					   const struct xvbd_request *wire)
{
	unsigned int load = load_of(wire);
	struct xbback_request *req =
		list_first_entry_or_null(&ring->free, struct xbback_request, entry);
	unsigned int limit = max(READ_ONCE(xbback_params.max_ring_segments), XBBACK_MAX_SEGMENTS);

	if (WARN_ON_ONCE(!req))
		return NULL;
	if (ring->segs_in_flight + load > limit || !make_room(req, wire->nr_segments))
		return NULL;
	list_del(&req->entry);
	ring->segs_in_flight += load;
	req->load = load;
	ring->in_flight++;
	req->id = wire->id;
	req->op = wire->operation;
	req->flags = wire->flags;
	req->indirect = wire->indirect;
	req->sector = wire->sector;
	req->left = wire->nr_sectors;
	req->flush_last = false;
	req->nr_segs = wire->nr_segments;
	req->status = XVBD_RSP_OKAY;
	req->path = XBBACK_PATH_NONE;
	if (req->indirect)
		req->seg[0].gref = wire->page_gref[0];
	else
		xbback_request_fill(req, wire, wire->seg);
	return req;
}

void xbback_request_fill(struct xbback_request *req, const struct xvbd_request *wire,
			 const struct xvbd_segment *seg)
{
	unsigned int i;

	for (i = 0; i < req->nr_segs; i++) {
		req->seg[i] = (struct xbback_segment){
			.gref = seg[i].gref,
			.handle = INVALID_GRANT_HANDLE,
		};
		req->vecs[i] = (struct bio_vec){
			.bv_offset = seg[i].first_sect << XVBD_SECTOR_SHIFT,
			.bv_len = (seg[i].last_sect - seg[i].first_sect + 1) << XVBD_SECTOR_SHIFT,
		};
	}
	req->path = xbback_path_choose(req);
	xbback_stats_count(&req->ring->stats, wire, seg);
}

/*
 * Do not log unknown operations: a frontend may send one to find out whether the backend
 * supports it. The response says that it does not.
 */
void xbback_request_log_refused(struct xbback_ring *ring, const struct xvbd_request *wire,
				enum xvbd_verdict verdict)
{
	if (verdict == XVBD_BAD_OPERATION)
		return;
	dev_warn_ratelimited(&ring->vbd->back.dev->dev,
			     "refused: %s (operation %u, sector %llu, %u segments)\n",
			     xvbd_verdict_text(verdict), wire->operation, wire->sector,
			     wire->nr_segments);
}

void xbback_request_put(struct xbback_request *req)
{
	struct xbback_ring *ring = req->ring;

	kvfree(req->large_mem);
	req->large_mem = NULL;
	ring->segs_in_flight -= req->load;
	if (!--ring->in_flight)
		ring->barrier = false;
	/* Reuse the most recently used request: it is still in the cache. */
	list_move(&req->entry, &ring->free);
}

/*
 * Called in any context, also in interrupts. As soon as the request is in a list or answered, the
 * worker may free it and end, and the ring may be freed before this function wakes the worker.
 * The RCU read-side critical section keeps the ring allocated.
 */
static void finish(struct xbback_request *req)
{
	struct xbback_ring *ring = req->ring;

	rcu_read_lock();
	/* The worker itself looks at the list before it sleeps. */
	if (!xbback_respond_early(req) && llist_add(&req->done, &ring->done) &&
	    !xbback_is_worker(ring))
		wake_up(&ring->wake);
	rcu_read_unlock();
}

/*
 * A device may find out only when it is asked that it cannot write zeroes. A SCSI disk then fails
 * the first request with another status, and sets its limit to 0. The frontend's block layer
 * writes pages of zeroes instead, if it is told that the operation is not supported.
 */
static bool cannot_zero(const struct xbback_request *req, blk_status_t status)
{
	return req->op == XVBD_OP_WRITE_ZEROES && !(req->bio.bi_opf & REQ_PREFLUSH) &&
	       (status == BLK_STS_TARGET || !bdev_write_zeroes_sectors(req->ring->vbd->disk.bdev));
}

static void bio_ended(struct bio *bio)
{
	struct xbback_request *req = container_of(bio, struct xbback_request, bio);
	blk_status_t status = bio->bi_status;

	if (status == BLK_STS_NOTSUPP || (status && cannot_zero(req, status)))
		req->status = XVBD_RSP_EOPNOTSUPP;
	else if (status)
		req->status = XVBD_RSP_ERROR;
	bio_uninit(bio);
	finish(req);
}

/*
 * Shorten a part so that it ends at a boundary of the discard granularity: the disk could not
 * discard a unit of which each part covers only a piece.
 */
static u64 align_part(struct block_device *bdev, u64 sector, u64 part)
{
	u32 unit = bdev_discard_granularity(bdev) >> XVBD_SECTOR_SHIFT;
	u32 first = bdev_discard_alignment(bdev) >> XVBD_SECTOR_SHIFT;
	u32 rest;

	if (!unit)
		return part;
	div_u64_rem(sector + part + unit - first % unit, unit, &rest);
	return rest < part ? part - rest : part;
}

/*
 * Return: the length of the next part. One part of write zeroes is one request of the device: if
 * the block layer had to split it into many, the worker would wait for them. A limit may be no
 * multiple of the logical block size; a limit of 0 is new, and the block layer refuses the bio.
 */
static u64 next_part(const struct xbback_request *req)
{
	const struct xbback_disk *disk = &req->ring->vbd->disk;
	u64 part = min_t(u64, req->left, PART_MAX);
	u64 limit = 0;

	if (req->flags & XVBD_FLAG_SECURE)
		limit = bdev_max_secure_erase_sectors(disk->bdev);
	else if (req->op == XVBD_OP_WRITE_ZEROES)
		limit = bdev_write_zeroes_sectors(disk->bdev) & ~(u64)disk->geo.align_mask;
	part = min_not_zero(part, limit);
	return part < req->left ? align_part(disk->bdev, req->sector, part) : part;
}

/*
 * A toolstack that forbids discards wants the space of the disk to stay allocated: then zeroes
 * are written without unmapping, too.
 */
static blk_opf_t flags_of_part(const struct xbback_request *req)
{
	if (req->flags & XVBD_FLAG_SECURE)
		return bio_ops[req->op].secure;
	if (req->op == XVBD_OP_WRITE_ZEROES &&
	    (req->flags & XVBD_FLAG_NO_UNMAP || !req->ring->vbd->disk.discards))
		return bio_ops[req->op].flags | REQ_NOUNMAP;
	return bio_ops[req->op].flags;
}

/* Submit the next part. The block layer splits it further if needed. Does not wait. */
static void submit_part(struct xbback_request *req)
{
	struct bio *bio = &req->bio;
	u64 part = next_part(req);

	bio_init(bio, req->ring->vbd->disk.bdev, NULL, 0, flags_of_part(req));
	bio->bi_iter.bi_sector = req->sector;
	bio->bi_iter.bi_size = part << XVBD_SECTOR_SHIFT;
	bio->bi_end_io = bio_ended;
	req->sector += part;
	req->left -= part;
	submit_bio(bio);
}

static void submit_flush(struct xbback_request *req)
{
	struct bio *bio = &req->bio;

	bio_init(bio, req->ring->vbd->disk.bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	bio->bi_end_io = bio_ended;
	req->flush_last = false;
	submit_bio(bio);
}

bool xbback_request_continue(struct xbback_request *req)
{
	if (req->status != XVBD_RSP_OKAY || !(req->left || req->flush_last))
		return false;
	if (req->left)
		submit_part(req);
	else
		submit_flush(req);
	return true;
}

/*
 * A frontend that does not know of the write cache sends no flush. There may be a cache that it
 * does not know of, if the device or its cache was changed while the frontend was connected:
 * then writes go through the cache.
 */
static bool writes_through(const struct xbback_vbd *vbd)
{
	return !READ_ONCE(vbd->front_flushes) && bdev_write_cache(vbd->disk.bdev);
}

/* The flags of a request that has segments, or may have some. */
static blk_opf_t flags_of(const struct xbback_request *req)
{
	struct xbback_vbd *vbd = req->ring->vbd;
	blk_opf_t flags = bio_ops[req->op].flags;

	if (!req->nr_segs)
		flags &= ~REQ_FUA;
	if (xvbd_op_reads(req->op) || !writes_through(vbd))
		return flags;
	if (req->op == XVBD_OP_WRITE)
		flags |= REQ_FUA;
	else
		WRITE_ONCE(vbd->front_flushes, true);
	return flags;
}

/*
 * Zeroes are data like those of a write, but the block layer takes FUA only with a write: flush
 * the cache after the last part instead. What a discard leaves is undefined, so it needs no flush.
 */
static void submit_length(struct xbback_request *req)
{
	req->flush_last = req->op == XVBD_OP_WRITE_ZEROES && writes_through(req->ring->vbd);
	submit_part(req);
}

void xbback_request_submit(struct xbback_request *req)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(req->op);
	struct bio *bio = &req->bio;
	unsigned int i;

	if (!trait || !bio_ops[req->op].known) {
		req->status = XVBD_RSP_EOPNOTSUPP;
		finish(req);
		return;
	}
	if (trait->has_length) {
		submit_length(req);
		return;
	}
	bio_init(bio, req->ring->vbd->disk.bdev, req->vecs, req->nr_segs, flags_of(req));
	bio->bi_iter.bi_sector = req->nr_segs ? req->sector : 0;
	bio->bi_end_io = bio_ended;
	/* The vectors are filled already: bio_add_page() is not used. */
	bio->bi_vcnt = req->nr_segs;
	for (i = 0; i < req->nr_segs; i++)
		bio->bi_iter.bi_size += req->vecs[i].bv_len;
	submit_bio(bio);
}

bool xbback_request_pages_busy(const struct xbback_request *req)
{
	unsigned int i;

	if (req->path != XBBACK_PATH_MAP)
		return false;
	for (i = 0; i < req->nr_segs; i++)
		if (req->vecs[i].bv_page)
			return true;
	return false;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * One request: from its checked wire form to a bio, and from the bio's end to
 * the ring's list of finished I/O.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "blkback.h"

static const blk_opf_t op_flags[XVBD_OP_COUNT] = {
	[XVBD_OP_READ] = REQ_OP_READ,
	/* Like a direct write: somebody waits for it. */
	[XVBD_OP_WRITE] = REQ_OP_WRITE | REQ_SYNC | REQ_IDLE,
	[XVBD_OP_FLUSH] = REQ_OP_WRITE | REQ_PREFLUSH,
};

static size_t request_size(const struct xbback_ring *ring)
{
	return sizeof(struct xbback_request) +
	       ring->max_segs * (sizeof(struct xbback_segment) + sizeof(struct bio_vec));
}

static struct bio_vec *request_vecs(struct xbback_request *req)
{
	return (struct bio_vec *)&req->seg[req->ring->max_segs];
}

/*
 * One request for each slot, of the size that was negotiated: taking one from
 * a ring whose indices have been checked never finds the list empty.
 */
int xbback_requests_alloc(struct xbback_ring *ring)
{
	size_t size = request_size(ring);
	unsigned int i;

	ring->requests = kvcalloc(ring->ring.nr, size, GFP_KERNEL);
	if (!ring->requests)
		return -ENOMEM;
	for (i = 0; i < ring->ring.nr; i++) {
		struct xbback_request *req = ring->requests + i * size;

		req->ring = ring;
		list_add_tail(&req->entry, &ring->free);
	}
	return 0;
}

void xbback_requests_free(struct xbback_ring *ring)
{
	kvfree(ring->requests);
	ring->requests = NULL;
}

struct xbback_request *xbback_request_take(struct xbback_ring *ring,
					   const struct xvbd_request *wire)
{
	struct xbback_request *req = list_first_entry(&ring->free, struct xbback_request, entry);
	unsigned int i;

	list_del(&req->entry);
	req->id = wire->id;
	req->op = wire->operation;
	req->sector = wire->sector;
	req->nr_segs = wire->nr_segments;
	req->status = XVBD_RSP_OKAY;
	for (i = 0; i < req->nr_segs; i++) {
		const struct xvbd_segment *from = &wire->seg[i];
		struct xbback_segment *to = &req->seg[i];

		to->page = NULL;
		to->handle = INVALID_GRANT_HANDLE;
		to->gref = from->gref;
		to->offset = from->first_sect << XVBD_SECTOR_SHIFT;
		to->len = (from->last_sect - from->first_sect + 1) << XVBD_SECTOR_SHIFT;
	}
	return req;
}

/* From any context, interrupts included. */
static void finish(struct xbback_request *req)
{
	struct xbback_ring *ring = req->ring;

	if (llist_add(&req->done, &ring->done))
		wake_up(&ring->wake);
}

static void bio_ended(struct bio *bio)
{
	struct xbback_request *req = container_of(bio, struct xbback_request, bio);

	if (bio->bi_status == BLK_STS_NOTSUPP)
		req->status = XVBD_RSP_EOPNOTSUPP;
	else if (bio->bi_status)
		req->status = XVBD_RSP_ERROR;
	bio_uninit(bio);
	finish(req);
}

void xbback_request_submit(struct xbback_request *req)
{
	struct bio *bio = &req->bio;
	unsigned int i;

	bio_init(bio, req->ring->vbd->disk.bdev, request_vecs(req), req->ring->max_segs,
		 op_flags[req->op]);
	bio->bi_iter.bi_sector = req->sector;
	bio->bi_end_io = bio_ended;
	/* There is a vector for every segment: adding cannot fail. */
	for (i = 0; i < req->nr_segs; i++)
		__bio_add_page(bio, req->seg[i].page, req->seg[i].len, req->seg[i].offset);
	submit_bio(bio);
}

bool xbback_request_lingers(const struct xbback_request *req)
{
	unsigned int i;

	for (i = 0; i < req->nr_segs; i++)
		if (req->seg[i].page && page_count(req->seg[i].page) > 1)
			return true;
	return false;
}

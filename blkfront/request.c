// SPDX-License-Identifier: GPL-2.0
/*
 * Block requests, as blk-mq brings them: one at a time, or a list of them.
 *
 * Each way is the same four steps of build.c. A list takes the slots and grants
 * of all its requests under one hold of the ring's lock, and puts them all into
 * the ring under a second one. It is published once, and the backend is notified
 * once, without the lock. Of requests that come one at a time the last one of a
 * batch publishes all.
 *
 * Between the two holds the ring may die. The requests are put into it all the
 * same: the code that has stopped the ring waits for us, as it quiesces the
 * queue, and then takes back every request that has a slot.
 */
#include <xen/events.h>

#include "blkfront.h"

/*
 * Segments of the requests of a list that are put into the ring at once. This bounds the time for
 * which the lock is held, and the backend need not wait for the data of a long list.
 */
#define PORTION 256

/* The backend does not support the operation (any more): no fault of the disk, nothing to log. */
static blk_status_t end_unsupported(struct request *rq, u8 op)
{
	rq->rq_flags |= RQF_QUIET;
	blk_mq_start_request(rq);
	blk_mq_end_request(rq, xbfront_refused_status(op));
	return BLK_STS_OK;
}

/*
 * The bios of a polled request go back to a cache of the CPU, which is allowed only in process
 * context. If the ring is not polled, the request may complete in any context: bypass the cache.
 */
static void bypass_bio_cache(struct request *rq)
{
	struct bio *bio;

	__rq_for_each_bio(bio, rq)
		bio->bi_opf &= ~REQ_ALLOC_CACHE;
}

/* The request has all that it needs. Afterwards it only has to be put into the ring. */
static void start_request(struct xbfront_ring *ring, struct request *rq)
{
	/* The ring was polled with a former backend. */
	if (rq->cmd_flags & REQ_POLLED && !ring->polled)
		bypass_bio_cache(rq);
	blk_mq_start_request(rq);
	xbfront_request_fill(ring, rq);
}

/* The last request of a batch could not be put into the ring: publish the others. */
void xbfront_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct xbfront_ring *ring = READ_ONCE(hctx->driver_data);
	bool notify = false;

	if (!ring)
		return;
	spin_lock_bh(&ring->lock);
	if (!ring->dead && ring->core.ring.prod != ring->core.ring.pushed)
		notify = xsplit_front_push(&ring->core.ring);
	spin_unlock_bh(&ring->lock);
	if (notify)
		notify_remote_via_irq(ring->core.irq);
}

blk_status_t xbfront_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct xbfront_ring *ring = READ_ONCE(hctx->driver_data);
	struct request *rq = bd->rq;
	bool notify = false;
	blk_status_t status;

	if (!ring)
		return BLK_STS_IOERR;
	status = xbfront_request_describe(ring, rq);
	if (status == BLK_STS_NOTSUPP) {
		if (bd->last)
			xbfront_commit_rqs(hctx);
		return end_unsupported(rq, xbfront_cmd_of(rq)->op);
	}
	if (status != BLK_STS_OK)
		return status;
	spin_lock_bh(&ring->lock);
	status = xbfront_request_alloc(ring, rq);
	spin_unlock_bh(&ring->lock);
	if (status != BLK_STS_OK)
		return status;

	start_request(ring, rq);
	spin_lock_bh(&ring->lock);
	xbfront_request_put(ring, rq);
	if (bd->last)
		notify = xsplit_front_push(&ring->core.ring);
	spin_unlock_bh(&ring->lock);
	/* The request may have completed by now. */
	if (notify)
		notify_remote_via_irq(ring->core.irq);
	return BLK_STS_OK;
}

static struct xbfront_ring *ring_of(const struct request *rq)
{
	return READ_ONCE(rq->mq_hctx->driver_data);
}

/*
 * Return: the first request that cannot be sent to @ring, is not for it, or comes after those with
 * PORTION segments; NULL: there is none.
 */
static struct request *describe_requests(struct xbfront_ring *ring, struct request *rq)
{
	unsigned int segments = 0;

	while (rq && segments < PORTION && ring_of(rq) == ring &&
	       xbfront_request_describe(ring, rq) == BLK_STS_OK) {
		segments += xbfront_cmd_of(rq)->nr_segments;
		rq = rq->rq_next;
	}
	return rq;
}

/* Return: the first request before @end that has no slots, or @end. */
static struct request *alloc_requests(struct xbfront_ring *ring, struct request *rq,
				      const struct request *end)
{
	spin_lock_bh(&ring->lock);
	while (rq != end && xbfront_request_alloc(ring, rq) == BLK_STS_OK)
		rq = rq->rq_next;
	spin_unlock_bh(&ring->lock);
	return rq;
}

/* When this returns, the requests may have completed. */
static void put_requests(struct xbfront_ring *ring, struct request *rq, const struct request *end)
{
	bool notify;

	spin_lock_bh(&ring->lock);
	for (; rq != end; rq = rq->rq_next)
		xbfront_request_put(ring, rq);
	notify = xsplit_front_push(&ring->core.ring);
	spin_unlock_bh(&ring->lock);
	if (notify)
		notify_remote_via_irq(ring->core.irq);
}

/*
 * Send the requests at the start of a chain, as far as they go to the same ring and have what they
 * need. Return: the first one that was not sent.
 */
static struct request *queue_requests(struct request *first)
{
	struct xbfront_ring *ring = ring_of(first);
	struct request *end, *rq;

	if (!ring)
		return first;
	end = describe_requests(ring, first);
	if (end != first)
		end = alloc_requests(ring, first, end);
	if (end == first)
		return first;
	for (rq = first; rq != end; rq = rq->rq_next) {
		xvbd_rq_enter_tag(rq);
		start_request(ring, rq);
	}
	put_requests(ring, first, end);
	return end;
}

/*
 * Requests are sent in the order of submission. What cannot be sent now stays in the list, with all
 * that came after it: the block layer passes it to ->queue_rq(), which knows what to do.
 */
void xbfront_queue_rqs(xvbd_rq_list *list)
{
	struct request *tried = NULL, *rq = xvbd_rq_list_take(list);

	while (rq && rq != tried) {
		tried = rq;
		rq = queue_requests(rq);
	}
	xvbd_rq_list_give(list, rq);
}

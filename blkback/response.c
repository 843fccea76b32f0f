// SPDX-License-Identifier: GPL-2.0
/*
 * Responses. The worker sends those of a whole sweep at once. If the device ends a request later,
 * in an interrupt, and nothing is left to copy or to unmap, the response is sent there: the worker
 * is not woken for it. Such a request stays in ring->answered until the worker's next sweep, which
 * releases its pages and frees it.
 *
 * rsp_lock protects the side of the shared ring that has the responses. Interrupts hold it during
 * the notification too, as the event channel may be closed afterwards.
 */
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <xen/events.h>

#include "data.h"

/* The caller holds rsp_lock. */
static void put_response(struct xbback_ring *ring, u64 id, u8 op, s16 status)
{
	const struct xvbd_response rsp = { .id = id, .operation = op, .status = status };

	xvbd_back_put(&ring->base.ring, ring->layout, &rsp);
}

void xbback_respond(struct xbback_ring *ring, u64 id, u8 op, s16 status)
{
	spin_lock_irq(&ring->rsp_lock);
	put_response(ring, id, op, status);
	spin_unlock_irq(&ring->rsp_lock);
}

void xbback_respond_all(struct xbback_ring *ring, const struct list_head *reqs)
{
	const struct xbback_request *req;

	spin_lock_irq(&ring->rsp_lock);
	list_for_each_entry(req, reqs, entry)
		put_response(ring, req->id, req->op, req->status);
	spin_unlock_irq(&ring->rsp_lock);
}

void xbback_push(struct xbback_ring *ring)
{
	bool notify;

	/* Only the worker leaves responses that are not pushed. */
	if (ring->base.ring.prod == ring->base.ring.pushed)
		return;
	spin_lock_irq(&ring->rsp_lock);
	notify = xsplit_back_push(&ring->base.ring);
	spin_unlock_irq(&ring->rsp_lock);
	if (notify)
		notify_remote_via_irq(ring->base.irq);
}

/* Whether nothing has to be done before the response. */
static bool may_respond(const struct xbback_request *req)
{
	if (req->status == XVBD_RSP_OKAY && (req->left || req->flush_last))
		return false;
	return req->data_stays;
}

/*
 * The request is in the list before its response is in the ring. Then it is free when the worker
 * takes a request for that slot, even from a frontend that does not wait for the response; but it
 * must not be used here any more. The worker waits for the lock before the ring is closed, so the
 * ring and the event channel exist as long as the lock is held.
 */
bool xbback_respond_early(struct xbback_request *req)
{
	struct xbback_ring *ring = req->ring;
	const s16 status = req->status;
	const u64 id = req->id;
	const u8 op = req->op;
	unsigned long flags;

	if (xbback_is_worker(ring) || READ_ONCE(ring->wants_done) || !may_respond(req))
		return false;
	spin_lock_irqsave(&ring->rsp_lock, flags);
	llist_add(&req->done, &ring->answered);
	put_response(ring, id, op, status);
	if (xsplit_back_push(&ring->base.ring))
		notify_remote_via_irq(ring->base.irq);
	spin_unlock_irqrestore(&ring->rsp_lock, flags);
	/* llist_add() was a full barrier: this sees the flag, or the worker sees the request. */
	if (READ_ONCE(ring->wants_done))
		wake_up(&ring->wake);
	return true;
}

void xbback_wait_for_responders(struct xbback_ring *ring)
{
	spin_lock_irq(&ring->rsp_lock);
	spin_unlock_irq(&ring->rsp_lock);
}

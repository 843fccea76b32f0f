// SPDX-License-Identifier: GPL-2.0
/*
 * Responses into completed requests. A tasklet takes the responses, or the
 * poller does. All that wait are taken under one hold of the ring's lock, and
 * each is validated against the request in flight with its id. Then, without
 * the lock, data is copied to the pages of the users, and the requests are
 * completed in one batch.
 */
#include <xen/events.h>

#include "blkfront.h"

/*
 * Completed requests, in the order of their last responses.
 * @copy:    data must be copied for at least one of them
 * @answers: number of responses taken, including those to parts of requests that are not done
 */
struct done {
	struct request *first;
	struct request *last;
	unsigned int nr;
	unsigned int answers;
	bool copy;
};

/* A response is invalid: do not trust the backend any more. */
static void ring_broken(struct xbfront_ring *ring, const char *why)
{
	ring->dead = true;
	xsplit_front_ring_broken(&ring->core, why);
}

blk_status_t xbfront_refused_status(u8 op)
{
	static const blk_status_t statuses[] = {
		[XVBD_REFUSAL_ERROR] = BLK_STS_IOERR,
		[XVBD_REFUSAL_UNSUPPORTED] = BLK_STS_NOTSUPP,
		/* We send only flushes without data, so nothing is lost. */
		[XVBD_REFUSAL_DONE] = BLK_STS_OK,
	};
	const struct xvbd_op_trait *trait = xvbd_op_trait(op);

	return trait ? statuses[trait->refusal] : BLK_STS_IOERR;
}

/* The backend refuses an operation that it offers: do not use it any more. */
static blk_status_t disable_op(struct xbfront_vbd *vbd, u8 op)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(op);

	if (!trait || trait->feature == XVBD_OP_ALWAYS)
		return BLK_STS_IOERR;
	if (trait->secure != XVBD_OP_NEVER)
		clear_bit(XBFRONT_OP_SECURE, &vbd->ops);
	clear_bit(op, &vbd->ops);
	set_bit(XBFRONT_OP_REFUSED, &vbd->flags);
	xsplit_front_kick(&vbd->core);
	return xbfront_refused_status(op);
}

static blk_status_t status_of(struct xbfront_vbd *vbd, const struct xvbd_response *rsp)
{
	if (rsp->status == XVBD_RSP_OKAY)
		return BLK_STS_OK;
	if (rsp->status == XVBD_RSP_EOPNOTSUPP)
		return disable_op(vbd, rsp->operation);
	return BLK_STS_IOERR;
}

/* Do not reuse the pages before the backend has lost access to them (XSA-396). */
static bool end_grants(const struct xbfront_cmd *cmd)
{
	struct xbfront_grant *grant = cmd->bounced ? NULL : cmd->grants;

	for (; grant; grant = grant->next)
		if (!gnttab_end_foreign_access_ref(grant->ref))
			return false;
	return true;
}

/* Free all slots and grants of a request. */
static void release_request(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	xbfront_slots_put(ring, cmd->slot);
	xbfront_pool_put(ring, xbfront_data_pool(ring, cmd), cmd->grants);
	xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
}

/* Return: whether the data of a bounced read must still be copied to the users. */
static bool needs_copy(struct request *rq)
{
	const struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	return cmd->bounced && req_op(rq) == REQ_OP_READ && cmd->status == BLK_STS_OK;
}

static void add_done(struct done *done, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	cmd->next = NULL;
	if (done->last)
		xbfront_cmd_of(done->last)->next = rq;
	else
		done->first = rq;
	done->last = rq;
	done->nr++;
	done->copy |= needs_copy(rq);
}

/* Take one response. The caller holds the lock. Return: false if the ring is broken. */
static bool take_response(struct xbfront_ring *ring, struct done *done)
{
	struct xbfront_slot *slot = NULL;
	struct xvbd_response rsp;
	enum xvbd_verdict verdict;
	struct xbfront_cmd *cmd;

	xvbd_front_take(&ring->core.ring, xvbd_native, &rsp);
	if (rsp.id < ring->core.ring.nr)
		slot = &ring->slots[rsp.id];
	verdict = xvbd_response_check(&rsp, slot && slot->in_flight, slot ? slot->op : 0);
	if (verdict != XVBD_OK) {
		ring_broken(ring, xvbd_verdict_text(verdict));
		return false;
	}
	slot->in_flight = false;
	done->answers++;
	cmd = xbfront_cmd_of(slot->rq);
	if (cmd->status == BLK_STS_OK)
		cmd->status = status_of(xbfront_vbd_of(ring), &rsp);
	if (--cmd->nr_in_flight)
		return true;
	if (!end_grants(cmd)) {
		ring_broken(ring, "the back keeps pages of an answered request");
		return false;
	}
	add_done(done, slot->rq);
	return true;
}

/* Take all responses and request an event for the next. The caller holds the lock. */
static void take_responses(struct xbfront_ring *ring, struct done *done)
{
	int pending;

	do {
		pending = xsplit_front_pending(&ring->core.ring);
		if (pending < 0)
			ring_broken(ring, "more responses than requests");
		for (; pending > 0; pending--)
			if (!take_response(ring, done))
				return;
	} while (!ring->dead && !ring->polled && xsplit_front_enable_event(&ring->core.ring));
}

/* The caller holds the lock. Return: whether queues wait for slots or grants. */
static bool release_requests(struct xbfront_ring *ring, const struct done *done)
{
	struct request *rq;
	bool stalled;

	for (rq = done->first; rq; rq = xbfront_cmd_of(rq)->next)
		release_request(ring, rq);
	stalled = ring->stalled && done->nr;
	if (stalled)
		ring->stalled = false;
	return stalled;
}

static bool copy_and_release_requests(struct xbfront_ring *ring, const struct done *done)
{
	struct request *rq;
	bool stalled;

	for (rq = done->first; rq; rq = xbfront_cmd_of(rq)->next)
		if (needs_copy(rq))
			xbfront_bounce_out(rq);
	spin_lock_bh(&ring->lock);
	stalled = release_requests(ring, done);
	spin_unlock_bh(&ring->lock);
	return stalled;
}

/* The rest of a request whose first part is done is requeued as a smaller request. */
static bool needs_requeue(const struct xbfront_cmd *cmd)
{
	return cmd->truncated && cmd->status == BLK_STS_OK;
}

void xbfront_end_request(struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	if (needs_requeue(cmd) &&
	    blk_update_request(rq, BLK_STS_OK, cmd->sectors << XVBD_SECTOR_SHIFT))
		blk_mq_requeue_request(rq, true);
	else
		blk_mq_end_request(rq, cmd->status);
}

static void end_batch(struct io_comp_batch *iob)
{
	blk_mq_end_request_batch(iob);
}

/*
 * If the disk has one queue, blk_mq_complete_request_remote() raises a softirq for each request,
 * even for one of this CPU, as its caller may be a hard interrupt. We are none. Requests of other
 * CPUs are left to it: it knows which of them to complete here, as it sees which share a cache.
 *
 * Return: whether the caller must end the request.
 */
static bool complete_here(struct request *rq)
{
	if (rq->q->nr_hw_queues > 1 || blk_mq_rq_cpu(rq) != raw_smp_processor_id())
		return !blk_mq_complete_request_remote(rq);
	blk_mq_set_request_complete(rq);
	return true;
}

/* Complete each request on the CPU that submitted it, and in a batch if that is this CPU. */
static void end_requests(struct request *rq, struct io_comp_batch *iob)
{
	while (rq) {
		struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
		struct request *next = cmd->next;
		bool single = cmd->status != BLK_STS_OK || cmd->truncated;

		if (complete_here(rq) &&
		    (single || !blk_mq_add_to_batch(rq, iob, false, end_batch)))
			xbfront_end_request(rq);
		rq = next;
	}
}

/* Use a local batch if the caller has none. */
static void finish_requests(struct xbfront_ring *ring, const struct done *done, bool stalled,
			    struct io_comp_batch *iob)
{
	DEFINE_IO_COMP_BATCH(own);

	if (done->copy)
		stalled = copy_and_release_requests(ring, done);
	if (stalled)
		xbfront_queues_run(done->first->q, ring);
	end_requests(done->first, iob ?: &own);
	if (own.complete)
		own.complete(&own);
}

int xbfront_reap(struct xbfront_ring *ring, struct io_comp_batch *iob)
{
	struct done done = {};
	bool stalled = false;

	spin_lock_bh(&ring->lock);
	if (!ring->dead) {
		take_responses(ring, &done);
		if (!done.copy)
			stalled = release_requests(ring, &done);
	}
	spin_unlock_bh(&ring->lock);
	if (done.nr)
		finish_requests(ring, &done, stalled, iob);
	return done.answers;
}

/*
 * The event channel stays masked until xen_irq_lateeoi() is called: for ever if
 * the backend breaks the ring (XSA-391). A polled ring has requested no events:
 * an event is spurious, and the poller takes the responses.
 */
void xbfront_reply_tasklet(struct tasklet_struct *tasklet)
{
	struct xbfront_ring *ring = from_tasklet(ring, tasklet, tasklet);
	int answers = ring->polled ? 0 : xbfront_reap(ring, NULL);

	if (!READ_ONCE(ring->dead))
		xen_irq_lateeoi(ring->core.irq, answers ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

/* A page that the backend still maps is not freed before it is unmapped. */
static void reclaim_request(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct xbfront_grant *grant;

	for (grant = cmd->bounced ? NULL : cmd->grants; grant; grant = grant->next) {
		gnttab_end_foreign_access(grant->ref, NULL);
		grant->ref = INVALID_GRANT_REF;
	}
	release_request(ring, rq);
}

/* Return: the request in flight that was put into the ring first, or NULL. */
static struct request *find_oldest_request(struct xbfront_ring *ring)
{
	struct request *first = NULL;
	u32 age, max_age = 0;
	unsigned int i;

	for (i = 0; i < ring->core.ring.nr; i++) {
		struct request *rq = ring->slots[i].rq;
		struct xbfront_cmd *cmd = rq ? xbfront_cmd_of(rq) : NULL;

		if (!rq)
			continue;
		age = ring->core.ring.prod - cmd->prod;
		if (!first || age > max_age) {
			first = rq;
			max_age = age;
		}
	}
	return first;
}

void xbfront_requests_fail(struct xbfront_ring *ring)
{
	struct request *rq;

	while ((rq = find_oldest_request(ring))) {
		struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

		reclaim_request(ring, rq);
		cmd->status = BLK_STS_IOERR;
		blk_mq_complete_request(rq);
	}
}

/* Requeue in the order of submission, which the block layer keeps. */
void xbfront_requests_requeue(struct xbfront_ring *ring)
{
	struct request *rq;

	while ((rq = find_oldest_request(ring))) {
		reclaim_request(ring, rq);
		blk_mq_requeue_request(rq, false);
	}
}

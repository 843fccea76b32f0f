// SPDX-License-Identifier: GPL-2.0
/*
 * Responses into ended requests. They are taken in a tasklet, or by who polls:
 * all that wait under one hold of the ring's lock, each judged against what is
 * in flight under its id; then, with the lock open, data is copied to where it
 * belongs and the requests end in one batch.
 */
#include <xen/events.h>

#include "blkfront.h"

/*
 * Requests that are done, in the order of their last answers; @copy: there is data to copy,
 * @answers: how many were taken, also to parts of requests that are not done.
 */
struct done {
	struct request *first;
	struct request *last;
	unsigned int nr;
	unsigned int answers;
	bool copy;
};

/* A response that makes no sense: the back is not to be trusted with more. */
static void ring_broken(struct xbfront_ring *ring, const char *why)
{
	struct xbfront_vbd *vbd = ring->vbd;

	dev_err_ratelimited(&vbd->dev->dev, "response refused: %s\n", why);
	ring->dead = true;
	set_bit(XBFRONT_RING_BROKEN, &vbd->flags);
	xbfront_kick(vbd);
}

blk_status_t xbfront_refused_status(u8 op)
{
	static const blk_status_t statuses[] = {
		[XVBD_REFUSAL_ERROR] = BLK_STS_IOERR,
		[XVBD_REFUSAL_UNSUPPORTED] = BLK_STS_NOTSUPP,
		/* Only a flush without data is sent: nothing is left undone. */
		[XVBD_REFUSAL_DONE] = BLK_STS_OK,
	};
	const struct xvbd_op_trait *trait = xvbd_op_trait(op);

	return trait ? statuses[trait->refusal] : BLK_STS_IOERR;
}

/* What to make of an operation that the back has offered and does not do. */
static blk_status_t refused(struct xbfront_vbd *vbd, u8 op)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(op);

	if (!trait || trait->feature == XVBD_OP_ALWAYS)
		return BLK_STS_IOERR;
	if (trait->secure != XVBD_OP_NEVER)
		clear_bit(XBFRONT_OP_SECURE, &vbd->ops);
	clear_bit(op, &vbd->ops);
	set_bit(XBFRONT_OP_REFUSED, &vbd->flags);
	xbfront_kick(vbd);
	return xbfront_refused_status(op);
}

static blk_status_t status_of(struct xbfront_vbd *vbd, const struct xvbd_response *rsp)
{
	if (rsp->status == XVBD_RSP_OKAY)
		return BLK_STS_OK;
	if (rsp->status == XVBD_RSP_EOPNOTSUPP)
		return refused(vbd, rsp->operation);
	return BLK_STS_IOERR;
}

/* The pages may be used again only once the back cannot reach them (XSA-396). */
static bool end_grants(const struct xbfront_cmd *cmd)
{
	struct xbfront_grant *grant = cmd->bounced ? NULL : cmd->grants;

	for (; grant; grant = grant->next)
		if (!gnttab_end_foreign_access_ref(grant->ref))
			return false;
	return true;
}

/* Everything that a request has of its ring. */
static void release(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	xbfront_slots_put(ring, cmd->slot);
	xbfront_pool_put(ring, xbfront_data_pool(ring, cmd), cmd->grants);
	xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
}

/* Whether the users of a bounced read are still to get their data. */
static bool has_copy(struct request *rq)
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
	done->copy |= has_copy(rq);
}

/* One response. The caller holds the lock. False: the ring is broken. */
static bool take_response(struct xbfront_ring *ring, struct done *done)
{
	struct xbfront_slot *slot = NULL;
	struct xvbd_response rsp;
	enum xvbd_verdict verdict;
	struct xbfront_cmd *cmd;

	xvbd_front_take(&ring->ring, &rsp);
	if (rsp.id < ring->ring.nr)
		slot = &ring->slots[rsp.id];
	verdict = xvbd_response_check(&rsp, slot && slot->waits, slot ? slot->op : 0);
	if (verdict != XVBD_OK) {
		ring_broken(ring, xvbd_verdict_text(verdict));
		return false;
	}
	slot->waits = false;
	done->answers++;
	cmd = xbfront_cmd_of(slot->rq);
	if (cmd->status == BLK_STS_OK)
		cmd->status = status_of(ring->vbd, &rsp);
	if (--cmd->nr_waiting)
		return true;
	if (!end_grants(cmd)) {
		ring_broken(ring, "the back keeps pages of an answered request");
		return false;
	}
	add_done(done, slot->rq);
	return true;
}

/* All that wait; the ring asks for an event at the next. The caller holds the lock. */
static void take_responses(struct xbfront_ring *ring, struct done *done)
{
	int pending;

	do {
		pending = xvbd_front_pending(&ring->ring);
		if (pending < 0)
			ring_broken(ring, "more responses than requests");
		for (; pending > 0; pending--)
			if (!take_response(ring, done))
				return;
	} while (!ring->dead && !ring->polled && xvbd_front_arm(&ring->ring));
}

/* The caller holds the lock. Return: whether somebody waits for what is free now. */
static bool release_all(struct xbfront_ring *ring, const struct done *done)
{
	struct request *rq;
	bool stalled;

	for (rq = done->first; rq; rq = xbfront_cmd_of(rq)->next)
		release(ring, rq);
	stalled = ring->stalled && done->nr;
	if (stalled)
		ring->stalled = false;
	return stalled;
}

static bool copy_and_release(struct xbfront_ring *ring, const struct done *done)
{
	struct request *rq;
	bool stalled;

	for (rq = done->first; rq; rq = xbfront_cmd_of(rq)->next)
		if (has_copy(rq))
			xbfront_bounce_out(rq);
	spin_lock_bh(&ring->lock);
	stalled = release_all(ring, done);
	spin_unlock_bh(&ring->lock);
	return stalled;
}

/* What is left of a request comes again, as a smaller one. */
static bool is_continued(const struct xbfront_cmd *cmd)
{
	return cmd->partial && cmd->status == BLK_STS_OK;
}

void xbfront_end_request(struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	if (is_continued(cmd) &&
	    blk_update_request(rq, BLK_STS_OK, cmd->sectors << XVBD_SECTOR_SHIFT))
		blk_mq_requeue_request(rq, true);
	else
		blk_mq_end_request(rq, cmd->status);
}

static void end_batch(struct io_comp_batch *iob)
{
	blk_mq_end_request_batch(iob);
}

/* On the CPU that wants to know, and in one go where that is this one. */
static void end_all(struct request *rq, struct io_comp_batch *iob)
{
	while (rq) {
		struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
		struct request *next = cmd->next;
		bool single = cmd->status != BLK_STS_OK || cmd->partial;

		if (!blk_mq_complete_request_remote(rq) &&
		    (single || !blk_mq_add_to_batch(rq, iob, false, end_batch)))
			xbfront_end_request(rq);
		rq = next;
	}
}

/* Who polls without a batch of his own gets one. */
static void finish(struct xbfront_ring *ring, const struct done *done, bool stalled,
		   struct io_comp_batch *iob)
{
	DEFINE_IO_COMP_BATCH(own);

	if (done->copy)
		stalled = copy_and_release(ring, done);
	if (stalled)
		xbfront_queues_run(done->first->q, ring);
	end_all(done->first, iob ?: &own);
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
			stalled = release_all(ring, &done);
	}
	spin_unlock_bh(&ring->lock);
	if (done.nr)
		finish(ring, &done, stalled, iob);
	return done.answers;
}

/*
 * The event channel stays masked until xen_irq_lateeoi(): for good, if the
 * back breaks the ring (XSA-391). An event of a polled ring was not asked for,
 * and its requests end where they are polled for, not here.
 */
void xbfront_reply_tasklet(struct tasklet_struct *tasklet)
{
	struct xbfront_ring *ring = from_tasklet(ring, tasklet, tasklet);
	int answers = ring->polled ? 0 : xbfront_reap(ring, NULL);

	if (!READ_ONCE(ring->dead))
		xen_irq_lateeoi(ring->irq, answers ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

/* A page that the back still holds is kept until it lets go. */
static void take_back(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct xbfront_grant *grant;

	for (grant = cmd->bounced ? NULL : cmd->grants; grant; grant = grant->next) {
		gnttab_end_foreign_access(grant->ref, NULL);
		grant->ref = INVALID_GRANT_REF;
	}
	release(ring, rq);
}

/* The request in flight that was put into the ring first, or NULL. */
static struct request *oldest(struct xbfront_ring *ring)
{
	struct request *first = NULL;
	u32 age, most = 0;
	unsigned int i;

	for (i = 0; i < ring->ring.nr; i++) {
		struct request *rq = ring->slots[i].rq;
		struct xbfront_cmd *cmd = rq ? xbfront_cmd_of(rq) : NULL;

		if (!rq)
			continue;
		age = ring->ring.prod - cmd->order;
		if (!first || age > most) {
			first = rq;
			most = age;
		}
	}
	return first;
}

void xbfront_requests_fail(struct xbfront_ring *ring)
{
	struct request *rq;

	while ((rq = oldest(ring))) {
		struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

		take_back(ring, rq);
		cmd->status = BLK_STS_IOERR;
		blk_mq_complete_request(rq);
	}
}

/* In the order in which they came: the block layer keeps it. */
void xbfront_requests_requeue(struct xbfront_ring *ring)
{
	struct request *rq;

	while ((rq = oldest(ring))) {
		take_back(ring, rq);
		blk_mq_requeue_request(rq, false);
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Block requests into slots of the ring, and out again.
 */
#include <xen/events.h>
#include <xen/page.h>

#include "blkfront.h"

/*
 * What a segment list in the making looks like. Pieces of a request that touch
 * inside one granted page become one segment, as the block layer counted them.
 */
struct gather {
	struct xbfront_ring *ring;
	struct xbfront_slot *slot;
	struct xvbd_request *wire;
	unsigned long gfn;
};

static bool add_piece(struct gather *g, unsigned long gfn, unsigned int offset, unsigned int len)
{
	struct xvbd_request *wire = g->wire;
	u8 first = offset >> XVBD_SECTOR_SHIFT;
	u8 last = first + (len >> XVBD_SECTOR_SHIFT) - 1;
	struct xvbd_segment *seg;
	grant_ref_t gref;

	if (wire->nr_segments && g->gfn == gfn) {
		seg = &wire->seg[wire->nr_segments - 1];
		if (seg->last_sect + 1 == first) {
			seg->last_sect = last;
			return true;
		}
	}
	if (wire->nr_segments == XVBD_MAX_SEGMENTS)
		return false;
	gref = g->slot->gref[wire->nr_segments];
	gnttab_grant_foreign_access_ref(gref, g->ring->vbd->dev->otherend_id, gfn,
					wire->operation != XVBD_OP_READ);
	wire->seg[wire->nr_segments++] = (struct xvbd_segment){ gref, first, last };
	g->gfn = gfn;
	return true;
}

static bool gather_segments(struct gather *g, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		unsigned long gfn = xen_page_to_gfn(bv.bv_page) + (bv.bv_offset >> XEN_PAGE_SHIFT);
		unsigned int offset = bv.bv_offset & ~XEN_PAGE_MASK;
		unsigned int left = bv.bv_len;

		while (left) {
			unsigned int len = min_t(unsigned int, left, XEN_PAGE_SIZE - offset);

			if (!add_piece(g, gfn, offset, len))
				return false;
			left -= len;
			offset = 0;
			gfn++;
		}
	}
	return true;
}

/* What the disk was set up to be asked for. */
static const struct {
	enum req_op op;
	u8 wire;
} wire_ops[] = {
	{ REQ_OP_READ, XVBD_OP_READ },
	{ REQ_OP_WRITE, XVBD_OP_WRITE },
	{ REQ_OP_FLUSH, XVBD_OP_FLUSH },
};

static bool find_op(const struct request *rq, u8 *wire)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wire_ops); i++) {
		if (wire_ops[i].op != req_op(rq))
			continue;
		*wire = wire_ops[i].wire;
		return true;
	}
	return false;
}

/* Grant the request's pages and describe it. False: not for this disk. */
static bool describe(struct xbfront_ring *ring, struct request *rq, struct xvbd_request *wire)
{
	struct gather g = { ring, &ring->slots[rq->tag], wire };

	wire->nr_segments = 0;
	if (!find_op(rq, &wire->operation))
		return false;
	wire->handle = ring->vbd->handle;
	wire->id = rq->tag;
	wire->sector = 0;
	wire->nr_sectors = 0;
	if (wire->operation == XVBD_OP_FLUSH)
		return true;
	wire->sector = blk_rq_pos(rq);
	return gather_segments(&g, rq);
}

/* Put the request into its slot. False: the ring is dead. */
static bool put_request(struct xbfront_ring *ring, struct request *rq,
			const struct xvbd_request *wire, bool push, bool *notify)
{
	struct xbfront_slot *slot = &ring->slots[rq->tag];
	unsigned long flags;
	bool alive;

	spin_lock_irqsave(&ring->lock, flags);
	alive = !ring->dead;
	if (alive) {
		slot->op = wire->operation;
		slot->nr = wire->nr_segments;
		slot->rq = rq;
		xvbd_front_put(&ring->ring, wire);
		*notify = push && xvbd_front_push(&ring->ring);
	}
	spin_unlock_irqrestore(&ring->lock, flags);
	return alive;
}

/* Of a slot that the back has never seen. */
static void ungrant(struct xbfront_slot *slot, unsigned int nr)
{
	while (nr--)
		gnttab_end_foreign_access_ref(slot->gref[nr]);
}

/*
 * The rings of a parked disk come and go, while its queue stands still; a disk
 * that is gone for good has none.
 */
static struct xbfront_ring *ring_of(struct blk_mq_hw_ctx *hctx)
{
	struct xbfront_vbd *vbd = hctx->driver_data;

	return READ_ONCE(vbd->gone) ? NULL : &vbd->rings[hctx->queue_num];
}

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct xbfront_ring *ring = ring_of(hctx);
	struct request *rq = bd->rq;
	struct xvbd_request wire;
	bool notify = false;

	if (!ring)
		return BLK_STS_IOERR;
	blk_mq_start_request(rq);
	if (!describe(ring, rq, &wire) || !put_request(ring, rq, &wire, bd->last, &notify)) {
		ungrant(&ring->slots[rq->tag], wire.nr_segments);
		return BLK_STS_IOERR;
	}
	if (notify)
		notify_remote_via_irq(ring->irq);
	return BLK_STS_OK;
}

/* The end of a batch whose last request did not say that it was the last. */
static void commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct xbfront_ring *ring = ring_of(hctx);
	unsigned long flags;
	bool notify = false;

	if (!ring)
		return;
	spin_lock_irqsave(&ring->lock, flags);
	if (!ring->dead && ring->ring.prod != ring->ring.pushed)
		notify = xvbd_front_push(&ring->ring);
	spin_unlock_irqrestore(&ring->lock, flags);
	if (notify)
		notify_remote_via_irq(ring->irq);
}

static const struct {
	s16 wire;
	blk_status_t status;
} statuses[] = {
	{ XVBD_RSP_OKAY, BLK_STS_OK },
	{ XVBD_RSP_ERROR, BLK_STS_IOERR },
	{ XVBD_RSP_EOPNOTSUPP, BLK_STS_NOTSUPP },
};

static blk_status_t status_of(s16 wire)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].wire == wire)
			return statuses[i].status;
	return BLK_STS_IOERR;
}

static void end_slot(struct xbfront_slot *slot, blk_status_t status)
{
	struct request *rq = slot->rq;
	struct xbfront_cmd *cmd = blk_mq_rq_to_pdu(rq);

	slot->rq = NULL;
	cmd->status = status;
	blk_mq_complete_request(rq);
}

bool xbfront_request_done(struct xbfront_ring *ring, struct xbfront_slot *slot, s16 status)
{
	unsigned int i;

	/* The pages may be used again only once the back cannot reach them (XSA-396). */
	for (i = 0; i < slot->nr; i++)
		if (!gnttab_end_foreign_access_ref(slot->gref[i]))
			return false;
	end_slot(slot, status_of(status));
	return true;
}

/* A page that the back still holds is kept until it lets go. */
static struct request *take_back(struct xbfront_slot *slot)
{
	struct request *rq = slot->rq;
	unsigned int i;

	for (i = 0; rq && i < slot->nr; i++) {
		gnttab_end_foreign_access(slot->gref[i], NULL);
		slot->gref[i] = INVALID_GRANT_REF;
	}
	return rq;
}

void xbfront_requests_fail(struct xbfront_ring *ring)
{
	unsigned int i;

	for (i = 0; i < ring->ring.nr; i++)
		if (take_back(&ring->slots[i]))
			end_slot(&ring->slots[i], BLK_STS_IOERR);
}

void xbfront_requests_requeue(struct xbfront_ring *ring)
{
	unsigned int i;

	for (i = 0; i < ring->ring.nr; i++) {
		struct request *rq = take_back(&ring->slots[i]);

		if (!rq)
			continue;
		ring->slots[i].rq = NULL;
		blk_mq_requeue_request(rq, false);
	}
}

static void end_request(struct request *rq)
{
	struct xbfront_cmd *cmd = blk_mq_rq_to_pdu(rq);

	blk_mq_end_request(rq, cmd->status);
}

static int init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index)
{
	hctx->driver_data = data;
	return 0;
}

const struct blk_mq_ops xbfront_mq_ops = {
	.queue_rq = queue_rq,
	.commit_rqs = commit_rqs,
	.complete = end_request,
	.init_hctx = init_hctx,
};

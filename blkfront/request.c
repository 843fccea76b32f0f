// SPDX-License-Identifier: GPL-2.0
/*
 * Block requests into slots of a ring.
 *
 * A request takes what it needs, slots and grants, under the ring's lock; its
 * pages are granted, or copied, outside of it; each part is put into the ring
 * under it; the last request of a batch shows them to the back, which is then
 * notified once, outside.
 *
 * A request is one slot, unless it has more pages than the back takes in one.
 * That is so for what was queued for a former back that took more, and where
 * memory for indirect segments is short. Where grants are short, the first part of a
 * request is done, and the rest of it comes again.
 */
#include <xen/events.h>
#include <xen/page.h>

#include "blkfront.h"

/* What a block request is on the wire. */
struct kind {
	u8 op;
	bool known;
	bool data;
	bool secure;
};

/* By enum req_op. */
static const struct kind kinds[] = {
	[REQ_OP_READ] = { XVBD_OP_READ, .known = true, .data = true },
	[REQ_OP_WRITE] = { XVBD_OP_WRITE, .known = true, .data = true },
	[REQ_OP_FLUSH] = { XVBD_OP_FLUSH, .known = true },
	[REQ_OP_DISCARD] = { XVBD_OP_DISCARD, .known = true },
	[REQ_OP_SECURE_ERASE] = { XVBD_OP_DISCARD, .known = true, .secure = true },
};

/**
 * struct put - a request on its way into the ring
 * @ring:  which
 * @grant: the next one for its data
 * @table: the next page for indirect segments
 * @left:  segments that are still to come
 * @cap:   of segments in one part
 * @slot:  of the part that is being made
 * @push:  show the back all there is, after the last part
 * @notify: the back wants to be told
 * @indirect: where the segments of this part go, or NULL: into @wire
 * @sectors: data in this part
 * @wire:  this part
 */
struct put {
	struct xbfront_ring *ring;
	struct xbfront_grant *grant;
	struct xbfront_grant *table;
	unsigned int left;
	unsigned int cap;
	u16 slot;
	bool push;
	bool notify;
	u8 *indirect;
	unsigned int sectors;
	struct xvbd_request wire;
};

/*
 * Whether a page is mapped from another domain. Swap and file systems use the same
 * flag for pages of their own.
 */
static bool is_foreign(struct page *page)
{
	struct folio *folio;

	if (likely(!PageForeign(page)))
		return false;
	folio = page_folio(page);
	return !folio_test_swapbacked(folio) && !READ_ONCE(folio->mapping);
}

/* Xen lets no domain grant a page that it does not own. */
static bool has_foreign_page(struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter)
		if (is_foreign(bv.bv_page))
			return true;
	return false;
}

/* Pages, or pieces of pages, that a request's data is shown in: one segment each. */
static unsigned int count_segments(const struct xbfront_ring *ring, struct request *rq)
{
	unsigned int nr = DIV_ROUND_UP(blk_rq_bytes(rq), XEN_PAGE_SIZE);
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct req_iterator iter;
	struct bio_vec bv;

	cmd->bounced = nr <= ring->bounced_segments || has_foreign_page(rq);
	if (cmd->bounced)
		return nr;
	if (PAGE_SIZE == XEN_PAGE_SIZE)
		return blk_rq_nr_phys_segments(rq);
	nr = 0;
	rq_for_each_segment(bv, rq, iter)
		nr += XEN_PFN_UP(bv.bv_offset + bv.bv_len) - XEN_PFN_DOWN(bv.bv_offset);
	return nr;
}

/* Parts of a request that have more segments than a slot. */
static unsigned int count_tables(unsigned int nr, unsigned int cap)
{
	return nr / cap + (nr % cap > XVBD_MAX_SEGMENTS);
}

/*
 * Pages for the segments of @nr, if they do not fit into a slot. Where there are none the
 * parts are smaller.
 */
static void take_tables(struct xbfront_ring *ring, struct xbfront_cmd *cmd, struct put *p,
			unsigned int nr)
{
	struct xbfront_pool *pool = xbfront_table_pool(ring);
	int nr_tables = count_tables(nr, ring->max_segments);

	p->cap = XVBD_MAX_SEGMENTS;
	if (nr <= XVBD_MAX_SEGMENTS || ring->max_segments == XVBD_MAX_SEGMENTS)
		return;
	if (xbfront_pool_ready(ring, pool, nr_tables) != nr_tables)
		return;
	cmd->tables = xbfront_pool_take(pool, nr_tables);
	p->cap = ring->max_segments;
}

/*
 * The back keeps the grants of what is small (ring->bounced_segments): a request whose
 * grants end with it may have no small part.
 *
 * Return: how many of @nr segments can go in parts of @cap; the rest comes again.
 */
static unsigned int fit_parts(const struct xbfront_ring *ring, unsigned int nr, unsigned int cap)
{
	unsigned int rest = nr % cap;

	if (cap <= ring->bounced_segments)
		return 0;
	return rest > ring->bounced_segments ? nr : nr - rest;
}

/* Once for a disk: it goes on so until there are more. */
static void tell_short(struct xbfront_vbd *vbd, unsigned int wanted, unsigned int nr)
{
	if (!test_and_set_bit(XBFRONT_SHORT, &vbd->flags))
		dev_warn(&vbd->dev->dev,
			 "grant references or memory are short: a request of %u pages is done in parts, of %u; raise max_grant_frames of this domain\n",
			 wanted, nr);
}

/* The caller holds the lock. 0: its data must go through our pages; -EAGAIN: wait. */
static int take_direct(struct xbfront_ring *ring, struct xbfront_cmd *cmd, struct put *p)
{
	int ready = xbfront_pool_ready(ring, &ring->data, p->left);
	int nr;

	if (ready <= 0)
		return ready;
	take_tables(ring, cmd, p, ready);
	nr = fit_parts(ring, ready, p->cap);
	if (nr) {
		cmd->grants = xbfront_pool_take(&ring->data, nr);
		if (unlikely(ready < p->left))
			tell_short(ring->vbd, p->left, nr);
	} else {
		xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
		cmd->tables = NULL;
	}
	return nr;
}

/* The caller holds the lock. */
static int take_bounced(struct xbfront_ring *ring, struct xbfront_cmd *cmd, struct put *p)
{
	int nr = xbfront_pool_ready(ring, &ring->pages, p->left);

	if (nr <= 0)
		return -EAGAIN;
	if (unlikely(nr < p->left))
		tell_short(ring->vbd, p->left, nr);
	cmd->grants = xbfront_pool_take(&ring->pages, nr);
	take_tables(ring, cmd, p, nr);
	return nr;
}

/* The caller holds the lock. False: what is needed comes when others have ended. */
static bool take_grants(struct xbfront_ring *ring, struct request *rq, struct put *p)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	int nr = 0;

	if (!cmd->bounced)
		nr = take_direct(ring, cmd, p);
	if (!nr) {
		cmd->bounced = true;
		p->left = DIV_ROUND_UP(blk_rq_bytes(rq), XEN_PAGE_SIZE);
		nr = take_bounced(ring, cmd, p);
	}
	if (nr < 0)
		return false;
	cmd->partial = nr < p->left;
	p->left = nr;
	return true;
}

/*
 * A ring may be dead for a moment before the handshake has decided: either the disk is killed,
 * and its requests fail, or it is parked, and they are done by another back. Until then the
 * block layer offers a request again and again.
 */
static blk_status_t status_of_dead(const struct xbfront_vbd *vbd)
{
	return test_bit(XBFRONT_KILLED, &vbd->flags) ? BLK_STS_IOERR : BLK_STS_RESOURCE;
}

/* The caller holds the lock. */
static blk_status_t take_all(struct xbfront_ring *ring, struct request *rq, struct put *p)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	unsigned int nr_parts;

	if (ring->dead)
		return status_of_dead(ring->vbd);
	if (p->left && !take_grants(ring, rq, p))
		return BLK_STS_RESOURCE;
	nr_parts = max(DIV_ROUND_UP(p->left, p->cap), 1U);
	if (ring->nr_free_slots < nr_parts) {
		xbfront_pool_put(ring, xbfront_data_pool(ring, cmd), cmd->grants);
		xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
		return BLK_STS_RESOURCE;
	}
	cmd->slot = xbfront_slots_take(ring, rq, nr_parts);
	cmd->nr_waiting = 1;
	cmd->order = ring->ring.prod;
	return BLK_STS_OK;
}

/*
 * A request that finds too little comes again when others have ended: either the
 * ring has been told so, or, since that may happen before the block layer has
 * put the request back, a moment later.
 */
static blk_status_t take(struct xbfront_ring *ring, struct request *rq, struct put *p)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	blk_status_t status;

	cmd->grants = NULL;
	cmd->tables = NULL;
	cmd->status = BLK_STS_OK;
	cmd->partial = false;
	cmd->sectors = 0;
	spin_lock_bh(&ring->lock);
	status = take_all(ring, rq, p);
	if (status == BLK_STS_RESOURCE)
		ring->stalled = true;
	spin_unlock_bh(&ring->lock);
	p->grant = cmd->grants;
	p->table = cmd->tables;
	p->slot = cmd->slot;
	return status;
}

/*
 * Into the ring, also if that is dead by now: who stopped it takes all back.
 * After the last part the request may be gone.
 */
static void put_part(struct put *p, struct request *rq, bool last)
{
	struct xbfront_ring *ring = p->ring;
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct xbfront_slot *slot = &ring->slots[p->slot];

	p->wire.id = p->slot;
	p->slot = slot->next;
	spin_lock_bh(&ring->lock);
	slot->op = p->wire.operation;
	slot->waits = true;
	xvbd_front_put(&ring->ring, &p->wire);
	if (!last)
		cmd->nr_waiting++;
	else if (p->push)
		p->notify = xvbd_front_push(&ring->ring);
	spin_unlock_bh(&ring->lock);
}

static void begin_part(struct put *p)
{
	unsigned int nr = min(p->left, p->cap);

	p->wire.sector += p->sectors;
	p->sectors = 0;
	p->wire.nr_segments = 0;
	p->wire.indirect = nr > XVBD_MAX_SEGMENTS;
	p->indirect = NULL;
	if (!p->wire.indirect)
		return;
	p->wire.page_gref[0] = p->table->ref;
	p->indirect = page_address(p->table->page);
	p->table = p->table->next;
}

static void add_segment(struct put *p, struct request *rq, unsigned int offset, unsigned int len)
{
	struct xvbd_segment seg = {
		.first_sect = offset >> XVBD_SECTOR_SHIFT,
		.last_sect = ((offset + len) >> XVBD_SECTOR_SHIFT) - 1,
	};

	if (p->wire.nr_segments == p->cap) {
		put_part(p, rq, false);
		begin_part(p);
	}
	seg.gref = p->grant->ref;
	p->grant = p->grant->next;
	if (p->indirect)
		xvbd_segment_encode(&seg, p->indirect + p->wire.nr_segments * XVBD_SEGMENT_SIZE);
	else
		p->wire.seg[p->wire.nr_segments] = seg;
	p->wire.nr_segments++;
	p->sectors += len >> XVBD_SECTOR_SHIFT;
	xbfront_cmd_of(rq)->sectors += len >> XVBD_SECTOR_SHIFT;
	p->left--;
}

/* Our pages are granted already; the data of a write is copied into them. */
static void put_bounced(struct put *p, struct request *rq)
{
	unsigned int left = min_t(unsigned int, blk_rq_bytes(rq), p->left << XEN_PAGE_SHIFT);

	if (p->wire.operation == XVBD_OP_WRITE)
		xbfront_bounce_in(rq);
	while (left) {
		unsigned int len = min_t(unsigned int, left, XEN_PAGE_SIZE);

		left -= len;
		add_segment(p, rq, 0, len);
	}
}

static void put_granted(struct put *p, struct request *rq)
{
	domid_t back = p->ring->vbd->dev->otherend_id;
	bool readonly = p->wire.operation == XVBD_OP_WRITE;
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		unsigned long gfn = xen_page_to_gfn(bv.bv_page) + (bv.bv_offset >> XEN_PAGE_SHIFT);
		unsigned int offset = bv.bv_offset & ~XEN_PAGE_MASK;
		unsigned int left = bv.bv_len;

		while (left) {
			unsigned int len = min_t(unsigned int, left, XEN_PAGE_SIZE - offset);

			if (!p->grant) {
				if (WARN_ON_ONCE(!cmd->partial))
					cmd->status = BLK_STS_IOERR;
				return;
			}
			gnttab_grant_foreign_access_ref(p->grant->ref, back, gfn++, readonly);
			left -= len;
			add_segment(p, rq, offset, len);
			offset = 0;
		}
	}
}

static void put_data(struct put *p, struct request *rq)
{
	if (xbfront_cmd_of(rq)->bounced)
		put_bounced(p, rq);
	else
		put_granted(p, rq);
}

/* A request whose operation the back does not do (any more). */
static blk_status_t end_undone(struct request *rq, u8 op)
{
	blk_mq_start_request(rq);
	blk_mq_end_request(rq, xbfront_refused_status(op));
	return BLK_STS_OK;
}

/* What is polled for ends in a process, whose CPU keeps its bios; what is not, anywhere. */
static void end_anywhere(struct request *rq)
{
	struct bio *bio;

	__rq_for_each_bio(bio, rq)
		bio->bi_opf &= ~REQ_ALLOC_CACHE;
}

/* NULL: nothing that the protocol has. */
static const struct kind *kind_of(struct request *rq)
{
	u32 op = (__force u32)req_op(rq);

	return op < ARRAY_SIZE(kinds) && kinds[op].known ? &kinds[op] : NULL;
}

/* False: not for this back. */
static bool find_op(const struct xbfront_vbd *vbd, const struct kind *kind, u8 *op)
{
	*op = kind->op;
	if (kind->secure && !test_bit(XBFRONT_OP_SECURE, &vbd->ops))
		return false;
	if (test_bit(kind->op, &vbd->ops))
		return true;
	/* An old back has no flush, but a barrier that does as much. */
	*op = XVBD_OP_BARRIER;
	return kind->op == XVBD_OP_FLUSH && test_bit(XVBD_OP_BARRIER, &vbd->ops);
}

/* The end of a batch whose last request was not put into the ring. */
void xbfront_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct xbfront_ring *ring = READ_ONCE(hctx->driver_data);
	bool notify = false;

	if (!ring)
		return;
	spin_lock_bh(&ring->lock);
	if (!ring->dead && ring->ring.prod != ring->ring.pushed)
		notify = xvbd_front_push(&ring->ring);
	spin_unlock_bh(&ring->lock);
	if (notify)
		notify_remote_via_irq(ring->irq);
}

blk_status_t xbfront_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct xbfront_ring *ring = READ_ONCE(hctx->driver_data);
	struct request *rq = bd->rq;
	const struct kind *kind = kind_of(rq);
	struct put p;
	blk_status_t status;

	if (!ring || !kind)
		return BLK_STS_IOERR;
	if (!find_op(ring->vbd, kind, &p.wire.operation)) {
		if (bd->last)
			xbfront_commit_rqs(hctx);
		return end_undone(rq, kind->op);
	}
	/* Its ring was polled with a former back. */
	if (rq->cmd_flags & REQ_POLLED && !ring->polled)
		end_anywhere(rq);
	p.ring = ring;
	p.left = kind->data ? count_segments(ring, rq) : 0;
	p.cap = XVBD_MAX_SEGMENTS;
	p.push = bd->last;
	p.notify = false;
	p.sectors = 0;
	p.wire.handle = ring->vbd->handle;
	p.wire.secure = kind->secure;
	p.wire.sector = req_op(rq) == REQ_OP_FLUSH ? 0 : blk_rq_pos(rq);
	p.wire.nr_sectors = xvbd_op_traits[kind->op].has_length ? blk_rq_sectors(rq) : 0;
	status = take(ring, rq, &p);
	if (status != BLK_STS_OK)
		return status;

	blk_mq_start_request(rq);
	begin_part(&p);
	if (kind->data)
		put_data(&p, rq);
	put_part(&p, rq, true);
	if (p.notify)
		notify_remote_via_irq(ring->irq);
	return BLK_STS_OK;
}

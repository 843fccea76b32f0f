// SPDX-License-Identifier: GPL-2.0
/*
 * Block requests into slots of a ring.
 *
 * A request takes its slots and grants under the lock of the ring. Without the
 * lock, its pages are granted, or its data is copied. Each part is put into the
 * ring under the lock. The last request of a batch publishes all requests, and
 * then notifies the backend once, without the lock.
 *
 * A request takes one slot, unless it has more pages than the backend accepts
 * in one slot. This happens if the request was queued for a former backend with
 * a higher limit, or if pages for indirect segments are short. If grants are
 * short, the first part of a request is executed, and the rest is requeued.
 */
#include <xen/events.h>
#include <xen/page.h>

#include "blkfront.h"

/* How a block request is sent. @flags: XVBD_FLAG_* */
struct kind {
	u8 op;
	u8 flags;
	bool known;
	bool data;
};

/* Indexed by enum req_op. */
static const struct kind kinds[] = {
	[REQ_OP_READ] = { XVBD_OP_READ, .known = true, .data = true },
	[REQ_OP_WRITE] = { XVBD_OP_WRITE, .known = true, .data = true },
	[REQ_OP_FLUSH] = { XVBD_OP_FLUSH, .known = true },
	[REQ_OP_DISCARD] = { XVBD_OP_DISCARD, .known = true },
	[REQ_OP_SECURE_ERASE] = { XVBD_OP_DISCARD, XVBD_FLAG_SECURE, .known = true },
	[REQ_OP_WRITE_ZEROES] = { XVBD_OP_WRITE_ZEROES, .known = true },
};

/**
 * struct rq_build - a request that is being put into the ring
 * @ring:  the ring
 * @grant: next grant for the data
 * @table: next grant whose page takes indirect segments
 * @left:  number of segments that are not yet in a part
 * @cap:   maximum of segments in one part
 * @slot:  slot of the current part
 * @push:  publish all requests in the ring after the last part
 * @notify: the backend has requested a notification
 * @indirect: page for the segments of the current part; NULL: they are in @wire
 * @sectors: data of the current part, in units of 512 bytes
 * @wire:  the current part
 */
struct rq_build {
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
 * Return: whether the page is mapped from another domain. Swap and file systems
 * use the same page flag for their own pages.
 */
static bool is_foreign(struct page *page)
{
	struct folio *folio;

	if (likely(!PageForeign(page)))
		return false;
	folio = page_folio(page);
	return !folio_test_swapbacked(folio) && !READ_ONCE(folio->mapping);
}

/* Xen does not allow a domain to grant a page that it does not own. */
static bool has_foreign_page(struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter)
		if (is_foreign(bv.bv_page))
			return true;
	return false;
}

/* Return: the number of segments: Xen pages, or pieces of them, with data of the request. */
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

/* Return: the number of parts with more segments than fit into a slot. */
static unsigned int count_tables(unsigned int nr, unsigned int cap)
{
	return nr / cap + (nr % cap > XVBD_MAX_SEGMENTS);
}

/*
 * Allocate pages for @nr segments that do not fit into a slot. If there are too few
 * pages, use smaller parts instead.
 */
static void alloc_tables(struct xbfront_ring *ring, struct xbfront_cmd *cmd, struct rq_build *b,
			 unsigned int nr)
{
	struct xbfront_pool *pool = xbfront_table_pool(ring);
	int nr_tables = count_tables(nr, ring->max_segments);

	b->cap = XVBD_MAX_SEGMENTS;
	if (nr <= XVBD_MAX_SEGMENTS || ring->max_segments == XVBD_MAX_SEGMENTS)
		return;
	if (xbfront_pool_ready(ring, pool, nr_tables) != nr_tables)
		return;
	cmd->tables = xbfront_pool_take(pool, nr_tables);
	b->cap = ring->max_segments;
}

/*
 * Grants of direct requests are revoked when the request completes. The backend keeps
 * the grants of small parts mapped, up to ring->bounced_segments segments, so no part
 * of a direct request may be small.
 *
 * Return: how many of @nr segments can be sent in parts of up to @cap segments; the
 * rest is requeued.
 */
static unsigned int count_usable_segments(const struct xbfront_ring *ring, unsigned int nr,
					  unsigned int cap)
{
	unsigned int rest = nr % cap;

	if (cap <= ring->bounced_segments)
		return 0;
	return rest > ring->bounced_segments ? nr : nr - rest;
}

/* Warn once per disk: the shortage lasts until the guest has more grants. */
static void warn_shortage(struct xbfront_vbd *vbd, unsigned int wanted, unsigned int nr)
{
	if (!test_and_set_bit(XBFRONT_SHORTAGE_LOGGED, &vbd->flags))
		dev_warn(&vbd->core.dev->dev,
			 "grant references or memory are short: a request of %u pages is done in parts, of %u; raise max_grant_frames of this domain\n",
			 wanted, nr);
}

/*
 * The caller holds the lock. Return: the number of segments to send; 0: copy the data through our
 * pages; -EAGAIN: wait.
 */
static int alloc_direct(struct xbfront_ring *ring, struct xbfront_cmd *cmd, struct rq_build *b)
{
	int ready = xbfront_pool_ready(ring, &ring->data, b->left);
	int nr;

	if (ready <= 0)
		return ready;
	alloc_tables(ring, cmd, b, ready);
	nr = count_usable_segments(ring, ready, b->cap);
	if (nr) {
		cmd->grants = xbfront_pool_take(&ring->data, nr);
		if (unlikely(ready < b->left))
			warn_shortage(xbfront_vbd_of(ring), b->left, nr);
	} else {
		xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
		cmd->tables = NULL;
	}
	return nr;
}

/* The caller holds the lock. Return: the number of segments to send, or -EAGAIN: wait. */
static int alloc_bounced(struct xbfront_ring *ring, struct xbfront_cmd *cmd, struct rq_build *b)
{
	int nr = xbfront_pool_ready(ring, &ring->pages, b->left);

	if (nr <= 0)
		return -EAGAIN;
	if (unlikely(nr < b->left))
		warn_shortage(xbfront_vbd_of(ring), b->left, nr);
	cmd->grants = xbfront_pool_take(&ring->pages, nr);
	alloc_tables(ring, cmd, b, nr);
	return nr;
}

/* The caller holds the lock. Return: false if it must wait for grants of other requests. */
static bool alloc_grants(struct xbfront_ring *ring, struct request *rq, struct rq_build *b)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	int nr = 0;

	if (!cmd->bounced)
		nr = alloc_direct(ring, cmd, b);
	if (!nr) {
		cmd->bounced = true;
		b->left = DIV_ROUND_UP(blk_rq_bytes(rq), XEN_PAGE_SIZE);
		nr = alloc_bounced(ring, cmd, b);
	}
	if (nr < 0)
		return false;
	cmd->truncated = nr < b->left;
	b->left = nr;
	return true;
}

/*
 * A ring may be dead for a moment before the handshake has handled the cause. If it then kills
 * the disk, requests fail. If it parks the disk, requests go to another backend. Until then the
 * block layer retries a request.
 */
static blk_status_t status_of_dead(const struct xbfront_vbd *vbd)
{
	return test_bit(XBFRONT_KILLED, &vbd->flags) ? BLK_STS_IOERR : BLK_STS_RESOURCE;
}

/* The caller holds the lock. */
static blk_status_t alloc_all(struct xbfront_ring *ring, struct request *rq, struct rq_build *b)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	unsigned int nr_parts;

	if (ring->dead)
		return status_of_dead(xbfront_vbd_of(ring));
	if (b->left && !alloc_grants(ring, rq, b))
		return BLK_STS_RESOURCE;
	nr_parts = max(DIV_ROUND_UP(b->left, b->cap), 1U);
	if (ring->nr_free_slots < nr_parts) {
		xbfront_pool_put(ring, xbfront_data_pool(ring, cmd), cmd->grants);
		xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
		return BLK_STS_RESOURCE;
	}
	cmd->slot = xbfront_slots_take(ring, rq, nr_parts);
	cmd->nr_in_flight = 1;
	cmd->prod = ring->core.ring.prod;
	return BLK_STS_OK;
}

/*
 * If slots or grants are short, the request is retried when others have
 * completed: the next completion sees @stalled and runs the queues. That may
 * happen before the block layer has put the request back; therefore
 * BLK_STS_RESOURCE also has it retried after a short delay.
 */
static blk_status_t alloc_resources(struct xbfront_ring *ring, struct request *rq,
				    struct rq_build *b)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	blk_status_t status;

	cmd->grants = NULL;
	cmd->tables = NULL;
	cmd->status = BLK_STS_OK;
	cmd->truncated = false;
	cmd->sectors = 0;
	spin_lock_bh(&ring->lock);
	status = alloc_all(ring, rq, b);
	if (status == BLK_STS_RESOURCE)
		ring->stalled = true;
	spin_unlock_bh(&ring->lock);
	b->grant = cmd->grants;
	b->table = cmd->tables;
	b->slot = cmd->slot;
	return status;
}

/*
 * Put a part into the ring, even if the ring is dead by now: the code that
 * stopped the ring takes all requests back. After the last part, @rq may have
 * been completed and must not be used.
 */
static void emit_part(struct rq_build *b, struct request *rq, bool last)
{
	struct xbfront_ring *ring = b->ring;
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct xbfront_slot *slot = &ring->slots[b->slot];

	b->wire.id = b->slot;
	b->slot = slot->next;
	spin_lock_bh(&ring->lock);
	slot->op = b->wire.operation;
	slot->in_flight = true;
	xvbd_front_put(&ring->core.ring, xvbd_native, &b->wire);
	if (!last)
		cmd->nr_in_flight++;
	else if (b->push)
		b->notify = xsplit_front_push(&ring->core.ring);
	spin_unlock_bh(&ring->lock);
}

static void begin_part(struct rq_build *b)
{
	unsigned int nr = min(b->left, b->cap);

	b->wire.sector += b->sectors;
	b->sectors = 0;
	b->wire.nr_segments = 0;
	b->wire.indirect = nr > XVBD_MAX_SEGMENTS;
	b->indirect = NULL;
	if (!b->wire.indirect)
		return;
	b->wire.page_gref[0] = b->table->ref;
	b->indirect = page_address(b->table->page);
	b->table = b->table->next;
}

static void add_segment(struct rq_build *b, struct request *rq, unsigned int offset,
			unsigned int len)
{
	struct xvbd_segment seg = {
		.first_sect = offset >> XVBD_SECTOR_SHIFT,
		.last_sect = ((offset + len) >> XVBD_SECTOR_SHIFT) - 1,
	};

	if (b->wire.nr_segments == b->cap) {
		emit_part(b, rq, false);
		begin_part(b);
	}
	seg.gref = b->grant->ref;
	b->grant = b->grant->next;
	if (b->indirect)
		xvbd_segment_encode(&seg, b->indirect + b->wire.nr_segments * XVBD_SEGMENT_SIZE);
	else
		b->wire.seg[b->wire.nr_segments] = seg;
	b->wire.nr_segments++;
	b->sectors += len >> XVBD_SECTOR_SHIFT;
	xbfront_cmd_of(rq)->sectors += len >> XVBD_SECTOR_SHIFT;
	b->left--;
}

/* Our pages are already granted. Copy the data of a write into them. */
static void map_bounced(struct rq_build *b, struct request *rq)
{
	unsigned int left = min_t(unsigned int, blk_rq_bytes(rq), b->left << XEN_PAGE_SHIFT);

	if (b->wire.operation == XVBD_OP_WRITE)
		xbfront_bounce_in(rq);
	while (left) {
		unsigned int len = min_t(unsigned int, left, XEN_PAGE_SIZE);

		left -= len;
		add_segment(b, rq, 0, len);
	}
}

static void map_direct(struct rq_build *b, struct request *rq)
{
	domid_t back = b->ring->core.front->dev->otherend_id;
	bool readonly = b->wire.operation == XVBD_OP_WRITE;
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		unsigned long gfn = xen_page_to_gfn(bv.bv_page) + (bv.bv_offset >> XEN_PAGE_SHIFT);
		unsigned int offset = bv.bv_offset & ~XEN_PAGE_MASK;
		unsigned int left = bv.bv_len;

		while (left) {
			unsigned int len = min_t(unsigned int, left, XEN_PAGE_SIZE - offset);

			if (!b->grant) {
				if (WARN_ON_ONCE(!cmd->truncated))
					cmd->status = BLK_STS_IOERR;
				return;
			}
			gnttab_grant_foreign_access_ref(b->grant->ref, back, gfn++, readonly);
			left -= len;
			add_segment(b, rq, offset, len);
			offset = 0;
		}
	}
}

static void map_data(struct rq_build *b, struct request *rq)
{
	if (xbfront_cmd_of(rq)->bounced)
		map_bounced(b, rq);
	else
		map_direct(b, rq);
}

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

/* Return: NULL if the protocol has no such operation. */
static const struct kind *kind_of(struct request *rq)
{
	u32 op = (__force u32)req_op(rq);

	return op < ARRAY_SIZE(kinds) && kinds[op].known ? &kinds[op] : NULL;
}

/* Return: false if this backend does not support the operation. */
static bool find_op(const struct xbfront_vbd *vbd, const struct kind *kind, u8 *op)
{
	*op = kind->op;
	if (kind->flags & XVBD_FLAG_SECURE && !test_bit(XBFRONT_OP_SECURE, &vbd->ops))
		return false;
	if (test_bit(kind->op, &vbd->ops))
		return true;
	/* An old backend may support barriers but no flushes. A barrier includes a flush. */
	*op = XVBD_OP_BARRIER;
	return kind->op == XVBD_OP_FLUSH && test_bit(XVBD_OP_BARRIER, &vbd->ops);
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
	const struct kind *kind = kind_of(rq);
	struct rq_build b;
	blk_status_t status;

	if (!ring || !kind)
		return BLK_STS_IOERR;
	if (!find_op(xbfront_vbd_of(ring), kind, &b.wire.operation)) {
		if (bd->last)
			xbfront_commit_rqs(hctx);
		return end_unsupported(rq, kind->op);
	}
	/* The ring was polled with a former backend. */
	if (rq->cmd_flags & REQ_POLLED && !ring->polled)
		bypass_bio_cache(rq);
	b.ring = ring;
	b.left = kind->data ? count_segments(ring, rq) : 0;
	b.cap = XVBD_MAX_SEGMENTS;
	b.push = bd->last;
	b.notify = false;
	b.sectors = 0;
	b.wire.handle = xbfront_vbd_of(ring)->handle;
	b.wire.flags = kind->flags;
	if (req_op(rq) == REQ_OP_WRITE_ZEROES && rq->cmd_flags & REQ_NOUNMAP)
		b.wire.flags |= XVBD_FLAG_NO_UNMAP;
	b.wire.sector = req_op(rq) == REQ_OP_FLUSH ? 0 : blk_rq_pos(rq);
	b.wire.nr_sectors = xvbd_op_traits[kind->op].has_length ? blk_rq_sectors(rq) : 0;
	status = alloc_resources(ring, rq, &b);
	if (status != BLK_STS_OK)
		return status;

	blk_mq_start_request(rq);
	begin_part(&b);
	if (kind->data)
		map_data(&b, rq);
	emit_part(&b, rq, true);
	if (b.notify)
		notify_remote_via_irq(ring->core.irq);
	return BLK_STS_OK;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A block request into slots of a ring.
 *
 * A request takes its slots and grants under the lock of the ring. Without the
 * lock, its pages are granted, or its data is copied: each grant then knows
 * which sectors of its page hold data. Under the lock again, the segments are
 * written from the chain of grants straight into the slots. No slot is read.
 *
 * A request takes one slot, unless it has more pages than the backend accepts
 * in one slot. This happens if the request was queued for a former backend with
 * a higher limit, or if pages for indirect segments are short. If grants are
 * short, the first part of a request is executed, and the rest is requeued.
 */
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
	if (kind->op != XVBD_OP_FLUSH || !test_bit(XVBD_OP_BARRIER, &vbd->ops))
		return false;
	*op = XVBD_OP_BARRIER;
	return true;
}

blk_status_t xbfront_request_describe(struct xbfront_ring *ring, struct request *rq)
{
	const struct kind *kind = kind_of(rq);
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	if (!kind)
		return BLK_STS_IOERR;
	if (!find_op(xbfront_vbd_of(ring), kind, &cmd->op))
		return BLK_STS_NOTSUPP;
	cmd->op_flags = kind->flags;
	if (req_op(rq) == REQ_OP_WRITE_ZEROES && rq->cmd_flags & REQ_NOUNMAP)
		cmd->op_flags |= XVBD_FLAG_NO_UNMAP;
	cmd->grants = NULL;
	cmd->tables = NULL;
	cmd->cap = XVBD_MAX_SEGMENTS;
	cmd->sectors = 0;
	cmd->nr_in_flight = 0;
	cmd->status = BLK_STS_OK;
	cmd->truncated = false;
	cmd->nr_segments = kind->data ? count_segments(ring, rq) : 0;
	return BLK_STS_OK;
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
static void alloc_tables(struct xbfront_ring *ring, struct xbfront_cmd *cmd, unsigned int nr)
{
	struct xbfront_pool *pool = xbfront_table_pool(ring);
	int nr_tables = count_tables(nr, ring->max_segments);

	cmd->cap = XVBD_MAX_SEGMENTS;
	if (nr <= XVBD_MAX_SEGMENTS || ring->max_segments == XVBD_MAX_SEGMENTS)
		return;
	if (xbfront_pool_ready(ring, pool, nr_tables) != nr_tables)
		return;
	cmd->tables = xbfront_pool_take(pool, nr_tables);
	cmd->cap = ring->max_segments;
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
static int alloc_direct(struct xbfront_ring *ring, struct xbfront_cmd *cmd)
{
	int ready = xbfront_pool_ready(ring, &ring->data, cmd->nr_segments);
	int nr;

	if (ready <= 0)
		return ready;
	alloc_tables(ring, cmd, ready);
	nr = count_usable_segments(ring, ready, cmd->cap);
	if (nr) {
		cmd->grants = xbfront_pool_take(&ring->data, nr);
		if (unlikely(ready < cmd->nr_segments))
			warn_shortage(xbfront_vbd_of(ring), cmd->nr_segments, nr);
	} else {
		xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
		cmd->tables = NULL;
	}
	return nr;
}

/* The caller holds the lock. Return: the number of segments to send, or -EAGAIN: wait. */
static int alloc_bounced(struct xbfront_ring *ring, struct xbfront_cmd *cmd)
{
	int nr = xbfront_pool_ready(ring, &ring->pages, cmd->nr_segments);

	if (nr <= 0)
		return -EAGAIN;
	if (unlikely(nr < cmd->nr_segments))
		warn_shortage(xbfront_vbd_of(ring), cmd->nr_segments, nr);
	cmd->grants = xbfront_pool_take(&ring->pages, nr);
	alloc_tables(ring, cmd, nr);
	return nr;
}

/* The caller holds the lock. Return: false if it must wait for grants of other requests. */
static bool alloc_grants(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	int nr = 0;

	if (!cmd->bounced)
		nr = alloc_direct(ring, cmd);
	if (!nr) {
		cmd->bounced = true;
		cmd->nr_segments = DIV_ROUND_UP(blk_rq_bytes(rq), XEN_PAGE_SIZE);
		nr = alloc_bounced(ring, cmd);
	}
	if (nr < 0)
		return false;
	cmd->truncated = nr < cmd->nr_segments;
	cmd->nr_segments = nr;
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
static blk_status_t alloc_all(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	unsigned int nr_parts;

	if (ring->dead)
		return status_of_dead(xbfront_vbd_of(ring));
	if (cmd->nr_segments && !alloc_grants(ring, rq))
		return BLK_STS_RESOURCE;
	nr_parts = max(DIV_ROUND_UP(cmd->nr_segments, cmd->cap), 1);
	if (ring->nr_free_slots < nr_parts) {
		xbfront_pool_put(ring, xbfront_data_pool(ring, cmd), cmd->grants);
		xbfront_pool_put(ring, xbfront_table_pool(ring), cmd->tables);
		return BLK_STS_RESOURCE;
	}
	cmd->slot = xbfront_slots_take(ring, rq, nr_parts);
	return BLK_STS_OK;
}

/*
 * If slots or grants are short, the request is retried when others have
 * completed: the next completion sees @stalled and runs the queues. That may
 * happen before the block layer has put the request back; therefore
 * BLK_STS_RESOURCE also has it retried after a short delay.
 */
blk_status_t xbfront_request_alloc(struct xbfront_ring *ring, struct request *rq)
{
	blk_status_t status = alloc_all(ring, rq);

	if (status == BLK_STS_RESOURCE)
		ring->stalled = true;
	return status;
}

static void set_segment(struct xbfront_grant *grant, unsigned int offset, unsigned int len)
{
	grant->first_sect = offset >> XVBD_SECTOR_SHIFT;
	grant->last_sect = ((offset + len) >> XVBD_SECTOR_SHIFT) - 1;
}

/* Our pages are already granted. Copy the data of a write into them. */
static void fill_bounced(struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct xbfront_grant *grant = cmd->grants;
	unsigned int left = min_t(unsigned int, blk_rq_bytes(rq),
				  cmd->nr_segments << XEN_PAGE_SHIFT);

	if (cmd->op == XVBD_OP_WRITE)
		xbfront_bounce_in(rq);
	cmd->sectors = left >> XVBD_SECTOR_SHIFT;
	for (; left > XEN_PAGE_SIZE; left -= XEN_PAGE_SIZE) {
		set_segment(grant, 0, XEN_PAGE_SIZE);
		grant = grant->next;
	}
	set_segment(grant, 0, left);
}

/* Grant the pages of a bio_vec, up to the last grant. Return: the next grant, or NULL. */
static struct xbfront_grant *grant_pages(struct xbfront_ring *ring, struct xbfront_cmd *cmd,
					 struct xbfront_grant *grant, const struct bio_vec *bv)
{
	unsigned long gfn = xen_page_to_gfn(bv->bv_page) + (bv->bv_offset >> XEN_PAGE_SHIFT);
	domid_t back = ring->core.front->dev->otherend_id;
	unsigned int offset = bv->bv_offset & ~XEN_PAGE_MASK;
	unsigned int len, left = bv->bv_len;

	for (; left; left -= len) {
		len = min_t(unsigned int, left, XEN_PAGE_SIZE - offset);
		if (!grant) {
			if (WARN_ON_ONCE(!cmd->truncated))
				cmd->status = BLK_STS_IOERR;
			break;
		}
		gnttab_grant_foreign_access_ref(grant->ref, back, gfn++, cmd->op == XVBD_OP_WRITE);
		set_segment(grant, offset, len);
		cmd->sectors += len >> XVBD_SECTOR_SHIFT;
		cmd->nr_segments++;
		grant = grant->next;
		offset = 0;
	}
	return grant;
}

static void fill_direct(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct xbfront_grant *grant = cmd->grants;
	struct req_iterator iter;
	struct bio_vec bv;

	cmd->nr_segments = 0;
	rq_for_each_segment(bv, rq, iter)
		grant = grant_pages(ring, cmd, grant, &bv);
}

/* Write the segments of @nr grants. Return: the grant after them. */
static const struct xbfront_grant *write_segments(const struct xbfront_grant *grant,
						  unsigned int nr, u8 *to)
{
	for (; nr; nr--, grant = grant->next, to += XVBD_SEGMENT_SIZE) {
		const struct xvbd_segment seg = {
			.gref = grant->ref,
			.first_sect = grant->first_sect,
			.last_sect = grant->last_sect,
		};

		xvbd_segment_encode(&seg, to);
	}
	return grant;
}

/* Each part with more segments than fit into a slot has a page for them. */
static void fill_tables(struct xbfront_cmd *cmd)
{
	const struct xbfront_grant *grant = cmd->grants, *table = cmd->tables;
	unsigned int left = cmd->nr_segments;

	for (; table && left; table = table->next) {
		unsigned int nr = min_t(unsigned int, left, cmd->cap);

		grant = write_segments(grant, nr, page_address(table->page));
		left -= nr;
	}
}

void xbfront_request_fill(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	if (!cmd->nr_segments)
		return;
	if (cmd->bounced)
		fill_bounced(rq);
	else
		fill_direct(ring, rq);
	fill_tables(cmd);
}

static void fill_head(const struct xbfront_ring *ring, struct request *rq, struct xvbd_head *head)
{
	const struct xbfront_cmd *cmd = xbfront_cmd_of(rq);

	head->operation = cmd->op;
	head->flags = cmd->op_flags;
	head->handle = xbfront_vbd_of(ring)->handle;
	head->sector = req_op(rq) == REQ_OP_FLUSH ? 0 : blk_rq_pos(rq);
	head->nr_sectors = xvbd_op_traits[cmd->op].has_length ? blk_rq_sectors(rq) : 0;
}

/* Move on to the next part: to its first grant and its first sector. */
static const struct xbfront_grant *skip_part(struct xvbd_head *head,
					     const struct xbfront_grant *grant)
{
	unsigned int nr;

	for (nr = head->nr_segments; nr; nr--, grant = grant->next)
		head->sector += grant->last_sect - grant->first_sect + 1;
	return grant;
}

/* Put a part of @head->nr_segments segments into the next slot of the ring. */
static void put_part(struct xbfront_ring *ring, struct xvbd_head *head,
		     const struct xbfront_grant *grant, const struct xbfront_grant **table)
{
	struct xbfront_slot *slot = &ring->slots[head->id];
	void *to;

	slot->op = head->operation;
	slot->in_flight = true;
	head->indirect = head->nr_segments > XVBD_MAX_SEGMENTS;
	to = xvbd_front_begin(&ring->core.ring, xvbd_native, head);
	if (head->indirect) {
		memcpy(to, &(*table)->ref, sizeof(u32));
		*table = (*table)->next;
	} else {
		write_segments(grant, head->nr_segments, to);
	}
}

void xbfront_request_put(struct xbfront_ring *ring, struct request *rq)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	const struct xbfront_grant *grant = cmd->grants, *table = cmd->tables;
	unsigned int left = cmd->nr_segments;
	struct xvbd_head head;
	u16 slot = cmd->slot;

	cmd->prod = ring->core.ring.prod;
	fill_head(ring, rq, &head);
	for (;;) {
		head.id = slot;
		head.nr_segments = min_t(unsigned int, left, cmd->cap);
		put_part(ring, &head, grant, &table);
		cmd->nr_in_flight++;
		left -= head.nr_segments;
		if (!left)
			return;
		slot = ring->slots[slot].next;
		grant = skip_part(&head, grant);
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Transfer by mapped grants. The grants of a batch are mapped in one hypercall, and unmapped in
 * one (unmap.c). Persistent grants stay mapped (persistent.c).
 *
 * Context: the ring's worker, may sleep. The status of each operation is checked. So a bad
 * grant fails only its own request, and a later success never hides an earlier error (XSA-361,
 * XSA-362, XSA-365, XSA-367).
 */
#include <linux/mm.h>

#include "data.h"

/*
 * An internal status: there was no mapping handle or no page for the request. It is copied
 * instead.
 */
#define NO_HANDLES 1

/* A persistent grant is mapped for both directions, because any request may use it later. */
static u32 map_flags(const struct xbback_request *req)
{
	/* Pages of a write are mapped read-only: the disk only reads them. */
	return xvbd_op_reads(req->op) || xbback_pgrant_wanted(req->ring->vbd, req->nr_segs) ?
		       GNTMAP_host_map :
		       GNTMAP_host_map | GNTMAP_readonly;
}

/* A segment that was mapped owns its mapping, also if another segment of the request failed. */
static void take_result(struct xbback_request *req, unsigned int i,
			const struct gnttab_map_grant_ref *op)
{
	struct xbback_segment *seg = &req->seg[i];
	struct page *page = req->vecs[i].bv_page;

	switch (op->status) {
	case GNTST_okay:
		seg->handle = op->handle;
		if (xbback_pgrant_wanted(req->ring->vbd, req->nr_segs))
			seg->pgrant = xbback_pgrant_add(req->ring, seg->gref, page, seg->handle);
		break;
	case GNTST_no_device_space:
	case GNTST_no_space:
		if (req->status == XVBD_RSP_OKAY)
			req->status = NO_HANDLES;
		break;
	default:
		req->status = XVBD_RSP_ERROR;
	}
}

static void flush_map(struct xbback_ring *ring)
{
	struct xbback_batch *b = ring->batch;
	unsigned int i;
	int err;

	if (!b->nr)
		return;
	err = gnttab_map_refs(b->map, NULL, b->page, b->nr);
	for (i = 0; i < b->nr; i++) {
		take_result(b->req[i], b->seg[i], &b->map[i]);
		if (err)
			b->req[i]->status = XVBD_RSP_ERROR;
	}
	b->nr = 0;
}

static void map_segment(struct xbback_request *req, unsigned int i)
{
	struct xbback_ring *ring = req->ring;
	struct xbback_batch *b = ring->batch;
	struct xbback_segment *seg = &req->seg[i];
	struct page *page;

	if (xbback_pgrant_wanted(ring->vbd, req->nr_segs)) {
		seg->pgrant = xbback_pgrant_get(ring, seg->gref, &req->vecs[i].bv_page);
		if (seg->pgrant)
			return;
	}
	page = xbback_map_page_get(ring);
	if (!page) {
		if (req->status == XVBD_RSP_OKAY)
			req->status = NO_HANDLES;
		return;
	}
	req->vecs[i].bv_page = page;
	b->page[b->nr] = page;
	b->req[b->nr] = req;
	b->seg[b->nr] = i;
	gnttab_set_map_op(&b->map[b->nr], xbback_map_address(page), map_flags(req), seg->gref,
			  ring->vbd->back.dev->otherend_id);
	/* If the hypercall does not reach this operation, it must not look done. */
	b->map[b->nr].status = GNTST_general_error;
	if (++b->nr == XBBACK_BATCH)
		flush_map(ring);
}

/* A segment whose page still has another user keeps its mapping and its page. */
static void release_segments(struct xbback_request *req)
{
	unsigned int i;

	for (i = 0; i < req->nr_segs; i++) {
		struct xbback_segment *seg = &req->seg[i];
		struct page *page = req->vecs[i].bv_page;

		if (seg->pgrant)
			xbback_pgrant_put(req->ring, seg->pgrant);
		else if (seg->handle != INVALID_GRANT_HANDLE) {
			if (!xbback_unmap_add(req->ring, page, seg->handle))
				continue;
		} else if (page)
			xbback_map_page_put(req->ring, page);
		seg->pgrant = NULL;
		seg->handle = INVALID_GRANT_HANDLE;
		req->vecs[i].bv_page = NULL;
	}
}

/*
 * Xen limits the number of mappings of this domain. If a request exceeds the limit, this is no
 * error of the frontend: copy its data instead.
 */
static void copy_instead(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;

	list_for_each_entry(req, reqs, entry) {
		if (req->path != XBBACK_PATH_MAP || req->status != NO_HANDLES)
			continue;
		release_segments(req);
		/* The pages were not submitted, so none has another user: only a precaution. */
		if (xbback_request_pages_busy(req)) {
			req->status = XVBD_RSP_ERROR;
			continue;
		}
		req->status = XVBD_RSP_OKAY;
		req->path = XBBACK_PATH_COPY;
	}
	xbback_unmap_flush(ring);
}

static void begin(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;
	unsigned int i;

	xbback_for_each_on(req, reqs, XBBACK_PATH_MAP)
		for (i = 0; i < req->nr_segs; i++)
			map_segment(req, i);
	flush_map(ring);
	copy_instead(ring, reqs);
}

static void end(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;

	xbback_for_each_on(req, reqs, XBBACK_PATH_MAP)
		release_segments(req);
	xbback_unmap_flush(ring);
}

const struct xbback_path_ops xbback_map_path = { .begin = begin, .end = end };

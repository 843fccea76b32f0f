// SPDX-License-Identifier: GPL-2.0
/*
 * Transfer by grant copy: Xen copies between the frontend's pages and the backend's, a batch in
 * one hypercall. Nothing is mapped and no TLB is flushed. The frontend cannot change the data
 * after it was copied (XSA-155, XSA-229). It can change the data of mapped grants. So all data
 * that is written to a disk that needs stable pages is copied (path.c).
 *
 * Context: the ring's worker, may sleep. The status of each operation is checked.
 */
#include <linux/mm.h>
#include <xen/page.h>

#include "data.h"

static void flush(struct xbback_ring *ring)
{
	struct xbback_batch *b = ring->batch;
	unsigned int i;

	if (!b->nr)
		return;
	gnttab_batch_copy(b->copy, b->nr);
	for (i = 0; i < b->nr; i++)
		if (b->copy[i].status != GNTST_okay)
			b->req[i]->status = XVBD_RSP_ERROR;
	b->nr = 0;
}

static void add(struct xbback_ring *ring, struct xbback_request *req,
		const struct gnttab_copy_ptr *from, const struct gnttab_copy_ptr *to, bool to_front,
		unsigned int len)
{
	struct xbback_batch *b = ring->batch;

	b->req[b->nr] = req;
	b->copy[b->nr] = (struct gnttab_copy){
		.source = *from,
		.dest = *to,
		.len = len,
		.flags = to_front ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
		/* If the hypercall does not reach this operation, it must not look done. */
		.status = GNTST_general_error,
	};
	if (++b->nr == XBBACK_BATCH)
		flush(ring);
}

static void copy_segment(struct xbback_request *req, unsigned int i, bool to_front)
{
	const struct bio_vec *vec = &req->vecs[i];
	const struct gnttab_copy_ptr theirs = {
		.u.ref = req->seg[i].gref,
		.domid = req->ring->vbd->back.dev->otherend_id,
		.offset = vec->bv_offset,
	}, ours = {
		.u.gmfn = xen_page_to_gfn(vec->bv_page),
		.domid = DOMID_SELF,
		.offset = vec->bv_offset,
	};

	if (to_front)
		add(req->ring, req, &ours, &theirs, true, vec->bv_len);
	else
		add(req->ring, req, &theirs, &ours, false, vec->bv_len);
}

static bool get_pages(struct xbback_request *req)
{
	unsigned int i;

	for (i = 0; i < req->nr_segs; i++) {
		req->vecs[i].bv_page = xbback_own_page_get(req->ring);
		if (!req->vecs[i].bv_page)
			return false;
	}
	return true;
}

static void begin(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;
	unsigned int i;

	xbback_for_each_on(req, reqs, XBBACK_PATH_COPY) {
		if (!get_pages(req)) {
			ring->stats.oo_req++;
			req->status = XVBD_RSP_ERROR;
			continue;
		}
		if (xvbd_op_reads(req->op))
			continue;
		for (i = 0; i < req->nr_segs; i++)
			copy_segment(req, i, false);
	}
	flush(ring);
}

static void end(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;
	unsigned int i;

	xbback_for_each_on(req, reqs, XBBACK_PATH_COPY) {
		if (!xvbd_op_reads(req->op) || req->status != XVBD_RSP_OKAY)
			continue;
		for (i = 0; i < req->nr_segs; i++)
			copy_segment(req, i, true);
	}
	flush(ring);

	xbback_for_each_on(req, reqs, XBBACK_PATH_COPY)
		for (i = 0; i < req->nr_segs; i++)
			if (req->vecs[i].bv_page)
				xbback_own_page_put(ring, req->vecs[i].bv_page);
}

const struct xbback_path_ops xbback_copy_path = { .begin = begin, .end = end };

void xbback_copy_lists(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;

	list_for_each_entry(req, reqs, entry) {
		const struct gnttab_copy_ptr theirs = {
			.u.ref = req->seg[0].gref,
			.domid = ring->vbd->back.dev->otherend_id,
		}, ours = {
			.u.gmfn = xen_page_to_gfn(req->vecs[0].bv_page),
			.domid = DOMID_SELF,
		};

		add(ring, req, &theirs, &ours, false, req->nr_segs * XVBD_SEGMENT_SIZE);
	}
	flush(ring);
}

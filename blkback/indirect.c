// SPDX-License-Identifier: GPL-2.0
/*
 * Indirect requests: their segments are in a page that the frontend grants. The page is copied
 * once, for all indirect requests of a sweep in one hypercall, and the copy is validated
 * (XSA-155).
 */
#include <linux/mm.h>

#include "data.h"

/*
 * All segments fit into one page of the frontend. One page of ours holds the copy in its first
 * half, and the decoded segments in its second half.
 */
static_assert(XBBACK_MAX_SEGMENTS <= XVBD_SEGMENTS_PER_PAGE);
static_assert(XBBACK_MAX_SEGMENTS * (XVBD_SEGMENT_SIZE + sizeof(struct xvbd_segment)) <=
	      XEN_PAGE_SIZE);

/* Decode the copy, at the start of @page, into the second half of @page, and validate that. */
static void judge(struct xbback_request *req, struct page *page)
{
	const u8 *copy = page_address(page);
	struct xvbd_segment *seg = page_address(page) + XBBACK_MAX_SEGMENTS * XVBD_SEGMENT_SIZE;
	const struct xvbd_request wire = {
		.operation = req->op,
		.indirect = true,
		.nr_segments = req->nr_segs,
		.id = req->id,
		.sector = req->sector,
	};
	enum xvbd_verdict verdict;
	unsigned int i;

	for (i = 0; i < req->nr_segs; i++)
		xvbd_segment_decode(copy + i * XVBD_SEGMENT_SIZE, &seg[i]);
	verdict = xvbd_request_check(&wire, seg, &req->ring->vbd->disk.geo);
	if (verdict == XVBD_OK) {
		xbback_request_fill(req, &wire, seg);
		return;
	}
	xbback_request_log_refused(req->ring, &wire, verdict);
	req->status = xvbd_verdict_status(verdict);
}

void xbback_fetch_segments(struct xbback_ring *ring, struct list_head *batch)
{
	struct xbback_request *req, *next;
	LIST_HEAD(indirect);
	struct page *page;

	list_for_each_entry_safe(req, next, batch, entry) {
		if (!req->indirect)
			continue;
		req->vecs[0].bv_page = xbback_own_page_get(ring);
		if (req->vecs[0].bv_page)
			list_move_tail(&req->entry, &indirect);
		else
			req->status = XVBD_RSP_ERROR;
	}
	if (list_empty(&indirect))
		return;
	xbback_copy_lists(ring, &indirect);
	list_for_each_entry(req, &indirect, entry) {
		page = req->vecs[0].bv_page;
		req->vecs[0].bv_page = NULL;
		if (req->status == XVBD_RSP_OKAY)
			judge(req, page);
		xbback_own_page_put(ring, page);
	}
	list_splice_tail(&indirect, batch);
}

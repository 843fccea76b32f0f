// SPDX-License-Identifier: GPL-2.0
/*
 * Grants of a batch of requests, mapped and unmapped in one hypercall each.
 *
 * Worker context: may sleep. Every operation's status is looked at by itself,
 * so that one bad grant costs one request, and an error that came first is
 * never hidden by a later success (XSA-361, 362, 365, 367).
 */
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "blkback.h"

/**
 * struct xbback_batch - operations of one hypercall
 * @nr:    how many
 * @page:  the pages, as gnttab_map_refs() wants them
 * @seg:   whose operation each is
 * @req:   and of which request
 * @map:   the operations while mapping
 * @unmap: the operations while unmapping
 */
struct xbback_batch {
	unsigned int nr;
	struct page *page[XBBACK_BATCH];
	struct xbback_segment *seg[XBBACK_BATCH];
	struct xbback_request *req[XBBACK_BATCH];
	union {
		struct gnttab_map_grant_ref map[XBBACK_BATCH];
		struct gnttab_unmap_grant_ref unmap[XBBACK_BATCH];
	};
};

struct xbback_batch *xbback_batch_alloc(void)
{
	return kzalloc(sizeof(struct xbback_batch), GFP_KERNEL);
}

static phys_addr_t page_address_of(struct page *page)
{
	return (phys_addr_t)(unsigned long)pfn_to_kaddr(page_to_pfn(page));
}

static unsigned int add(struct xbback_batch *b, struct xbback_request *req,
			struct xbback_segment *seg)
{
	b->page[b->nr] = seg->page;
	b->seg[b->nr] = seg;
	b->req[b->nr] = req;
	return b->nr++;
}

static void map_segment(struct xbback_ring *ring, struct xbback_request *req,
			struct xbback_segment *seg)
{
	struct xbback_batch *b = ring->batch;
	u32 flags = GNTMAP_host_map;
	unsigned int i;

	if (gnttab_page_cache_get(&ring->pages, &seg->page)) {
		seg->page = NULL;
		req->status = XVBD_RSP_ERROR;
		ring->stats.oo_req++;
		return;
	}
	/* What the disk only reads from is mapped so. */
	if (req->op != XVBD_OP_READ)
		flags |= GNTMAP_readonly;
	i = add(b, req, seg);
	gnttab_set_map_op(&b->map[i], page_address_of(seg->page), flags, seg->gref,
			  ring->vbd->dev->otherend_id);
	/* What the hypercall does not get to must not read as done. */
	b->map[i].status = GNTST_general_error;
}

void xbback_map(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_batch *b = ring->batch;
	struct xbback_request *req;
	unsigned int i;
	int err;

	b->nr = 0;
	list_for_each_entry(req, reqs, entry)
		for (i = 0; i < req->nr_segs; i++)
			map_segment(ring, req, &req->seg[i]);
	if (!b->nr)
		return;

	err = gnttab_map_refs(b->map, NULL, b->page, b->nr);
	for (i = 0; i < b->nr; i++) {
		if (b->map[i].status == GNTST_okay)
			b->seg[i]->handle = b->map[i].handle;
		if (err || b->map[i].status != GNTST_okay)
			b->req[i]->status = XVBD_RSP_ERROR;
	}
}

static void unmap_batch(struct xbback_ring *ring)
{
	struct xbback_batch *b = ring->batch;
	unsigned int i;

	if (!b->nr)
		return;
	for (i = 0; i < b->nr; i++)
		b->unmap[i].status = GNTST_general_error;
	gnttab_unmap_refs(b->unmap, NULL, b->page, b->nr);

	for (i = 0; i < b->nr; i++) {
		if (b->unmap[i].status == GNTST_okay)
			continue;
		/* A page that may still be the front's is lost, not used again. */
		pr_err_ratelimited("xen-blkback: %s: a grant cannot be unmapped (status %d): a page is lost\n",
				   ring->name, b->unmap[i].status);
		b->seg[i]->page = NULL;
	}
	b->nr = 0;
}

static void put_pages(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;
	unsigned int i;

	list_for_each_entry(req, reqs, entry) {
		for (i = 0; i < req->nr_segs; i++) {
			struct xbback_segment *seg = &req->seg[i];

			if (seg->page)
				gnttab_page_cache_put(&ring->pages, &seg->page, 1);
			seg->page = NULL;
			seg->handle = INVALID_GRANT_HANDLE;
		}
	}
}

void xbback_unmap(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_batch *b = ring->batch;
	struct xbback_request *req;
	unsigned int i, n;

	b->nr = 0;
	list_for_each_entry(req, reqs, entry) {
		for (i = 0; i < req->nr_segs; i++) {
			struct xbback_segment *seg = &req->seg[i];

			if (seg->handle == INVALID_GRANT_HANDLE)
				continue;
			n = add(b, req, seg);
			gnttab_set_unmap_op(&b->unmap[n], page_address_of(seg->page),
					    GNTMAP_host_map, seg->handle);
			if (b->nr == XBBACK_BATCH)
				unmap_batch(ring);
		}
	}
	unmap_batch(ring);
	put_pages(ring, reqs);
}

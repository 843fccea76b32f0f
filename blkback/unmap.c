// SPDX-License-Identifier: GPL-2.0
/*
 * Unmapping of grants: the one way by which a data page is unmapped, for requests (map.c) and for
 * persistent grants (persistent.c). The unmaps of a batch are one hypercall.
 *
 * Context: the ring's worker, or no worker runs. Sleeps.
 */
#include <linux/mm.h>
#include <linux/ratelimit.h>

#include "data.h"

void xbback_unmap_flush(struct xbback_ring *ring)
{
	struct xbback_batch *b = ring->batch;
	unsigned int i;

	if (!b->nr)
		return;
	gnttab_unmap_refs(b->unmap, NULL, b->page, b->nr);
	for (i = 0; i < b->nr; i++) {
		if (b->unmap[i].status == GNTST_okay)
			xbback_map_page_put(ring, b->page[i]);
		else /* The frontend's page may still be mapped there: never use this page again. */
			pr_err_ratelimited("xen-blkback: %s: a grant cannot be unmapped (status %d): a page is lost\n",
					   ring->base.name, b->unmap[i].status);
	}
	b->nr = 0;
}

/*
 * Every unmap of a data page goes through this function: a page that still has another user
 * must stay mapped.
 */
bool xbback_unmap_add(struct xbback_ring *ring, struct page *page, grant_handle_t handle)
{
	struct xbback_batch *b = ring->batch;

	if (page_count(page) > 1)
		return false;
	b->page[b->nr] = page;
	gnttab_set_unmap_op(&b->unmap[b->nr], xbback_map_address(page), GNTMAP_host_map, handle);
	b->unmap[b->nr].status = GNTST_general_error;
	if (++b->nr == XBBACK_BATCH)
		xbback_unmap_flush(ring);
	return true;
}

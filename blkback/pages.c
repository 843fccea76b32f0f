// SPDX-License-Identifier: GPL-2.0
/*
 * The pages for the data of requests. There are two kinds: the backend's own pages, which data
 * is copied through, and pages that grants are mapped to. When a request has ended, its pages
 * become spare pages of the ring, for the next request. Their number is limited, and an idle
 * ring frees them after a second.
 *
 * Context: the ring's worker, or no worker runs.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "data.h"

void xbback_pages_init(struct xbback_ring *ring)
{
	INIT_LIST_HEAD(&ring->own_pages);
	gnttab_page_cache_init(&ring->map_pages);
}

struct page *xbback_own_page_get(struct xbback_ring *ring)
{
	struct page *page = list_first_entry_or_null(&ring->own_pages, struct page, lru);

	if (!page)
		/*
		 * Zeroed: a disk that fills only a part of the page must not reveal old data of
		 * this domain. A spare page holds only data of the same frontend.
		 */
		return alloc_page(GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
	list_del(&page->lru);
	ring->nr_own_pages--;
	return page;
}

/*
 * A page may still have another user after its I/O has ended, for example a network stack. Then
 * drop our reference and do not use the page again: the other user frees it.
 */
void xbback_own_page_put(struct xbback_ring *ring, struct page *page)
{
	if (page_count(page) > 1) {
		put_page(page);
		return;
	}
	list_add(&page->lru, &ring->own_pages);
	ring->nr_own_pages++;
}

struct page *xbback_map_page_get(struct xbback_ring *ring)
{
	struct page *page;

	return gnttab_page_cache_get(&ring->map_pages, &page) ? NULL : page;
}

void xbback_map_page_put(struct xbback_ring *ring, struct page *page)
{
	gnttab_page_cache_put(&ring->map_pages, &page, 1);
}

static void shrink(struct xbback_ring *ring, unsigned int keep)
{
	while (ring->nr_own_pages > keep)
		__free_page(xbback_own_page_get(ring));
	if (ring->map_pages.num_pages > keep)
		gnttab_page_cache_shrink(&ring->map_pages, keep);
}

void xbback_pages_trim(struct xbback_ring *ring)
{
	bool squeezed = time_before(jiffies, READ_ONCE(ring->vbd->squeezed_until));

	shrink(ring, squeezed ? 0 : READ_ONCE(xbback_params.max_buffer_pages));
}

bool xbback_pages_spare(const struct xbback_ring *ring)
{
	return ring->nr_own_pages || ring->map_pages.num_pages;
}

void xbback_pages_free(struct xbback_ring *ring)
{
	shrink(ring, 0);
}

void xbback_pages_squeeze(struct xbback_vbd *vbd)
{
	unsigned int ms = READ_ONCE(xbback_params.buffer_squeeze_duration_ms);

	WRITE_ONCE(vbd->squeezed_until, jiffies + msecs_to_jiffies(ms));
}

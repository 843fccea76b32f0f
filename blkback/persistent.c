// SPDX-License-Identifier: GPL-2.0
/*
 * Persistent grants: they stay mapped between requests, for a frontend that uses the same grants
 * again and again ("feature-persistent"). They are found by their grant reference. If there are
 * too many, the least recently used are unmapped. A grant that was not used for
 * persistent_grant_unused_seconds is unmapped too.
 *
 * Context: the ring's worker, or no worker runs. If a grant cannot be made persistent, that is
 * no error: it is mapped for one request.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "data.h"

/*
 * If a grant could not be made persistent, evict 1/EVICT_SHARE of max_persistent_grants at a
 * time...
 */
#define EVICT_SHARE 20
/*
 * ...and wait for this time before the next eviction. A frontend that uses more grants pays with
 * a map and an unmap for the rest.
 */
#define EVICT_INTERVAL (HZ / 10)

/*
 * Most persistent grants of all rings of this domain: half of the handles that Xen gives a domain
 * by default (gnttab_max_maptrack_frames). The other half is for new rings, for requests that map
 * and unmap their grants, and for other drivers.
 */
#define MAX_ALL_RINGS 131072

static atomic_t nr_all_rings = ATOMIC_INIT(0);

/**
 * struct xbback_pgrant - a persistent grant
 * @idle:   entry in the ring's list of idle grants; empty while a request uses the grant
 * @used:   time when a request last stopped using it, jiffies
 * @page:   the page to which it is mapped
 * @handle: handle of the mapping
 * @gref:   the frontend's grant reference
 */
struct xbback_pgrant {
	struct list_head idle;
	unsigned long used;
	struct page *page;
	grant_handle_t handle;
	grant_ref_t gref;
};

void xbback_pgrants_init(struct xbback_ring *ring)
{
	xa_init(&ring->pgrants.by_ref);
	ring->pgrants.next_eviction = jiffies;
	INIT_LIST_HEAD(&ring->pgrants.idle);
}

/* A grant that another request uses now cannot be shared: return NULL. */
struct xbback_pgrant *xbback_pgrant_get(struct xbback_ring *ring, grant_ref_t gref,
					struct page **page)
{
	struct xbback_pgrant *g = xa_load(&ring->pgrants.by_ref, gref);

	if (!g || list_empty(&g->idle))
		return NULL;
	list_del_init(&g->idle);
	*page = g->page;
	return g;
}

void xbback_pgrant_put(struct xbback_ring *ring, struct xbback_pgrant *g)
{
	g->used = jiffies;
	list_add_tail(&g->idle, &ring->pgrants.idle);
}

struct xbback_pgrant *xbback_pgrant_add(struct xbback_ring *ring, grant_ref_t gref,
					struct page *page, grant_handle_t handle)
{
	struct xbback_pgrant *g;

	if (ring->pgrants.nr >= READ_ONCE(xbback_params.max_persistent_grants)) {
		ring->pgrants.full = true;
		return NULL;
	}
	/* Rings that add at the same time may exceed it by one each. */
	if (atomic_read(&nr_all_rings) >= MAX_ALL_RINGS)
		return NULL;
	g = kmalloc(sizeof(*g), GFP_KERNEL | __GFP_NOWARN);
	if (!g)
		return NULL;
	*g = (struct xbback_pgrant){ .page = page, .handle = handle, .gref = gref };
	INIT_LIST_HEAD(&g->idle);
	/* There is no memory, or another request uses a grant of this reference now. */
	if (xa_insert(&ring->pgrants.by_ref, gref, g, GFP_KERNEL | __GFP_NOWARN)) {
		kfree(g);
		return NULL;
	}
	ring->pgrants.nr++;
	atomic_inc(&nr_all_rings);
	return g;
}

/* Unmap and free a grant. Return: false if its page has another user: try again later. */
static bool pgrant_evict(struct xbback_ring *ring, struct xbback_pgrant *g)
{
	if (!xbback_unmap_add(ring, g->page, g->handle))
		return false;
	xa_erase(&ring->pgrants.by_ref, g->gref);
	list_del(&g->idle);
	ring->pgrants.nr--;
	atomic_dec(&nr_all_rings);
	kfree(g);
	return true;
}

static struct xbback_pgrant *oldest_idle(struct xbback_ring *ring)
{
	return list_first_entry_or_null(&ring->pgrants.idle, struct xbback_pgrant, idle);
}

static unsigned long lifetime(void)
{
	return min(READ_ONCE(xbback_params.persistent_grant_unused_seconds), 86400U) * HZ;
}

/* How many idle grants to unmap: those above the limit, or some to make room for others. */
static unsigned int nr_to_evict(struct xbback_ring *ring)
{
	unsigned int max = READ_ONCE(xbback_params.max_persistent_grants);

	if (ring->pgrants.nr > max)
		return ring->pgrants.nr - max;
	if (!ring->pgrants.full || time_before(jiffies, ring->pgrants.next_eviction))
		return 0;
	ring->pgrants.full = false;
	ring->pgrants.next_eviction = jiffies + EVICT_INTERVAL;
	return max / EVICT_SHARE + 1;
}

static bool is_too_old(const struct xbback_pgrant *g)
{
	return lifetime() && time_after_eq(jiffies, g->used + lifetime());
}

void xbback_pgrants_trim(struct xbback_ring *ring)
{
	struct xbback_pgrant *g, *next;
	unsigned int excess;

	if (list_empty(&ring->pgrants.idle))
		return;
	excess = nr_to_evict(ring);
	list_for_each_entry_safe(g, next, &ring->pgrants.idle, idle) {
		if (!excess && !is_too_old(g))
			break;
		if (pgrant_evict(ring, g) && excess)
			excess--;
	}
	xbback_unmap_flush(ring);
}

long xbback_pgrants_timeout(struct xbback_ring *ring)
{
	struct xbback_pgrant *g = oldest_idle(ring);

	if (!g || !lifetime())
		return MAX_SCHEDULE_TIMEOUT;
	/* A grant that is already too old has a page with another user: retry soon. */
	return clamp((long)(g->used + lifetime() - jiffies), (long)XBBACK_RETRY_DELAY,
		     (long)lifetime());
}

void xbback_pgrants_free(struct xbback_ring *ring)
{
	struct xbback_pgrant *g, *next;

	for (;;) {
		list_for_each_entry_safe(g, next, &ring->pgrants.idle, idle)
			pgrant_evict(ring, g);
		xbback_unmap_flush(ring);
		if (list_empty(&ring->pgrants.idle))
			return;
		schedule_timeout_uninterruptible(XBBACK_RETRY_DELAY);
	}
}

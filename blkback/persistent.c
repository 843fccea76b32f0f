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
#include <linux/jiffies.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "data.h"

/* If a grant could not be kept, evict 1/TURNOVER of max_persistent_grants at a time... */
#define TURNOVER 20
/*
 * ...and wait for this time before the next eviction. A frontend that uses more grants pays with
 * a map and an unmap for the rest.
 */
#define TURNOVER_PAUSE (HZ / 10)

/**
 * struct xbback_grant - a persistent grant
 * @node:   entry in the ring's tree, sorted by @gref
 * @idle:   entry in the ring's list of idle grants; empty while a request uses the grant
 * @used:   time when a request last stopped using it, jiffies
 * @page:   the page to which it is mapped
 * @handle: handle of the mapping
 * @gref:   the frontend's grant reference
 */
struct xbback_grant {
	struct rb_node node;
	struct list_head idle;
	unsigned long used;
	struct page *page;
	grant_handle_t handle;
	grant_ref_t gref;
};

void xbback_kept_init(struct xbback_ring *ring)
{
	ring->kept.tree = RB_ROOT;
	ring->kept.turnover = jiffies;
	INIT_LIST_HEAD(&ring->kept.idle);
}

static int compare(const void *gref, const struct rb_node *node)
{
	grant_ref_t a = *(const grant_ref_t *)gref;
	grant_ref_t b = rb_entry(node, struct xbback_grant, node)->gref;

	return a < b ? -1 : a > b;
}

static int compare_nodes(struct rb_node *a, const struct rb_node *b)
{
	return compare(&rb_entry(a, struct xbback_grant, node)->gref, b);
}

/* A grant that another request uses now cannot be shared: return NULL. */
struct xbback_grant *xbback_kept_get(struct xbback_ring *ring, grant_ref_t gref,
				     struct page **page)
{
	struct rb_node *node = rb_find(&gref, &ring->kept.tree, compare);
	struct xbback_grant *g = node ? rb_entry(node, struct xbback_grant, node) : NULL;

	if (!g || list_empty(&g->idle))
		return NULL;
	list_del_init(&g->idle);
	*page = g->page;
	return g;
}

void xbback_kept_put(struct xbback_ring *ring, struct xbback_grant *g)
{
	g->used = jiffies;
	list_add_tail(&g->idle, &ring->kept.idle);
}

struct xbback_grant *xbback_keep(struct xbback_ring *ring, grant_ref_t gref, struct page *page,
				 grant_handle_t handle)
{
	struct xbback_grant *g;

	if (ring->kept.nr >= READ_ONCE(xbback_params.max_persistent_grants)) {
		ring->kept.full = true;
		return NULL;
	}
	g = kmalloc(sizeof(*g), GFP_KERNEL | __GFP_NOWARN);
	if (!g)
		return NULL;
	*g = (struct xbback_grant){ .page = page, .handle = handle, .gref = gref };
	INIT_LIST_HEAD(&g->idle);
	if (rb_find_add(&g->node, &ring->kept.tree, compare_nodes)) {
		kfree(g);
		return NULL;
	}
	ring->kept.nr++;
	return g;
}

/* Unmap and free a grant. Return: false if its page has another user: try again later. */
static bool let_go(struct xbback_ring *ring, struct xbback_grant *g)
{
	if (!xbback_unmap_add(ring, g->page, g->handle))
		return false;
	rb_erase(&g->node, &ring->kept.tree);
	list_del(&g->idle);
	ring->kept.nr--;
	kfree(g);
	return true;
}

static struct xbback_grant *longest_unused(struct xbback_ring *ring)
{
	return list_first_entry_or_null(&ring->kept.idle, struct xbback_grant, idle);
}

static unsigned long lifetime(void)
{
	return min(READ_ONCE(xbback_params.persistent_grant_unused_seconds), 86400U) * HZ;
}

/* How many idle grants to unmap: those above the limit, or some to make room for others. */
static unsigned int too_many(struct xbback_ring *ring)
{
	unsigned int max = READ_ONCE(xbback_params.max_persistent_grants);

	if (ring->kept.nr > max)
		return ring->kept.nr - max;
	if (!ring->kept.full || time_before(jiffies, ring->kept.turnover))
		return 0;
	ring->kept.full = false;
	ring->kept.turnover = jiffies + TURNOVER_PAUSE;
	return max / TURNOVER + 1;
}

static bool is_too_old(const struct xbback_grant *g)
{
	return lifetime() && time_after_eq(jiffies, g->used + lifetime());
}

void xbback_kept_trim(struct xbback_ring *ring)
{
	struct xbback_grant *g, *next;
	unsigned int excess;

	if (list_empty(&ring->kept.idle))
		return;
	excess = too_many(ring);
	list_for_each_entry_safe(g, next, &ring->kept.idle, idle) {
		if (!excess && !is_too_old(g))
			break;
		if (let_go(ring, g) && excess)
			excess--;
	}
	xbback_unmap_flush(ring);
}

long xbback_kept_patience(struct xbback_ring *ring)
{
	struct xbback_grant *g = longest_unused(ring);

	if (!g || !lifetime())
		return MAX_SCHEDULE_TIMEOUT;
	/* A grant that is already too old has a page with another user: retry soon. */
	return clamp((long)(g->used + lifetime() - jiffies), (long)XBBACK_LINGER, (long)lifetime());
}

void xbback_kept_free(struct xbback_ring *ring)
{
	struct xbback_grant *g, *next;

	for (;;) {
		list_for_each_entry_safe(g, next, &ring->kept.idle, idle)
			let_go(ring, g);
		xbback_unmap_flush(ring);
		if (list_empty(&ring->kept.idle))
			return;
		schedule_timeout_uninterruptible(XBBACK_LINGER);
	}
}

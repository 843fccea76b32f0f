// SPDX-License-Identifier: GPL-2.0
/*
 * Grants that stay mapped between requests, for a front that uses the same ones
 * again and again ("feature-persistent"). Found by their reference; the longest
 * unused go when there are too many, and all that nobody has used for a while.
 *
 * Worker context, or with no worker. A grant that could not be kept is mapped
 * for its request alone, and is no error.
 */
#include <linux/jiffies.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "data.h"

/* When there are too many, this part of them goes at once... */
#define TURNOVER 20
/* ...and no more before this long after: a front that has more pays for the rest. */
#define TURNOVER_PAUSE (HZ / 10)

/**
 * struct xbback_grant - one grant that is kept
 * @node:   in the ring's tree, by @gref
 * @idle:   in the ring's list while no request uses it, the longest unused first
 * @used:   when a request used it last, jiffies
 * @page:   where it is mapped
 * @handle: of the mapping
 * @gref:   what the front granted
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

/* One that another request uses just now is as good as none. */
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

/* Return: false if somebody else holds the page: then it stays, for a later try. */
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

/* How many to let go of for the sake of others. */
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

/* Until when the next may be due: MAX_SCHEDULE_TIMEOUT for never. */
long xbback_kept_patience(struct xbback_ring *ring)
{
	struct xbback_grant *g = longest_unused(ring);

	if (!g || !lifetime())
		return MAX_SCHEDULE_TIMEOUT;
	/* One that is due already could not be let go of yet. */
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

// SPDX-License-Identifier: GPL-2.0
/* What one ring has beside its memory and its event channel: slots and pools. */
#include "blkfront.h"

/* Maximum of our own pages, for data that is copied, per ring. */
#define MAX_PAGES 2048

/* Maximum of grants for pages of users, per ring: 8 MiB in flight. */
#define MAX_GRANTS 2048

/* Maximum of pages for indirect segments, per ring. */
#define MAX_TABLES 64

/* The tasklet takes the responses, with interrupts enabled. */
irqreturn_t xbfront_ring_event(int irq, void *core)
{
	struct xbfront_ring *ring = xbfront_ring_of(core);

	tasklet_schedule(&ring->tasklet);
	return IRQ_HANDLED;
}

void xbfront_ring_event_stop(struct xsplit_front_ring *core)
{
	tasklet_kill(&xbfront_ring_of(core)->tasklet);
}

/* Make the reserve of the ring. */
static bool make_pools(struct xbfront_ring *ring)
{
	ring->data.max = MAX_GRANTS;
	ring->pages.paged = true;
	ring->pages.max = MAX_PAGES;
	ring->tables.paged = true;
	ring->tables.readonly = true;
	return xbfront_pool_reserve(ring, &ring->data, XBFRONT_MIN_GRANTS) &&
	       xbfront_pool_reserve(ring, &ring->pages, XBFRONT_MIN_PAGES);
}

int xbfront_ring_open(struct xsplit_front_ring *core)
{
	struct xbfront_ring *ring = xbfront_ring_of(core);

	spin_lock_init(&ring->lock);
	tasklet_setup(&ring->tasklet, xbfront_reply_tasklet);
	ring->polled = core->index >= xbfront_vbd_of(ring)->nr_events;
	if (ring->polled)
		xsplit_front_disable_event(&core->ring);
	return make_pools(ring) && xbfront_slots_alloc(ring) ? 0 : -EAGAIN;
}

/*
 * If no other request is in flight, a request that fits into a slot finds all
 * that it needs, unless grants are short. The pools grow on demand.
 */
void xbfront_ring_prepare(struct xbfront_ring *ring)
{
	bool indirect, all;

	ring->bounced_segments = xbfront_bounced_segments(xbfront_vbd_of(ring));
	all = ring->bounced_segments == XBFRONT_ALL;
	ring->max_segments = xbfront_segments(xbfront_vbd_of(ring));
	indirect = ring->max_segments > XVBD_MAX_SEGMENTS;
	/* Small requests use @pages: @data needs no reserve. */
	if (ring->bounced_segments)
		xbfront_pool_destroy(&ring->data);
	ring->data.max = all ? 0 : MAX_GRANTS;
	ring->tables.max = all || !indirect ? 0 : MAX_TABLES;
	xbfront_pool_reserve(ring, &ring->tables, min(ring->tables.max, 1U));
	/* If this fails, the ring still has the reserve of make_pools(). */
	xbfront_pool_reserve(ring, &ring->pages,
			     clamp_t(unsigned int, ring->bounced_segments, XBFRONT_MIN_PAGES,
				     XVBD_MAX_SEGMENTS + (all && indirect)));
}

void xbfront_ring_stop(struct xbfront_ring *ring)
{
	spin_lock_bh(&ring->lock);
	ring->dead = true;
	spin_unlock_bh(&ring->lock);
}

void xbfront_ring_close(struct xsplit_front_ring *core)
{
	struct xbfront_ring *ring = xbfront_ring_of(core);

	xbfront_pool_destroy(&ring->data);
	xbfront_pool_destroy(&ring->pages);
	xbfront_pool_destroy(&ring->tables);
	xbfront_slots_free(ring);
}

// SPDX-License-Identifier: GPL-2.0
/* One ring: memory, slots, event channel. */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/page.h>

#include "blkfront.h"

/* Maximum of our own pages, for data that is copied, per ring. */
#define MAX_PAGES 1024

/* Maximum of grants for pages of users, per ring: 8 MiB in flight. */
#define MAX_GRANTS 2048

/* Maximum of pages for indirect segments, per ring. */
#define MAX_TABLES 64

/*
 * Reserve of each ring: grants for a request that fits into a slot, and one
 * page for data that cannot be granted. With these, the ring can execute any
 * request, a part at a time.
 */
#define MIN_GRANTS XVBD_MAX_SEGMENTS
#define MIN_PAGES 1

/* Held from counting the grants that are left until the ring has taken its own. */
static DEFINE_MUTEX(grants_lock);

/* The tasklet takes the responses, with interrupts enabled. */
static irqreturn_t event_arrived(int irq, void *arg)
{
	struct xbfront_ring *ring = arg;

	tasklet_schedule(&ring->tasklet);
	return IRQ_HANDLED;
}

static bool make_slots(struct xbfront_ring *ring)
{
	unsigned int i;

	ring->slots = kvcalloc(ring->ring.nr, sizeof(*ring->slots), GFP_KERNEL | __GFP_NOWARN);
	if (!ring->slots)
		return false;
	for (i = 0; i < ring->ring.nr; i++)
		ring->slots[i].next = i + 1 < ring->ring.nr ? i + 1 : XBFRONT_NO_SLOT;
	ring->free_slot = 0;
	ring->nr_free_slots = ring->ring.nr;
	return true;
}

u16 xbfront_slots_take(struct xbfront_ring *ring, struct request *rq, unsigned int nr)
{
	u16 first = ring->free_slot;
	struct xbfront_slot *slot;
	u16 *link = &ring->free_slot;

	ring->nr_free_slots -= nr;
	while (nr--) {
		slot = &ring->slots[*link];
		slot->rq = rq;
		link = &slot->next;
	}
	ring->free_slot = *link;
	*link = XBFRONT_NO_SLOT;
	return first;
}

void xbfront_slots_put(struct xbfront_ring *ring, u16 first)
{
	struct xbfront_slot *slot;
	u16 *link = &first;

	while (*link != XBFRONT_NO_SLOT) {
		slot = &ring->slots[*link];
		slot->rq = NULL;
		slot->in_flight = false;
		ring->nr_free_slots++;
		link = &slot->next;
	}
	*link = ring->free_slot;
	ring->free_slot = first;
}

/*
 * Do not retry hard to get contiguous pages: there may never be any, and a smaller ring will do.
 */
static void *alloc_shared(unsigned int nr_pages)
{
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;

	if (nr_pages > 1)
		gfp |= __GFP_NORETRY;
	return alloc_pages_exact(nr_pages * XEN_PAGE_SIZE, gfp);
}

/*
 * Like xenbus_setup_ring() and xenbus_alloc_evtchn(), which however switch to Closing on a
 * failure. A parked disk must wait instead.
 */
static bool share_pages(struct xbfront_ring *ring)
{
	unsigned int i;
	int ref;

	for (i = 0; i < ring->nr_pages; i++)
		ring->grefs[i] = INVALID_GRANT_REF;
	ring->shared = alloc_shared(ring->nr_pages);
	if (!ring->shared)
		return false;
	for (i = 0; i < ring->nr_pages; i++) {
		ref = gnttab_grant_foreign_access(ring->vbd->dev->otherend_id,
						  virt_to_gfn(ring->shared + i * XEN_PAGE_SIZE), 0);
		if (ref < 0)
			return false;
		ring->grefs[i] = ref;
	}
	return true;
}

/* A page that the backend still maps is not freed before it is unmapped. */
static void unshare_pages(struct xbfront_ring *ring)
{
	unsigned int i;

	if (!ring->shared)
		return;
	for (i = 0; i < ring->nr_pages; i++)
		if (ring->grefs[i] != INVALID_GRANT_REF)
			gnttab_end_foreign_access(ring->grefs[i], NULL);
	free_pages_exact(ring->shared, ring->nr_pages * XEN_PAGE_SIZE);
	ring->shared = NULL;
}

static int make_event(struct xbfront_ring *ring)
{
	struct xenbus_device *dev = ring->vbd->dev;
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = dev->otherend_id,
	};
	int err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	int irq;

	if (err)
		return xvbd_tell(dev, err, "there is no event channel for a ring");
	ring->port = alloc.port;
	irq = bind_evtchn_to_irq_lateeoi(ring->port);
	if (irq < 0) {
		xenbus_free_evtchn(dev, ring->port);
		return xvbd_tell(dev, irq, "event channel %u has no interrupt", ring->port);
	}
	err = request_irq(irq, event_arrived, 0, "blkif", ring);
	if (err) {
		/*
		 * This has closed the port. Another user may have the same port
		 * by now: do not close it again.
		 */
		evtchn_put(ring->port);
		return xvbd_tell(dev, err, "event channel %u cannot be bound", ring->port);
	}
	ring->irq = irq;
	return 0;
}

/* Make the reserve of the ring. */
static bool make_pools(struct xbfront_ring *ring)
{
	ring->data.max = MAX_GRANTS;
	ring->pages.paged = true;
	ring->pages.max = MAX_PAGES;
	ring->tables.paged = true;
	ring->tables.readonly = true;
	return xbfront_pool_reserve(ring, &ring->data, MIN_GRANTS) &&
	       xbfront_pool_reserve(ring, &ring->pages, MIN_PAGES);
}

static bool make_grants(struct xbfront_ring *ring, bool leave_free)
{
	bool made;

	mutex_lock(&grants_lock);
	made = xbfront_grants_left(ring->nr_pages + MIN_GRANTS + MIN_PAGES, leave_free) &&
	       share_pages(ring) && make_pools(ring);
	mutex_unlock(&grants_lock);
	return made;
}

static bool make_memory(struct xbfront_ring *ring, bool leave_free)
{
	if (!make_grants(ring, leave_free))
		return false;
	xvbd_front_ring_init(&ring->ring, ring->shared, ring->nr_pages * XEN_PAGE_SIZE,
			     xvbd_native->slot_size);
	return make_slots(ring);
}

/**
 * xbfront_ring_open() - make one ring, ready to be published
 * @ring: the ring, zero except for @vbd and @polled
 * @order: order of its pages
 * @leave_free: fail if too few grant references would be left for others
 *
 * Context: Sleeps.
 * Return: 0; or -EAGAIN if memory or grant references are short: nothing is left, and a
 * smaller ring may succeed; or another negative errno after xvbd_tell(): the caller calls
 * xbfront_ring_close().
 */
int xbfront_ring_open(struct xbfront_ring *ring, unsigned int order, bool leave_free)
{
	spin_lock_init(&ring->lock);
	tasklet_setup(&ring->tasklet, xbfront_reply_tasklet);
	ring->nr_pages = 1 << order;
	if (!make_memory(ring, leave_free)) {
		xbfront_ring_close(ring);
		return -EAGAIN;
	}
	if (ring->polled)
		xvbd_front_mute(&ring->ring);
	return make_event(ring);
}

/*
 * If no other request is in flight, a request that fits into a slot finds all
 * that it needs, unless grants are short. The pools grow on demand.
 */
void xbfront_ring_prepare(struct xbfront_ring *ring)
{
	bool indirect, all;

	ring->bounced_segments = xbfront_bounced_segments(ring->vbd);
	all = ring->bounced_segments == XBFRONT_ALL;
	ring->max_segments = xbfront_segments(ring->vbd);
	indirect = ring->max_segments > XVBD_MAX_SEGMENTS;
	/* Small requests use @pages: @data needs no reserve. */
	if (ring->bounced_segments)
		xbfront_pool_destroy(&ring->data);
	ring->data.max = all ? 0 : MAX_GRANTS;
	ring->tables.max = all || !indirect ? 0 : MAX_TABLES;
	xbfront_pool_reserve(ring, &ring->tables, min(ring->tables.max, 1U));
	/* If this fails, the ring still has the reserve of make_pools(). */
	xbfront_pool_reserve(ring, &ring->pages,
			     clamp_t(unsigned int, ring->bounced_segments, MIN_PAGES,
				     XVBD_MAX_SEGMENTS + (all && indirect)));
}

void xbfront_ring_stop(struct xbfront_ring *ring)
{
	spin_lock_bh(&ring->lock);
	ring->dead = true;
	spin_unlock_bh(&ring->lock);
}

void xbfront_ring_unbind_irq(struct xbfront_ring *ring)
{
	if (!ring->irq)
		return;
	disable_irq(ring->irq);
	tasklet_kill(&ring->tasklet);
	unbind_from_irqhandler(ring->irq, ring);
	ring->irq = 0;
}

/**
 * xbfront_ring_close() - release one ring
 * @ring: the ring, open or partly open, with no request in flight
 *
 * Context: Sleeps.
 */
void xbfront_ring_close(struct xbfront_ring *ring)
{
	xbfront_ring_unbind_irq(ring);
	xbfront_pool_destroy(&ring->data);
	xbfront_pool_destroy(&ring->pages);
	xbfront_pool_destroy(&ring->tables);
	kvfree(ring->slots);
	ring->slots = NULL;
	unshare_pages(ring);
}

// SPDX-License-Identifier: GPL-2.0
/* The slots of a ring: one for each request id. */
#include <linux/slab.h>

#include "blkfront.h"

bool xbfront_slots_alloc(struct xbfront_ring *ring)
{
	unsigned int i;

	ring->slots = kvcalloc(ring->core.ring.nr, sizeof(*ring->slots), GFP_KERNEL | __GFP_NOWARN);
	if (!ring->slots)
		return false;
	for (i = 0; i < ring->core.ring.nr; i++)
		ring->slots[i].next = i + 1 < ring->core.ring.nr ? i + 1 : XBFRONT_NO_SLOT;
	ring->free_slot = 0;
	ring->nr_free_slots = ring->core.ring.nr;
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

void xbfront_slots_free(struct xbfront_ring *ring)
{
	kvfree(ring->slots);
	ring->slots = NULL;
}

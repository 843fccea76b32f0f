// SPDX-License-Identifier: GPL-2.0
/*
 * The requests and responses of a class that has response() or calls. The lock of the device
 * protects its rings.
 */
#include <xen/events.h>

#include "frontparts.h"

/* The largest response that the core copies, in bytes. */
#define MAX_RESPONSE 64

bool xsplit_front_response_fits(const struct xsplit_front_class *class)
{
	return class->response_size && class->response_size <= MAX_RESPONSE &&
	       class->response_size <= class->slot_size;
}

/*
 * Hand all responses to the class. It may send requests that have waited for room in the ring;
 * no user adds more while this holds the lock, so a back that answers at once cannot keep us
 * here. Return: number of responses; -1: the ring is broken.
 */
static int take_responses(struct xsplit_front_ring *ring)
{
	const struct xsplit_front *front = ring->front;
	u64 copy[MAX_RESPONSE / sizeof(u64)];
	int nr, taken = 0;

	for (nr = xsplit_front_pending(&ring->ring); nr > 0;
	     nr = xsplit_front_enable_event(&ring->ring)) {
		taken += nr;
		while (nr-- > 0) {
			xsplit_ring_copy(&ring->ring, copy, front->class->response_size);
			if (!front->response(ring, copy))
				return -1;
		}
	}
	return nr < 0 ? -1 : taken;
}

irqreturn_t xsplit_front_response_event(int irq, void *arg)
{
	struct xsplit_front_ring *ring = arg;
	struct xsplit_front *front = ring->front;
	unsigned long flags;
	int taken;

	spin_lock_irqsave(&front->lock, flags);
	taken = take_responses(ring);
	spin_unlock_irqrestore(&front->lock, flags);
	/* After an error the event channel stays masked: the back cannot cause another event. */
	if (taken < 0)
		xsplit_front_ring_broken(ring, "it answers what was not asked");
	else
		xen_irq_lateeoi(irq, taken ? 0 : XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

/* What is wrong in the ring of a back that is gone does not matter any more. */
void xsplit_front_take_last_responses(struct xsplit_front_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->front->lock, flags);
	take_responses(ring);
	spin_unlock_irqrestore(&ring->front->lock, flags);
}

bool xsplit_front_send(struct xsplit_front_ring *ring, const void *request)
{
	struct xsplit_ring *r = &ring->ring;

	lockdep_assert_held(&ring->front->lock);
	if (r->prod - r->cons >= r->nr)
		return false;
	memcpy(xsplit_ring_fill(r), request, r->slot_size);
	if (xsplit_front_push(r))
		notify_remote_via_irq(ring->irq);
	return true;
}

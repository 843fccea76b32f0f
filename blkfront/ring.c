// SPDX-License-Identifier: GPL-2.0
/*
 * One ring: its memory, its event channel, and the responses that come in.
 */
#include <linux/slab.h>
#include <xen/events.h>

#include "blkfront.h"

/* A response that makes no sense: the back is not to be trusted with more. */
static void ring_broken(struct xbfront_ring *ring, const char *why)
{
	struct xbfront_vbd *vbd = ring->vbd;

	dev_err_ratelimited(&vbd->dev->dev, "response refused: %s\n", why);
	xbfront_ring_stop(ring);
	set_bit(XBFRONT_RING_BROKEN, &vbd->flags);
	xbfront_kick(vbd);
}

static bool take_response(struct xbfront_ring *ring)
{
	struct xbfront_slot *slot = NULL;
	struct xvbd_response rsp;
	enum xvbd_verdict verdict;

	xvbd_front_take(&ring->ring, &rsp);
	if (rsp.id < ring->ring.nr)
		slot = &ring->slots[rsp.id];
	verdict = xvbd_response_check(&rsp, slot && slot->rq, slot ? slot->op : 0);
	if (verdict != XVBD_OK) {
		ring_broken(ring, xvbd_verdict_text(verdict));
		return false;
	}
	if (!xbfront_request_done(ring, slot, rsp.status)) {
		ring_broken(ring, "the back keeps pages of an answered request");
		return false;
	}
	return true;
}

/*
 * The event channel stays masked until xen_irq_lateeoi(): for good, if the
 * back breaks the ring (XSA-391).
 */
static irqreturn_t event_arrived(int irq, void *arg)
{
	struct xbfront_ring *ring = arg;
	unsigned int eoi = XEN_EOI_FLAG_SPURIOUS;
	int pending = xvbd_front_pending(&ring->ring);

	do {
		for (; pending > 0; pending--) {
			if (!take_response(ring))
				return IRQ_HANDLED;
			eoi = 0;
		}
		if (pending < 0) {
			ring_broken(ring, "more responses than requests");
			return IRQ_HANDLED;
		}
		pending = xvbd_front_arm(&ring->ring);
	} while (pending);

	xen_irq_lateeoi(irq, eoi);
	return IRQ_HANDLED;
}

void xbfront_ring_reap(struct xbfront_ring *ring)
{
	int pending = xvbd_front_pending(&ring->ring);

	while (pending-- > 0 && take_response(ring))
		;
}

static void release_grefs(struct xbfront_ring *ring)
{
	unsigned int i, j;

	for (i = 0; i < ring->ring.nr; i++)
		for (j = 0; j < XVBD_MAX_SEGMENTS; j++)
			if (ring->slots[i].gref[j] != INVALID_GRANT_REF)
				gnttab_free_grant_reference(ring->slots[i].gref[j]);
}

/* Each slot has its own references: granting a page cannot fail later. */
static int claim_grefs(struct xbfront_ring *ring)
{
	unsigned int i, j;
	grant_ref_t head;

	if (gnttab_alloc_grant_references(ring->ring.nr * XVBD_MAX_SEGMENTS, &head))
		return -ENOSPC;
	for (i = 0; i < ring->ring.nr; i++)
		for (j = 0; j < XVBD_MAX_SEGMENTS; j++)
			ring->slots[i].gref[j] = gnttab_claim_grant_reference(&head);
	return 0;
}

static int make_slots(struct xbfront_ring *ring)
{
	struct xenbus_device *dev = ring->vbd->dev;

	ring->slots = kvcalloc(ring->ring.nr, sizeof(*ring->slots), GFP_KERNEL);
	if (!ring->slots)
		return xvbd_tell(dev, -ENOMEM, "out of memory for %u requests", ring->ring.nr);
	if (claim_grefs(ring)) {
		kvfree(ring->slots);
		ring->slots = NULL;
		return xvbd_tell(dev, -ENOSPC,
				 "no %u grant references left: raise max_grant_frames of this domain",
				 ring->ring.nr * XVBD_MAX_SEGMENTS);
	}
	return 0;
}

static int make_event(struct xbfront_ring *ring)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int err = xenbus_alloc_evtchn(dev, &ring->port);

	if (err)
		return err;
	err = bind_evtchn_to_irqhandler_lateeoi(ring->port, event_arrived, 0, "blkif", ring);
	/* Which closes the port: closed here, it might be somebody else's by now. */
	if (err < 0)
		return xvbd_tell(dev, err, "event channel %u cannot be bound", ring->port);
	ring->irq = err;
	return 0;
}

/**
 * xbfront_ring_open() - make one ring, ready to be published
 * @ring: zeroed but for its vbd
 *
 * Return: 0; or a negative errno after the device has gone to Closing, with
 * what was made left for xbfront_ring_close().
 */
int xbfront_ring_open(struct xbfront_ring *ring)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int err;

	spin_lock_init(&ring->lock);
	err = xenbus_setup_ring(dev, GFP_KERNEL, &ring->shared, 1, &ring->gref);
	if (err)
		return xvbd_tell(dev, err, "cannot make a ring");
	xvbd_front_ring_init(&ring->ring, ring->shared, XEN_PAGE_SIZE,
			     &xvbd_layouts[XVBD_ABI_NATIVE]);
	err = make_slots(ring);
	if (err)
		return err;
	return make_event(ring);
}

void xbfront_ring_stop(struct xbfront_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	ring->dead = true;
	spin_unlock_irqrestore(&ring->lock, flags);
}

void xbfront_ring_deafen(struct xbfront_ring *ring)
{
	if (!ring->irq)
		return;
	unbind_from_irqhandler(ring->irq, ring);
	ring->irq = 0;
}

/**
 * xbfront_ring_close() - give one ring up
 * @ring: open or half open, with nothing in flight
 */
void xbfront_ring_close(struct xbfront_ring *ring)
{
	xbfront_ring_deafen(ring);
	if (ring->slots) {
		release_grefs(ring);
		kvfree(ring->slots);
		ring->slots = NULL;
	}
	if (ring->shared)
		xenbus_teardown_ring(&ring->shared, 1, &ring->gref);
}

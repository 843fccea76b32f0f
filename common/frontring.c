// SPDX-License-Identifier: GPL-2.0
/*
 * The rings of a front: how many, of what size; their memory, grants and event
 * channels; and their keys in our directory.
 */
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/page.h>

#include "frontparts.h"

/* Held from counting the grants that are left until the ring has taken its own. */
static DEFINE_MUTEX(grants_lock);

/* Return: whether the guest has @nr references left, and more for others if @leave_free. */
static bool has_grants(unsigned int nr, bool leave_free)
{
	grant_ref_t refs;

	if (gnttab_alloc_grant_references(nr + (leave_free ? XSPLIT_GRANTS_LEFT_FREE : 0), &refs))
		return false;
	gnttab_free_grant_references(refs);
	return true;
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
 * failure. A parked device must wait instead.
 */
static bool share_pages(struct xsplit_front_ring *ring)
{
	unsigned int i;
	int ref;

	for (i = 0; i < ring->nr_pages; i++)
		ring->grefs[i] = INVALID_GRANT_REF;
	ring->shared = alloc_shared(ring->nr_pages);
	if (!ring->shared)
		return false;
	for (i = 0; i < ring->nr_pages; i++) {
		ref = gnttab_grant_foreign_access(ring->front->dev->otherend_id,
						  virt_to_gfn(ring->shared + i * XEN_PAGE_SIZE), 0);
		if (ref < 0)
			return false;
		ring->grefs[i] = ref;
	}
	return true;
}

/* A page that the backend still maps is not freed before it is unmapped. */
static void unshare_pages(struct xsplit_front_ring *ring)
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

/*
 * The ring has its interrupt before the handler can run: the channel is pending
 * as soon as it is bound.
 */
static int make_event(struct xsplit_front_ring *ring)
{
	const struct xsplit_front_class *class = ring->front->class;
	struct xenbus_device *dev = ring->front->dev;
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = dev->otherend_id,
	};
	int err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	int irq;

	if (err)
		return xsplit_dev_error(dev, err, "there is no event channel for a ring");
	ring->port = alloc.port;
	irq = bind_evtchn_to_irq_lateeoi(ring->port);
	if (irq < 0) {
		xenbus_free_evtchn(dev, ring->port);
		return xsplit_dev_error(dev, irq, "event channel %u has no interrupt", ring->port);
	}
	ring->irq = irq;
	err = request_irq(irq, class->event ?: xsplit_front_response_event, 0, class->irq_name,
			  ring);
	if (err) {
		/*
		 * This has closed the port. Another user may have the same port
		 * by now: do not close it again.
		 */
		ring->irq = 0;
		evtchn_put(ring->port);
		return xsplit_dev_error(dev, err, "event channel %u cannot be bound", ring->port);
	}
	return 0;
}

void xsplit_front_unbind(struct xsplit_front_ring *ring)
{
	if (!ring->irq)
		return;
	disable_irq(ring->irq);
	if (ring->front->class->event_stop)
		ring->front->class->event_stop(ring);
	unbind_from_irqhandler(ring->irq, ring);
	ring->irq = 0;
}

/* Release a ring that is open, or partly open. */
static void close_ring(struct xsplit_front_ring *ring)
{
	xsplit_front_unbind(ring);
	if (ring->opened && ring->front->class->ring_close)
		ring->front->class->ring_close(ring);
	ring->opened = false;
	unshare_pages(ring);
}

static int make_ring(struct xsplit_front_ring *ring, bool leave_free)
{
	const struct xsplit_front_class *class = ring->front->class;
	int err = -EAGAIN;

	mutex_lock(&grants_lock);
	if (has_grants(ring->nr_pages + class->ring_grants, leave_free) && share_pages(ring)) {
		xsplit_front_ring_init(&ring->ring, ring->shared, ring->nr_pages * XEN_PAGE_SIZE,
				       class->slot_size);
		ring->opened = true;
		err = class->ring_open ? class->ring_open(ring) : 0;
	}
	mutex_unlock(&grants_lock);
	return err;
}

/*
 * Make the next ring, ready to be published. Return: 0; or -EAGAIN if memory or grant references
 * are short: nothing is left, and a smaller ring may succeed; or another negative errno after
 * xsplit_dev_error(): xsplit_front_close_rings() releases what there is.
 */
static int open_ring(struct xsplit_front *front)
{
	struct xsplit_front_ring *ring = xsplit_front_ring_at(front, front->nr_rings);
	const struct xsplit_plan *plan = &front->plan;
	int err;

	memset(ring, 0, front->class->ring_size);
	ring->front = front;
	ring->index = front->nr_rings;
	ring->nr_pages = 1 << plan->order;
	err = make_ring(ring, plan->order || ring->index);
	if (err == -EAGAIN) {
		close_ring(ring);
		return err;
	}
	front->nr_rings++;
	return err ?: make_event(ring);
}

/*
 * If memory or grant references are short, open fewer and smaller rings. A small ring can be
 * opened as long as there are any.
 */
static int open_rings(struct xsplit_front *front)
{
	const struct xsplit_plan requested = front->plan;
	struct xsplit_plan *plan = &front->plan;
	int err = 0;

	while (!err && front->nr_rings < requested.nr_rings) {
		err = open_ring(front);
		if (err == -EAGAIN && plan->order && !front->nr_rings) {
			plan->order--;
			err = 0;
		}
	}
	if (err && err != -EAGAIN)
		return err;
	if (!front->nr_rings)
		return xsplit_dev_error(
			front->dev, -ENOSPC,
			"this guest has no memory or no grant references left for a ring: raise max_grant_frames of this domain");
	plan->nr_rings = front->nr_rings;
	if (plan->nr_rings < requested.nr_rings || plan->order < requested.order)
		dev_warn_ratelimited(
			&front->dev->dev,
			"grant references or memory are short: %u rings of %u pages, in place of %u of %u; raise max_grant_frames of this domain\n",
			plan->nr_rings, 1 << plan->order, requested.nr_rings, 1 << requested.order);
	return 0;
}

void xsplit_front_close_rings(struct xsplit_front *front)
{
	unsigned int i;

	for (i = 0; i < front->nr_rings; i++)
		close_ring(xsplit_front_ring_at(front, i));
	kvfree(front->rings);
	front->rings = NULL;
	front->nr_rings = 0;
}

/* Read what the backend offers, and have the class decide. Take no more than the offer. */
static int make_plan(struct xsplit_front *front)
{
	struct xsplit_plan offer, *plan = &front->plan;
	u64 keys[XSPLIT_OFFER_KEYS];
	int err = xsplit_read_keys(front->dev, front->otherend, xsplit_offer_keys,
				   XSPLIT_OFFER_KEYS, keys);

	if (err)
		return err;
	offer.nr_rings = min_t(u64, keys[XSPLIT_OFFER_MAX_QUEUES], XSPLIT_MAX_QUEUES);
	offer.order = min_t(u64, XSPLIT_MAX_RING_PAGE_ORDER,
			    max_t(u64, keys[XSPLIT_OFFER_MAX_RING_PAGE_ORDER],
				  ilog2(keys[XSPLIT_OFFER_MAX_RING_PAGES])));
	offer.num_ring_pages_key = keys[XSPLIT_OFFER_MAX_RING_PAGES] > 1;
	*plan = offer;
	if (front->class->plan)
		err = front->class->plan(front, plan);
	else
		*plan = (struct xsplit_plan){ .nr_rings = 1 };
	plan->nr_rings = clamp(plan->nr_rings, 1U, offer.nr_rings);
	plan->order = min(plan->order, offer.order);
	return err;
}

/* Old backends expect the name "ring-ref", without a number, for a ring of one page. */
static void add_ring(struct xsplit_nodes *keys, const struct xsplit_front_ring *ring)
{
	struct xsplit_node node = {
		.key = &xsplit_keys[XSPLIT_ID_EVENT_CHANNEL],
		.number = ring->port,
		.in_queue = ring->front->nr_rings > 1,
		.queue = ring->index,
	};

	xsplit_add_node(keys, &node);
	node.key = &xsplit_keys[XSPLIT_ID_RING_REF];
	node.numbered = ring->nr_pages > 1;
	for (node.index = 0; node.index < ring->nr_pages; node.index++) {
		node.number = ring->grefs[node.index];
		xsplit_add_node(keys, &node);
	}
}

static void add_keys(struct xsplit_nodes *keys, struct xsplit_front *front)
{
	const struct xsplit_plan *plan = &front->plan;
	unsigned int i;

	if (plan->order)
		xsplit_add_number(keys, &xsplit_front_keys[XSPLIT_FRONT_RING_PAGE_ORDER],
				  plan->order);
	if (plan->order && plan->num_ring_pages_key)
		xsplit_add_number(keys, &xsplit_front_keys[XSPLIT_FRONT_NUM_RING_PAGES],
				  1 << plan->order);
	if (front->nr_rings > 1)
		xsplit_add_number(keys, &xsplit_front_keys[XSPLIT_FRONT_NUM_QUEUES],
				  front->nr_rings);
	for (i = 0; i < front->nr_rings; i++)
		add_ring(keys, xsplit_front_ring_at(front, i));
	xsplit_add_number(keys, &xsplit_keys[XSPLIT_ID_FRONT_REJOIN],
			  xsplit_front_rejoin_key(front));
	if (front->class->publish)
		front->class->publish(front, keys);
}

static int publish_keys(struct xsplit_front *front)
{
	const struct xsplit_front_class *class = front->class;
	struct xsplit_nodes counted = {}, keys = {};
	int err;

	add_keys(&counted, front);
	keys.nodes = kvcalloc(counted.nr, sizeof(*keys.nodes), GFP_KERNEL);
	if (!keys.nodes)
		return xsplit_dev_error(front->dev, -ENOMEM, "out of memory for %u keys",
					counted.nr);
	add_keys(&keys, front);
	err = xsplit_republish(front->dev, keys.nodes, keys.nr, class->keys, class->nr_keys);
	kvfree(keys.nodes);
	return err;
}

int xsplit_front_publish(struct xsplit_front *front)
{
	int err = make_plan(front);

	if (err)
		return err;
	front->rings =
		kvcalloc(front->plan.nr_rings, xsplit_front_ring_stride(front), GFP_KERNEL);
	if (!front->rings)
		return xsplit_dev_error(front->dev, -ENOMEM, "out of memory for %u rings",
					front->plan.nr_rings);
	err = open_rings(front);
	return err ?: publish_keys(front);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * One ring: its memory, its event channel, the life of its worker.
 */
#include <linux/kthread.h>
#include <linux/slab.h>
#include <xen/events.h>

#include "blkback.h"

/*
 * The event channel stays masked until the worker has looked at the ring and
 * says whether the event was worth it (XSA-332).
 */
static irqreturn_t event_arrived(int irq, void *arg)
{
	struct xbback_ring *ring = arg;

	WRITE_ONCE(ring->event, true);
	wake_up(&ring->wake);
	return IRQ_HANDLED;
}

static int map_shared(struct xbback_ring *ring, grant_ref_t gref, const struct xvbd_layout *layout)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int err = xenbus_map_ring_valloc(dev, &gref, 1, &ring->shared);

	if (err)
		return xvbd_tell(dev, err, "%s/ring-ref: grant %u cannot be mapped",
				 ring->vbd->otherend, gref);
	if (!xvbd_back_ring_init(&ring->ring, ring->shared, XEN_PAGE_SIZE, layout))
		return xvbd_tell(dev, -EPROTO, "%s/ring-ref: the ring's indices make no sense",
				 ring->vbd->otherend);
	return 0;
}

static int bind_event(struct xbback_ring *ring, evtchn_port_t port)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int irq = bind_interdomain_evtchn_to_irqhandler_lateeoi(dev, port, event_arrived, 0,
								ring->name, ring);

	if (irq < 0)
		return xvbd_tell(dev, irq, "%s/event-channel: port %u cannot be bound",
				 ring->vbd->otherend, port);
	ring->irq = irq;
	return 0;
}

static int start_worker(struct xbback_ring *ring)
{
	struct task_struct *worker = kthread_create(xbback_worker, ring, "%s", ring->name);

	if (IS_ERR(worker))
		return xvbd_tell(ring->vbd->dev, PTR_ERR(worker), "cannot start a worker");
	/* Held, so that stopping it is safe even after it has ended by itself. */
	get_task_struct(worker);
	ring->worker = worker;
	wake_up_process(worker);
	return 0;
}

/**
 * xbback_ring_open() - bring one ring into service
 * @ring:   zeroed but for its vbd and index
 * @gref:   of the ring's page
 * @port:   the front's end of the event channel
 * @layout: of the front's slots
 *
 * Return: 0; or a negative errno after xvbd_tell(), with what was done left
 * for xbback_ring_close().
 */
int xbback_ring_open(struct xbback_ring *ring, grant_ref_t gref, evtchn_port_t port,
		     const struct xvbd_layout *layout)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int err;

	snprintf(ring->name, sizeof(ring->name), "xbback.%d.%s-%u", dev->otherend_id,
		 strrchr(dev->nodename, '/') + 1, ring->index);
	init_waitqueue_head(&ring->wake);
	INIT_LIST_HEAD(&ring->free);
	INIT_LIST_HEAD(&ring->lingering);
	init_llist_head(&ring->done);
	gnttab_page_cache_init(&ring->pages);
	ring->max_segs = XVBD_MAX_SEGMENTS;

	err = map_shared(ring, gref, layout);
	if (err)
		return err;
	ring->batch = xbback_batch_alloc();
	if (!ring->batch || xbback_requests_alloc(ring))
		return xvbd_tell(dev, -ENOMEM, "out of memory for %u requests", ring->ring.nr);
	/* The event before the worker, which answers for it by its number. */
	err = bind_event(ring, port);
	if (err)
		return err;
	return start_worker(ring);
}

void xbback_ring_pause(struct xbback_ring *ring)
{
	kthread_park(ring->worker);
}

void xbback_ring_resume(struct xbback_ring *ring)
{
	kthread_unpark(ring->worker);
}

/**
 * xbback_ring_close() - take one ring out of service
 * @ring: open, half open or zero
 *
 * Each phase makes the next one safe: without the worker nothing is in flight,
 * without the event nobody wakes it, then the memory has no user.
 */
void xbback_ring_close(struct xbback_ring *ring)
{
	if (ring->worker) {
		kthread_stop(ring->worker);
		put_task_struct(ring->worker);
		ring->worker = NULL;
	}
	if (ring->irq) {
		unbind_from_irqhandler(ring->irq, ring);
		ring->irq = 0;
	}
	xbback_requests_free(ring);
	kfree(ring->batch);
	ring->batch = NULL;
	if (ring->shared) {
		gnttab_page_cache_shrink(&ring->pages, 0);
		xenbus_unmap_ring_vfree(ring->vbd->dev, ring->shared);
		ring->shared = NULL;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * One ring: its memory, its event channel, the start and the end of its worker.
 */
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <xen/events.h>

#include "data.h"

/*
 * The event channel stays masked until the worker has checked the ring and reports with
 * xen_irq_lateeoi() whether the event was spurious (XSA-332).
 */
static irqreturn_t event_arrived(int irq, void *arg)
{
	struct xbback_ring *ring = arg;

	WRITE_ONCE(ring->event, true);
	wake_up(&ring->wake);
	return IRQ_HANDLED;
}

static int tell_unmappable(struct xbback_ring *ring, const struct xbback_ring_info *info, int err)
{
	struct xenbus_device *dev = ring->vbd->dev;

	if (info->nr_pages == 1)
		return xvbd_tell(dev, err, "%s/ring-ref: grant %u cannot be mapped", info->dir,
				 info->gref[0]);
	return xvbd_tell(dev, err, "%s/ring-ref0: this or another of %u grants cannot be mapped",
			 info->dir, info->nr_pages);
}

static int map_and_unmap(domid_t domid, const grant_ref_t *gref, struct page **pages,
			 unsigned int nr)
{
	struct gnttab_map_grant_ref map[XSPLIT_MAX_RING_PAGES];
	struct gnttab_unmap_grant_ref unmap[XSPLIT_MAX_RING_PAGES];
	unsigned int i, mapped = 0;
	int err;

	for (i = 0; i < nr; i++) {
		gnttab_set_map_op(&map[i], (unsigned long)page_address(pages[i]), GNTMAP_host_map,
				  gref[i], domid);
		map[i].status = GNTST_general_error; /* Xen may fail without an error (XSA-316) */
	}
	err = gnttab_map_refs(map, NULL, pages, nr);
	for (i = 0; i < nr; i++) {
		if (map[i].status == GNTST_okay) {
			gnttab_set_unmap_op(&unmap[mapped], map[i].host_addr, GNTMAP_host_map,
					    map[i].handle);
			pages[mapped++] = pages[i];
		} else {
			err = -EINVAL;
		}
	}
	if (mapped)
		gnttab_unmap_refs(unmap, NULL, pages, mapped);
	return err;
}

/*
 * If xenbus_map_ring_valloc() cannot map a grant, it writes the state Closing, and the in-tree
 * frontend takes that as the end of its disk. So test first whether the grants can be mapped.
 */
static int try_to_map(domid_t domid, const struct xbback_ring_info *info)
{
	struct page *pages[XSPLIT_MAX_RING_PAGES], *used[XSPLIT_MAX_RING_PAGES];
	int err = gnttab_alloc_pages(info->nr_pages, pages);

	if (err)
		return err;
	memcpy(used, pages, sizeof(used));
	err = map_and_unmap(domid, info->gref, used, info->nr_pages);
	gnttab_free_pages(info->nr_pages, pages);
	return err;
}

static int map_shared(struct xbback_ring *ring, struct xbback_ring_info *info)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int err = try_to_map(dev->otherend_id, info);

	if (!err)
		err = xenbus_map_ring_valloc(dev, info->gref, info->nr_pages, &ring->shared);
	if (err)
		return tell_unmappable(ring, info, err);
	ring->layout = info->layout;
	if (!xvbd_back_ring_init(&ring->ring, ring->shared, info->nr_pages * XEN_PAGE_SIZE,
				 info->layout->slot_size))
		return xvbd_tell(dev, -EPROTO, "%s/ring-ref: the ring's indices make no sense",
				 info->dir);
	return 0;
}

static int bind_event(struct xbback_ring *ring, const struct xbback_ring_info *info)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int irq = bind_interdomain_evtchn_to_irqhandler_lateeoi(dev, info->port, event_arrived, 0,
								ring->name, ring);

	if (irq < 0)
		return xvbd_tell(dev, irq, "%s/event-channel: port %u cannot be bound", info->dir,
				 info->port);
	ring->irq = irq;
	return 0;
}

/*
 * Bind the interrupt and the worker of a ring to one CPU. The rings of a disk are spread over
 * the CPUs, so that they do not compete. A single ring is left to the scheduler. If the binding
 * fails, for example because the CPU has just gone offline, the ring works without it.
 */
static void set_affinity(struct xbback_ring *ring)
{
	unsigned int cpu;

	if (ring->vbd->nr_rings == 1)
		return;
	cpu = cpumask_local_spread(ring->index % num_online_cpus(), NUMA_NO_NODE);
	irq_set_affinity(ring->irq, cpumask_of(cpu));
	set_cpus_allowed_ptr(ring->worker, cpumask_of(cpu));
}

static int start_worker(struct xbback_ring *ring)
{
	struct task_struct *worker = kthread_create(xbback_worker, ring, "%s", ring->name);

	if (IS_ERR(worker))
		return xvbd_tell(ring->vbd->dev, PTR_ERR(worker), "cannot start a worker");
	/*
	 * Keep a reference, so that kthread_stop() is safe also if the thread has ended. It ends
	 * only in kthread_stop(): this is a precaution.
	 */
	get_task_struct(worker);
	ring->worker = worker;
	set_affinity(ring);
	wake_up_process(worker);
	return 0;
}

/**
 * xbback_ring_open() - map a ring, bind its event channel and start its worker
 * @ring:   the ring, zeroed except @vbd and @index
 * @info:   what the frontend has published for the ring
 *
 * There is no cleanup after an error here: the caller uses xbback_ring_close().
 *
 * Context: @work of the vbd, with pause_lock. Sleeps.
 * Return: 0; or a negative errno after xvbd_tell().
 */
int xbback_ring_open(struct xbback_ring *ring, struct xbback_ring_info *info)
{
	struct xenbus_device *dev = ring->vbd->dev;
	int err;

	snprintf(ring->name, sizeof(ring->name), "xbback.%d.%s-%u", dev->otherend_id,
		 strrchr(dev->nodename, '/') + 1, ring->index);
	ring->log_due = jiffies;
	init_waitqueue_head(&ring->wake);
	INIT_LIST_HEAD(&ring->free);
	INIT_LIST_HEAD(&ring->pages_busy);
	init_llist_head(&ring->done);
	xbback_pages_init(ring);
	xbback_pgrants_init(ring);

	err = map_shared(ring, info);
	if (err)
		return err;
	ring->batch = kmalloc(sizeof(*ring->batch), GFP_KERNEL);
	if (ring->batch)
		ring->batch->nr = 0;
	if (!ring->batch || xbback_requests_alloc(ring))
		return xvbd_tell(dev, -ENOMEM, "out of memory for %u requests", ring->ring.nr);
	/* Bind the event channel before the worker starts, because the worker uses @irq. */
	err = bind_event(ring, info);
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
 * xbback_ring_close() - stop the worker of a ring and free the ring's resources
 * @ring: the ring: open, half open or zeroed
 *
 * Each step makes the next one safe. Without the worker no request is in flight. Without the
 * event channel no interrupt uses the ring. Then the memory has no user, except that the end of
 * the last I/O may still be about to wake the worker. So the caller must free the array of
 * rings through RCU.
 *
 * Context: @work of the vbd, with pause_lock. Sleeps until the requests in flight have ended.
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
	if (ring->batch) {
		xbback_pgrants_free(ring);
		xbback_pages_free(ring);
		kfree(ring->batch);
		ring->batch = NULL;
	}
	if (ring->shared) {
		xenbus_unmap_ring_vfree(ring->vbd->dev, ring->shared);
		ring->shared = NULL;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * One ring: the memory of its requests, the start and the end of its worker. The core maps the
 * ring and binds its event channel.
 */
#include <linux/blkdev.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <xen/events.h>

#include "data.h"

/* The worker calls xen_irq_lateeoi() when it has checked the ring (XSA-332). */
void xbback_event(struct xsplit_back_ring *base)
{
	struct xbback_ring *ring = xbback_to_ring(base);

	WRITE_ONCE(ring->event, true);
	wake_up(&ring->wake);
}

int xbback_ring_open(struct xsplit_back_ring *base)
{
	struct xbback_ring *ring = xbback_to_ring(base);

	ring->vbd = xbback_to_vbd(base->back);
	ring->layout = ring->vbd->layout;
	ring->log_due = jiffies;
	init_waitqueue_head(&ring->wake);
	INIT_LIST_HEAD(&ring->free);
	INIT_LIST_HEAD(&ring->pages_busy);
	init_llist_head(&ring->done);
	init_llist_head(&ring->answered);
	spin_lock_init(&ring->rsp_lock);
	xbback_pages_init(ring);
	xbback_pgrants_init(ring);

	ring->batch = kmalloc(sizeof(*ring->batch), GFP_KERNEL);
	if (ring->batch)
		ring->batch->nr = 0;
	if (!ring->batch || xbback_requests_alloc(ring))
		return xsplit_dev_error(base->back->dev, -ENOMEM, "out of memory for %u requests",
					base->ring.nr);
	return 0;
}

/*
 * Make the worker, and choose its CPU. Its stack is near that CPU. Since Linux 6.14 the scheduler
 * also keeps such a thread on the CPUs of that node while one of them is online.
 */
static struct task_struct *create_worker(struct xbback_ring *ring)
{
	struct block_device *bdev = ring->vbd->disk.bdev;
	struct task_struct *worker;

	ring->cpu = xbback_place_get(bdev ? bdev->bd_disk->node_id : NUMA_NO_NODE);
	worker = kthread_create_on_node(xbback_worker, ring, cpu_to_node(ring->cpu), "%s",
					ring->base.name);
	if (IS_ERR(worker))
		xbback_place_put(ring->cpu);
	return worker;
}

int xbback_ring_start(struct xsplit_back_ring *base)
{
	struct xbback_ring *ring = xbback_to_ring(base);
	struct task_struct *worker = create_worker(ring);

	if (IS_ERR(worker))
		return xsplit_dev_error(base->back->dev, PTR_ERR(worker), "cannot start a worker");
	/*
	 * Keep a reference, so that kthread_stop() is safe also if the thread has ended. It ends
	 * only in kthread_stop(): this is a precaution.
	 */
	get_task_struct(worker);
	ring->worker = worker;
	/* If that CPU has just gone offline, the interrupt stays on another. */
	irq_set_affinity(base->irq, cpumask_of(ring->cpu));
	wake_up_process(worker);
	return 0;
}

void xbback_ring_pause(struct xbback_ring *ring)
{
	kthread_park(ring->worker);
}

void xbback_ring_resume(struct xbback_ring *ring)
{
	kthread_unpark(ring->worker);
}

/* Sleeps until the requests in flight have ended. */
void xbback_ring_stop(struct xsplit_back_ring *base)
{
	struct xbback_ring *ring = xbback_to_ring(base);

	if (!ring->worker)
		return;
	kthread_stop(ring->worker);
	put_task_struct(ring->worker);
	ring->worker = NULL;
	xbback_place_put(ring->cpu);
}

/*
 * The memory has no user, except that the end of the last I/O may still be about to wake the
 * worker, as an RCU reader of the ring: finish() in request.c.
 */
void xbback_ring_close(struct xsplit_back_ring *base)
{
	struct xbback_ring *ring = xbback_to_ring(base);

	xbback_requests_free(ring);
	if (ring->batch) {
		xbback_pgrants_free(ring);
		xbback_pages_free(ring);
		kfree(ring->batch);
		ring->batch = NULL;
	}
}

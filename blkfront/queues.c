// SPDX-License-Identifier: GPL-2.0
/*
 * The queues of the block layer, and which ring each uses.
 *
 * There are as many queues as the disk had rings when it was allocated. A later
 * backend may offer fewer rings: then several queues share one. If the
 * driver_data of a queue is NULL, the queue is quiesced, or the disk is dead
 * and its requests fail.
 */
#include <linux/cpumask.h>
#include <linux/rcupdate.h>

#include "blkfront.h"

static struct xbfront_ring *ring_of_queue(struct xbfront_vbd *vbd, unsigned int queue)
{
	unsigned int nr_polled = xbfront_nr_polled(vbd);
	unsigned int nr_events = vbd->core.nr_rings - nr_polled;
	unsigned int first_polled = vbd->tags.map[HCTX_TYPE_DEFAULT].nr_queues;

	if (queue >= first_polled && nr_polled)
		return xbfront_ring_at(vbd, nr_events + (queue - first_polled) % nr_polled);
	return xbfront_ring_at(vbd, queue % nr_events);
}

/* Route the event to the CPUs that submit to this queue. */
static void set_irq_affinity(struct blk_mq_hw_ctx *hctx)
{
	struct xbfront_ring *ring = hctx->driver_data;

	if (!cpumask_empty(hctx->cpumask))
		irq_set_affinity(ring->core.irq, hctx->cpumask);
}

void xbfront_queues_attach(struct xbfront_vbd *vbd)
{
	unsigned int nr_events = vbd->core.nr_rings - xbfront_nr_polled(vbd);
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	queue_for_each_hw_ctx(vbd->gd->queue, hctx, i) {
		WRITE_ONCE(hctx->driver_data, ring_of_queue(vbd, hctx->queue_num));
		if (nr_events > 1 && i < nr_events)
			set_irq_affinity(hctx);
	}
}

void xbfront_queues_detach(struct xbfront_vbd *vbd)
{
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	queue_for_each_hw_ctx(vbd->gd->queue, hctx, i)
		WRITE_ONCE(hctx->driver_data, NULL);
	/* Quiescing does not stop ->poll(): wait for pollers. */
	synchronize_rcu();
}

void xbfront_queues_run(struct request_queue *q, const struct xbfront_ring *ring)
{
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	queue_for_each_hw_ctx(q, hctx, i)
		if (READ_ONCE(hctx->driver_data) == ring)
			blk_mq_run_hw_queue(hctx, true);
}

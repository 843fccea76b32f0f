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

int xbfront_queues_alloc(struct xbfront_vbd *vbd)
{
	struct blk_mq_tag_set *tags = &vbd->tags;

	memset(tags, 0, sizeof(*tags));
	tags->ops = &xbfront_mq_ops;
	tags->nr_hw_queues = vbd->core.nr_rings;
	tags->nr_maps = xbfront_nr_polled(vbd) ? HCTX_MAX_TYPES : 1;
	tags->queue_depth = xbfront_ring_at(vbd, 0)->core.ring.nr;
	tags->numa_node = NUMA_NO_NODE;
	/* No I/O scheduler by default: the backend sees all users of its device. */
	tags->flags = XVBD_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	tags->cmd_size = sizeof(struct xbfront_cmd);
	tags->driver_data = vbd;
	return blk_mq_alloc_tag_set(tags);
}

/* The first queues use rings with events; the queues after them use polled rings. */
static void map_queues(struct blk_mq_tag_set *tags)
{
	struct xbfront_vbd *vbd = tags->driver_data;
	unsigned int nr_polled = tags->nr_maps > HCTX_TYPE_POLL ? xbfront_nr_polled(vbd) : 0;
	unsigned int nr[HCTX_MAX_TYPES] = {
		[HCTX_TYPE_DEFAULT] = tags->nr_hw_queues - nr_polled,
		[HCTX_TYPE_POLL] = nr_polled,
	};
	unsigned int i, offset = 0;

	for (i = 0; i < tags->nr_maps; i++) {
		tags->map[i].nr_queues = nr[i];
		tags->map[i].queue_offset = offset;
		offset += nr[i];
		if (nr[i])
			blk_mq_map_queues(&tags->map[i]);
	}
}

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

static int poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob)
{
	struct xbfront_ring *ring;
	int ended = 0;

	rcu_read_lock();
	ring = READ_ONCE(hctx->driver_data);
	if (ring)
		ended = xbfront_reap(ring, iob);
	rcu_read_unlock();
	return ended;
}

const struct blk_mq_ops xbfront_mq_ops = {
	.queue_rq = xbfront_queue_rq,
	.commit_rqs = xbfront_commit_rqs,
	.complete = xbfront_end_request,
	.poll = poll,
	.map_queues = map_queues,
};

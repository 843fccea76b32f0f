// SPDX-License-Identifier: GPL-2.0
/* The tag set of a disk: what blk-mq calls, and how many queues it has. */
#include <linux/rcupdate.h>

#include "blkfront.h"

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

static const struct blk_mq_ops mq_ops = {
	.queue_rq = xbfront_queue_rq,
	.queue_rqs = xbfront_queue_rqs,
	.commit_rqs = xbfront_commit_rqs,
	.complete = xbfront_end_request,
	.poll = poll,
	.map_queues = map_queues,
};

int xbfront_tags_alloc(struct xbfront_vbd *vbd)
{
	struct blk_mq_tag_set *tags = &vbd->tags;

	memset(tags, 0, sizeof(*tags));
	tags->ops = &mq_ops;
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

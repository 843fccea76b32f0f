// SPDX-License-Identifier: GPL-2.0
/*
 * A disk without a backend: see common/frontpark.c for when that is. The disk
 * stays and keeps its users. Its queue is quiesced. When the rings are
 * released, the requests in flight go back to the block layer, and they run
 * again on the next rings.
 *
 * If the old backend has executed a request but its response was lost, the
 * request is executed twice, with the same data. This is safe: its issuer has
 * not seen it complete, and so has issued no later request for the same
 * sectors. A flush can be repeated.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "blkfront.h"

unsigned int xbfront_park_timeout;
module_param_named(park_timeout, xbfront_park_timeout, uint, 0644);
MODULE_PARM_DESC(park_timeout,
		 "seconds until a disk whose back has gone fails its requests; 0 (default): never");

void xbfront_park(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);
	unsigned int i;

	/* Wait for running calls of queue_rq(). */
	blk_mq_quiesce_queue(vbd->gd->queue);
	for (i = 0; i < front->nr_rings; i++) {
		struct xbfront_ring *ring = xbfront_ring_at(vbd, i);

		xsplit_front_unbind(&ring->core);
		xbfront_reap(ring, NULL);
		xbfront_ring_stop(ring);
	}
	/* Quiescing does not stop ->poll(): wait for pollers. */
	synchronize_rcu();
	dev_info_ratelimited(&front->dev->dev, "%s waits for its back\n", vbd->gd->disk_name);
}

void xbfront_detach(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);
	unsigned int i;

	if (vbd->gd)
		xbfront_queues_detach(vbd);
	for (i = 0; front->parked && i < front->nr_rings; i++)
		xbfront_requests_requeue(xbfront_ring_at(vbd, i));
	/* Requeueing has put grants into the pools and may have queued trim_work. */
	cancel_delayed_work_sync(&vbd->trim_work);
}

void xbfront_unpark(struct xsplit_front *front)
{
	struct gendisk *gd = xbfront_of(front)->gd;

	dev_info_ratelimited(&front->dev->dev, "%s goes on\n", gd->disk_name);
	blk_mq_unquiesce_queue(gd->queue);
	blk_mq_kick_requeue_list(gd->queue);
}

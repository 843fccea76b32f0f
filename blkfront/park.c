// SPDX-License-Identifier: GPL-2.0
/*
 * A disk without a backend. After a resume, while the driver of the backend is
 * replaced, or when the domain of the backend has died, the disk stays and
 * keeps its users. Its queue is quiesced. When the rings are released, the
 * requests in flight go back to the block layer, and they run again on the next
 * rings.
 *
 * If the old backend has executed a request but its response was lost, the
 * request is executed twice, with the same data. This is safe: its issuer has
 * not seen it complete, and so has issued no later request for the same
 * sectors. A flush can be repeated.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "blkfront.h"

static unsigned int park_timeout;
module_param(park_timeout, uint, 0644);
MODULE_PARM_DESC(park_timeout,
		 "seconds until a disk whose back has gone fails its requests; 0 (default): never");

static struct xbfront_vbd *to_vbd(struct xvbd_machine *m)
{
	return container_of(m, struct xbfront_vbd, machine);
}

void xbfront_give_up_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd =
		container_of(to_delayed_work(work), struct xbfront_vbd, give_up_work);

	set_bit(XBFRONT_GAVE_UP, &vbd->flags);
	xbfront_kick(vbd);
}

int xbfront_park(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	unsigned int i;

	/* Wait for running calls of queue_rq(). */
	blk_mq_quiesce_queue(vbd->gd->queue);
	for (i = 0; i < vbd->nr_rings; i++) {
		xbfront_ring_unbind_irq(&vbd->rings[i]);
		xbfront_reap(&vbd->rings[i], NULL);
		xbfront_ring_stop(&vbd->rings[i]);
	}
	/* Quiescing does not stop ->poll(): wait for pollers. */
	synchronize_rcu();
	vbd->parked = true;
	/* The backend that broke the ring is gone. Its requests go to the next one. */
	clear_bit(XBFRONT_RING_BROKEN, &vbd->flags);
	if (park_timeout)
		queue_delayed_work(xbfront_disk_wq, &vbd->give_up_work,
				   xbfront_delay(park_timeout));
	dev_info_ratelimited(&vbd->dev->dev, "%s waits for its back\n", vbd->gd->disk_name);
	return 0;
}

int xbfront_reconnect(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	int err = xbfront_reconnect_rings(vbd);

	if (err)
		return err;
	xbfront_queues_attach(vbd);
	return 0;
}

int xbfront_unpark(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);

	cancel_delayed_work_sync(&vbd->give_up_work);
	/* The timeout may have expired just before it was cancelled. */
	clear_bit(XBFRONT_GAVE_UP, &vbd->flags);
	vbd->parked = false;
	cancel_delayed_work_sync(&vbd->retry_work);
	if (vbd->retry_error)
		xvbd_tell_no_more(vbd->dev, &vbd->retry_error);
	vbd->retries = 0;
	dev_info_ratelimited(&vbd->dev->dev, "%s goes on\n", vbd->gd->disk_name);
	blk_mq_unquiesce_queue(vbd->gd->queue);
	blk_mq_kick_requeue_list(vbd->gd->queue);
	return 0;
}

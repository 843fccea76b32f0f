// SPDX-License-Identifier: GPL-2.0
/*
 * xen-blkback: serves block devices of this domain to other domains. A vbd is a class of the
 * core's backs.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <xen/xen.h>

#include "blkback.h"
#include "seeded.h"

static void reclaim(struct xsplit_back *back)
{
	xbback_pages_squeeze(xbback_to_vbd(back));
}

/* In the order of a vbd's life. */
static struct xsplit_back_class vbd_class = {
	.name = "xbback",
	.type = "vbd",
	.size = sizeof(struct xbback_vbd),
	.ring_size = sizeof(struct xbback_ring),
	.groups = xbback_groups,
	.stats = xbback_ring_stats,
	.nr_stats = XBBACK_RING_STATS,
	.keys = xvbd_keys,
	.nr_keys = XVBD_ID_KEYS,
	.resource = XVBD_ID_TOOL + XVBD_TOOL_PHYSICAL_DEVICE,
	.max_queues = xbback_max_queues,
	.max_ring_page_order = xbback_max_ring_page_order,

	.init = xbback_init_vbd,
	.offer = xbback_offer,
	.read_config = xbback_read_config,
	.connect = xbback_connect,
	.may_open = xbback_may_open,
	.ring_open = xbback_ring_open,
	.ring_start = xbback_ring_start,
	.event = xbback_event,
	.look = xbback_look,
	.reclaim = reclaim,
	.may_reconfigure = xbback_may_reconfigure,
	.reconfigure = xbback_reconfigure,
	.ring_stop = xbback_ring_stop,
	.ring_close = xbback_ring_close,
	.holds = xbback_holds,
	.disconnect = xbback_disconnect,
	.stop = xbback_stop,
	.release = xbback_release_vbd,
};

static int __init xbback_init(void)
{
	if (!xen_domain())
		return -ENODEV;
	xsplit_seeded_announce();
	xbback_params_init();
	return xsplit_back_register(&vbd_class);
}
module_init(xbback_init);

static void __exit xbback_exit(void)
{
	xsplit_back_unregister(&vbd_class);
	/*
	 * A task may have been preempted in our code at the end of the last I/O, after it left
	 * the RCU read-side critical section: wait until it has returned. A preemptible kernel
	 * without CONFIG_TASKS_RCU cannot wait for that.
	 */
	synchronize_rcu_tasks();
}
module_exit(xbback_exit);

MODULE_DESCRIPTION("Xen virtual block device: back");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen-backend:vbd");

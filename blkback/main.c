// SPDX-License-Identifier: GPL-2.0
/*
 * xen-blkback: serves block devices of this domain to other domains.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <xen/xen.h>

#include "blkback.h"
#include "seeded.h"

static int __init xbback_init(void)
{
	if (!xen_domain())
		return -ENODEV;
	xvbd_seeded_say();
	xbback_params_init();
	return xbback_xenbus_init();
}
module_init(xbback_init);

static void __exit xbback_exit(void)
{
	xbback_xenbus_exit();
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

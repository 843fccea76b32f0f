// SPDX-License-Identifier: GPL-2.0
/* xen-blkfront: block devices that another domain serves. */
#include <linux/module.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "blkfront.h"
#include "seeded.h"

static int __init xbfront_init(void)
{
	int err;

	/* The command line of an HVM guest may ask to keep the emulated disks. */
	if (!xen_domain() || !xen_has_pv_disk_devices())
		return -ENODEV;
	xsplit_seeded_announce();
	err = register_blkdev(XVBD_MAJOR, "xvd");
	if (err) {
		pr_err("xen-blkfront: major %d is taken: is another front loaded?\n", XVBD_MAJOR);
		return err;
	}
	err = xbfront_register();
	if (err)
		unregister_blkdev(XVBD_MAJOR, "xvd");
	return err;
}
module_init(xbfront_init);

static void __exit xbfront_exit(void)
{
	xsplit_front_unregister();
	unregister_blkdev(XVBD_MAJOR, "xvd");
}
module_exit(xbfront_exit);

MODULE_DESCRIPTION("Xen virtual block device: front");
MODULE_LICENSE("GPL");
MODULE_ALIAS_BLOCKDEV_MAJOR(XVBD_MAJOR);
MODULE_ALIAS("xen:vbd");
MODULE_ALIAS("xenblk");

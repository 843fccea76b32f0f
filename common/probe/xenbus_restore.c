// SPDX-License-Identifier: GPL-2.0
/* EXPORTED: xenbus_dev_restore */
#include <linux/device.h>

int xenbus_dev_restore(struct device *dev);

int probe(struct device *dev)
{
	return xenbus_dev_restore(dev);
}

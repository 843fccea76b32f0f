// SPDX-License-Identifier: GPL-2.0
#include <xen/xenbus.h>

enum xenbus_state probe(struct xenbus_device *dev)
{
	return xenbus_read_driver_state(dev, dev->otherend);
}

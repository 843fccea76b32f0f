// SPDX-License-Identifier: GPL-2.0
#include <xen/xenbus.h>

bool probe(const struct xenbus_device *dev)
{
	return dev->vanished;
}

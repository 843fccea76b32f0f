// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters. Those that the kernel's own back has keep its names,
 * its defaults and their meaning; docs/parameters.md says what each is for.
 */
#include <linux/cpumask.h>
#include <linux/moduleparam.h>

#include "blkback.h"

struct xbback_params xbback_params = {
	.max_ring_page_order = XVBD_MAX_RING_PAGE_ORDER,
};

#define PARAM(name, type, mode, text)                                   \
	module_param_named(name, xbback_params.name, type, mode);       \
	MODULE_PARM_DESC(name, text)

PARAM(max_queues, uint, 0644, "Rings that a disk may have (default: the number of CPUs)");
PARAM(max_ring_page_order, uint, 0444, "Largest ring, log2 of its pages");

void xbback_params_init(void)
{
	struct xbback_params *p = &xbback_params;

	if (!p->max_queues)
		p->max_queues = num_online_cpus();
}

unsigned int xbback_max_queues(void)
{
	return clamp(READ_ONCE(xbback_params.max_queues), 1U, (unsigned int)XVBD_MAX_QUEUES);
}

unsigned int xbback_max_ring_page_order(void)
{
	return min(xbback_params.max_ring_page_order, (unsigned int)XVBD_MAX_RING_PAGE_ORDER);
}

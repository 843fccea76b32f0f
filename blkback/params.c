// SPDX-License-Identifier: GPL-2.0
/*
 * The module parameters. Those that the in-tree backend has too keep their names and
 * meanings, and their defaults except where docs/parameters.md says otherwise. That file
 * describes each parameter.
 */
#include <linux/cpumask.h>
#include <linux/moduleparam.h>

#include "blkback.h"

struct xbback_params xbback_params = {
	.max_ring_page_order = XSPLIT_MAX_RING_PAGE_ORDER,
	.max_ring_segments = 2048,
	.max_buffer_pages = 1024,
	.buffer_squeeze_duration_ms = 10,
	.max_persistent_grants = 2112,
	.persistent_grant_unused_seconds = 60,
	.persistent_max_segments = XBBACK_MAX_SEGMENTS,
	.copy_max_segments = XBBACK_MAX_SEGMENTS,
	.poll_us = 1000,
	.poll_percent = 50,
};

#define PARAM(name, type, mode, text)                                   \
	module_param_named(name, xbback_params.name, type, mode);       \
	MODULE_PARM_DESC(name, text)

PARAM(max_queues, uint, 0644, "Rings that a disk may have (default: the number of CPUs)");
PARAM(max_ring_page_order, uint, 0444, "Largest ring, log2 of its pages");
PARAM(max_ring_segments, uint, 0644, "Pages of data that a ring may have in flight, at least 256");
PARAM(max_buffer_pages, uint, 0644, "Spare pages of each kind that a ring may keep");
PARAM(buffer_squeeze_duration_ms, uint, 0644, "For how long no spare page is kept when memory is short");
PARAM(feature_persistent, bool, 0644, "Offer every front to keep its grants mapped, where data_path is auto");
PARAM(persistent_max_segments, uint, 0644, "Largest request, in segments, whose grants are kept for a front that knows this bound (0: none)");
PARAM(max_persistent_grants, uint, 0644, "Grants that a ring may keep mapped");
PARAM(persistent_grant_unused_seconds, uint, 0644, "Unused for so long, they are unmapped (0: never)");
PARAM(copy_max_segments, uint, 0644, "Largest request, in segments, that data_path=auto copies");
PARAM(poll_us, uint, 0644, "How long to wait awake for the next request of a front that sends one at a time, at most 10000 (0: not at all)");
PARAM(poll_percent, uint, 0644, "Part of the time of each CPU that all workers together may wait so, in percent (default 50)");
PARAM(log_stats, uint, 0644, "Log what each ring has done, every 10 seconds at most");

void xbback_params_init(void)
{
	struct xbback_params *p = &xbback_params;

	if (!p->max_queues)
		p->max_queues = num_online_cpus();
}

unsigned int xbback_max_queues(void)
{
	return clamp(READ_ONCE(xbback_params.max_queues), 1U, (unsigned int)XSPLIT_MAX_QUEUES);
}

unsigned int xbback_max_ring_page_order(void)
{
	return min(xbback_params.max_ring_page_order, (unsigned int)XSPLIT_MAX_RING_PAGE_ORDER);
}

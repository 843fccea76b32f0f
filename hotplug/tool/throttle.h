/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TOOL_THROTTLE_H
#define TOOL_THROTTLE_H

#include "disk.h"

/*
 * Whether the backend charges the disk's I/O to the cgroup (NULL: to none of
 * its own). -1 with the failure filled in if it knows no cgroups.
 */
int throttle_holds(struct tool *t, const struct disk *d, const char *cgroup);

/* What the disk's limits hold back goes on at once; for who ends them. */
void throttle_lift(struct tool *t, const struct disk *d);

#endif

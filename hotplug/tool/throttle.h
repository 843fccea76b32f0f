/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TOOL_THROTTLE_H
#define TOOL_THROTTLE_H

#include "disk.h"

/*
 * Whether the backend charges the I/O of the disk to the cgroup; NULL: to no
 * cgroup of its own. Returns -1 with the failure set if the backend does not
 * support cgroups.
 */
int throttle_has_cgroup(struct tool *t, const struct disk *d, const char *cgroup);

/*
 * Lift the limits, so that throttled I/O continues at once. For a caller that
 * removes them or the disk.
 */
void throttle_lift(struct tool *t, const struct disk *d);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Makes the three directories of a new disk, as a toolstack does. */
#ifndef TOOL_PUBLISH_H
#define TOOL_PUBLISH_H

#include "disk.h"

/* Whether anything of a disk with these numbers exists; and the failure for it. */
bool disk_is_taken(struct tool *t, const struct disk *d);
int disk_fail_taken(struct tool *t, const struct disk *d);

/*
 * Write all directories in one transaction. From then on both drivers see the
 * disk. Returns 0, or -1 with the failure set.
 */
int disk_publish(struct tool *t, const struct disk *d, const char *target);

#endif

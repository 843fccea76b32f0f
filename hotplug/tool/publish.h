/* SPDX-License-Identifier: GPL-2.0 */
/* The three directories of a new disk, as a toolstack makes them. */
#ifndef TOOL_PUBLISH_H
#define TOOL_PUBLISH_H

#include "disk.h"

/* Whether anything of a disk of this name is there; and the sentence for it. */
bool disk_is_taken(struct tool *t, const struct disk *d);
int disk_fail_taken(struct tool *t, const struct disk *d);

/*
 * Make all, in one transaction: from here on both drivers see the disk. 0, or
 * -1 with the failure filled in.
 */
int disk_publish(struct tool *t, const struct disk *d, const char *target);

#endif

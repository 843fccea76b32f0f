/* SPDX-License-Identifier: GPL-2.0 */
/* The end of a disk, in the steps that a toolstack takes. */
#ifndef TOOL_REMOVE_H
#define TOOL_REMOVE_H

#include "disk.h"

/*
 * Ask both ends to close; with @force, take the disk away from the guest,
 * which is no question. 0, or -1 with the failure filled in.
 */
int disk_ask_to_close(struct tool *t, const struct disk *d, bool force);

/* disk_wait(): 1 once the backend has let go of everything. */
int disk_is_closed(struct tool *t, const struct disk *d, void *unused);

/* fail() for a disk of another kind whose backend has not closed it. */
int disk_fail_lives(struct tool *t, const struct disk *d);

/*
 * Have what the disk's script made for it released, then remove all of its
 * directories. The backend must have let go: the directory of one of another kind
 * stays otherwise, and all else with it. 0, or -1 with the failure.
 */
int disk_remove(struct tool *t, const struct disk *d);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Waiting until both ends of a disk are connected. */
#ifndef TOOL_CONNECTED_H
#define TOOL_CONNECTED_H

#include "disk.h"

/*
 * With @no_wait, only until the backend has its device and waits for the guest.
 * 0, or -1 with the failure filled in: in the words of whoever ended it, or, if the
 * time is over, @late with what is still waited for.
 */
int wait_connected(struct tool *t, const struct disk *d, bool no_wait, enum message late);

/* The same after vbd move: an end that is Closed is no end, if it has said no error. */
int wait_moved(struct tool *t, const struct disk *d, enum message late);

/* The failure in the words of the one who ended it, if it left any. -1. */
int fail_ended(struct tool *t, const struct disk *d);

#endif

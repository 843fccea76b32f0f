/* SPDX-License-Identifier: GPL-2.0 */
/* Waiting until both ends of a disk are connected. */
#ifndef TOOL_CONNECTED_H
#define TOOL_CONNECTED_H

#include "disk.h"

/*
 * Wait until both ends are connected; with @no_wait, only until the backend has
 * its device and waits for the guest. Returns 0, or -1 with the failure set:
 * with the error of the end that closed, or, after a timeout, @late with what
 * the disk still waits for.
 */
int wait_connected(struct tool *t, const struct disk *d, bool no_wait, enum message late);

/* The same after vbd move: an end may be Closed, unless it has reported an error. */
int wait_moved(struct tool *t, const struct disk *d, enum message late);

/* Wait until the backend has taken the device and waits for the guest, or for its script. */
int wait_taken(struct tool *t, const struct disk *d, enum message late);

/* Set the failure from the error of the end that closed, if there is one. Returns -1. */
int fail_connect(struct tool *t, const struct disk *d);

#endif

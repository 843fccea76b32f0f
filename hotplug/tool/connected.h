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

#endif

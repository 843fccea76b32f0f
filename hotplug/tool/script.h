/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a hotplug script, as libxl does. */
#ifndef TOOL_SCRIPT_H
#define TOOL_SCRIPT_H

#include "disk.h"

/* What script_run() returns if the script was ended because the time is over. */
#define SCRIPT_LATE (-1)

/*
 * Run it with @action, "add" or "remove". An "add" ends with the deadline; a
 * "remove" is waited for. Returns the exit status; 127 if it cannot be run,
 * 128 + N after signal N; or SCRIPT_LATE.
 */
int script_run(struct tool *t, const struct disk *d, const char *script, const char *action);

/*
 * The script of the device, if it has one, malloced: from the backend's
 * directory, or from the toolstack's copy.
 */
char *script_of(struct tool *t, const struct disk *d);

#endif

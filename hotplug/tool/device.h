/* SPDX-License-Identifier: GPL-2.0 */
/* A device of any class but "vbd": its class, its number, where it is. */
#ifndef TOOL_DEVICE_H
#define TOOL_DEVICE_H

#include <limits.h>

#include "disk.h"

#define DEVICE_ID_MAX INT_MAX

/*
 * Check the name of a class. @instead: the command for disks. Returns 0, or -1
 * with the failure set, as do the others unless a comment says otherwise.
 */
int device_check_class(struct tool *t, const char *class, const char *instead);

/* Parse the number of a device. */
int device_parse_id(struct tool *t, const char *text, unsigned int *id);

/* Linux does not see a device with a longer name on its bus. */
int device_check_length(struct tool *t, const struct disk *d);

/* Whether anything of a device with these numbers exists; and the failure for it. */
bool device_is_taken(struct tool *t, const struct disk *d);
int device_fail_taken(struct tool *t, const struct disk *d);

/*
 * Find the device that the arguments of vbd delete name: class, domain, number.
 * The domain may be gone: libxl leaves the backend's directory of a class that
 * it does not know.
 */
int device_find(struct tool *t, struct disk *d);

#endif

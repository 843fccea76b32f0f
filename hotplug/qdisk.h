/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Targets that QEMU in this domain serves to guests. QEMU neither locks them
 * nor claims them in the kernel, so only the store shows them.
 */
#ifndef HOTPLUG_QDISK_H
#define HOTPLUG_QDISK_H

#include <sys/stat.h>

#include "job.h"

/*
 * Check that the target may be used: QEMU does not have it, or all users only
 * read. Returns 0, or -1 with the failure set.
 */
int qdisk_check(struct job *job, const struct stat *st);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Targets that QEMU serves to guests of this domain. It takes neither a lock nor the
 * kernel's claim for them, so only the store tells.
 */
#ifndef HOTPLUG_QDISK_H
#define HOTPLUG_QDISK_H

#include <sys/stat.h>

#include "job.h"

/*
 * Whether the target may be used beside QEMU: all only read, or QEMU has it not.
 * 0, or -1 with the failure filled in.
 */
int qdisk_check(struct job *job, const struct stat *st);

#endif

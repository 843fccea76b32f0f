/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loop devices for image files. Each carries the mark of its vbd, and none
 * without our mark is ever touched.
 *
 * Two writers of one file must never meet, not even when both attach at the
 * same moment and know nothing of each other. So everybody configures his
 * device first and looks for others after: of two of ours, the one that was
 * configured later (disk sequence number) sees the other for certain, and
 * yields. Before a device of somebody else, ours always yields.
 *
 * A writer whose VM migrates within this host shares the device with its other
 * domain: it adds itself to the mark, and who releases the device takes itself
 * out of the mark. The last one detaches it. A lock (flock) on the device is
 * held while a mark is changed.
 */
#ifndef HOTPLUG_LOOP_H
#define HOTPLUG_LOOP_H

#include "target.h"

/*
 * Put the open @file on a loop device, which is gone when a->fd is closed,
 * unless it is shared.
 * 0, or -1 with the failure filled in.
 */
int loop_attach(struct job *job, int file, struct attached *a);

/* From here on the device stays until loop_release(). */
int loop_keep(struct job *job, struct attached *a);

void loop_undo(struct job *job, struct attached *a);

/*
 * Release what carries the mark of the job's vbd: @node if it does, else all
 * that do. Waits a little for a backend that still has it open; the kernel
 * releases the device with the last close anyway.
 */
int loop_release(struct job *job, const char *node);

#endif

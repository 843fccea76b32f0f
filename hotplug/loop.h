/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loop devices for image files. Each has the mark of its vbd. A device without
 * our mark is never changed.
 *
 * Two writers of one file must be excluded, even if both attach at the same
 * time and do not know each other. So each agent first configures its device,
 * and then looks for other devices of the file. Of two devices with our mark,
 * the one that was configured later (disk sequence number) always sees the
 * other, and its agent backs off. If the other device has no mark of ours, our
 * agent always backs off.
 *
 * If a VM migrates within this host, a writer shares the device with the other
 * domain of the VM: it adds itself to the mark. A vbd that is released removes
 * itself from the mark, and the last one detaches the device. A lock (flock) on
 * the device is held while the mark is changed.
 */
#ifndef HOTPLUG_LOOP_H
#define HOTPLUG_LOOP_H

#include "target.h"

/*
 * Make a loop device for the open @file, or share one. A new device is detached
 * when a->fd is closed. Returns 0, or -1 with the failure set.
 */
int loop_attach(struct job *job, int file, struct attached *a);

/* Keep the device until loop_release(), even after a->fd is closed. */
int loop_keep(struct job *job, struct attached *a);

void loop_undo(struct job *job, struct attached *a);

/*
 * Release @node if it has the mark of the job's vbd, else all devices that
 * have. Waits a short time for a backend that still has the device open; the
 * kernel releases it with the last close in any case.
 */
int loop_release(struct job *job, const char *node);

#endif

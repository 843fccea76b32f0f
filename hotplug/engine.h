/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Storage that an executable in targets/ brings online; docs/targets.md has the
 * contract. The executable announces what it will do, and the engine writes
 * this to the node "hotplug-undo" of the vbd, before the executable does it. So
 * the agent that releases the disk knows what to undo, even if this program or
 * the executable was killed.
 *
 * Vbds of this host with the same storage share it. The last one that is
 * released undoes what the first one did.
 */
#ifndef HOTPLUG_ENGINE_H
#define HOTPLUG_ENGINE_H

#include "record.h"

/* Whether there is an executable for the storage type. */
bool engine_known(const char *root, const char *type, size_t len);

/*
 * Bring job->spec online. @device (PATH_MAX bytes) is then the path of a device
 * or an image. @record says what must be undone; it is unchanged if nothing
 * must be. Returns 0, or -1 with the failure set, after undoing everything.
 */
int engine_attach(struct job *job, char *device, struct record *record);

/* Undo what @record says. Returns 0, or -1 with the failure set. */
int engine_undo(struct job *job, const struct record *record);

/* Undo the record that the store has for the vbd of the job, if any. */
int engine_detach(struct job *job);

#endif

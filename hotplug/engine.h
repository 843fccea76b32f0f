/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Storage that an executable in targets/ brings online: docs/targets.md has
 * the contract. What it says it will do is in the store, node "hotplug-undo"
 * of the vbd, before it does it; so whoever releases the disk knows what to
 * undo, whenever this program or the executable died.
 *
 * Vbds of this host that name the same storage share it. The last one that
 * lets go undoes what the first one did.
 */
#ifndef HOTPLUG_ENGINE_H
#define HOTPLUG_ENGINE_H

#include "record.h"

/* Whether there is an executable for the storage of this type. */
bool engine_known(const char *root, const char *type, size_t len);

/*
 * Bring job->spec online; @device (PATH_MAX bytes) is then a device or an
 * image, and @record says what is to be undone; it is left alone if nothing is.
 * 0, or -1 with the failure filled in and nothing left behind.
 */
int engine_attach(struct job *job, char *device, struct record *record);

/* Undo that. 0, or -1 with the failure filled in. */
int engine_undo(struct job *job, const struct record *record);

/* Undo what the store says is to be undone for the job's vbd, if anything. */
int engine_detach(struct job *job);

#endif

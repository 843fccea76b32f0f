/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verbs. Each takes a job with store, deadline, root and vbd set, and
 * returns 0, or -1 with job->failure set.
 */
#ifndef HOTPLUG_AGENT_H
#define HOTPLUG_AGENT_H

#include "target.h"

/* Run by the toolstack. A failure is also written to the store. */
int agent_add(struct job *job);
int agent_remove(struct job *job);

/* Run by udev. They ignore vbds of a toolstack that runs the script itself: vbd_has_owner(). */
int agent_bind(struct job *job);
int agent_unbind(struct job *job);

/*
 * Run by udev if a block device has another size or is gone. Has each backend
 * that serves the device check it. The job has no vbd; MAJOR and MINOR are in
 * the environment.
 */
int agent_changed(struct job *job);

/*
 * For a toolstack that uses this code. Both take over a target that
 * target_attach() has brought online, and release it on failure.
 *
 * agent_offer() is the second half of an add: it waits for the backend and
 * names the device in the store. agent_replace() names another device to a
 * connected backend. The old device stays attached until
 * agent_release_replaced().
 */
int agent_offer(struct job *job, struct attached *a);
int agent_replace(struct job *job, struct attached *a, const char *params);
int agent_release_replaced(struct job *job);

/* Write job->failure to the store, if the vbd still exists. */
void agent_report(struct job *job);

#endif

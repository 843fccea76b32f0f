/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verbs. Each takes a job with store, deadline, root and vbd filled in,
 * and returns 0, or -1 with job->failure filled in.
 */
#ifndef HOTPLUG_AGENT_H
#define HOTPLUG_AGENT_H

#include "target.h"

/* For the toolstack. A failure is written to the store as well. */
int agent_add(struct job *job);
int agent_remove(struct job *job);

/* For udev. They leave alone what a toolstack takes care of: vbd_has_owner(). */
int agent_bind(struct job *job);
int agent_unbind(struct job *job);

/*
 * For udev: a block device has another size, or is gone. Has each backend that
 * serves it look at it. The job has no vbd; MAJOR and MINOR are in the
 * environment.
 */
int agent_changed(struct job *job);

/*
 * For a toolstack that shares our code. Both take over a target that
 * target_attach() has brought online: on failure nothing is left of it.
 *
 * agent_offer() is the second half of an add: it waits for the backend and
 * names the device. agent_replace() names another device to a backend that
 * serves one; what it served stays attached until it is let go of.
 */
int agent_offer(struct job *job, struct attached *a);
int agent_replace(struct job *job, struct attached *a, const char *params);
int agent_let_go_of_replaced(struct job *job);

/* Tell the store of job->failure, if the vbd is still there. */
void agent_report(struct job *job);

#endif

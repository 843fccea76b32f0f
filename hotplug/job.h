/* SPDX-License-Identifier: GPL-2.0 */
/* One run of the agent: the request, its resources, and its failure. */
#ifndef HOTPLUG_JOB_H
#define HOTPLUG_JOB_H

#include <limits.h>

#include "deadline.h"
#include "message.h"
#include "store.h"
#include "vbd.h"

struct job {
	struct store *store;
	struct deadline *deadline;
	const char *root;	/* prefix of /proc and /sys; "" on a real host */
	struct vbd vbd;
	const char *called_as;	/* TYPE, if this program was called as block-TYPE */
	char type[32];		/* of storage for an executable, or "" */
	char spec[PATH_MAX];	/* its params, for that executable */
	char target[PATH_MAX];	/* the path in params; else params, for messages */
	bool write;
	bool share;		/* mode w!: other vbds may write, too */
	bool keep_attached;	/* the vbd keeps the target that it has */
	struct failure failure;
};

/* Set the failure of an add whose deadline is over. Returns -1. */
int job_out_of_time(struct job *job);

/* deadline_step() that also sets this failure. */
#define job_step(job, ...) \
	(deadline_step((job)->deadline, __VA_ARGS__) ? job_out_of_time(job) : 0)

#endif

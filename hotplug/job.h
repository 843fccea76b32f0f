/* SPDX-License-Identifier: GPL-2.0 */
/* One run of the agent: what it was asked, with what, and how it failed. */
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
	const char *root;	/* in front of /proc and /sys; "" on a real host */
	struct vbd vbd;
	const char *called;	/* TYPE, where this program was called as block-TYPE */
	char type[32];		/* of storage that an executable brings online, or "" */
	char spec[PATH_MAX];	/* its params, for that executable */
	char target[PATH_MAX];	/* the path that params name; else params, for people */
	bool write;
	bool share;		/* mode w!: others may write too, and know of it */
	bool beside;		/* the vbd has a target already, which stays */
	struct failure failure;
};

/* fail() for an add whose time is over. */
int job_out_of_time(struct job *job);

/* deadline_step(), with that failure filled in. */
#define job_step(job, ...) \
	(deadline_step((job)->deadline, __VA_ARGS__) ? job_out_of_time(job) : 0)

#endif

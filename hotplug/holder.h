/* SPDX-License-Identifier: GPL-2.0 */
/* Who has a device. Looked for only when something is known to be busy. */
#ifndef HOTPLUG_HOLDER_H
#define HOTPLUG_HOLDER_H

#include <sys/stat.h>

#include "job.h"

struct holder {
	enum message message;	/* the refusal that fits */
	char text[400];		/* its detail */
	bool leaving;		/* will let go soon by itself */
	bool welcome;		/* somebody was seen whom the job shares the device with */
};

/*
 * Look at the device, its partitions, and the whole disk of a partition for somebody who must
 * not have it beside the job. @claimed: the kernel says that somebody has it exclusively; else
 * only vbds that read it are looked for, which claim nothing.
 *
 * A reader shares a device with mounts that are read-only and with other readers; a writer with
 * its VM's other domains, in which it is the same disk; mode w! with vbds of that mode.
 *
 * False: the job may have it. MSG_BUSY_UNKNOWN if it is claimed, and nobody is found.
 */
bool holder_find(struct job *job, dev_t device, bool claimed, struct holder *h);

/* True if it is one device, or a partition and its whole disk. */
bool holder_overlap(const char *root, dev_t a, dev_t b);

/* True if the device or the file is swap space in use. */
bool holder_is_swap(const char *root, const struct stat *st);

/*
 * Called after each refusal by @h since @since: whether it is worth another
 * try, after a short sleep. The kernel may be about to let go.
 */
bool holder_worth_waiting(struct job *job, const struct holder *h,
			  int64_t since);

#endif

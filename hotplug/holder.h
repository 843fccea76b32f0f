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
	bool reader;		/* a vbd of this very device that only reads */
	bool moving;		/* one that writes: this disk, in the VM's other domain */
};

/*
 * Look at the device, its partitions, and the whole disk of a partition, in
 * this order, until a holder is found; MSG_BUSY_UNKNOWN if there is none.
 */
void holder_find(struct job *job, dev_t device, struct holder *h);

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

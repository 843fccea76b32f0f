/* SPDX-License-Identifier: GPL-2.0 */
/* The kinds of storage that a disk line can name. */
#ifndef HOTPLUG_TARGET_H
#define HOTPLUG_TARGET_H

#include <sys/stat.h>

#include "engine.h"

/* What a target was turned into. */
struct attached {
	const struct target_type *type;
	dev_t device;
	char path[PATH_MAX];	/* of that device; before attach, of the target */
	struct record record;	/* of what an executable did for it, if its type is set */
	char node[32];		/* the device made for this vbd, or "" */
	int fd;			/* of the device; one that was made is gone with it until keep */
};

/* All functions that return int: 0, or -1 with job->failure filled in. */
struct target_type {
	const char *name;
	bool (*accepts)(const struct stat *st);
	/* bring a->path online; on failure nothing is left of it */
	int (*attach)(struct job *job, struct attached *a);
	/* from here on the device outlives this program; may be NULL */
	int (*keep)(struct job *job, struct attached *a);
	/* take back attach, before or after keep; may be NULL */
	void (*undo)(struct job *job, struct attached *a);
	/* release what attach made for job->vbd; @node may be NULL; may be NULL */
	int (*detach)(struct job *job, const char *node);
};

extern const struct target_type target_phy;
extern const struct target_type target_file;

/*
 * Find out what kind of storage params name: by their prefix, or by what this
 * program was called. A path that does not start at the root is one in /dev.
 */
int target_parse(struct job *job, const char *params);

int target_attach(struct job *job, struct attached *a);
int target_keep(struct job *job, struct attached *a);
void target_undo(struct job *job, struct attached *a);
/* target_undo(), and let go of the device. */
void target_drop(struct job *job, struct attached *a);
int target_detach(struct job *job, const char *node);

/* The sentence for an open() of the target that failed with @err. */
int target_open_failed(struct job *job, int err);

/* Both kinds refuse what is empty or smaller than a sector. */
int target_check_size(struct job *job, unsigned long long bytes);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The types of storage that a disk line can name. */
#ifndef HOTPLUG_TARGET_H
#define HOTPLUG_TARGET_H

#include <sys/stat.h>

#include "engine.h"

/* An attached target. */
struct attached {
	const struct target_type *type;
	dev_t device;
	char path[PATH_MAX];	/* of the device; before attach, of the target */
	struct record record;	/* of an executable's work, if record.type is set */
	char node[32];		/* the device made for this vbd, or "" */
	int fd;			/* of the device; until keep, close() removes a new device */
};

/* Functions that return int return 0, or -1 with job->failure set. */
struct target_type {
	const char *name;
	bool (*accepts)(const struct stat *st);
	/* bring a->path online; on failure nothing is left of it */
	int (*attach)(struct job *job, struct attached *a);
	/* make the device outlive this program; may be NULL */
	int (*keep)(struct job *job, struct attached *a);
	/* undo attach, before or after keep; may be NULL */
	void (*undo)(struct job *job, struct attached *a);
	/* release what attach made for job->vbd; @node may be NULL; may be NULL itself */
	int (*detach)(struct job *job, const char *node);
};

extern const struct target_type target_phy;
extern const struct target_type target_file;

/*
 * Set type and path of the storage: the type is the prefix of params, or the
 * TYPE in the name that this program was called by. A relative path is in /dev.
 */
int target_parse(struct job *job, const char *params);

int target_attach(struct job *job, struct attached *a);
int target_keep(struct job *job, struct attached *a);
void target_undo(struct job *job, struct attached *a);
/* target_undo(), and close the device. */
void target_drop(struct job *job, struct attached *a);
int target_detach(struct job *job, const char *node);

/* Set the failure for an open() of the target that failed with @err. */
int target_open_failed(struct job *job, int err);

/* Refuse a target that is empty or smaller than a sector. */
int target_check_size(struct job *job, unsigned long long bytes);

#endif

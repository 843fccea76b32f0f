/* SPDX-License-Identifier: GPL-2.0 */
/* A virtual disk as the store has it: which, where, in which states. */
#ifndef TOOL_DISK_H
#define TOOL_DISK_H

#include <sys/types.h>

#include "backend.h"
#include "job.h"
#include "name.h"
#include "tool.h"

#define DOMAIN_NAME_MAX 64

enum {
	STATE_UNKNOWN,
	STATE_INITIALISING,
	STATE_INITWAIT,
	STATE_INITIALISED,
	STATE_CONNECTED,
	STATE_CLOSING,
	STATE_CLOSED,
	STATES
};

struct disk {
	unsigned int domid, devid;
	unsigned int backend;		/* the domain that serves it */
	bool here;			/* which is this one */
	char kind[KIND_MAX];		/* of the backend: "vbd", "qdisk" */
	char name[DISK_NAME_MAX];	/* xvdb */
	char domain[DOMAIN_NAME_MAX];	/* the guest's name, or its number */
	char label[128];		/* "xvdb of guest" */
	char front[STORE_PATH_MAX];	/* the guest's directory */
	char back[STORE_PATH_MAX];	/* the backend's */
	char copy[STORE_PATH_MAX];	/* the toolstack's */
};

/* The states as they are now; STATE_UNKNOWN: no directory. */
struct ends {
	unsigned int back, front;
};

const char *state_name(unsigned int state);

/* A domain by name or number. 0, or -1 with the failure filled in. */
int domain_find(struct tool *t, const char *name, unsigned int *domid);

/* Name it all, of a disk that a backend of kind "vbd" serves or is to serve. */
void disk_set(struct tool *t, struct disk *d, unsigned int domid,
	      unsigned int devid, unsigned int backend);

/* The disk of these numbers, whoever serves it. False if nothing of it is there. */
bool disk_look_up(struct tool *t, struct disk *d, unsigned int domid,
		  unsigned int devid);

/*
 * The disk that the arguments @first (domain) and @first + 1 (disk) name.
 * 0, or -1 with the failure filled in.
 */
int disk_find(struct tool *t, int first, struct disk *d);

/*
 * All disks, or those of one domain if @domid is not negative, in order; also
 * those of which only one end is left. *@disks is malloced. The number of them.
 */
size_t disks_all(struct tool *t, long domid, struct disk **disks);

/*
 * Whether a kernel's xen-blkback serves it. For others @cannot, part of a
 * sentence, says what their backends cannot do, and what to do instead.
 */
bool disk_is_vbd(const struct disk *d);
int disk_need_vbd(struct tool *t, const struct disk *d, const char *cannot);

/* Whether another toolstack keeps books on it; @instead: the command of its own. */
int disk_need_no_owner(struct tool *t, const struct disk *d, const char *instead);

/* "QEMU (qdisk) in domain 0" */
void disk_describe_backend(const struct disk *d, char *text, size_t size);

struct ends disk_ends(struct tool *t, const struct disk *d);

/* The device that its node names. 0, or -1 if it names none; no failure. */
int disk_device(struct tool *t, const struct disk *d, dev_t *device);

/* What an end has to say in its error node, malloced; NULL: nothing. */
char *disk_error(struct tool *t, const struct disk *d, bool back);

/* Forget what former disks of this name had to say. */
void disk_clear_errors(struct tool *t, const struct disk *d);

/* Fires for every change of either directory. 0, or -1 with the failure. */
int disk_watch(struct tool *t, const struct disk *d);

/* A job for the agent's functions on this disk, a "vbd" that is served from here. */
void disk_job(struct tool *t, const struct disk *d, struct job *job);

/* fail() for a store that failed with a negative errno. */
int disk_store_failed(struct tool *t, const struct disk *d, int err);

#endif

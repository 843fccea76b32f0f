/* SPDX-License-Identifier: GPL-2.0 */
/* A virtual disk in the store, or a device of another class: numbers, directories, states. */
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
	unsigned int backend;		/* domain of the backend */
	bool here;			/* it is this domain */
	char class[KIND_MAX];		/* "vbd", but for vbd new and delete */
	char kind[KIND_MAX];		/* kind of the backend: "vbd", "qdisk", or the class */
	char name[DISK_NAME_MAX];	/* xvdb */
	char domain[DOMAIN_NAME_MAX];	/* name of the guest, or its number */
	char label[128];		/* "xvdb of guest" */
	char front[STORE_PATH_MAX];	/* directory of the guest */
	char back[STORE_PATH_MAX];	/* directory of the backend */
	char copy[STORE_PATH_MAX];	/* of the toolstack */
};

/* Current states; STATE_UNKNOWN if there is no directory. */
struct ends {
	unsigned int back, front;
};

const char *state_name(unsigned int state);

/* Find a domain by name or number. Returns 0, or -1 with the failure set. */
int domain_find(struct tool *t, const char *name, unsigned int *domid);

/* Set all names and paths of a disk with a backend of kind "vbd", which need not exist. */
void disk_set(struct tool *t, struct disk *d, unsigned int domid,
	      unsigned int devid, unsigned int backend);

/* The same for a device of any class; its name is its number. */
void disk_set_class(struct tool *t, struct disk *d, const char *class, unsigned int domid,
		    unsigned int devid, unsigned int backend);

/* Whether the class is "vbd". */
bool disk_is_disk(const struct disk *d);

/* Find a disk by its numbers, with any backend. Returns false if nothing of it exists. */
bool disk_look_up(struct tool *t, struct disk *d, unsigned int domid,
		  unsigned int devid);

/*
 * Find the disk that the arguments @first (domain) and @first + 1 (disk) name.
 * Returns 0, or -1 with the failure set.
 */
int disk_find(struct tool *t, int first, struct disk *d);

/*
 * Collect all disks, or those of one domain if @domid is not negative, sorted;
 * also disks of which only one end is left. *@disks is malloced. Returns their
 * number.
 */
size_t disk_list_all(struct tool *t, long domid, struct disk **disks);

/*
 * Whether the xen-blkback of a kernel serves the disk. If not, disk_need_vbd()
 * fails; @cannot is a part of its message: what the other backend cannot do,
 * and what to do instead.
 */
bool disk_is_vbd(const struct disk *d);
int disk_need_vbd(struct tool *t, const struct disk *d, const char *cannot);

/* Fails if another toolstack manages the disk; @instead names the command of that toolstack. */
int disk_need_no_owner(struct tool *t, const struct disk *d, const char *instead);

/* "QEMU (qdisk) in domain 0" */
void disk_describe_backend(const struct disk *d, char *text, size_t size);

struct ends disk_ends(struct tool *t, const struct disk *d);

/*
 * Read the device from the node of the disk. Returns 0, or -1 without a failure
 * if there is none.
 */
int disk_device(struct tool *t, const struct disk *d, dev_t *device);

/* Returns the text in the error node of an end, malloced; NULL if there is none. */
char *disk_error(struct tool *t, const struct disk *d, bool back);

/* Remove the error nodes of former disks with these numbers. */
void disk_clear_errors(struct tool *t, const struct disk *d);

/* Watch both directories and both error nodes. Returns 0, or -1 with the failure set. */
int disk_watch(struct tool *t, const struct disk *d);

/* Set up a job for the agent's functions. The disk must be a "vbd" of this domain. */
void disk_job(struct tool *t, const struct disk *d, struct job *job);

/* Set the failure for a negative errno of the store. */
int disk_store_failed(struct tool *t, const struct disk *d, int err);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who serves a disk: a domain, and the kind of backend there. Each kind has its
 * directories below a name of its own, backend/KIND/DOMID/DEVID. "vbd" is a kernel's
 * xen-blkback, of this project or not; only that has sysfs files and the agent's nodes.
 */
#ifndef TOOL_BACKEND_H
#define TOOL_BACKEND_H

#include "tool.h"

#define KIND_MAX 32
#define KIND_TEXT_MAX 64

struct backend {
	unsigned int domid;
	char kind[KIND_MAX];
};

/* The kinds that serve nothing but disks; NULL ends them. The first is "vbd". */
extern const char *const backend_kinds[];

bool backend_is_vbd(const char *kind);
bool backend_is_known(const char *kind);

/* Whether it removes its directory itself, when it closes the target. */
bool backend_removes(const char *kind);

/* "the backend", "QEMU (qdisk)", "the backend of kind x" */
void backend_describe(const char *kind, char text[KIND_TEXT_MAX]);

/* The directory of a disk. */
void backend_dir(const struct backend *b, unsigned int domid, unsigned int devid,
		 char dir[STORE_PATH_MAX]);

/*
 * The backend of which domain @backend has a directory for the disk, of whatever
 * kind. False if it has none.
 */
bool backend_in(struct tool *t, unsigned int backend, unsigned int domid,
		unsigned int devid, struct backend *b);

/*
 * The backend of a disk, or of what is left of it. False if there is no such
 * disk; @b is then this domain's "vbd".
 */
bool backend_find(struct tool *t, unsigned int domid, unsigned int devid,
		  struct backend *b);

#endif

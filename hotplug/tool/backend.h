/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backend of a disk: a domain, and the kind of its backend. Each kind has
 * its own directories, backend/KIND/DOMID/DEVID. "vbd" is the xen-blkback of a
 * kernel, from this project or not. Only this kind has sysfs files and the
 * nodes of the agent.
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

/* The kinds that serve only disks, then NULL. The first is "vbd". */
extern const char *const backend_kinds[];

bool backend_is_vbd(const char *kind);
bool backend_is_known(const char *kind);

/* Whether a backend of this kind removes its directory when it closes the target. */
bool backend_removes(const char *kind);

/* "the backend", "QEMU (qdisk)", "the backend of kind x" */
void backend_describe(const char *kind, char text[KIND_TEXT_MAX]);

/* Write the path of the backend's directory for the disk. */
void backend_dir(const struct backend *b, unsigned int domid, unsigned int devid,
		 char dir[STORE_PATH_MAX]);

/* Find the backend of a disk in domain @backend, of any kind. Returns false if there is none. */
bool backend_find_in(struct tool *t, unsigned int backend, unsigned int domid,
		     unsigned int devid, struct backend *b);

/*
 * Find the backend of a disk, or of what is left of a disk. Returns false if
 * there is no such disk, with @b set to "vbd" in this domain.
 */
bool backend_find(struct tool *t, unsigned int domid, unsigned int devid,
		  struct backend *b);

#endif

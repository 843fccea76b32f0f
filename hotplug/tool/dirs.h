/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The three directories of a device: the guest's, the backend's, and the
 * toolstack's copy of the backend's, which neither end can write.
 */
#ifndef TOOL_DIRS_H
#define TOOL_DIRS_H

#include "disk.h"

struct node {
	const char *name, *value;
};

/*
 * Both are steps of a transaction, and return 0 or a negative errno. The lists
 * end with a node without a name. The nodes with which the ends find each other
 * are written besides them.
 */
int dirs_write(struct store *s, const struct disk *d, const struct node *front,
	       const struct node *back);

/* Remove all that is there, and the parents that become empty. */
int dirs_remove(struct store *s, const struct disk *d);

#endif

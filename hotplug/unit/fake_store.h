/* SPDX-License-Identifier: GPL-2.0 */
/* A store in memory. Tests can make it fail. */
#ifndef HOTPLUG_UNIT_FAKE_STORE_H
#define HOTPLUG_UNIT_FAKE_STORE_H

#include "message.h"
#include "store.h"

#define FAKE_NODES 128

struct fake_node {
	char path[128];
	char value[MESSAGE_MAX];
	size_t len;
	unsigned int owner, reader;
};

struct fake_store {
	struct store store;
	struct fake_node nodes[FAKE_NODES];
	struct fake_node before[FAKE_NODES];	/* the transaction */
	bool in_transaction;
	int commits;
	int refuse_commits;	/* this many end in -EAGAIN */
	int watches;
	/* called when the code waits, and when a commit is refused: plays another program */
	void (*other)(struct fake_store *f);
};

void fake_init(struct fake_store *f);
void fake_set(struct fake_store *f, const char *path, const char *value);
void fake_set_bytes(struct fake_store *f, const char *path, const void *value,
		    size_t len);
/* NULL if there is none */
const char *fake_get(struct fake_store *f, const char *path);
/* the node and all below it */
void fake_remove(struct fake_store *f, const char *path);
int fake_count(const struct fake_store *f);

#endif

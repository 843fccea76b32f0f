/* SPDX-License-Identifier: GPL-2.0 */
/* The interface of the agent to xenstore. Tests replace the real store by one in memory. */
#ifndef HOTPLUG_STORE_H
#define HOTPLUG_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"

#define STORE_PATH_MAX 1024

struct store;

/*
 * All return 0 or a negative errno, unless a comment says otherwise. Between
 * begin and end, all but watch and event are part of the open transaction.
 */
struct store_ops {
	int (*begin)(struct store *s);
	/* -EAGAIN: nothing was changed, repeat the whole transaction */
	int (*end)(struct store *s, bool commit);
	/* malloced value, with a NUL after its @len bytes; or NULL and errno */
	char *(*read)(struct store *s, const char *path, size_t *len);
	int (*write)(struct store *s, const char *path, const char *value);
	int (*remove)(struct store *s, const char *path);
	/* names of the @count children of @path, in one malloced block */
	char **(*list)(struct store *s, const char *path, unsigned int *count);
	/* make @owner the owner of the node and of later nodes below it */
	int (*permit)(struct store *s, const char *path, unsigned int owner,
		      unsigned int reader);
	int (*watch)(struct store *s, const char *path);
	/*
	 * Waits up to @ms, or until @d is over. Returns 1 and in @path
	 * (STORE_PATH_MAX bytes) where a watch has fired, perhaps without a
	 * change; 0 if none has.
	 */
	int (*event)(struct store *s, struct deadline *d, int64_t ms,
		     char *path);
};

struct store {
	const struct store_ops *ops;
};

/*
 * Run @body in a transaction. If it conflicts with another writer, run it again
 * from its start. If @body returns a negative errno, abort the transaction.
 */
int store_transaction(struct store *s,
		      int (*body)(struct store *s, void *arg), void *arg);

/* Whether the directory exists, even if it is empty. */
bool store_exists(struct store *s, const char *dir);

/* Returns a malloced string, or NULL if the node is missing or contains a NUL byte. */
char *store_read(struct store *s, const char *dir, const char *node);

/* Returns the number in a node, or @missing. */
long store_read_number(struct store *s, const char *dir, const char *node,
		       long missing);

bool store_has(struct store *s, const char *dir, const char *node);
int store_write(struct store *s, const char *dir, const char *node,
		const char *value);

/* It is not an error if the node does not exist. */
int store_remove(struct store *s, const char *dir, const char *node);

/* Returns the names in a directory, or NULL. One free() frees all of them. */
char **store_list(struct store *s, const char *dir, unsigned int *count);

/* Wait until a watched node may have changed, for @ms, or until @d is over. */
int store_wait(struct store *s, struct deadline *d, int64_t ms);

/*
 * Remove a directory, and its parents that become empty, but not @top or a
 * parent of it. It is not an error if the directory does not exist.
 */
int store_prune(struct store *s, const char *top, const char *dir);

/* Connect to the store of this host. Returns NULL and errno on failure. */
struct store *xenstore_open(void);
void xenstore_close(struct store *s);

#endif

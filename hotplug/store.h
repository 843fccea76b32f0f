/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the agent needs of xenstore. The agent sees only this interface, so
 * that a store in memory can stand in for the real one.
 */
#ifndef HOTPLUG_STORE_H
#define HOTPLUG_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"

#define STORE_PATH_MAX 1024

struct store;

/*
 * All return 0 or a negative errno, unless said otherwise. Between begin and
 * end, read, write and remove are part of the one open transaction.
 */
struct store_ops {
	int (*begin)(struct store *s);
	/* -EAGAIN: nothing was done, the whole transaction must be redone */
	int (*end)(struct store *s, bool commit);
	/* a malloced value with a NUL after its @len bytes; NULL and errno */
	char *(*read)(struct store *s, const char *path, size_t *len);
	int (*write)(struct store *s, const char *path, const char *value);
	int (*remove)(struct store *s, const char *path);
	/* the names below @path, @count of them, in one malloced block */
	char **(*list)(struct store *s, const char *path, unsigned int *count);
	/* the node, and what will be made below it, is @owner's */
	int (*permit)(struct store *s, const char *path, unsigned int owner,
		      unsigned int reader);
	int (*watch)(struct store *s, const char *path);
	/*
	 * 1 and the @path (STORE_PATH_MAX bytes) at which a watch has fired (it
	 * may for no reason), 0 if none has within @ms or until @d is over
	 */
	int (*event)(struct store *s, struct deadline *d, int64_t ms,
		     char *path);
};

struct store {
	const struct store_ops *ops;
};

/*
 * Run @body in a transaction, again from its start as often as somebody else
 * gets in between. A negative return of @body abandons the transaction.
 */
int store_transaction(struct store *s,
		      int (*body)(struct store *s, void *arg), void *arg);

/* True if the directory exists, whatever is in it. */
bool store_exists(struct store *s, const char *dir);

/* A malloced string, NULL if the node is missing or holds a NUL byte. */
char *store_read(struct store *s, const char *dir, const char *node);

/* A number in a node, or @missing. */
long store_read_number(struct store *s, const char *dir, const char *node,
		       long missing);

bool store_has(struct store *s, const char *dir, const char *node);
int store_write(struct store *s, const char *dir, const char *node,
		const char *value);

/* Removing a node that is not there is no error. */
int store_remove(struct store *s, const char *dir, const char *node);

/* The names in a directory; NULL if there is none. One free() for all. */
char **store_list(struct store *s, const char *dir, unsigned int *count);

/* Until something that is watched may have changed, or @ms, or @d is over. */
int store_wait(struct store *s, struct deadline *d, int64_t ms);

/*
 * Remove a directory, and those above it that become empty by that, but
 * nothing above @top. No error if it is not there.
 */
int store_prune(struct store *s, const char *top, const char *dir);

/* The store of this host; NULL and errno if it cannot be reached. */
struct store *xenstore_open(void);
void xenstore_close(struct store *s);

#endif

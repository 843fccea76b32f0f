/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What any split driver does with the store: read keys, publish keys, say what
 * is wrong.
 *
 * All functions sleep until xenstored has answered. All devices share xenwatch, so do no more
 * in one of its callbacks than a few requests: use a work item of the device for the rest.
 */
#ifndef XVBD_STORE_H
#define XVBD_STORE_H

#include <xen/xenbus.h>

#include "keys.h"

/**
 * xvbd_tell() - say what is wrong, to people and to toolstacks
 * @dev: whose error node is written
 * @err: negative errno
 * @fmt: what is wrong: names the thing
 *
 * Writes the error node that toolstacks read and logs one line, rate-limited,
 * since the other end can cause it. Does not change the state: an action that
 * fails leaves that to xvbd_machine_run().
 *
 * Return: @err
 */
__printf(3, 4) int xvbd_tell(struct xenbus_device *dev, int err, const char *fmt, ...);

/**
 * xvbd_vtell() - as xvbd_tell(), for a function that has got the arguments itself
 * @dev: whose error node is written
 * @err: negative errno
 * @fmt: what is wrong
 * @ap:  its arguments
 */
__printf(3, 0) void xvbd_vtell(struct xenbus_device *dev, int err, const char *fmt, va_list ap);

/**
 * xvbd_remember() - keep what xvbd_tell() has just told toolstacks
 * @dev:  whose error node it is in
 * @told: the text, for xvbd_tell_no_more() or kfree(); what was there is freed
 */
void xvbd_remember(struct xenbus_device *dev, char **told);

/**
 * xvbd_tell_no_more() - take back what xvbd_tell() has told toolstacks
 * @dev:  whose error node is removed, if it says what is remembered: later errors stay
 * @told: of xvbd_remember(), or NULL there; freed
 */
void xvbd_tell_no_more(struct xenbus_device *dev, char **told);

/**
 * xvbd_read_keys() - read and judge the keys of one directory
 * @dev:    on whose behalf
 * @dir:    whose keys
 * @keys:   table
 * @nr:     how many keys
 * @values: result, @nr numbers
 *
 * Return: 0; or a negative errno after xvbd_tell() has named the key.
 */
int xvbd_read_keys(struct xenbus_device *dev, const char *dir, const struct xvbd_key *keys,
		   unsigned int nr, u64 *values);

/**
 * xvbd_read_string() - read a key whose value is text
 * @dir: whose key
 * @key: its name
 *
 * Return: the text, for the caller to kfree(), or NULL where there is none.
 */
char *xvbd_read_string(const char *dir, const char *key);

/**
 * xvbd_read_number() - read a number on which nothing depends
 * @dir: whose key
 * @key: which
 *
 * Return: the number, or what the table has for one that is absent or no number.
 */
static inline unsigned int xvbd_read_number(const char *dir, const struct xvbd_key *key)
{
	return xenbus_read_unsigned(dir, key->name, key->fallback);
}

/* Whether an errno says that the directory is not there any more. */
static inline bool xvbd_is_gone(int err)
{
	/* EACCES: xenstored does not tell a guest what is missing in a directory of others. */
	return err == -ENOENT || err == -EACCES;
}

/* What is done in a transaction: returns 0, or a negative errno that ends it. */
typedef int (*xvbd_transaction_fn)(struct xenbus_device *dev, struct xenbus_transaction xbt,
				   const void *arg);

/**
 * xvbd_transaction() - run @body in a transaction, for a work item
 * @dev:  for @body
 * @body: what to do
 * @arg:  for @body
 *
 * If others have written the same nodes meanwhile, @body runs once more in a new transaction.
 * Sleeps; one runs at a time for all devices of the module.
 *
 * Return: 0, or a negative errno: nothing has been changed then.
 */
int xvbd_transaction(struct xenbus_device *dev, xvbd_transaction_fn body, const void *arg);

/**
 * xvbd_transaction_now() - run @body in a transaction, for a callback of xenwatch
 * @dev:  for @body
 * @body: what to do
 * @arg:  for @body
 *
 * Like xvbd_transaction(), but does not wait until the transaction of a work item has ended.
 *
 * Return: as xvbd_transaction().
 */
int xvbd_transaction_now(struct xenbus_device *dev, xvbd_transaction_fn body, const void *arg);

/**
 * struct xvbd_node - a key to be written
 * @key:      which
 * @text:     its value, or NULL: then @number is
 * @number:   written in decimal
 * @in_queue: it is in the directory of @queue
 * @numbered: @index follows its name
 * @queue:    number of a queue
 * @index:    of several keys of this name
 */
struct xvbd_node {
	const struct xvbd_key *key;
	const char *text;
	unsigned long long number;
	bool in_queue;
	bool numbered;
	u16 queue;
	u16 index;
};

/**
 * xvbd_publish() - write keys of our own directory, if it is still there, in one
 * transaction
 * @dev:   whose directory
 * @nodes: the keys
 * @nr:    how many
 * @again: write our state once more, too: the signal to an other end that is
 *         connected to read these keys again. Not if a toolstack has written
 *         another state meanwhile.
 *
 * Return: 0; or a negative errno after xvbd_tell().
 */
int xvbd_publish(struct xenbus_device *dev, const struct xvbd_node *nodes, unsigned int nr,
		 bool again);

/**
 * xvbd_publish_anew() - as xvbd_publish(), after removing what was published before
 * @dev:   whose directory
 * @nodes: the keys
 * @nr:    how many
 * @is_stale: whether a key of this name is removed, whoever has written it
 *
 * Return: 0; or a negative errno after xvbd_tell().
 */
int xvbd_publish_anew(struct xenbus_device *dev, const struct xvbd_node *nodes, unsigned int nr,
		      bool (*is_stale)(const char *name));

/**
 * xvbd_remove_leaving() - remove the keys that leave with our driver
 * @dev:  whose directory
 * @keys: table
 * @nr:   how many keys it has
 * @dir:  which directory of the table that is
 *
 * The next driver may know less.
 */
void xvbd_remove_leaving(struct xenbus_device *dev, const struct xvbd_key *keys, unsigned int nr,
			 enum xvbd_key_dir dir);

/**
 * xvbd_touch() - write a key of our own directory, so that its watches fire
 * @dev:  whose directory
 * @node: the key; if there is no room for it, the state is written instead, as it is
 *
 * Return: 0, also if the directory is gone; or a negative errno.
 */
int xvbd_touch(struct xenbus_device *dev, const struct xvbd_node *node);

/**
 * xvbd_watch() - watch a directory and all that is in it
 * @dev:   on whose behalf
 * @watch: with its callbacks; xvbd_unwatch() ends it
 * @dir:   what to watch
 *
 * Does not change the state of @dev on an error, other than xenbus_watch_path().
 *
 * Return: 0; or a negative errno after xvbd_tell().
 */
int xvbd_watch(struct xenbus_device *dev, struct xenbus_watch *watch, const char *dir);

/**
 * xvbd_unwatch() - end a watch
 * @watch: of xvbd_watch(); or with no @node, and then nothing is done
 *
 * Waits for the callback if that runs, unless the callback itself calls this.
 */
void xvbd_unwatch(struct xenbus_watch *watch);

#endif /* XVBD_STORE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to xenstore for any split driver: read keys, publish keys, report
 * errors.
 *
 * All functions sleep until xenstored has answered, so call them in process
 * context. All devices share the xenwatch thread. So send only a few requests
 * in a callback of xenwatch, and use a work item of the device for the rest.
 */
#ifndef XSPLIT_STORE_H
#define XSPLIT_STORE_H

#include <xen/xenbus.h>

#include "keys.h"

/**
 * xsplit_dev_error() - report an error to people and to toolstacks
 * @dev: the device whose error node is written
 * @err: negative errno
 * @fmt: format of the message; the message names the object that is wrong
 *
 * Writes the error node, which toolstacks read, and one log line. The log is
 * rate-limited, because the other end can cause the error. Does not change the
 * state: an action that fails leaves this to xsplit_machine_run().
 *
 * Context: Sleeps. Allocates with GFP_NOIO.
 *
 * Return: @err
 */
__printf(3, 4) int xsplit_dev_error(struct xenbus_device *dev, int err, const char *fmt, ...);

/**
 * xsplit_dev_verror() - xsplit_dev_error() for a caller that has a va_list
 * @dev: the device whose error node is written
 * @err: negative errno
 * @fmt: format of the message
 * @ap:  its arguments
 *
 * Context: Sleeps. Allocates with GFP_NOIO.
 */
__printf(3, 0) void xsplit_dev_verror(struct xenbus_device *dev, int err, const char *fmt,
				      va_list ap);

/**
 * xsplit_error_save() - remember the error that xsplit_dev_error() has just written
 * @dev:  the device whose error node it is
 * @told: the text, for xsplit_error_clear() or kfree(). The previous text is
 *        freed. NULL after an error
 *
 * Context: Sleeps.
 */
void xsplit_error_save(struct xenbus_device *dev, char **told);

/**
 * xsplit_error_clear() - remove the error that xsplit_dev_error() has written
 * @dev:  the device. Its error node is removed only if it contains @told: a
 *        later error stays
 * @told: the text of xsplit_error_save(), or NULL; freed and set to NULL
 *
 * Context: Sleeps.
 */
void xsplit_error_clear(struct xenbus_device *dev, char **told);

/**
 * xsplit_read_keys() - read and validate the keys of one directory
 * @dev:    the device to report errors for
 * @dir:    path of the directory
 * @keys:   the list of keys
 * @nr:     number of keys
 * @values: result, @nr numbers
 *
 * Context: Sleeps.
 *
 * Return: 0; or a negative errno after xsplit_dev_error() has named the key that is not valid, or
 * cannot be read. The keys after it are not read.
 */
int xsplit_read_keys(struct xenbus_device *dev, const char *dir, const struct xsplit_key *keys,
		     unsigned int nr, u64 *values);

/**
 * xsplit_read_string() - read a key whose value is text
 * @dir: path of the directory
 * @key: name of the key
 *
 * Context: Sleeps.
 *
 * Return: the text, which the caller frees with kfree(), or NULL if the key is
 * absent or cannot be read.
 */
char *xsplit_read_string(const char *dir, const char *key);

/**
 * xsplit_read_number() - read a number that is only a hint
 * @dir: path of the directory
 * @key: the key
 *
 * Context: Sleeps.
 *
 * Return: the number, or the fallback of the table if the key is absent or not
 * a number. The range is not checked.
 */
static inline unsigned int xsplit_read_number(const char *dir, const struct xsplit_key *key)
{
	return xenbus_read_unsigned(dir, key->name, key->fallback);
}

/* Whether an errno means that the directory does not exist any more. */
static inline bool xsplit_is_gone(int err)
{
	/*
	 * EACCES: xenstored does not tell a guest whether a node is missing in
	 * another domain's directory.
	 */
	return err == -ENOENT || err == -EACCES;
}

/*
 * Body of a transaction. Returns 0, or a negative errno, which ends the
 * transaction without a change.
 */
typedef int (*xsplit_transaction_fn)(struct xenbus_device *dev, struct xenbus_transaction xbt,
				     const void *arg);

/**
 * xsplit_transaction() - run a transaction in a work item
 * @dev:  passed to @body
 * @body: what to do in the transaction
 * @arg:  passed to @body
 *
 * If another program changed the same nodes meanwhile, @body runs again in a
 * new transaction.
 *
 * Context: Sleeps. Takes a mutex: the module runs one of these transactions at
 * a time, for all its devices.
 *
 * Return: 0; or a negative errno, and nothing has changed.
 */
int xsplit_transaction(struct xenbus_device *dev, xsplit_transaction_fn body, const void *arg);

/**
 * xsplit_transaction_now() - run a transaction in a callback of xenwatch
 * @dev:  passed to @body
 * @body: what to do in the transaction
 * @arg:  passed to @body
 *
 * As xsplit_transaction(), but without the mutex: it does not wait for the
 * transaction of a work item.
 *
 * Context: Sleeps.
 *
 * Return: as xsplit_transaction().
 */
int xsplit_transaction_now(struct xenbus_device *dev, xsplit_transaction_fn body, const void *arg);

/**
 * struct xsplit_node - a key to write
 * @key:      the key
 * @text:     its value, or NULL: then the value is @number
 * @number:   the value, written in decimal
 * @in_queue: the key is in the directory of @queue
 * @numbered: @index follows the name
 * @queue:    number of the queue
 * @index:    number that follows the name
 */
struct xsplit_node {
	const struct xsplit_key *key;
	const char *text;
	unsigned long long number;
	bool in_queue;
	bool numbered;
	u16 queue;
	u16 index;
};

/**
 * struct xsplit_nodes - a list of keys to write
 * @nodes: array for the keys; NULL: the keys are only counted
 * @nr:    number of keys
 *
 * The function that makes a list runs twice: it counts the keys, and then it
 * fills an array of this size.
 */
struct xsplit_nodes {
	struct xsplit_node *nodes;
	unsigned int nr;
};

static inline void xsplit_add_node(struct xsplit_nodes *list, const struct xsplit_node *node)
{
	if (list->nodes)
		list->nodes[list->nr] = *node;
	list->nr++;
}

static inline void xsplit_add_number(struct xsplit_nodes *list, const struct xsplit_key *key,
				     u64 number)
{
	xsplit_add_node(list, &(struct xsplit_node){ .key = key, .number = number });
}

/**
 * xsplit_publish() - write keys of our own directory in one transaction
 * @dev:   the device
 * @nodes: the keys
 * @nr:    number of keys
 * @again: write our state once more, too. This makes a connected other end read
 *         the keys again. The state is not written if a toolstack has written
 *         another state meanwhile
 *
 * Writes nothing if the directory is gone.
 *
 * Context: Sleeps. Takes the mutex of xsplit_transaction().
 *
 * Return: 0; or -ENOENT if the directory is gone; or another negative errno
 * after xsplit_dev_error().
 */
int xsplit_publish(struct xenbus_device *dev, const struct xsplit_node *nodes, unsigned int nr,
		   bool again);

/**
 * xsplit_republish() - remove the old keys, then write as xsplit_publish()
 * @dev:     the device, a frontend
 * @nodes:   the keys
 * @nr:      number of keys
 * @keys:    the table of the class: its keys with XSPLIT_KEY_REPUBLISHED are removed,
 *           even if another program wrote them
 * @nr_keys: number of keys in the table
 *
 * Context: Sleeps. Takes the mutex of xsplit_transaction().
 *
 * Return: as xsplit_publish().
 */
int xsplit_republish(struct xenbus_device *dev, const struct xsplit_node *nodes, unsigned int nr,
		     const struct xsplit_key *keys, unsigned int nr_keys);

/**
 * xsplit_withdraw_keys() - remove the keys that must not outlive our driver
 * @dev:  the device
 * @keys: the table
 * @nr:   number of keys in the table
 * @dir:  which directory of the table @dev has
 *
 * The next driver of the device may not know these features.
 *
 * Context: Sleeps.
 */
void xsplit_withdraw_keys(struct xenbus_device *dev, const struct xsplit_key *keys, unsigned int nr,
			  enum xsplit_key_dir dir);

/**
 * xsplit_touch() - write a key of our own directory to fire its watches
 * @dev:  the device
 * @node: the key. If xenstored has no room for it, the state is written again,
 *        unchanged
 *
 * Context: Sleeps. Takes the mutex of xsplit_transaction().
 *
 * Return: 0, also if the directory is gone; or a negative errno.
 */
int xsplit_touch(struct xenbus_device *dev, const struct xsplit_node *node);

/**
 * xsplit_watch() - watch a directory and everything in it
 * @dev:   the device to report errors for
 * @watch: the watch, with its callbacks; end it with xsplit_unwatch()
 * @dir:   path of the directory
 *
 * Unlike xenbus_watch_path(), it does not change the state of @dev after an
 * error.
 *
 * Context: Sleeps. Allocates with GFP_NOIO.
 *
 * Return: 0; or a negative errno after xsplit_dev_error().
 */
int xsplit_watch(struct xenbus_device *dev, struct xenbus_watch *watch, const char *dir);

/**
 * xsplit_unwatch() - end a watch
 * @watch: a watch of xsplit_watch(); nothing is done if its @node is NULL
 *
 * Waits until a running callback has returned, unless the xenwatch thread calls
 * this function.
 *
 * Context: Sleeps.
 */
void xsplit_unwatch(struct xenbus_watch *watch);

#endif /* XSPLIT_STORE_H */

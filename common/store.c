// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "store.h"

/* Number of characters of a malformed value that the message shows. */
#define TEXT_SHOWN 32

void xsplit_dev_verror(struct xenbus_device *dev, int err, const char *fmt, va_list ap)
{
	/* GFP_NOIO: requests of a disk may wait for the caller. */
	char *text = kvasprintf(GFP_NOIO, fmt, ap);
	char *path = kasprintf(GFP_NOIO, "error/%s", dev->nodename);

	dev_err_ratelimited(&dev->dev, "%s (error %d)\n", text ?: "out of memory", err);
	if (text && path)
		xenbus_printf(XBT_NIL, path, "error", "%d %s", -err, text);
	kfree(path);
	kfree(text);
}

int xsplit_dev_error(struct xenbus_device *dev, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	xsplit_dev_verror(dev, err, fmt, ap);
	va_end(ap);
	return err;
}

char *xsplit_read_string(const char *dir, const char *key)
{
	char *text = xenbus_read(XBT_NIL, dir, key, NULL);

	return IS_ERR(text) ? NULL : text;
}

void xsplit_error_save(struct xenbus_device *dev, char **told)
{
	char *path = kasprintf(GFP_NOIO, "error/%s", dev->nodename);

	kfree(*told);
	*told = path ? xsplit_read_string(path, "error") : NULL;
	kfree(path);
}

void xsplit_error_clear(struct xenbus_device *dev, char **told)
{
	char *path = kasprintf(GFP_NOIO, "error/%s", dev->nodename);
	char *text = path ? xsplit_read_string(path, "error") : NULL;

	if (text && *told && !strcmp(text, *told))
		xenbus_rm(XBT_NIL, path, "");
	kfree(text);
	kfree(path);
	kfree(*told);
	*told = NULL;
}

/* The other end wrote @text: escape it, and limit its length. */
static int tell_key(struct xenbus_device *dev, const char *dir, const struct xsplit_key *key,
		    enum xsplit_key_verdict v, const char *text)
{
	if (!text)
		return xsplit_dev_error(dev, -EINVAL, "%s/%s: %s", dir, key->name,
					xsplit_key_verdict_text(v));
	return xsplit_dev_error(dev, -EINVAL, "%s/%s: %s: \"%*pE\"", dir, key->name,
				xsplit_key_verdict_text(v), (int)strnlen(text, TEXT_SHOWN), text);
}

int xsplit_read_keys(struct xenbus_device *dev, const char *dir, const struct xsplit_key *keys,
		     unsigned int nr, u64 *values)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		char *text = xenbus_read(XBT_NIL, dir, keys[i].name, NULL);
		enum xsplit_key_verdict v;

		/* A key that cannot be read is not absent. */
		if (IS_ERR(text) && !xsplit_is_gone(PTR_ERR(text)))
			return xsplit_dev_error(dev, PTR_ERR(text), "%s/%s: cannot be read", dir,
						keys[i].name);
		if (IS_ERR(text))
			text = NULL;
		v = xsplit_key_parse(&keys[i], text, &values[i]);
		if (v != XSPLIT_KEY_OK)
			err = tell_key(dev, dir, &keys[i], v, text);
		kfree(text);
	}
	return err;
}

int xsplit_transaction_now(struct xenbus_device *dev, xsplit_transaction_fn body, const void *arg)
{
	struct xenbus_transaction xbt;
	int err, end;

	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			break;
		err = body(dev, xbt, arg);
		end = xenbus_transaction_end(xbt, err != 0);
		if (!err)
			err = end;
	} while (err == -EAGAIN);
	return err;
}

/*
 * Xenstored allows a guest about ten transactions at a time, for all its
 * drivers and programs together. So the work items of all our disks share one.
 */
static DEFINE_MUTEX(transaction_lock);

int xsplit_transaction(struct xenbus_device *dev, xsplit_transaction_fn body, const void *arg)
{
	int err;

	mutex_lock(&transaction_lock);
	err = xsplit_transaction_now(dev, body, arg);
	mutex_unlock(&transaction_lock);
	return err;
}

static int write_node(struct xenbus_device *dev, struct xenbus_transaction xbt,
		      const struct xsplit_node *node)
{
	char name[XSPLIT_KEY_NAME_MAX];

	if (!xsplit_key_spell(node->key, node->in_queue ? node->queue : XSPLIT_NO_NUMBER,
			      node->numbered ? node->index : XSPLIT_NO_NUMBER, name))
		return -ENAMETOOLONG;
	if (node->text)
		return xenbus_write(xbt, dev->nodename, name, node->text);
	return xenbus_printf(xbt, dev->nodename, name, "%llu", node->number);
}

static int write_nodes(struct xenbus_device *dev, struct xenbus_transaction xbt,
		       const struct xsplit_node *nodes, unsigned int nr)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = write_node(dev, xbt, &nodes[i]);
	return err;
}

/* The changes of one transaction in our own directory. */
struct nodes_change {
	const struct xsplit_node *nodes;
	unsigned int nr;
	const struct xsplit_key *stale;
	unsigned int nr_stale;
	bool again;
};

static int remove_stale(struct xenbus_device *dev, struct xenbus_transaction xbt,
			const struct nodes_change *c)
{
	unsigned int i, nr = 0;
	char **names = xenbus_directory(xbt, dev->nodename, "", &nr);
	int err = 0;

	if (IS_ERR(names))
		return PTR_ERR(names);
	for (i = 0; i < nr && !err; i++)
		if (xsplit_key_is_stale(c->stale, c->nr_stale, names[i]))
			err = xenbus_rm(xbt, dev->nodename, names[i]);
	kfree(names);
	return err;
}

/*
 * Reading our state makes the transaction fail if another program removes the
 * directory or writes the state meanwhile. So the transaction cannot undo such
 * a change.
 */
static int write_all(struct xenbus_device *dev, struct xenbus_transaction xbt, const void *arg)
{
	const struct nodes_change *c = arg;
	int state, err = xenbus_scanf(xbt, dev->nodename, "state", "%d", &state);

	if (err != 1)
		return err;
	err = c->stale ? remove_stale(dev, xbt, c) : 0;
	if (!err)
		err = write_nodes(dev, xbt, c->nodes, c->nr);
	if (!err && c->again && state == dev->state)
		err = xenbus_printf(xbt, dev->nodename, "state", "%d", state);
	return err;
}

static int change(struct xenbus_device *dev, const struct nodes_change *c)
{
	int err = xsplit_transaction(dev, write_all, c);

	/*
	 * The directory is gone. Do not report it: another program removed it
	 * on purpose.
	 */
	if (!err || err == -ENOENT)
		return err;
	return xsplit_dev_error(dev, err, "cannot write to %s", dev->nodename);
}

static int rewrite_state(struct xenbus_device *dev, struct xenbus_transaction xbt, const void *arg)
{
	int state, err = xenbus_scanf(xbt, dev->nodename, "state", "%d", &state);

	return err == 1 ? xenbus_printf(xbt, dev->nodename, "state", "%d", state) : err;
}

int xsplit_touch(struct xenbus_device *dev, const struct xsplit_node *node)
{
	const struct nodes_change c = { .nodes = node, .nr = 1 };
	int err = xsplit_transaction(dev, write_all, &c);

	/*
	 * A guest that has used up its quota of nodes can still write to
	 * existing nodes. For a new node, oxenstored answers EQUOTA, which
	 * Linux turns into EINVAL.
	 */
	if (err == -ENOSPC || err == -EINVAL)
		err = xsplit_transaction(dev, rewrite_state, NULL);
	return xsplit_is_gone(err) ? 0 : err;
}

int xsplit_publish(struct xenbus_device *dev, const struct xsplit_node *nodes, unsigned int nr,
		   bool again)
{
	return change(dev, &(struct nodes_change){ .nodes = nodes, .nr = nr, .again = again });
}

int xsplit_republish(struct xenbus_device *dev, const struct xsplit_node *nodes, unsigned int nr,
		     const struct xsplit_key *keys, unsigned int nr_keys)
{
	const struct nodes_change c = {
		.nodes = nodes, .nr = nr, .stale = keys, .nr_stale = nr_keys,
	};

	return change(dev, &c);
}

void xsplit_withdraw_keys(struct xenbus_device *dev, const struct xsplit_key *keys, unsigned int nr,
			  enum xsplit_key_dir dir)
{
	const struct xsplit_key *key;

	for (key = keys; key < keys + nr; key++)
		if (key->dir == dir && key->flags & XSPLIT_KEY_WITHDRAWN)
			xenbus_rm(XBT_NIL, dev->nodename, key->name);
}

int xsplit_watch(struct xenbus_device *dev, struct xenbus_watch *watch, const char *dir)
{
	int err = -ENOMEM;

	watch->node = kstrdup(dir, GFP_NOIO);
	if (watch->node)
		err = register_xenbus_watch(watch);
	if (!err)
		return 0;
	kfree(watch->node);
	watch->node = NULL;
	return xsplit_dev_error(dev, err, "cannot watch %s", dir);
}

void xsplit_unwatch(struct xenbus_watch *watch)
{
	if (!watch->node)
		return;
	unregister_xenbus_watch(watch);
	kfree(watch->node);
	watch->node = NULL;
}

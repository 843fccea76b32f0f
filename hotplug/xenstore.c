// SPDX-License-Identifier: GPL-2.0
/* The store of this host, through libxenstore. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "store.h"

struct xenstore {
	struct store store;
	struct xs_handle *xs;
	xs_transaction_t transaction;
};

static struct xenstore *to_xenstore(struct store *s)
{
	return (struct xenstore *)((char *)s - offsetof(struct xenstore, store));
}

/* If the daemon has hung up, libxenstore returns false without an errno. */
static int to_errno(bool ok)
{
	if (ok)
		return 0;
	return errno ? -errno : -EIO;
}

static int begin_transaction(struct store *s)
{
	struct xenstore *x = to_xenstore(s);

	errno = 0;
	x->transaction = xs_transaction_start(x->xs);
	return to_errno(x->transaction != XBT_NULL);
}

static int end_transaction(struct store *s, bool commit)
{
	struct xenstore *x = to_xenstore(s);
	xs_transaction_t t = x->transaction;

	x->transaction = XBT_NULL;
	errno = 0;
	return to_errno(xs_transaction_end(x->xs, t, !commit));
}

static char *read_node(struct store *s, const char *path, size_t *len)
{
	struct xenstore *x = to_xenstore(s);
	unsigned int n;
	char *value = xs_read(x->xs, x->transaction, path, &n);

	if (value)
		*len = n;
	return value;
}

static int write_node(struct store *s, const char *path, const char *value)
{
	struct xenstore *x = to_xenstore(s);

	errno = 0;
	return to_errno(xs_write(x->xs, x->transaction, path, value,
				 strlen(value)));
}

static int remove_node(struct store *s, const char *path)
{
	struct xenstore *x = to_xenstore(s);

	errno = 0;
	return to_errno(xs_rm(x->xs, x->transaction, path));
}

static int watch_node(struct store *s, const char *path)
{
	errno = 0;
	return to_errno(xs_watch(to_xenstore(s)->xs, path, "block"));
}

static char **list_nodes(struct store *s, const char *path, unsigned int *count)
{
	struct xenstore *x = to_xenstore(s);

	return xs_directory(x->xs, x->transaction, path, count);
}

static int permit_node(struct store *s, const char *path, unsigned int owner,
		       unsigned int reader)
{
	struct xenstore *x = to_xenstore(s);
	struct xs_permissions who[] = {
		{ .id = owner, .perms = XS_PERM_NONE },
		{ .id = reader, .perms = XS_PERM_READ },
	};

	errno = 0;
	return to_errno(xs_set_permissions(x->xs, x->transaction, path, who, 2));
}

static int wait_for_event(struct store *s, struct deadline *d, int64_t ms, char *path)
{
	struct xs_handle *xs = to_xenstore(s)->xs;
	struct pollfd p[] = {
		{ .fd = xs_fileno(xs), .events = POLLIN },
		{ .fd = d->cancel_fd, .events = POLLIN },
	};
	int64_t left = deadline_left(d);
	char **e = xs_check_watch(xs);

	if (!e && errno == EAGAIN && ms > 0 && left > 0) {
		poll(p, 2, (int)(ms < left ? ms : left));
		e = xs_check_watch(xs);
	}
	if (!e)
		return errno == EAGAIN ? 0 : to_errno(false);
	snprintf(path, STORE_PATH_MAX, "%s", e[XS_WATCH_PATH]);
	free(e);
	return 1;
}

static const struct store_ops ops = {
	.begin = begin_transaction,
	.end = end_transaction,
	.read = read_node,
	.write = write_node,
	.remove = remove_node,
	.list = list_nodes,
	.permit = permit_node,
	.watch = watch_node,
	.event = wait_for_event,
};

struct store *xenstore_open(void)
{
	struct xenstore *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->store.ops = &ops;
	x->xs = xs_open(0);
	if (!x->xs) {
		free(x);
		return NULL;
	}
	return &x->store;
}

void xenstore_close(struct store *s)
{
	struct xenstore *x = to_xenstore(s);

	xs_close(x->xs);
	free(x);
}

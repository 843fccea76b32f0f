// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_store.h"

static struct fake_store *to_fake(struct store *s)
{
	return (struct fake_store *)((char *)s -
				     offsetof(struct fake_store, store));
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

static struct fake_node *find_node(struct fake_store *f, const char *path)
{
	int i;

	for (i = 0; i < FAKE_NODES; i++)
		if (*f->nodes[i].path && !strcmp(f->nodes[i].path, path))
			return &f->nodes[i];
	return NULL;
}

void fake_set_bytes(struct fake_store *f, const char *path, const void *value,
		    size_t len)
{
	struct fake_node *n = find_node(f, path);

	if (!n)
		for (n = f->nodes; *n->path; n++)
			if (n == f->nodes + FAKE_NODES - 1)
				abort();
	snprintf(n->path, sizeof(n->path), "%s", path);
	memcpy(n->value, value, len);
	n->value[len] = '\0';
	n->len = len;
}

void fake_set(struct fake_store *f, const char *path, const char *value)
{
	fake_set_bytes(f, path, value, strlen(value));
}

const char *fake_get(struct fake_store *f, const char *path)
{
	struct fake_node *n = find_node(f, path);

	return n ? n->value : NULL;
}

void fake_remove(struct fake_store *f, const char *path)
{
	int i;

	for (i = 0; i < FAKE_NODES; i++)
		if (is_below(f->nodes[i].path, path))
			f->nodes[i].path[0] = '\0';
}

int fake_count(const struct fake_store *f)
{
	int i, n = 0;

	for (i = 0; i < FAKE_NODES; i++)
		n += *f->nodes[i].path != '\0';
	return n;
}

static int begin_transaction(struct store *s)
{
	struct fake_store *f = to_fake(s);

	if (f->in_transaction)
		return -EBUSY;
	f->in_transaction = true;
	memcpy(f->before, f->nodes, sizeof(f->nodes));
	return 0;
}

static int end_transaction(struct store *s, bool commit)
{
	struct fake_store *f = to_fake(s);

	f->in_transaction = false;
	if (commit && f->refuse_commits == 0) {
		f->commits++;
		return 0;
	}
	memcpy(f->nodes, f->before, sizeof(f->nodes));
	if (!commit)
		return 0;
	f->refuse_commits--;
	if (f->other)
		f->other(f);
	return -EAGAIN;
}

static char *read_node(struct store *s, const char *path, size_t *len)
{
	struct fake_store *f = to_fake(s);
	struct fake_node *n = find_node(f, path);
	char *value;
	int i;

	*len = n ? n->len : 0;
	for (i = 0; !n && i < FAKE_NODES; i++)
		if (is_below(f->nodes[i].path, path))
			return calloc(1, 1);
	if (!n) {
		errno = ENOENT;
		return NULL;
	}
	value = malloc(n->len + 1);
	memcpy(value, n->value, n->len + 1);
	return value;
}

static int write_node(struct store *s, const char *path, const char *value)
{
	fake_set(to_fake(s), path, value);
	return 0;
}

static int remove_node(struct store *s, const char *path)
{
	size_t len;
	char *value = read_node(s, path, &len);

	free(value);
	if (!value)
		return -ENOENT;
	fake_remove(to_fake(s), path);
	return 0;
}

static int watch_node(struct store *s, const char *path)
{
	(void)path;
	to_fake(s)->watches++;
	return 0;
}

static bool is_listed(char **names, unsigned int count, const char *name,
		      size_t len)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (strlen(names[i]) == len && !strncmp(names[i], name, len))
			return true;
	return false;
}

/* One block: the pointers, then the names. */
static char **list_nodes(struct store *s, const char *path, unsigned int *count)
{
	struct fake_store *f = to_fake(s);
	size_t dir = strlen(path), len;
	char **names = malloc(FAKE_NODES * (sizeof(char *) + 128));
	char *text = (char *)(names + FAKE_NODES);
	bool exists = false;
	int i;

	*count = 0;
	for (i = 0; i < FAKE_NODES; i++) {
		const char *rest = f->nodes[i].path + dir;

		if (!*f->nodes[i].path || !is_below(f->nodes[i].path, path))
			continue;
		exists = true;
		if (!*rest)
			continue;
		len = strcspn(++rest, "/");
		if (is_listed(names, *count, rest, len))
			continue;
		snprintf(text, 128, "%.*s", (int)len, rest);
		names[(*count)++] = text;
		text += len + 1;
	}
	if (exists)
		return names;
	free(names);
	errno = ENOENT;
	return NULL;
}

static int permit_node(struct store *s, const char *path, unsigned int owner,
		       unsigned int reader)
{
	struct fake_node *n = find_node(to_fake(s), path);

	if (!n)
		return -ENOENT;
	n->owner = owner;
	n->reader = reader;
	return 0;
}

static int wait_for_event(struct store *s, struct deadline *d, int64_t ms, char *path)
{
	struct fake_store *f = to_fake(s);

	*path = '\0';
	if (!ms)
		return 0;
	if (f->other)
		f->other(f);
	else
		deadline_sleep(d, ms);
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

void fake_init(struct fake_store *f)
{
	memset(f, 0, sizeof(*f));
	f->store.ops = &ops;
}

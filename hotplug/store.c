// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

/* With the growing pauses between them, about 0.5 s in total. */
#define ATTEMPTS 100

int store_transaction(struct store *s,
		      int (*body)(struct store *s, void *arg), void *arg)
{
	int attempt, err, end;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		usleep(attempt * 100);
		err = s->ops->begin(s);
		if (err)
			return err;
		err = body(s, arg);
		end = s->ops->end(s, !err);
		if (err)
			return err;
		if (end != -EAGAIN)
			return end;
	}
	return -EAGAIN;
}

static int join_path(char *path, const char *dir, const char *node)
{
	int n = snprintf(path, STORE_PATH_MAX, "%s/%s", dir, node);

	return n < STORE_PATH_MAX ? 0 : -ENAMETOOLONG;
}

bool store_exists(struct store *s, const char *dir)
{
	size_t len;
	char *value = s->ops->read(s, dir, &len);

	free(value);
	return value;
}

char *store_read(struct store *s, const char *dir, const char *node)
{
	char path[STORE_PATH_MAX];
	char *value;
	size_t len;

	if (join_path(path, dir, node))
		return NULL;
	value = s->ops->read(s, path, &len);
	if (value && strlen(value) != len) {
		free(value);
		return NULL;
	}
	return value;
}

long store_read_number(struct store *s, const char *dir, const char *node,
		       long missing)
{
	char *value = store_read(s, dir, node);
	long n = missing;
	char *end;

	if (value && *value) {
		n = strtol(value, &end, 10);
		if (*end)
			n = missing;
	}
	free(value);
	return n;
}

bool store_has(struct store *s, const char *dir, const char *node)
{
	char path[STORE_PATH_MAX];

	return !join_path(path, dir, node) && store_exists(s, path);
}

int store_write(struct store *s, const char *dir, const char *node,
		const char *value)
{
	char path[STORE_PATH_MAX];
	int err = join_path(path, dir, node);

	return err ? err : s->ops->write(s, path, value);
}

int store_remove(struct store *s, const char *dir, const char *node)
{
	char path[STORE_PATH_MAX];
	int err = join_path(path, dir, node);

	if (!err)
		err = s->ops->remove(s, path);
	return err == -ENOENT ? 0 : err;
}

char **store_list(struct store *s, const char *dir, unsigned int *count)
{
	char **names = s->ops->list(s, dir, count);

	if (!names)
		*count = 0;
	return names;
}

int store_wait(struct store *s, struct deadline *d, int64_t ms)
{
	char path[STORE_PATH_MAX];
	int n = s->ops->event(s, d, ms, path);

	while (n > 0)
		n = s->ops->event(s, d, 0, path);
	return n;
}

static bool is_empty(struct store *s, const char *dir)
{
	unsigned int count;
	char **names = store_list(s, dir, &count);

	free(names);
	return names && count == 0;
}

int store_prune(struct store *s, const char *top, const char *dir)
{
	size_t least = strlen(top);
	char path[STORE_PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s", dir);
	do {
		err = s->ops->remove(s, path);
		if (err && err != -ENOENT)
			return err;
		*strrchr(path, '/') = '\0';
	} while (strlen(path) > least && is_empty(s, path));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* vbd watch over a store in memory, which reports the changes that a test makes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_store.h"
#include "test.h"
#include "tool.h"

#define BACK_A "/local/domain/0/backend/vbd/5/51728"
#define BACK_B "/local/domain/0/backend/vbd/5/51744"

static struct fake_store store;

/* A path that is reported, after @set has this value. */
static const struct report {
	const char *path, *set, *value;
} reports[] = {
	{ BACK_A "/params", BACK_A "/params", "/dev/a" },
	{ BACK_B "/params", BACK_B "/params", "/dev/b" },
	{ BACK_A "/mode", BACK_A "/state", "2" },
	{ BACK_A "/feature-discard", BACK_A "/feature-discard", "1" },
	{ BACK_A "/state", NULL, NULL },
	{ NULL, NULL, NULL }
};

static const struct report *next;

/* Reports all paths at once, then fails. */
static int report(struct store *s, struct deadline *d, int64_t ms, char *path)
{
	(void)s;
	(void)d;
	(void)ms;
	if (!next->path)
		return -EIO;
	if (next->set)
		fake_set(&store, next->set, next->value);
	snprintf(path, STORE_PATH_MAX, "%s", next->path);
	next++;
	return 1;
}

/* The keys of a new disk are shown before the state that is written after them. */
static void two_new_disks(void)
{
	char *output, *key, *state;
	struct store_ops ops;
	struct tool tool = { .root = scratch };
	size_t size;

	fake_init(&store);
	ops = *store.store.ops;
	ops.event = report;
	store.store.ops = &ops;
	fake_set(&store, "/local/domain/5/name", "guest");
	tool.store = &store.store;
	CHECK(!deadline_init(&tool.deadline, 2000));
	tool.out = open_memstream(&output, &size);
	tool.options.record = true;
	tool.options.argument[0] = "guest";
	next = reports;
	CHECK(command_watch(&tool) == -1 && tool.failure.id == MSG_STORE);
	fclose(tool.out);
	key = strstr(output, "backend feature-discard");
	state = strstr(output, "backend state 2");
	if (!CHECK(key && state && key < state))
		printf("# %s\n", output);
	free(output);
	deadline_destroy(&tool.deadline);
}

const struct test watch_tests[] = {
	{ "watch: two new disks at the same time", two_new_disks },
	{ 0 }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * vbd move: the domain that served a disk has died; another one, or the same come
 * up again, gets the backend's directory as the toolstack's copy has it. The script
 * is run there, by xl devd. A front that waits for its back follows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "connected.h"

/* What is written anew, and what only the former backend's domain had. */
static const char *const dropped[] = {
	"frontend", "frontend-id", "backend", "state", "online", "node", "cgroup",
	"hotplug-status", "hotplug-error", "hotplug-undo",
	"physical-device", "physical-device-path",
};

static bool is_dropped(const char *node)
{
	size_t i;

	for (i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (!strcmp(node, dropped[i]))
			return true;
	return false;
}

static int copy_settings(struct store *s, const struct disk *d)
{
	unsigned int i, count;
	char **nodes = store_list(s, d->copy, &count);
	char *value;
	int err = 0;

	for (i = 0; !err && i < count; i++) {
		value = is_dropped(nodes[i]) ? NULL : store_read(s, d->copy, nodes[i]);
		if (value)
			err = store_write(s, d->back, nodes[i], value);
		free(value);
	}
	free(nodes);
	return err;
}

static int make_back(struct store *s, const struct disk *d)
{
	char domid[16];
	int err = s->ops->write(s, d->back, "");

	snprintf(domid, sizeof(domid), "%u", d->domid);
	if (!err)
		err = s->ops->permit(s, d->back, d->backend, d->domid);
	if (!err)
		err = copy_settings(s, d);
	if (!err)
		err = store_write(s, d->back, "frontend", d->front);
	if (!err)
		err = store_write(s, d->back, "frontend-id", domid);
	if (!err)
		err = store_write(s, d->back, "online", "1");
	return err ? err : store_write(s, d->back, "state", "1");
}

/* The new backend's domain may read all of it. */
static int permit_front(struct store *s, const struct disk *d)
{
	unsigned int i, count;
	char **nodes = store_list(s, d->front, &count);
	int err = s->ops->permit(s, d->front, d->domid, d->backend);
	char path[2 * STORE_PATH_MAX];

	for (i = 0; !err && i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", d->front, nodes[i]);
		err = s->ops->permit(s, path, d->domid, d->backend);
	}
	free(nodes);
	return err;
}

static int name_back(struct store *s, const struct disk *d)
{
	char backend[16];
	int err;

	snprintf(backend, sizeof(backend), "%u", d->backend);
	err = store_write(s, d->copy, "backend", d->back);
	if (!err)
		err = store_write(s, d->front, "backend", d->back);
	if (!err)
		err = store_write(s, d->front, "backend-id", backend);
	return err ? err : store_write(s, d->front, "state", "1");
}

/* One transaction: both ends see all of it. */
static int move_body(struct store *s, void *arg)
{
	const struct disk *d = arg;
	int err;

	if (store_has(s, d->back, "state"))
		return -EEXIST;
	err = make_back(s, d);
	if (!err)
		err = permit_front(s, d);
	return err ? err : name_back(s, d);
}

static int check(struct tool *t, const struct disk *old, const struct disk *d)
{
	if (d->here)
		return fail(&t->failure, MSG_MOVE_HERE, d->label);
	if (store_has(t->store, old->back, "state"))
		return fail_detail(&t->failure, MSG_MOVE_LIVES, d->label, "%u", old->backend);
	if (!store_exists(t->store, old->front) || !store_has(t->store, d->copy, "params"))
		return fail_detail(&t->failure, MSG_MOVE_COPY, d->label, "%s", d->copy);
	return 0;
}

int command_move(struct tool *t)
{
	unsigned int backend;
	struct disk old, d;
	int err;

	if (disk_find(t, 0, &old) || domain_find(t, t->options.argument[2], &backend))
		return -1;
	if (disk_need_vbd(t, &old, "whose disks vbd does not move: detach it, and attach it with vbd attach --backend"))
		return -1;
	disk_set(t, &d, old.domid, old.devid, backend);
	if (check(t, &old, &d))
		return -1;
	disk_clear_errors(t, &d);
	err = store_transaction(t->store, move_body, &d);
	if (err == -EEXIST)
		return fail_detail(&t->failure, MSG_MOVE_LIVES, d.label, "%u", backend);
	if (err)
		return disk_store_failed(t, &d, err);
	config_note(t, &d);
	return wait_connected(t, &d, false, MSG_MOVE_TIME);
}

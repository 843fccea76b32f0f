// SPDX-License-Identifier: GPL-2.0
/*
 * vbd move: the domain of a disk's backend has died. Another domain, or the
 * same after a restart, gets a backend directory made from the toolstack's
 * copy. xl devd runs the script there. A frontend that waits for its backend
 * follows.
 *
 * There are three steps. The frontend writes Closed: it knows that its backend
 * is gone. vbd names the new backend, whose directory has no state yet, so that
 * no driver starts to serve it. After the frontend has started over, vbd writes
 * the state. So no backend sees a Closed frontend, which many backends take as
 * the end of the disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block/blkkeys.h"
#include "config.h"
#include "connected.h"
#include "wait.h"

/* Nodes that are written again, or that only applied to the former backend's domain. */
static const char *const dropped[] = {
	"frontend", "frontend-id", "backend", "online", "cgroup",
};

/* What the driver and the script have written only applied to the former domain, too. */
static bool is_dropped(const char *node)
{
	const struct xsplit_key *key = xvbd_blkkey_find(XSPLIT_DIR_BACK, node);
	size_t i;

	if (key && (key->writer == XSPLIT_BY_BACK || key->writer == XSPLIT_BY_HOTPLUG))
		return true;
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

static int make_back_dir(struct store *s, const struct disk *d)
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
	return err ? err : store_write(s, d->back, "online", "1");
}

/* Let the domain of the new backend read the directory. */
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

#define REJOIN_CLOSED 2	/* feature-rejoin of a frontend that closes when its backend is gone */

/*
 * Since Linux 7.0 xenbus removes a frontend if its directory has another backend-id and the state
 * Initialising, and has the driver probe a new one. This must not happen to a frontend with a
 * disk, so such a frontend writes Closed first. This also shows that the new backend may be
 * named. For any other frontend the new probe is the only way to a disk.
 */
static const char *choose_front_state(struct store *s, const struct disk *d)
{
	if (store_read_number(s, d->front, "feature-rejoin", 0) < REJOIN_CLOSED)
		return "1";
	return store_read_number(s, d->front, "state", 0) == STATE_CLOSED ? "6" : NULL;
}

static int write_backend(struct store *s, const struct disk *d, const char *state)
{
	char backend[16];
	int err;

	snprintf(backend, sizeof(backend), "%u", d->backend);
	err = store_write(s, d->copy, "backend", d->back);
	if (!err)
		err = store_write(s, d->front, "backend", d->back);
	if (!err)
		err = store_write(s, d->front, "backend-id", backend);
	return err ? err : store_write(s, d->front, "state", state);
}

/* Uses one transaction, so both ends see all changes. -EBUSY: the frontend is not Closed yet. */
static int write_move(struct store *s, void *arg)
{
	const struct disk *d = arg;
	const char *state = choose_front_state(s, d);
	int err;

	if (store_has(s, d->back, "state"))
		return -EEXIST;
	if (!state)
		return -EBUSY;
	err = make_back_dir(s, d);
	if (!err)
		err = permit_front(s, d);
	return err ? err : write_backend(s, d, state);
}

static int try_move(struct tool *t, const struct disk *d, void *arg)
{
	int *err = arg;

	*err = store_transaction(t->store, write_move, (void *)d);
	return *err != -EBUSY;
}

/* Returns 1 once the frontend has started over, or -1 with its error. */
static int has_started_over(struct tool *t, const struct disk *d, void *arg)
{
	char *error = disk_error(t, d, false);

	(void)arg;
	free(error);
	return error ? fail_connect(t, d) : disk_ends(t, d).front < STATE_CLOSING;
}

/* Do nothing if the disk was removed meanwhile. */
static int start_backend(struct store *s, void *arg)
{
	const struct disk *d = arg;

	if (!store_exists(s, d->back) || !store_exists(s, d->front) ||
	    store_has(s, d->back, "state"))
		return 0;
	return store_write(s, d->back, "state", "1");
}

/* A killed vbd move has left the directory: it has no state, so no backend uses it. */
static int remove_half_made(struct store *s, void *arg)
{
	const struct disk *old = arg;

	if (!store_exists(s, old->back) || store_has(s, old->back, "state"))
		return 0;
	return s->ops->remove(s, old->back);
}

static int check_move(struct tool *t, const struct disk *old, const struct disk *d)
{
	if (d->here)
		return fail(&t->failure, MSG_MOVE_HERE, d->label);
	if (store_has(t->store, old->back, "state"))
		return fail_detail(&t->failure, MSG_MOVE_LIVES, d->label, "%u", old->backend);
	if (!store_exists(t->store, old->front))
		return fail_detail(&t->failure, MSG_MOVE_GONE, d->label, "%s", old->front);
	if (!store_has(t->store, d->copy, "params"))
		return fail_detail(&t->failure, MSG_MOVE_COPY, d->label, "%s", d->copy);
	return 0;
}

static int finish_move(struct tool *t, struct disk *d)
{
	int followed = disk_wait(t, d, has_started_over, NULL), err;

	if (followed < 0)
		return -1;
	err = store_transaction(t->store, start_backend, d);
	if (err)
		return disk_store_failed(t, d, err);
	if (!followed)
		return fail_detail(&t->failure, MSG_MOVE_TIME, d->label,
				   "the frontend in %s has not seen it", d->domain);
	return wait_moved(t, d, MSG_MOVE_TIME);
}

int command_move(struct tool *t)
{
	unsigned int backend;
	struct disk old, d;
	int err, done;

	if (disk_find(t, 0, &old) || domain_find(t, t->options.argument[2], &backend))
		return -1;
	if (disk_need_no_owner(t, &old, "vbd-unplug and vbd-plug") || disk_need_vbd(t, &old, "whose disks vbd does not move: detach it, and attach it with vbd attach --backend"))
		return -1;
	disk_set(t, &d, old.domid, old.devid, backend);
	if (check_move(t, &old, &d))
		return -1;
	disk_clear_errors(t, &d);
	err = store_transaction(t->store, remove_half_made, &old);
	if (err)
		return disk_store_failed(t, &old, err);
	done = disk_wait(t, &d, try_move, &err);
	if (done < 0)
		return -1;
	if (!done)
		return fail_detail(&t->failure, MSG_MOVE_FRONT, d.label, "%s", d.domain);
	if (err == -EEXIST)
		return fail_detail(&t->failure, MSG_MOVE_LIVES, d.label, "%u", backend);
	if (err)
		return disk_store_failed(t, &d, err);
	config_save_disk(t, &d);
	return finish_move(t, &d);
}

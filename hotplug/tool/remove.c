// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent.h"
#include "dirs.h"
#include "remove.h"
#include "script.h"
#include "throttle.h"
#include "wait.h"

#define ELSEWHERE_MS 10000	/* for the script in another domain, as in xl */
#define UNDO_MS 10000
#define OTHER_MS 2000		/* until a program has removed its directory */

struct request {
	const struct disk *disk;
	bool force;
};

static int write_request(struct store *s, void *arg)
{
	const struct request *r = arg;
	const struct disk *d = r->disk;
	int err = 0;

	if (r->force) {
		err = s->ops->remove(s, d->front);
		if (err == -ENOENT)
			err = 0;
	}
	if (err || !store_exists(s, d->back))
		return err;
	err = store_write(s, d->back, "online", "0");
	if (!err && store_read_number(s, d->back, "state", 0) != STATE_CLOSED)
		err = store_write(s, d->back, "state", "5");
	return err;
}

int disk_ask_to_close(struct tool *t, const struct disk *d, bool force)
{
	struct request r = { .disk = d, .force = force };
	int err;

	if (force)
		throttle_lift(t, d);
	err = store_transaction(t->store, write_request, &r);
	return err ? disk_store_failed(t, d, err) : 0;
}

/* The link exists while a driver is bound. */
bool disk_has_driver(struct tool *t, const struct disk *d)
{
	char path[512];

	snprintf(path, sizeof(path),
		 "%s/sys/bus/xen-backend/devices/%s-%u-%u/driver", t->root,
		 d->kind, d->domid, d->devid);
	return access(path, F_OK) == 0;
}

/*
 * Its class has a driver in this domain's kernel, which does not serve this device, and the guest
 * has let go. Any other device without a driver is served by a program, or by nobody: that cannot
 * be told.
 */
static bool lacks_driver(struct tool *t, const struct disk *d)
{
	unsigned int front = disk_ends(t, d).front;
	char path[512];

	if (front != STATE_CLOSED && front != STATE_UNKNOWN)
		return false;
	snprintf(path, sizeof(path), "%s/sys/bus/xen-backend/drivers/%s", t->root, d->kind);
	return d->here && access(path, F_OK) == 0 && !disk_has_driver(t, d);
}

bool disk_is_unserved(struct tool *t, const struct disk *d)
{
	return !disk_is_disk(d) && disk_ends(t, d).back == STATE_INITIALISING &&
	       !(d->here && disk_has_driver(t, d));
}

int disk_is_closed(struct tool *t, const struct disk *d, void *unused)
{
	unsigned int state = disk_ends(t, d).back;

	(void)unused;
	if (!disk_is_vbd(d))
		return state == STATE_CLOSED || !store_exists(t->store, d->back) ||
		       (!disk_is_disk(d) && lacks_driver(t, d));
	/* without a driver, no resource is in use */
	return state == STATE_CLOSED || state == STATE_UNKNOWN ||
	       (d->here && !disk_has_driver(t, d));
}

/* A disk without a script was made by hand: release what the agent has attached. */
static int release_by_agent(struct tool *t, const struct disk *d)
{
	struct job job;
	int err;

	disk_job(t, d, &job);
	err = agent_remove(&job);
	if (err)
		t->failure = job.failure;
	return err;
}

static int release_in_this_domain(struct tool *t, const struct disk *d)
{
	char *script = script_of(t, d);
	int status;

	if (!script)
		return disk_is_disk(d) ? release_by_agent(t, d) : 0;
	status = script_run(t, d, script, "remove");
	if (status)
		fail_detail(&t->failure, disk_is_disk(d) ? MSG_NO_SCRIPT : MSG_DEVICE_SCRIPT,
			    d->label, "%s ended with status %d", script, status);
	free(script);
	return status ? -1 : 0;
}

static int is_dir_gone(struct tool *t, const struct disk *d, void *unused)
{
	(void)unused;
	return !store_exists(t->store, d->back);
}

/* xl devd in the other domain runs the script, and then removes the directory. */
static int release_in_other_domain(struct tool *t, const struct disk *d)
{
	int64_t end = now_ms() + ELSEWHERE_MS;

	if (t->deadline.expires < end)
		t->deadline.expires = end;
	if (disk_wait(t, d, is_dir_gone, NULL) > 0)
		return 0;
	return fail_detail(&t->failure, MSG_NO_SCRIPT, d->label,
			   "in domain %u has not removed it (does xl devd run there?)",
			   d->backend);
}

/*
 * A disk of another program has no script. QEMU removes its directory a moment
 * after it has written Closed, and closes the target then.
 */
static int release_other_kind(struct tool *t, const struct disk *d)
{
	t->deadline.expires = now_ms() + OTHER_MS;
	return disk_wait(t, d, is_dir_gone, NULL) < 0 ? -1 : 0;
}

/* A backend of another kind that has not closed may still use its directory: keep it. */
static bool is_other_active(struct store *s, const struct disk *d)
{
	return disk_is_disk(d) && !disk_is_vbd(d) && store_exists(s, d->back) &&
	       store_read_number(s, d->back, "state", 0) != STATE_CLOSED;
}

static int remove_dirs(struct store *s, void *arg)
{
	const struct disk *d = arg;

	return is_other_active(s, d) ? -EBUSY : dirs_remove(s, d);
}

int disk_fail_not_closed(struct tool *t, const struct disk *d)
{
	char program[KIND_TEXT_MAX + 32];

	disk_describe_backend(d, program, sizeof(program));
	return fail_detail(&t->failure, MSG_OTHER_LIVES, d->label,
			   "%s has not closed it and may still use its target: if that program has ended, run xenstore-rm %s",
			   program, d->back);
}

/* If the program does not remove its directory, there is nothing to wait for. */
static int release_target(struct tool *t, const struct disk *d)
{
	/* xl devd knows the classes of libxl alone: for another the domain's udev does it */
	if (!disk_is_disk(d))
		return d->here ? release_in_this_domain(t, d) : 0;
	if (!disk_is_vbd(d) && !backend_removes(d->kind))
		return 0;
	if (!d->here)
		return release_in_other_domain(t, d);
	return disk_is_vbd(d) ? release_in_this_domain(t, d) : release_other_kind(t, d);
}

/*
 * The backend has written Closed, but it has not yet removed its directory and
 * closed the target.
 */
static void print_late(struct tool *t, const struct disk *d)
{
	char program[KIND_TEXT_MAX + 32];

	if (!t->progress)
		return;
	disk_describe_backend(d, program, sizeof(program));
	fprintf(t->progress, "%s: removed, but %s may still have its target open\n", d->label,
		program);
	fflush(t->progress);
}

/* Remove the directories even if the script fails, as xl does. */
int disk_remove(struct tool *t, const struct disk *d)
{
	struct disk gone = *d;
	int failed, err;
	bool late;

	failed = release_target(t, d);
	late = backend_removes(d->kind) && !is_dir_gone(t, d, NULL);
	err = store_transaction(t->store, remove_dirs, &gone);
	if (err == -EBUSY)
		return disk_fail_not_closed(t, d);
	if (err)
		return disk_store_failed(t, d, err);
	if (late)
		print_late(t, d);
	disk_clear_errors(t, d);
	return failed;
}

void disk_undo(struct tool *t, const struct disk *d, const struct undo *u)
{
	struct failure why = t->failure;
	bool interrupted = deadline_cancelled(&t->deadline);
	int result = -1;

	tool_start_undo(t, UNDO_MS);
	if (t->progress)
		fprintf(t->progress, "%s: undoing %s\n", d->label, u->what);
	if (disk_is_unserved(t, d))
		result = 1;
	else if (!disk_ask_to_close(t, d, true))
		result = disk_wait(t, d, disk_is_closed, NULL);
	if (result == 0)
		fail_detail(&t->failure, u->late, d->label, "the backend has not closed it");
	if (disk_remove(t, d))
		result = -1;
	if (result <= 0)
		fprintf(t->progress ? t->progress : stderr, "%s\n",
			t->failure.text);
	t->failure = why;
	if (interrupted)
		fail_detail(&t->failure, MSG_INTERRUPTED, d->label, "%s", u->interrupted);
}

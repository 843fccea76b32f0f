// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "wait.h"

#define QUIET_MS 500		/* report only waits longer than this */
#define CHECK_MS 1000		/* for changes outside the store, as in sysfs */

#define S(state) (1U << STATE_##state)
#define ANY ((1U << STATES) - 1)
#define UP (S(INITIALISING) | S(INITWAIT) | S(INITIALISED) | S(CONNECTED))

enum { DEVICE = 1, ONLINE = 2, FAILED = 4, OTHER_KIND = 8, MOVING = 16, OTHER_CLASS = 32 };

enum who { NOBODY, BACKEND, FRONTEND, HOTPLUG, TOOLSTACK };

/* The first row that matches is used; the last one always matches. */
static const struct {
	unsigned int back, front, need, absent;
	enum who who;
	const char *what;
} rows[] = {
	{ S(UNKNOWN), S(UNKNOWN), 0, 0, TOOLSTACK, "to remove what is left of it" },
	{ S(UNKNOWN), ANY, MOVING, 0, FRONTEND, "to notice its new backend (if vbd move does not run: vbd move again)" },
	{ S(UNKNOWN), ANY, 0, 0, TOOLSTACK, "to remove what is left of it: the backend's directory is gone" },
	{ S(CLOSED), ANY, OTHER_CLASS, ONLINE, TOOLSTACK, "to remove it (vbd delete)" },
	{ S(CLOSED), S(UNKNOWN), OTHER_CLASS, 0, TOOLSTACK, "to remove it (vbd delete)" },
	{ S(CLOSED), ANY, 0, ONLINE, TOOLSTACK, "to remove it (vbd detach)" },
	{ S(CLOSED), S(UNKNOWN), 0, 0, TOOLSTACK, "to remove it (vbd detach)" },
	{ ANY, S(UNKNOWN), 0, 0, BACKEND, "to close it: the guest's directory is gone" },
	{ S(INITIALISING), ANY, OTHER_CLASS, 0, BACKEND, "to start serving it (is its driver loaded?)" },
	{ S(INITIALISING), ANY, OTHER_KIND, 0, BACKEND, "to start serving it (does it run?)" },
	{ S(INITIALISING), ANY, 0, 0, BACKEND, "to start serving it (is xen-blkback loaded?)" },
	{ S(INITWAIT), S(CLOSING) | S(CLOSED), 0, 0, BACKEND, "to notice that the guest closes it" },
	{ S(INITWAIT), S(INITIALISING), OTHER_CLASS | DEVICE, 0, FRONTEND, "to start using it (is its driver loaded there?)" },
	{ S(INITWAIT), ANY, FAILED, DEVICE, HOTPLUG, "which has failed" },
	{ S(INITWAIT), ANY, 0, DEVICE, HOTPLUG, "to bring its device online" },
	{ S(INITWAIT), S(INITIALISED) | S(CONNECTED), 0, 0, BACKEND, "to connect" },
	{ S(INITWAIT), ANY, 0, 0, FRONTEND, "to start using it (is xen-blkfront loaded there?)" },
	{ S(CONNECTED), S(CONNECTED), 0, 0, NOBODY, "" },
	{ S(CONNECTED), UP, OTHER_CLASS, 0, FRONTEND, "to connect" },
	{ S(CONNECTED), UP, 0, 0, FRONTEND, "to show the disk" },
	{ S(CONNECTED), ANY, 0, 0, BACKEND, "to notice that the guest closes it" },
	{ S(CLOSING), S(CONNECTED) | S(CLOSING), 0, 0, FRONTEND, "to close it: the guest uses it, or I/O is in flight" },
	{ S(CLOSING), UP, 0, 0, FRONTEND, "to close" },
	{ S(CLOSING), ANY, 0, 0, BACKEND, "to close the device" },
	{ S(CLOSED), S(CONNECTED), 0, 0, BACKEND, "to come back: its driver is unbound, and the guest's I/O waits" },
	{ S(CLOSED), ANY, 0, 0, BACKEND, "to start over" },
	{ ANY, ANY, 0, 0, BACKEND, "to continue" },
};

/* A class without a script has nothing to bring online. */
static bool is_resource_ready(struct store *s, const struct disk *d)
{
	return !store_has(s, d->back, "script") || store_has(s, d->back, "hotplug-status");
}

static unsigned int gather_facts(struct tool *t, const struct disk *d)
{
	struct store *s = t->store;
	unsigned int facts = 0;

	if (!disk_is_disk(d))
		facts |= OTHER_CLASS | (is_resource_ready(s, d) ? DEVICE : 0);
	else if (!disk_is_vbd(d))
		facts |= OTHER_KIND | DEVICE;
	else if (store_has(s, d->back, "physical-device"))
		facts |= DEVICE;
	if (store_read_number(s, d->back, "online", 1) != 0)
		facts |= ONLINE;
	if (store_has(s, d->back, "hotplug-error"))
		facts |= FAILED;
	if (store_has(s, d->back, "frontend") && !store_has(s, d->back, "state"))
		facts |= MOVING;
	return facts;
}

static void describe_wait(const struct disk *d, enum who who, const char *what,
			  struct waiting *w)
{
	static const char *const names[] = {
		NULL, "backend", "frontend", "hotplug", "toolstack",
	};
	char *text = w->text, backend[KIND_TEXT_MAX + 32];
	size_t size = sizeof(w->text);

	w->who = names[who];
	switch (who) {
	case NOBODY:
		*text = '\0';
		break;
	case BACKEND:
		disk_describe_backend(d, backend, sizeof(backend));
		snprintf(text, size, "%s %s", backend, what);
		break;
	case FRONTEND:
		snprintf(text, size, "the frontend in %s %s", d->domain, what);
		break;
	case HOTPLUG:
		snprintf(text, size, "the hotplug script in domain %u %s",
			 d->backend, what);
		break;
	case TOOLSTACK:
		snprintf(text, size, "a toolstack %s", what);
		break;
	}
}

void disk_describe_wait(struct tool *t, const struct disk *d, struct waiting *w)
{
	struct ends e = disk_ends(t, d);
	unsigned int facts = gather_facts(t, d), i = 0;

	while (!(rows[i].back & 1U << e.back) || !(rows[i].front & 1U << e.front) ||
	       (facts & rows[i].need) != rows[i].need || (facts & rows[i].absent))
		i++;
	describe_wait(d, rows[i].who, rows[i].what, w);
}

/* Prints a line each time the disk waits for something else. */
static void show_progress(struct tool *t, const struct disk *d, char *last,
			  size_t size)
{
	struct waiting w;

	disk_describe_wait(t, d, &w);
	if (!t->progress || !w.who || !strcmp(last, w.text))
		return;
	fprintf(t->progress, "%s: waiting for %s\n", d->label, w.text);
	fflush(t->progress);
	snprintf(last, size, "%s", w.text);
}

int disk_wait(struct tool *t, const struct disk *d,
	      int (*done)(struct tool *t, const struct disk *d, void *arg),
	      void *arg)
{
	int64_t since = now_ms();
	char last[512] = "";
	int result, err;

	if (disk_watch(t, d))
		return -1;
	for (;;) {
		result = done(t, d, arg);
		if (result || deadline_over(&t->deadline))
			return result;
		if (now_ms() - since >= QUIET_MS)
			show_progress(t, d, last, sizeof(last));
		err = store_wait(t->store, &t->deadline,
				 now_ms() - since < QUIET_MS ? QUIET_MS : CHECK_MS);
		if (err < 0)
			return disk_store_failed(t, d, err);
	}
}

void tool_start_undo(struct tool *t, int64_t ms)
{
	t->undoing = true;
	deadline_renew(&t->deadline, ms);
}

// SPDX-License-Identifier: GPL-2.0
/* vbd watch: draws events of the store, or of a recording. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "disk.h"
#include "draw.h"

#define LINE_SIZE 1024
#define CHECK_MS 1000

/* A watch event, and the value if it has been read. */
struct queued_event {
	struct queued_event *next;
	char *path, *value;
	double when;
	bool of_disk;		/* domid and devid are those of its path */
	unsigned int domid, devid;
	bool read;
};

struct watch {
	struct tool *tool;
	unsigned int backend;	/* domain whose backends are watched */
	struct recorder recorder;
	struct draw draw;
	long domid, devid;	/* -1: any */
	struct queued_event *first, **last;
	bool quiet;
};

static void handle_event(struct watch *w, const struct event *e)
{
	if (w->domid >= 0 && e->domid != (unsigned int)w->domid)
		return;
	if (w->devid >= 0 && e->devid != (unsigned int)w->devid)
		return;
	if (w->tool->options.record) {
		event_print(w->tool->out, e);
		fflush(w->tool->out);
	} else {
		draw_event(&w->draw, e);
	}
}

/* A directory's node exists, but has no value of its own. */
static char *read_path(struct tool *t, const char *path)
{
	size_t len;

	return t->store->ops->read(t->store, path, &len);
}

static double read_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void record_value(struct watch *w, const char *path, const char *value, double when)
{
	struct event e;

	if (recorder_event(&w->recorder, path, value, when, &e))
		handle_event(w, &e);
}

/* Record the existing values, for the first row. */
static void record_dir(struct watch *w, const char *dir)
{
	unsigned int i, count;
	char **keys = store_list(w->tool->store, dir, &count);
	char path[STORE_PATH_MAX], *value;

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, keys[i]);
		value = read_path(w->tool, path);
		record_value(w, path, value, 0);
		free(value);
	}
	free(keys);
}

/* The directory of an unknown kind of backend may have other keys. */
static void print_unknown(struct watch *w, const struct disk *d)
{
	if (!backend_is_known(d->kind) && w->tool->progress)
		fprintf(w->tool->progress,
			"%s: vbd cannot show its backend: kind %s is not known\n",
			d->label, d->kind);
}

static void record_all(struct watch *w)
{
	struct disk *disks;
	size_t i, count = disk_list_all(w->tool, w->domid, &disks);

	for (i = 0; i < count; i++) {
		record_dir(w, disks[i].back);
		record_dir(w, disks[i].front);
		print_unknown(w, &disks[i]);
	}
	free(disks);
}

/* Append to the queue. Read a state at once, as it changes first. */
static void enqueue_event(struct watch *w, const char *path)
{
	const char *key = strrchr(path, '/');
	struct queued_event *f = calloc(1, sizeof(*f));
	struct event e;

	if (!f)
		return;
	f->of_disk = event_path(&e, path);
	if (f->of_disk) {
		f->domid = e.domid;
		f->devid = e.devid;
	}
	f->when = read_clock();
	f->path = strdup(path);
	f->read = key && !strcmp(key, "/state");
	if (f->read)
		f->value = read_path(w->tool, path);
	*w->last = f;
	w->last = &f->next;
}

static bool is_queued(const struct watch *w, unsigned int domid, unsigned int devid)
{
	const struct queued_event *f;

	for (f = w->first; f; f = f->next)
		if (f->of_disk && f->domid == domid && f->devid == devid)
			return true;
	return false;
}

/* For a new disk, enqueue both states before its other keys. */
static void enqueue_new_disk(struct watch *w, const char *path)
{
	char state[STORE_PATH_MAX + 8];
	struct disk d, other;
	struct event e;

	if (!event_path(&e, path) || is_queued(w, e.domid, e.devid))
		return;
	disk_set(w->tool, &d, e.domid, e.devid, w->backend);
	if (recorder_has(&w->recorder, d.front) || recorder_has(&w->recorder, d.back))
		return;
	if (disk_look_up(w->tool, &other, e.domid, e.devid) && other.backend == w->backend)
		d = other;
	snprintf(state, sizeof(state), "%s/state", d.back);
	enqueue_event(w, state);
	snprintf(state, sizeof(state), "%s/state", d.front);
	enqueue_event(w, state);
}

static void dequeue_event(struct watch *w)
{
	struct queued_event *f = w->first;

	w->first = f->next;
	if (!w->first)
		w->last = &w->first;
	if (!f->read)
		f->value = read_path(w->tool, f->path);
	record_value(w, f->path, f->value, f->when);
	free(f->path);
	free(f->value);
	free(f);
}

/* Enqueue all events that are pending; wait only if the queue is empty. */
static int collect_events(struct watch *w)
{
	struct tool *t = w->tool;
	char path[STORE_PATH_MAX];
	int64_t ms = w->first ? 0 : w->quiet ? CHECK_MS : DRAW_GAP_MS;
	int n;

	while ((n = t->store->ops->event(t->store, &t->deadline, ms, path)) > 0) {
		enqueue_new_disk(w, path);
		enqueue_event(w, path);
		ms = 0;
	}
	return n;
}

static int follow_events(struct watch *w)
{
	struct tool *t = w->tool;
	int n = 0;

	while (n >= 0 && !ferror(t->out) && !deadline_over(&t->deadline)) {
		n = collect_events(w);
		w->quiet = !w->first;
		if (w->first)
			dequeue_event(w);
		else if (!t->options.record)
			draw_flush(&w->draw);
	}
	while (w->first)
		dequeue_event(w);
	if (!t->options.record)
		draw_flush(&w->draw);
	return n < 0 ? fail_detail(&t->failure, MSG_STORE, "vbd watch", "%s",
				   strerror(-n)) : 0;
}

/* Called once no error can occur any more. */
static void begin_drawing(struct watch *w)
{
	if (!w->tool->options.record)
		draw_begin(&w->draw, w->tool->out);
}

static int watch_store(struct watch *w)
{
	char path[STORE_PATH_MAX];
	struct store *s = w->tool->store;
	size_t i;
	int err = 0;

	for (i = 0; !err && backend_kinds[i]; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%ld",
			 w->backend, backend_kinds[i], w->domid);
		err = s->ops->watch(s, path);
	}
	if (!err) {
		snprintf(path, sizeof(path), "/local/domain/%ld/device/vbd", w->domid);
		err = s->ops->watch(s, path);
	}
	return err ? fail_detail(&w->tool->failure, MSG_STORE, path, "%s",
				 strerror(-err)) : 0;
}

static int watch_live(struct watch *w)
{
	const char *const *argument = w->tool->options.argument;
	struct tool *t = w->tool;
	unsigned int domid, devid;

	if (domain_find(t, argument[0], &domid))
		return -1;
	w->backend = t->domid;
	if (t->options.backend && domain_find(t, t->options.backend, &w->backend))
		return -1;
	w->domid = domid;
	if (argument[1]) {
		if (!disk_name_parse(argument[1], &devid))
			return fail(&t->failure, MSG_DISK_NAME, argument[1]);
		w->devid = devid;
	}
	if (watch_store(w))
		return -1;
	begin_drawing(w);
	record_all(w);
	return follow_events(w);
}

static int watch_log(struct watch *w)
{
	const char *name = w->tool->options.log;
	bool standard = !strcmp(name, "-");
	FILE *f = standard ? stdin : fopen(name, "re");
	char line[LINE_SIZE];
	struct event e;
	int number = 0, result = 0;

	if (!f)
		return fail_detail(&w->tool->failure, MSG_LOG, name, "%s",
				   strerror(errno));
	begin_drawing(w);
	while (!result && fgets(line, sizeof(line), f)) {
		number++;
		if (event_parse(&e, line))
			handle_event(w, &e);
		else
			result = fail_detail(&w->tool->failure, MSG_LOG_LINE,
					     name, "%d", number);
	}
	if (!w->tool->options.record)
		draw_flush(&w->draw);
	if (!standard)
		fclose(f);
	return result;
}

int command_watch(struct tool *t)
{
	struct watch w = { .tool = t, .domid = -1, .devid = -1 };
	int result;

	w.last = &w.first;
	if (!t->options.log && !t->options.argument[0])
		return fail_detail(&t->failure, MSG_OPTION, "watch", "%s",
				   "a domain, or --log FILE, is missing");
	result = t->options.log ? watch_log(&w) : watch_live(&w);
	recorder_end(&w.recorder);
	return result;
}

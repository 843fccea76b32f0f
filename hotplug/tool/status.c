// SPDX-License-Identifier: GPL-2.0
/* vbd status: both ends, negotiated keys, what the disk waits for, counters. */
#include <stdlib.h>
#include <string.h>

#include "block/blkkeys.h"
#include "counters.h"
#include "json.h"
#include "limit.h"
#include "show.h"
#include "wait.h"

#define SECTOR 512
#define VALUE_MAX 256

/* Calls @show for the negotiated keys in the directory of an end, sorted by name. */
static void for_each_key(struct tool *t, const char *dir, enum xsplit_key_dir end,
			 void (*show)(void *arg, const char *key, char *value),
			 void *arg)
{
	unsigned int i, count, last;
	char **keys = store_list(t->store, dir, &count);
	char *value, *key;

	for (last = 0; last < count; last++) {
		for (i = last + 1; i < count; i++)
			if (strcmp(keys[i], keys[last]) < 0) {
				key = keys[i];
				keys[i] = keys[last];
				keys[last] = key;
			}
		if (!xvbd_blkkey_is_negotiated(end, keys[last]))
			continue;
		value = show_clean(store_read(t->store, dir, keys[last]));
		if (value)
			show(arg, keys[last], value);
		free(value);
	}
	free(keys);
}

#define INDENT 15
#define WIDTH 78

/* A list on several lines, with the title before the first. */
struct line {
	FILE *file;
	const char *title;
	int column;
};

static void print_key(void *arg, const char *key, char *value)
{
	struct line *l = arg;
	int width = (int)(strlen(key) + strlen(value)) + 3;

	if (!l->column) {
		l->column = fprintf(l->file, "  %-*s", INDENT - 2, l->title);
	} else if (l->column + width > WIDTH) {
		fprintf(l->file, ",\n%*s", INDENT, "");
		l->column = INDENT;
	} else {
		l->column += fprintf(l->file, ", ");
	}
	l->column += fprintf(l->file, "%s %.*s", key, VALUE_MAX, value);
}

static void print_negotiated(struct tool *t, const char *title, const char *dir,
			     enum xsplit_key_dir end)
{
	struct line l = { .file = t->out, .title = title };

	for_each_key(t, dir, end, print_key, &l);
	if (l.column)
		fputc('\n', t->out);
}

static void print_node(struct tool *t, const char *title, const char *dir,
		       const char *node)
{
	char *value = show_clean(store_read(t->store, dir, node));

	if (value && *value)
		fprintf(t->out, "  %-*s%s\n", INDENT - 2, title, value);
	free(value);
}

static void print_text(struct tool *t, const char *title, char *text)
{
	if (text)
		fprintf(t->out, "  %-*s%s\n", INDENT - 2, title, show_clean(text));
	free(text);
}

static void print_size(struct tool *t, const struct disk *d)
{
	long sectors = store_read_number(t->store, d->back, "sectors", -1);
	char size[SIZE_TEXT_MAX];

	if (sectors < 0) {
		fprintf(t->out, "  %-*s-\n", INDENT - 2, "size");
		return;
	}
	show_size(size, (unsigned long long)sectors * SECTOR);
	fprintf(t->out, "  %-*s%s, %ld sectors of %d\n", INDENT - 2, "size", size,
		sectors, SECTOR);
}

static void print_counters(struct tool *t, const struct disk *d)
{
	char read[SIZE_TEXT_MAX], written[SIZE_TEXT_MAX];
	struct counters c;

	if (!counters_read(t, d, &c))
		return;
	show_size(read, c.value[READ_SECTORS] * SECTOR);
	show_size(written, c.value[WRITE_SECTORS] * SECTOR);
	fprintf(t->out, "  %-*s%llu reads (%s), %llu writes (%s), %llu flushes, %llu discards, %llu write zeroes\n",
		INDENT - 2, "served", c.value[READS], read, c.value[WRITES], written,
		c.value[FLUSHES], c.value[DISCARDS], c.value[ZEROES]);
}

static bool read_limits(struct tool *t, const struct disk *d,
			char limits[LIMIT_MAX])
{
	struct job job;
	dev_t device;

	*limits = '\0';
	if (d->here && disk_is_vbd(d) && store_has(t->store, d->back, "cgroup") &&
	    !disk_device(t, d, &device)) {
		disk_job(t, d, &job);
		limit_read(&job, device, limits);
	}
	return *limits;
}

static void print_limits(struct tool *t, const struct disk *d)
{
	char limits[LIMIT_MAX];

	if (read_limits(t, d, limits))
		fprintf(t->out, "  %-*s%s\n", INDENT - 2, "limits", limits);
}

static void print_status(struct tool *t, const struct disk *d)
{
	struct ends e = disk_ends(t, d);
	char program[KIND_TEXT_MAX + 32];
	struct waiting w;

	disk_describe_wait(t, d, &w);
	if (disk_is_vbd(d))
		snprintf(program, sizeof(program), "domain %u", d->backend);
	else
		disk_describe_backend(d, program, sizeof(program));
	fprintf(t->out, "%s: domain %u, device %u, served by %s\n", d->label,
		d->domid, d->devid, program);
	fprintf(t->out, "  %-*s%s\n", INDENT - 2, "backend", state_name(e.back));
	fprintf(t->out, "  %-*s%s\n", INDENT - 2, "frontend", state_name(e.front));
	fprintf(t->out, "  %-*s%s\n", INDENT - 2, "waits for",
		w.who ? w.text : "nothing");
	print_node(t, "target", d->back, "params");
	print_node(t, "device", d->back, "physical-device-path");
	print_node(t, "number", d->back, "physical-device");
	print_node(t, "mode", d->back, "mode");
	print_size(t, d);
	print_negotiated(t, "back offers", d->back, XSPLIT_DIR_BACK);
	print_negotiated(t, "front takes", d->front, XSPLIT_DIR_FRONT);
	print_limits(t, d);
	print_counters(t, d);
	print_text(t, "script says", store_read(t->store, d->back, "hotplug-error"));
	print_text(t, "back says", disk_error(t, d, true));
	print_text(t, "front says", disk_error(t, d, false));
}

static void write_json_key(void *arg, const char *key, char *value)
{
	json_value(arg, key, value);
}

static void write_json_text(struct json *j, const char *key, char *text)
{
	json_string(j, key, text);
	free(text);
}

static void write_json_counters(struct tool *t, const struct disk *d, struct json *j)
{
	struct counters c;
	int i;

	if (!counters_read(t, d, &c)) {
		json_string(j, "counters", NULL);
		return;
	}
	json_open(j, "counters", '{');
	for (i = 0; i < COUNTERS; i++)
		json_number(j, counter_key[i], (long long)c.value[i]);
	json_close(j, '}');
}

static void write_json_end(struct tool *t, struct json *j, const char *name,
			   unsigned int domid, const char *kind, unsigned int state,
			   const char *dir, enum xsplit_key_dir end, char *error)
{
	json_open(j, name, '{');
	json_number(j, "domid", domid);
	if (kind)
		json_string(j, "kind", kind);
	json_string(j, "state", state_name(state));
	json_open(j, "negotiated", '{');
	for_each_key(t, dir, end, write_json_key, j);
	json_close(j, '}');
	write_json_text(j, "error", error);
	json_close(j, '}');
}

static void write_json_status(struct tool *t, const struct disk *d, struct json *j)
{
	long sectors = store_read_number(t->store, d->back, "sectors", -1);
	struct ends e = disk_ends(t, d);
	char limits[LIMIT_MAX];
	struct waiting w;

	disk_describe_wait(t, d, &w);
	json_open(j, NULL, '{');
	json_string(j, "domain", d->domain);
	json_string(j, "disk", d->name);
	json_number(j, "devid", d->devid);
	write_json_end(t, j, "backend", d->backend, d->kind, e.back, d->back,
		       XSPLIT_DIR_BACK, disk_error(t, d, true));
	write_json_end(t, j, "frontend", d->domid, NULL, e.front, d->front,
		       XSPLIT_DIR_FRONT, disk_error(t, d, false));
	json_string(j, "waits_for", w.who);
	json_string(j, "waits_for_text", w.who ? w.text : NULL);
	write_json_text(j, "target", store_read(t->store, d->back, "params"));
	write_json_text(j, "device",
			store_read(t->store, d->back, "physical-device-path"));
	write_json_text(j, "mode", store_read(t->store, d->back, "mode"));
	write_json_text(j, "hotplug_error",
			store_read(t->store, d->back, "hotplug-error"));
	if (sectors >= 0)
		json_number(j, "bytes", sectors * SECTOR);
	else
		json_string(j, "bytes", NULL);
	json_string(j, "limits", read_limits(t, d, limits) ? limits : NULL);
	write_json_counters(t, d, j);
	json_close(j, '}');
}

static void show_disk(struct tool *t, const struct disk *d, struct json *j)
{
	if (t->options.json)
		write_json_status(t, d, j);
	else
		print_status(t, d);
}

int command_status(struct tool *t)
{
	const char *const *argument = t->options.argument;
	struct json j = { .file = t->out };
	unsigned int domid = 0;
	struct disk *disks;
	size_t i, count;

	if (argument[1]) {
		struct disk d;

		if (disk_find(t, 0, &d))
			return -1;
		show_disk(t, &d, &j);
		return 0;
	}
	if (argument[0] && domain_find(t, argument[0], &domid))
		return -1;
	count = disk_list_all(t, argument[0] ? (long)domid : -1, &disks);
	if (t->options.json)
		json_open(&j, NULL, '[');
	for (i = 0; i < count; i++) {
		if (i && !t->options.json)
			fputc('\n', t->out);
		show_disk(t, &disks[i], &j);
	}
	if (t->options.json)
		json_close(&j, ']');
	free(disks);
	return 0;
}

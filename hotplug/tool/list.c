// SPDX-License-Identifier: GPL-2.0
/* vbd list. */
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "json.h"
#include "show.h"

#define SECTOR 512

/* The fields of a row; the strings are malloced. */
struct row {
	struct ends ends;
	long sectors;
	char *mode, *target;
};

static void read_row(struct tool *t, const struct disk *d, struct row *r)
{
	r->ends = disk_ends(t, d);
	r->sectors = store_read_number(t->store, d->back, "sectors", -1);
	r->mode = show_clean(store_read(t->store, d->back, "mode"));
	r->target = show_clean(store_read(t->store, d->back, "params"));
}

static void free_row(struct row *r)
{
	free(r->mode);
	free(r->target);
}

static void print_row(struct tool *t, const struct disk *d, const struct row *r)
{
	char size[SIZE_TEXT_MAX] = "-", states[64], backend[KIND_MAX + 16];

	if (disk_is_vbd(d))
		snprintf(backend, sizeof(backend), "%u", d->backend);
	else
		snprintf(backend, sizeof(backend), "%u/%s", d->backend, d->kind);

	if (r->sectors >= 0)
		show_size(size, (unsigned long long)r->sectors * SECTOR);
	if (r->ends.back == r->ends.front)
		snprintf(states, sizeof(states), "%s", state_name(r->ends.back));
	else
		snprintf(states, sizeof(states), "%s/%s", state_name(r->ends.back),
			 state_name(r->ends.front));
	fprintf(t->out, "%-16s %5u  %-8s %7s  %-24s %-4s %10s  %s\n", d->domain,
		d->domid, d->name, backend, states, r->mode ? r->mode : "-",
		size, r->target ? r->target : "-");
}

static void write_json_row(struct json *j, const struct disk *d, const struct row *r)
{
	json_open(j, NULL, '{');
	json_string(j, "domain", d->domain);
	json_number(j, "domid", d->domid);
	json_string(j, "disk", d->name);
	json_number(j, "devid", d->devid);
	json_number(j, "backend_domid", d->backend);
	json_string(j, "backend_kind", d->kind);
	json_string(j, "backend_state", state_name(r->ends.back));
	json_string(j, "frontend_state", state_name(r->ends.front));
	json_string(j, "mode", r->mode);
	if (r->sectors >= 0)
		json_number(j, "bytes", r->sectors * SECTOR);
	else
		json_string(j, "bytes", NULL);
	json_string(j, "target", r->target);
	json_close(j, '}');
}

int command_list(struct tool *t)
{
	struct json j = { .file = t->out };
	unsigned int domid = 0;
	struct disk *disks;
	struct row row;
	size_t i, count;

	if (t->options.argument[0] &&
	    domain_find(t, t->options.argument[0], &domid))
		return -1;
	count = disk_list_all(t, t->options.argument[0] ? (long)domid : -1, &disks);
	if (t->options.json)
		json_open(&j, NULL, '[');
	else if (count)
		fprintf(t->out, "%-16s %5s  %-8s %7s  %-24s %-4s %10s  %s\n",
			"DOMAIN", "DOMID", "DISK", "BACKEND", "STATES", "MODE",
			"SIZE", "TARGET");
	for (i = 0; i < count; i++) {
		read_row(t, &disks[i], &row);
		if (t->options.json)
			write_json_row(&j, &disks[i], &row);
		else
			print_row(t, &disks[i], &row);
		free_row(&row);
	}
	if (t->options.json)
		json_close(&j, ']');
	free(disks);
	return 0;
}

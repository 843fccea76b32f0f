// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "dirs.h"
#include "publish.h"

/* A backend of another kind has another directory for the same disk. */
bool disk_is_taken(struct tool *t, const struct disk *d)
{
	struct backend b;

	return store_exists(t->store, d->front) || store_exists(t->store, d->copy) ||
	       backend_find_in(t, d->backend, d->domid, d->devid, &b) ||
	       (!d->here && backend_find_in(t, t->domid, d->domid, d->devid, &b));
}

struct new_disk {
	struct tool *tool;
	const struct disk *disk;
	const char *target;
	const char *mode;
};

/* A PV guest is given the layout of its rings; other guests find it out. */
static bool is_pv(struct store *s, const struct disk *d)
{
	char dir[STORE_PATH_MAX];
	char *type;
	bool pv;

	snprintf(dir, sizeof(dir), "/libxl/%u", d->domid);
	type = store_read(s, dir, "type");
	pv = type && !strcmp(type, "pv");
	free(type);
	return pv;
}

/* What the guest and the backend are given, besides the way to each other. */
static int write_nodes(struct store *s, const struct new_disk *p)
{
	const struct disk *d = p->disk;
	char devid[16];
	const struct node front[] = {
		{ "virtual-device", devid },
		{ "device-type", "disk" },
		{ "trusted", p->tool->options.untrusted ? "0" : "1" },
		{ "state", "1" },
		{ is_pv(s, d) ? "protocol" : NULL, "x86_64-abi" },
		{ NULL, NULL }
	};
	const struct node back[] = {
		{ "params", p->target },
		{ "script", SCRIPTS "/block" },
		{ "online", "1" },
		{ "removable", "0" },
		{ "bootable", "1" },
		{ "dev", d->name },
		{ "type", "phy" },
		{ "mode", p->mode },
		{ "device-type", "disk" },
		{ "discard-enable", *p->mode == 'w' ? "1" : "0" },
		{ "specification", "xen" },
		{ "state", "1" },
		{ NULL, NULL }
	};

	snprintf(devid, sizeof(devid), "%u", d->devid);
	return dirs_write(s, d, front, back);
}

/* One transaction, so that the drivers see all nodes or none. */
static int write_dirs(struct store *s, void *arg)
{
	struct new_disk *p = arg;

	if (disk_is_taken(p->tool, p->disk))
		return -EEXIST;
	disk_clear_errors(p->tool, p->disk);
	return write_nodes(s, p);
}

int disk_fail_taken(struct tool *t, const struct disk *d)
{
	struct disk is = *d;
	struct ends e;
	char program[KIND_TEXT_MAX];

	disk_look_up(t, &is, d->domid, d->devid);
	e = disk_ends(t, &is);
	if (disk_is_vbd(&is))
		strcpy(program, "backend");
	else
		backend_describe(is.kind, program);
	return fail_detail(&t->failure, MSG_DISK_TAKEN, d->label, "%s %s, frontend %s",
			   program, state_name(e.back), state_name(e.front));
}

int disk_publish(struct tool *t, const struct disk *d, const char *target)
{
	struct new_disk p = { .tool = t, .disk = d, .target = target,
			      .mode = t->options.read_only ? "r" :
				      t->options.share ? "w!" : "w" };
	int err = store_transaction(t->store, write_dirs, &p);

	if (err == -EEXIST)
		return disk_fail_taken(t, d);
	if (err)
		return disk_store_failed(t, d, err);
	config_save_disk(t, d);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* vbd swap and vbd resize: change a disk while both ends stay Connected. */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent.h"
#include "config.h"
#include "limit.h"
#include "loop.h"
#include "mark.h"
#include "path.h"
#include "show.h"
#include "wait.h"

#define SECTOR 512
#define CHANGE_MS 10000		/* until the backend has noticed */

/* Finds the disk to change: it must be connected, and this domain must serve it as "vbd". */
static int find_connected(struct tool *t, struct disk *d, const char *cannot)
{
	struct waiting w;
	struct ends e;

	if (disk_find(t, 0, d) || disk_need_vbd(t, d, cannot))
		return -1;
	if (!d->here)
		return fail_detail(&t->failure, MSG_ELSEWHERE, d->label, "%u",
				   d->backend);
	e = disk_ends(t, d);
	if (e.back == STATE_CONNECTED && e.front == STATE_CONNECTED)
		return 0;
	disk_describe_wait(t, d, &w);
	return fail_detail(&t->failure, MSG_NOT_CONNECTED, d->label,
			   "it waits for %s", w.text);
}

/* Returns 1 once the backend has the device, or -1 with its error. */
static int is_swapped(struct tool *t, const struct disk *d, void *arg)
{
	const dev_t *device = arg;
	char name[32], *error;
	dev_t served;

	snprintf(name, sizeof(name), "vbd-%u-%u", d->domid, d->devid);
	if (vbd_read_device(t->root, name, &served) && served == *device)
		return 1;
	error = disk_error(t, d, true);
	if (!error)
		return 0;
	fail_detail(&t->failure, MSG_BACKEND_SAYS, d->label, "%s", error);
	free(error);
	return -1;
}

/* The nodes that named the old device, and its limits. NULL: the node did not exist. */
static const char *const old_nodes[] = {
	"params", "physical-device-path", "node", "diskseq", "physical-device",
};

#define OLD_NODES (sizeof(old_nodes) / sizeof(old_nodes[0]))

struct old_device {
	const struct disk *disk;
	char *value[OLD_NODES];
	dev_t device;
	char limits[LIMIT_MAX];		/* "" for none */
};

static void read_old_device(struct tool *t, const struct disk *d, struct job *job,
			    struct old_device *b)
{
	size_t i;

	memset(b, 0, sizeof(*b));
	b->disk = d;
	if (store_has(t->store, d->back, "cgroup") && !disk_device(t, d, &b->device))
		limit_read(job, b->device, b->limits);
	for (i = 0; i < OLD_NODES; i++)
		b->value[i] = store_read(t->store, d->back, old_nodes[i]);
}

static void free_old_device(struct old_device *b)
{
	size_t i;

	for (i = 0; i < OLD_NODES; i++)
		free(b->value[i]);
}

static int restore_nodes(struct store *s, void *arg)
{
	const struct old_device *b = arg;
	int err = store_exists(s, b->disk->back) ? 0 : -ENOENT;
	size_t i;

	for (i = 0; !err && i < OLD_NODES; i++)
		err = b->value[i] ?
		      store_write(s, b->disk->back, old_nodes[i], b->value[i]) :
		      store_remove(s, b->disk->back, old_nodes[i]);
	return err ? err : store_remove(s, b->disk->back, "node-replaced");
}

/* Restore the old device of the disk. The failure is already set. */
static void restore_old_device(struct tool *t, struct job *job, struct old_device *b,
			       const struct attached *a)
{
	char cgroup[CGROUP_NAME_MAX];
	int err;

	tool_start_undo(t, CHANGE_MS);
	if (*b->limits)
		limit_make(job, b->device, b->limits, cgroup);
	limit_lift(job, a->device);
	err = store_transaction(t->store, restore_nodes, b);
	if (!err)
		disk_clear_errors(t, b->disk);
	if (*a->node)
		loop_release(job, a->node);
}

static int fail_swap(struct tool *t, const struct disk *d)
{
	if (deadline_cancelled(&t->deadline))
		return fail_detail(&t->failure, MSG_INTERRUPTED, d->label,
				   "keeps the device it had");
	return fail_detail(&t->failure, MSG_SWAP_TIME, d->label, "%d s",
			   CHANGE_MS / 1000);
}

/*
 * Update the toolstack's copy, for xl block-list, and the record from which
 * libxl makes the domain again.
 */
static void update_copy(struct tool *t, const struct disk *d, const char *target)
{
	if (!store_exists(t->store, d->copy))
		return;
	store_write(t->store, d->copy, "params", target);
	config_save_disk(t, d);
}

/*
 * A disk has room for one hotplug-undo record, which may still belong to the
 * old target. So refuse a new target that needs an executable.
 */
static int attach_new_target(struct job *job, const char *target, struct attached *a)
{
	if (target_parse(job, target))
		return -1;
	if (*job->type)
		return fail(&job->failure, MSG_SWAP_TYPE, job->target);
	return target_attach(job, a);
}

/*
 * The new device gets the limits of the old one. Lift the limits of the old
 * device now: the backend waits for the I/O that they throttle.
 */
static int switch_device(struct job *job, struct old_device *b, struct attached *a,
			 const char *target)
{
	char cgroup[CGROUP_NAME_MAX];

	if (*b->limits && limit_make(job, a->device, b->limits, cgroup)) {
		target_drop(job, a);
		return -1;
	}
	if (agent_replace(job, a, target)) {
		limit_lift(job, a->device);
		return -1;
	}
	limit_lift(job, b->device);
	return 0;
}

static int replace_target(struct tool *t, const struct disk *d, struct job *job,
			  const char *target)
{
	struct old_device before;
	struct attached a;
	int result;

	if (attach_new_target(job, target, &a))
		return -1;
	disk_clear_errors(t, d);
	read_old_device(t, d, job, &before);
	if (switch_device(job, &before, &a, target)) {
		free_old_device(&before);
		return -1;
	}
	result = disk_wait(t, d, is_swapped, &a.device);
	if (result == 0)
		fail_swap(t, d);
	if (result > 0)
		update_copy(t, d, target);
	else
		restore_old_device(t, job, &before, &a);
	free_old_device(&before);
	return result > 0 ? agent_release_replaced(job) : -1;
}

int command_swap(struct tool *t)
{
	char full[TARGET_MAX];
	struct disk d;
	struct job job;
	char *mode;

	if (find_connected(t, &d, "which vbd cannot give another target: detach it, and attach the other one") ||
	    disk_need_no_owner(t, &d, "vbd-eject and vbd-insert, or vbd-unplug and vbd-plug"))
		return -1;
	disk_job(t, &d, &job);
	job.keep_attached = true;
	mode = store_read(t->store, d.back, "mode");
	job.write = mode && *mode == 'w';
	job.share = mode && !strcmp(mode, "w!");
	free(mode);
	if (!replace_target(t, &d, &job, path_resolve(t, t->options.argument[2], full)))
		return 0;
	if (t->failure.id == MSG_NONE)
		t->failure = job.failure;
	return -1;
}

/* Returns the sectors of the device in the node of the disk; -1 if there is none. */
static long long read_sectors(struct tool *t, const struct disk *d)
{
	long long sectors = -1;
	char path[512];
	dev_t device;
	FILE *f;

	if (disk_device(t, d, &device))
		return -1;
	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/size", t->root,
		 major(device), minor(device));
	f = fopen(path, "re");
	if (f && fscanf(f, "%lld", &sectors) != 1)
		sectors = -1;
	if (f)
		fclose(f);
	return sectors;
}

static int has_size(struct tool *t, const struct disk *d, void *arg)
{
	const long long *want = arg;

	return store_read_number(t->store, d->back, "sectors", -1) == *want;
}

/* Write the same device again, so that the backend reads its size. */
static int rewrite_device(struct tool *t, const struct disk *d)
{
	char *number = store_read(t->store, d->back, "physical-device");
	int err = -ENOENT;

	if (number)
		err = store_write(t->store, d->back, "physical-device", number);
	free(number);
	return err ? disk_store_failed(t, d, err) : 0;
}

/* If the device is a loop device of ours, give it the current size of its file. */
static int resize_loop(struct job *job, const char *node)
{
	int fd = open(node, O_RDONLY | O_CLOEXEC), err = 0;
	struct loop_info64 info;
	struct mark mark;

	if (fd < 0)
		return 0;
	if (!ioctl(fd, LOOP_GET_STATUS64, &info) &&
	    !mark_parse(&mark, (const char *)info.lo_file_name) &&
	    mark_has(&mark, &job->vbd) && ioctl(fd, LOOP_SET_CAPACITY))
		err = fail_detail(&job->failure, MSG_LOOP, node, "%s",
				  strerror(errno));
	close(fd);
	return err;
}

static int read_new_size(struct tool *t, const struct disk *d, long long *sectors)
{
	char *node = store_read(t->store, d->back, "node");
	struct job job;
	int err = 0;

	disk_job(t, d, &job);
	if (node)
		err = resize_loop(&job, node);
	free(node);
	if (err)
		t->failure = job.failure;
	*sectors = read_sectors(t, d);
	return err;
}

int command_resize(struct tool *t)
{
	char was[SIZE_TEXT_MAX], is[SIZE_TEXT_MAX];
	long long sectors;
	struct disk d;
	long old;
	int result;

	if (find_connected(t, &d, "whose disks vbd cannot resize: detach it and attach it again") ||
	    read_new_size(t, &d, &sectors))
		return -1;
	old = store_read_number(t->store, d.back, "sectors", 0);
	if (rewrite_device(t, &d))
		return -1;
	result = disk_wait(t, &d, has_size, &sectors);
	if (result < 0)
		return -1;
	if (result == 0)
		return fail_detail(&t->failure, MSG_RESIZE_TIME, d.label, "%d s",
				   CHANGE_MS / 1000);
	show_size(was, (unsigned long long)old * SECTOR);
	show_size(is, (unsigned long long)sectors * SECTOR);
	if (old == sectors)
		fprintf(t->out, "%s: %s, the same as its device\n", d.label, is);
	else
		fprintf(t->out, "%s: %s -> %s\n", d.label, was, is);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* vbd attach: from a target to a disk with both ends connected. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "connected.h"
#include "limit.h"
#include "path.h"
#include "publish.h"
#include "throttle.h"
#include "remove.h"

#define NAMES 26		/* xvda to xvdz can be chosen */

static int check_driver(struct tool *t)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/sys/bus/xen-backend/drivers/vbd", t->root);
	return access(path, F_OK) ? fail(&t->failure, MSG_NO_BACKEND, "") : 0;
}

static int choose_name(struct tool *t, unsigned int domid, unsigned int backend,
		       struct disk *d)
{
	char name[] = "xvda";
	unsigned int devid;

	for (; name[3] < 'a' + NAMES; name[3]++) {
		disk_name_parse(name, &devid);
		disk_set(t, d, domid, devid, backend);
		if (!disk_is_taken(t, d))
			return 0;
	}
	return fail(&t->failure, MSG_NONE_FREE, d->domain);
}

static int choose_disk(struct tool *t, struct disk *d)
{
	const char *const *argument = t->options.argument;
	unsigned int domid, devid, backend = t->domid;

	if (domain_find(t, argument[0], &domid))
		return -1;
	if (t->options.backend && domain_find(t, t->options.backend, &backend))
		return -1;
	if (!argument[2])
		return choose_name(t, domid, backend, d);
	if (!disk_name_parse(argument[2], &devid))
		return fail(&t->failure, MSG_DISK_NAME, argument[2]);
	disk_set(t, d, domid, devid, backend);
	return 0;
}

static void undo_attach(struct tool *t, const struct disk *d)
{
	static const struct undo undo = {
		.what = "the attach",
		.interrupted = "is not attached, and nothing is left of it",
		.late = MSG_DETACH_TIME,
	};

	disk_undo(t, d, &undo);
}

/* Limits that apply from the first request on. */
struct wanted_limits {
	char limits[LIMIT_MAX];		/* "" for none */
	char cgroup[CGROUP_NAME_MAX];
};

static int make_limits(struct job *job, dev_t device, struct wanted_limits *l)
{
	int err;

	if (!*l->limits)
		return 0;
	if (limit_make(job, device, l->limits, l->cgroup))
		return -1;
	err = store_write(job->store, job->vbd.path, "cgroup", l->cgroup);
	if (err)
		fail_detail(&job->failure, MSG_STORE, job->target, "%s", strerror(-err));
	return err;
}

static int check_limits(struct tool *t, const struct disk *d,
			const struct wanted_limits *l)
{
	int has_cgroup = *l->limits && !t->options.no_wait ?
		   throttle_has_cgroup(t, d, l->cgroup) : 1;

	if (has_cgroup == 0)
		fail_detail(&t->failure, MSG_LIMIT_TIME, d->label, "time");
	return has_cgroup > 0 ? 0 : -1;
}

/* Takes over the attached target. agent_offer() then passes it to the disk. */
static int offer_target(struct tool *t, const struct disk *d, struct job *job,
			struct attached *a, struct wanted_limits *l)
{
	int err = make_limits(job, a->device, l);

	if (err) {
		target_drop(job, a);
		limit_remove(job);
	} else {
		err = agent_offer(job, a);
	}
	if (err) {
		t->failure = job->failure;
		return -1;
	}
	if (wait_connected(t, d, t->options.no_wait, MSG_ATTACH_TIME))
		return -1;
	return check_limits(t, d, l);
}

/*
 * Attach the target before the disk is published, so that nothing is published for
 * a target that cannot be used. An executable is an exception: it writes its
 * record to the directory of the disk, so publish that first.
 */
static int attach_target(struct tool *t, const struct disk *d, struct job *job,
			 const char *target, struct wanted_limits *l)
{
	bool later = *job->type;
	struct attached a;
	int err;

	if (!later && target_attach(job, &a)) {
		t->failure = job->failure;
		return -1;
	}
	if (disk_publish(t, d, target)) {
		if (!later)
			target_drop(job, &a);
		return -1;
	}
	err = later ? target_attach(job, &a) : 0;
	if (err)
		t->failure = job->failure;
	else
		err = offer_target(t, d, job, &a, l);
	if (err)
		undo_attach(t, d);
	return err;
}

static int attach_here(struct tool *t, const struct disk *d, const char *target)
{
	struct wanted_limits l = { .limits = "" };
	struct job job;

	disk_job(t, d, &job);
	job.write = !t->options.read_only;
	job.share = t->options.share;
	if (target_parse(&job, target) ||
	    (t->options.limits && limit_parse(&job, t->options.limits, l.limits))) {
		t->failure = job.failure;
		return -1;
	}
	return attach_target(t, d, &job, target, &l);
}

static int attach_elsewhere(struct tool *t, const struct disk *d,
			    const char *target)
{
	int err = disk_publish(t, d, target);

	if (err)
		return err;
	err = wait_connected(t, d, t->options.no_wait, MSG_ATTACH_TIME);
	if (err)
		undo_attach(t, d);
	return err;
}

int command_attach(struct tool *t)
{
	const char *target = t->options.argument[1];
	char full[TARGET_MAX];
	struct disk d;
	int err;

	if (t->options.read_only && t->options.share)
		return fail_detail(&t->failure, MSG_OPTION, "attach", "%s",
				   "it is --ro or --share, not both");
	if (choose_disk(t, &d))
		return -1;
	if (disk_is_taken(t, &d))
		return disk_fail_taken(t, &d);
	if (d.here && check_driver(t))
		return -1;
	if (!d.here && t->options.limits)
		return fail_detail(&t->failure, MSG_ELSEWHERE, d.label, "%u", d.backend);
	err = d.here ? attach_here(t, &d, path_resolve(t, target, full)) :
		       attach_elsewhere(t, &d, target);
	if (!err)
		fprintf(t->out, "%s\n", d.name);
	return err;
}

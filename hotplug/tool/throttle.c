// SPDX-License-Identifier: GPL-2.0
/* vbd limit. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "limit.h"
#include "throttle.h"
#include "wait.h"

int throttle_has_cgroup(struct tool *t, const struct disk *d, const char *cgroup)
{
	char path[512], is[CGROUP_NAME_MAX] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/bus/xen-backend/devices/vbd-%u-%u/cgroup",
		 t->root, d->domid, d->devid);
	f = fopen(path, "re");
	if (!f)
		return fail(&t->failure, MSG_NO_LIMITS, d->label);
	if (!fgets(is, sizeof(is), f))
		*is = '\0';
	fclose(f);
	is[strcspn(is, "\n")] = '\0';
	return !strcmp(is, cgroup ? cgroup : "");
}

void throttle_lift(struct tool *t, const struct disk *d)
{
	struct job job;
	dev_t device;

	if (!d->here || !disk_is_vbd(d) || !store_has(t->store, d->back, "cgroup") ||
	    disk_device(t, d, &device))
		return;
	disk_job(t, d, &job);
	limit_lift(&job, device);
}

static int has_cgroup(struct tool *t, const struct disk *d, void *arg)
{
	return throttle_has_cgroup(t, d, arg);
}

static int wait_for_cgroup(struct tool *t, const struct disk *d, char *cgroup)
{
	int result = disk_wait(t, d, has_cgroup, cgroup);

	if (result == 0)
		fail_detail(&t->failure, MSG_LIMIT_TIME, d->label, "%lld s",
			    (long long)(t->deadline.expires - t->deadline.started) / 1000);
	return result > 0 ? 0 : -1;
}

static int remove_limits(struct tool *t, const struct disk *d, struct job *job)
{
	int err;

	throttle_lift(t, d);
	err = store_remove(t->store, d->back, "cgroup");
	if (err)
		return disk_store_failed(t, d, err);
	if (wait_for_cgroup(t, d, NULL))
		return -1;
	limit_remove(job);
	return 0;
}

static int set_limits(struct tool *t, const struct disk *d, struct job *job,
		      dev_t device, const char *limits)
{
	bool first = !store_has(t->store, d->back, "cgroup");
	char cgroup[CGROUP_NAME_MAX];
	int err;

	if (limit_make(job, device, limits, cgroup)) {
		t->failure = job->failure;
		return -1;
	}
	/* The backend already uses the cgroup: it need not read the key again. */
	if (throttle_has_cgroup(t, d, cgroup) > 0)
		return 0;
	err = store_write(t->store, d->back, "cgroup", cgroup);
	if (err)
		return disk_store_failed(t, d, err);
	if (!wait_for_cgroup(t, d, cgroup))
		return 0;
	if (first) {
		store_remove(t->store, d->back, "cgroup");
		limit_remove(job);
	}
	return -1;
}

static void show_limits(struct tool *t, struct job *job, dev_t device)
{
	struct json j = { .file = t->out };
	char limits[LIMIT_MAX];
	char *one, *rest, *value;

	limit_read(job, device, limits);
	if (!t->options.json) {
		fprintf(t->out, "%s\n", *limits ? limits : "none");
		return;
	}
	json_open(&j, NULL, '{');
	for (one = strtok_r(limits, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		value = strchr(one, '=');
		if (!value)
			continue;
		*value++ = '\0';
		json_value(&j, one, value);
	}
	json_close(&j, '}');
}

int command_limit(struct tool *t)
{
	static const char cannot[] = "whose I/O vbd cannot limit: limit that program, or detach the disk and attach its target with vbd attach --limit";
	static const char unknown[] = "whose limits vbd does not know: ask that program";
	const char *text = t->options.argument[2];
	bool none = text && !strcmp(text, "none");
	struct job job = { 0 };
	char limits[LIMIT_MAX];
	struct disk d;
	dev_t device;

	/* Report bad arguments before problems of the disk. */
	if (text && !none && limit_parse(&job, text, limits)) {
		t->failure = job.failure;
		return -1;
	}
	if (disk_find(t, 0, &d) || disk_need_vbd(t, &d, text ? cannot : unknown))
		return -1;
	if (!d.here)
		return fail_detail(&t->failure, MSG_ELSEWHERE, d.label, "%u",
				   d.backend);
	if (disk_device(t, &d, &device))
		return fail_detail(&t->failure, MSG_NOT_CONNECTED, d.label,
				   "it has no device yet");
	disk_job(t, &d, &job);
	if (!text) {
		show_limits(t, &job, device);
		return 0;
	}
	if (throttle_has_cgroup(t, &d, NULL) < 0)
		return -1;
	return none ? remove_limits(t, &d, &job) : set_limits(t, &d, &job, device, limits);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "target.h"

#define SECTOR 512

static const struct target_type *const types[] = {
	&target_phy,
	&target_file,
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

int job_out_of_time(struct job *job)
{
	char reason[300];

	deadline_reason(job->deadline, reason, sizeof(reason));
	return fail_detail(&job->failure, MSG_TIMEOUT, job->target, "%s",
			   reason);
}

static bool known_type(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < TYPE_COUNT; i++)
		if (strlen(types[i]->name) == len &&
		    !strncmp(types[i]->name, name, len))
			return true;
	return false;
}

int target_parse(struct job *job, const char *params)
{
	size_t prefix = strspn(params, "abcdefghijklmnopqrstuvwxyz0123456789-");
	const char *path = params;
	int n;

	if (prefix && params[prefix] == ':') {
		if (!known_type(params, prefix))
			return fail_detail(&job->failure, MSG_TYPE, params,
					   "%.*s", (int)prefix, params);
		path += prefix + 1;
	}
	if (!*path)
		return fail_detail(&job->failure, MSG_NO_PARAMS, "", "empty");
	n = snprintf(job->target, sizeof(job->target), "%s%s",
		     *path == '/' ? "" : "/dev/", path);
	if (n >= (int)sizeof(job->target))
		return fail_detail(&job->failure, MSG_OPEN, params, "%s",
				   strerror(ENAMETOOLONG));
	return 0;
}

static const char *kind(mode_t mode)
{
	if (S_ISCHR(mode))
		return "a character device";
	if (S_ISFIFO(mode))
		return "a named pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "of a kind that holds no blocks";
}

int target_open_failed(struct job *job, int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return fail(&job->failure, MSG_MISSING, job->target);
	case EROFS:
		return fail(&job->failure, MSG_READONLY_MOUNT, job->target);
	case EACCES:
	case EPERM:
		return fail_detail(&job->failure, MSG_PERMISSION, job->target,
				   "%s", strerror(err));
	default:
		return fail_detail(&job->failure, MSG_OPEN, job->target, "%s",
				   strerror(err));
	}
}

int target_check_size(struct job *job, unsigned long long bytes)
{
	if (bytes == 0)
		return fail(&job->failure, MSG_EMPTY, job->target);
	if (bytes < SECTOR)
		return fail_detail(&job->failure, MSG_SMALL, job->target,
				   "%llu", bytes);
	return 0;
}

int target_attach(struct job *job, struct attached *a)
{
	struct stat st;
	size_t i;

	memset(a, 0, sizeof(*a));
	a->fd = -1;
	if (job_step(job, "looking at the target"))
		return -1;
	if (stat(job->target, &st))
		return target_open_failed(job, errno);
	if (S_ISDIR(st.st_mode))
		return fail(&job->failure, MSG_DIRECTORY, job->target);
	for (i = 0; i < TYPE_COUNT; i++) {
		if (!types[i]->accepts(&st))
			continue;
		a->type = types[i];
		return a->type->attach(job, a);
	}
	return fail_detail(&job->failure, MSG_KIND, job->target, "%s",
			   kind(st.st_mode));
}

int target_keep(struct job *job, struct attached *a)
{
	return a->type->keep ? a->type->keep(job, a) : 0;
}

void target_undo(struct attached *a)
{
	if (a->type->undo)
		a->type->undo(a);
}

int target_detach(struct job *job, const char *node)
{
	int result = 0;
	size_t i;

	for (i = 0; i < TYPE_COUNT; i++)
		if (types[i]->detach && types[i]->detach(job, node))
			result = -1;
	return result;
}

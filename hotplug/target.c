// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qdisk.h"
#include "target.h"

#define SECTOR 512

static const struct target_type *const types[] = {
	&target_phy,
	&target_file,
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

static bool is_built_in(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < TYPE_COUNT; i++)
		if (strlen(types[i]->name) == len &&
		    !strncmp(types[i]->name, name, len))
			return true;
	return false;
}

static int parse_path(struct job *job, const char *path)
{
	int n = snprintf(job->target, sizeof(job->target), "%s%s",
			 *path == '/' ? "" : "/dev/", path);

	if (n < (int)sizeof(job->target))
		return 0;
	return fail_detail(&job->failure, MSG_OPEN, path, "%s",
			   strerror(ENAMETOOLONG));
}

/* Do not show a password in messages. */
static void mask_password(char *text)
{
	char *s = strstr(text, "password=");

	for (s = s ? strchr(s, '=') + 1 : ""; *s && *s != ','; s++)
		*s = '*';
}

static int parse_spec(struct job *job, const char *type, size_t len,
		      const char *spec)
{
	snprintf(job->type, sizeof(job->type), "%.*s", (int)len, type);
	if (snprintf(job->spec, sizeof(job->spec), "%s", spec) >=
	    (int)sizeof(job->spec))
		return fail_detail(&job->failure, MSG_OPEN, job->type, "%s",
				   strerror(ENAMETOOLONG));
	snprintf(job->target, sizeof(job->target), "%s:%.*s", job->type,
		 (int)(sizeof(job->target) - sizeof(job->type) - 2), spec);
	mask_password(job->target);
	return 0;
}

/* Returns the length of TYPE in "TYPE:...", or 0. */
static size_t measure_type(const char *params)
{
	size_t n = strspn(params, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return params[n] == ':' ? n : 0;
}

int target_parse(struct job *job, const char *params)
{
	size_t prefix = measure_type(params), len = prefix;
	const char *type = job->called_as, *whole = params;

	if (!type)
		type = params;
	else if ((len = strlen(type)) != prefix || strncmp(type, params, len))
		prefix = 0;
	if (prefix)
		params += prefix + 1;
	if (!*params)
		return fail_detail(&job->failure, MSG_NO_PARAMS, "", "empty");
	if (!len || is_built_in(type, len))
		return parse_path(job, params);
	if (len < sizeof(job->type) && engine_known(job->root, type, len))
		return parse_spec(job, type, len, params);
	return fail_detail(&job->failure, MSG_TYPE, whole, "%.*s", (int)len,
			   type);
}

static const char *describe_kind(mode_t mode)
{
	if (S_ISCHR(mode))
		return "a character device";
	if (S_ISFIFO(mode))
		return "a named pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "not a device or a file with blocks";
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

/* a->path exists: given in params, or brought online by an executable. */
static int attach_path(struct job *job, struct attached *a)
{
	struct stat st;
	size_t i;

	if (job_step(job, "checking the target"))
		return -1;
	if (stat(a->path, &st))
		return target_open_failed(job, errno);
	if (S_ISDIR(st.st_mode))
		return fail(&job->failure, MSG_DIRECTORY, job->target);
	if (qdisk_check(job, &st))
		return -1;
	for (i = 0; i < TYPE_COUNT; i++) {
		if (!types[i]->accepts(&st))
			continue;
		a->type = types[i];
		return a->type->attach(job, a);
	}
	return fail_detail(&job->failure, MSG_KIND, job->target, "%s",
			   describe_kind(st.st_mode));
}

/* Keep the first failure, even if the undo fails. */
static void undo_engine(struct job *job, struct attached *a)
{
	struct failure why = job->failure;

	if (*a->record.type && engine_undo(job, &a->record))
		fprintf(stderr, "%s\n", job->failure.text);
	job->failure = why;
}

int target_attach(struct job *job, struct attached *a)
{
	int err = 0;

	memset(a, 0, sizeof(*a));
	a->fd = -1;
	if (*job->type)
		err = engine_attach(job, a->path, &a->record);
	else
		strcpy(a->path, job->target);
	if (err)
		return -1;
	err = attach_path(job, a);
	if (err)
		undo_engine(job, a);
	return err;
}

int target_keep(struct job *job, struct attached *a)
{
	return a->type->keep ? a->type->keep(job, a) : 0;
}

void target_undo(struct job *job, struct attached *a)
{
	if (a->type->undo)
		a->type->undo(job, a);
	undo_engine(job, a);
}

void target_drop(struct job *job, struct attached *a)
{
	target_undo(job, a);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

int target_detach(struct job *job, const char *node)
{
	int result = 0;
	size_t i;

	for (i = 0; i < TYPE_COUNT; i++)
		if (types[i]->detach && types[i]->detach(job, node))
			result = -1;
	return engine_detach(job) ? -1 : result;
}

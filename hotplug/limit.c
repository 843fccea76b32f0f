// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "limit.h"
#include "proc.h"

#define PARENT "xen-vbd"
#define KEYS 4

static const char *const keys[KEYS] = { "riops", "wiops", "rbps", "wbps" };

/* Names of the limits in a command, and the keys that each sets. */
static const struct {
	const char *name;
	bool sets[KEYS];
} settings[] = {
	{ "iops", { true, true, false, false } },
	{ "riops", { true, false, false, false } },
	{ "wiops", { false, true, false, false } },
	{ "bps", { false, false, true, true } },
	{ "rbps", { false, false, true, false } },
	{ "wbps", { false, false, false, true } },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* Parses "max", or a number with an optional suffix. */
static bool parse_value(const char *text, char value[32])
{
	static const char suffixes[] = "KMG";
	const char *suffix = NULL;
	unsigned long long n;
	int shift = 0;
	char *end;

	if (!strcmp(text, "max")) {
		strcpy(value, text);
		return true;
	}
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end) {
		suffix = strchr(suffixes, toupper((unsigned char)*end++));
		if (!suffix || *end)
			return false;
		shift = 10 * (int)(suffix - suffixes + 1);
	}
	if (errno || !n || n > (uint64_t)INT64_MAX >> shift)
		return false;
	snprintf(value, 32, "%llu", n << shift);
	return true;
}

static bool parse_setting(char *text, char values[KEYS][32])
{
	char *equals = strchr(text, '=');
	char value[32];
	size_t i, k;

	if (!equals || !parse_value(equals + 1, value))
		return false;
	*equals = '\0';
	for (i = 0; i < SETTINGS && strcmp(settings[i].name, text); i++)
		;
	for (k = 0; i < SETTINGS && k < KEYS; k++)
		if (settings[i].sets[k])
			strcpy(values[k], value);
	return i < SETTINGS;
}

int limit_parse(struct job *job, const char *text, char limits[LIMIT_MAX])
{
	char values[KEYS][32] = { "max", "max", "max", "max" };
	char copy[LIMIT_MAX], *one, *rest;
	bool ok = strlen(text) < sizeof(copy) && *text;
	int i, len = 0;

	if (ok)
		strcpy(copy, text);
	for (one = ok ? strtok_r(copy, ",", &rest) : NULL; ok && one;
	     one = strtok_r(NULL, ",", &rest))
		ok = parse_setting(one, values);
	if (!ok)
		return fail(&job->failure, MSG_LIMIT, text);
	for (i = 0; i < KEYS; i++)
		len += snprintf(limits + len, LIMIT_MAX - (size_t)len, "%s%s=%s",
				i ? " " : "", keys[i], values[i]);
	return 0;
}

/*
 * @arg: PATH_MAX bytes for the mount point. A bind mount of a subtree has
 * another root than "/".
 */
static bool match_cgroup2(char *line, void *arg)
{
	int end = 0;

	if (!strstr(line, " - cgroup2 ") ||
	    sscanf(line, "%*s %*s %*s /%n %4095s", &end, (char *)arg) != 1 ||
	    line[end] != ' ')
		return false;
	proc_unescape(arg);
	return true;
}

/* Finds the mount point of cgroup version 2. */
static bool find_cgroup2(struct job *job, char where[PATH_MAX])
{
	return proc_find_line(job->root, "self/mountinfo", match_cgroup2, where);
}

static int fail_cgroup(struct job *job, const char *what, int err)
{
	return fail_detail(&job->failure, MSG_CGROUP, what, "%s", strerror(err));
}

static int write_file(struct job *job, const char *dir, const char *name,
		      const char *text)
{
	char path[PATH_MAX + 64];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	return err ? fail_cgroup(job, path, err) : 0;
}

/* Limits apply to whole disks, which include the I/O of their partitions. */
static dev_t find_limited_disk(struct job *job, dev_t device)
{
	char path[128 + PATH_MAX];
	unsigned int ma, mi;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/partition",
		 job->root, major(device), minor(device));
	if (access(path, F_OK))
		return device;
	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/../dev", job->root,
		 major(device), minor(device));
	f = fopen(path, "re");
	if (f && fscanf(f, "%u:%u", &ma, &mi) == 2)
		device = makedev(ma, mi);
	if (f)
		fclose(f);
	return device;
}

static void name_cgroup_dir(const struct job *job, const char *mount,
			    char dir[PATH_MAX + 64])
{
	snprintf(dir, PATH_MAX + 64, "%s/" PARENT "/%u-%u", mount,
		 job->vbd.domid, job->vbd.devid);
}

/* Each level must enable the controller for its children. */
static int make_cgroup_dirs(struct job *job, const char *mount,
			    char dir[PATH_MAX + 64])
{
	char parent[PATH_MAX + 64];

	snprintf(parent, sizeof(parent), "%s/" PARENT, mount);
	if (write_file(job, mount, "cgroup.subtree_control", "+io"))
		return -1;
	if (mkdir(parent, 0755) && errno != EEXIST)
		return fail_cgroup(job, parent, errno);
	if (write_file(job, parent, "cgroup.subtree_control", "+io"))
		return -1;
	name_cgroup_dir(job, mount, dir);
	if (mkdir(dir, 0755) && errno != EEXIST)
		return fail_cgroup(job, dir, errno);
	return 0;
}

int limit_make(struct job *job, dev_t device, const char *limits,
	       char cgroup[CGROUP_NAME_MAX])
{
	char mount[PATH_MAX], dir[PATH_MAX + 64], line[LIMIT_MAX + 32];

	if (!find_cgroup2(job, mount))
		return fail_detail(&job->failure, MSG_CGROUP, "/sys/fs/cgroup",
				   "no cgroup2 is mounted");
	if (make_cgroup_dirs(job, mount, dir))
		return -1;
	device = find_limited_disk(job, device);
	snprintf(line, sizeof(line), "%u:%u %s", major(device), minor(device),
		 limits);
	if (write_file(job, dir, "io.max", line))
		return -1;
	snprintf(cgroup, CGROUP_NAME_MAX, "/" PARENT "/%u-%u", job->vbd.domid,
		 job->vbd.devid);
	return 0;
}

void limit_read(struct job *job, dev_t device, char limits[LIMIT_MAX])
{
	char mount[PATH_MAX], dir[PATH_MAX + 64], path[PATH_MAX + 80];
	char line[LIMIT_MAX + 32];
	unsigned int ma, mi;
	int at = 0;
	FILE *f;

	*limits = '\0';
	device = find_limited_disk(job, device);
	if (!find_cgroup2(job, mount))
		return;
	name_cgroup_dir(job, mount, dir);
	snprintf(path, sizeof(path), "%s/io.max", dir);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%u:%u %n", &ma, &mi, &at) == 2 && at &&
		    makedev(ma, mi) == device)
			snprintf(limits, LIMIT_MAX, "%.*s",
				 (int)strcspn(line + at, "\n"), line + at);
	if (f)
		fclose(f);
}

void limit_lift(struct job *job, dev_t device)
{
	char limits[LIMIT_MAX], cgroup[CGROUP_NAME_MAX];

	limit_read(job, device, limits);
	if (*limits)
		limit_make(job, device, "riops=max wiops=max rbps=max wbps=max", cgroup);
}

void limit_remove(struct job *job)
{
	char mount[PATH_MAX], dir[PATH_MAX + 64];

	if (!find_cgroup2(job, mount))
		return;
	name_cgroup_dir(job, mount, dir);
	rmdir(dir);
	*strrchr(dir, '/') = '\0';
	rmdir(dir);		/* fails until the last cgroup is removed */
}

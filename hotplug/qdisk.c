// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holder.h"
#include "qdisk.h"

#define TOP_MAX 128
#define STATE_CLOSED 6

/* Sets @top to "backend/qdisk", in the same form as the path of the job's vbd. */
static void name_qdisk_dir(const struct job *job, char top[TOP_MAX])
{
	const char *path = job->vbd.path, *end = strstr(path, "backend/");

	snprintf(top, TOP_MAX, "%.*sbackend/qdisk", end ? (int)(end - path) : 0, path);
}

static bool share_blocks(const char *root, const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return holder_overlap(root, a->st_rdev, b->st_rdev);
	return S_ISREG(a->st_mode) && S_ISREG(b->st_mode) && a->st_dev == b->st_dev &&
	       a->st_ino == b->st_ino;
}

/* The params of a qdisk are FORMAT:PATH. */
static bool has_target(const struct job *job, const struct vbd *qdisk, const struct stat *st)
{
	char *params = store_read(job->store, qdisk->path, "params");
	char *path = params ? strchr(params, ':') : NULL;
	struct stat is;
	bool has;

	has = path && !stat(path + 1, &is) && share_blocks(job->root, st, &is);
	free(params);
	return has;
}

static bool is_writable(struct store *s, const struct vbd *qdisk)
{
	char *mode = store_read(s, qdisk->path, "mode");
	bool write = !mode || *mode != 'r';

	free(mode);
	return write;
}

/*
 * QEMU closes the target when the disk is Closed and offline. While the disk is online, QEMU
 * keeps the target open: the guest may connect again at any time.
 */
static bool is_released(struct store *s, const struct vbd *qdisk)
{
	return store_read_number(s, qdisk->path, "state", 0) == STATE_CLOSED &&
	       store_read_number(s, qdisk->path, "online", 1) == 0;
}

static int check_qdisk(struct job *job, const struct vbd *qdisk, const struct stat *st)
{
	bool write = is_writable(job->store, qdisk);
	char guest[200];

	if ((!job->write && !write) || is_released(job->store, qdisk) ||
	    !has_target(job, qdisk, st))
		return 0;
	vbd_describe(job->store, qdisk, guest, sizeof(guest));
	return fail_detail(&job->failure, MSG_BUSY_VBD, job->target,
			   "QEMU has it for %s, %s", guest, write ? "writable" : "read-only");
}

/*
 * Ignore the directories of a domain that is gone. Only dom0 can tell this: a driver domain may
 * not read the directories of other domains.
 */
static bool is_domain_gone(struct store *s, unsigned int domid)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/local/domain/%u", domid);
	return store_exists(s, "/local/domain") && !store_exists(s, dir);
}

static int check_domain(struct job *job, const char *top, const char *domain,
			const struct stat *st)
{
	char dir[2 * TOP_MAX];
	unsigned int i, count;
	struct vbd qdisk;
	char **disks;
	int err = 0;

	if (!vbd_parse_domid(&domain, &qdisk.domid) || *domain ||
	    is_domain_gone(job->store, qdisk.domid))
		return 0;
	snprintf(dir, sizeof(dir), "%s/%u", top, qdisk.domid);
	disks = store_list(job->store, dir, &count);
	for (i = 0; !err && i < count; i++) {
		const char *devid = disks[i];

		if (!vbd_parse_devid(&devid, &qdisk.devid) || *devid)
			continue;
		snprintf(qdisk.path, sizeof(qdisk.path), "%s/%u/%u", top, qdisk.domid,
			 qdisk.devid);
		err = check_qdisk(job, &qdisk, st);
	}
	free(disks);
	return err;
}

int qdisk_check(struct job *job, const struct stat *st)
{
	char top[TOP_MAX];
	unsigned int i, count;
	char **domains;
	int err = 0;

	name_qdisk_dir(job, top);
	domains = store_list(job->store, top, &count);
	for (i = 0; !err && i < count; i++)
		err = check_domain(job, top, domains[i], st);
	free(domains);
	return err;
}

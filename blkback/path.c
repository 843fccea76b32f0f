// SPDX-License-Identifier: GPL-2.0
/*
 * How the data of a request is transferred between the frontend's pages and the disk.
 */
#include <linux/blkdev.h>
#include <linux/major.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "data.h"

/*
 * In the order in which the paths begin: a request that cannot be mapped, because there is no
 * handle or no page for it, is copied.
 */
static const struct xbback_path_ops *const paths[XBBACK_PATHS] = {
	[XBBACK_PATH_MAP] = &xbback_map_path,
	[XBBACK_PATH_COPY] = &xbback_copy_path,
};

/* The values of the parameter data_path. */
enum policy { AUTO, COPY, MAP, PERSISTENT, POLICIES };
static const char *const policies[POLICIES] = { "auto", "copy", "map", "persistent" };
static enum policy policy = AUTO;

static int policy_set(const char *text, const struct kernel_param *kp)
{
	int found = sysfs_match_string(policies, text);

	if (found < 0)
		return found;
	WRITE_ONCE(policy, found);
	return 0;
}

static int policy_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", policies[READ_ONCE(policy)]);
}

static const struct kernel_param_ops policy_ops = { .set = policy_set, .get = policy_get };
module_param_cb(data_path, &policy_ops, NULL, 0644);
MODULE_PARM_DESC(data_path, "How data passes: auto (default), copy, map or persistent");

unsigned int xbback_persistent_segments(void)
{
	return READ_ONCE(policy) == AUTO ? READ_ONCE(xbback_params.persistent_max_segments) : 0;
}

bool xbback_offers_persistent(bool bounded)
{
	enum policy p = READ_ONCE(policy);

	return p == PERSISTENT || (bounded && xbback_persistent_segments()) ||
	       (p == AUTO && READ_ONCE(xbback_params.feature_persistent));
}

unsigned int xbback_persistent_limit(void)
{
	return xbback_offers_persistent(false) ? U16_MAX : xbback_persistent_segments();
}

/*
 * A guest can change a mapped page while the disk reads it. Some disks compute a checksum or a
 * parity of the data that they write, and it would be wrong then: they need stable pages.
 *
 * If the disk is itself a Xen disk, its frontend in this domain cannot grant a page that is
 * mapped from another domain: the in-tree frontend fails the request, ours copies the data once
 * more.
 */
static bool needs_copy(const struct xbback_request *req)
{
	struct block_device *bdev = req->ring->vbd->disk.bdev;

	return bdev->bd_disk->major == XENVBD_MAJOR ||
	       (!xvbd_op_reads(req->op) && bdev_stable_writes(bdev));
}

enum xbback_path xbback_path_choose(const struct xbback_request *req)
{
	if (!req->nr_segs)
		return XBBACK_PATH_NONE;
	if (needs_copy(req))
		return XBBACK_PATH_COPY;
	switch (READ_ONCE(policy)) {
	case COPY:
		return XBBACK_PATH_COPY;
	case AUTO:
		/* To use a persistent grant again costs no hypercall. */
		if (!xbback_pgrant_wanted(req->ring->vbd, req->nr_segs) &&
		    req->nr_segs <= READ_ONCE(xbback_params.copy_max_segments))
			return XBBACK_PATH_COPY;
		fallthrough;
	default:
		return XBBACK_PATH_MAP;
	}
}

static unsigned int paths_of(struct list_head *reqs)
{
	struct xbback_request *req;
	unsigned int used = 0;

	list_for_each_entry(req, reqs, entry)
		used |= BIT(req->path);
	return used;
}

/* Whether the path has nothing to do between the end of the I/O and the response. */
static bool data_stays(const struct xbback_request *req)
{
	unsigned int i;

	if (req->path != XBBACK_PATH_MAP)
		return req->path == XBBACK_PATH_NONE || !xvbd_op_reads(req->op);
	for (i = 0; i < req->nr_segs; i++)
		if (!req->seg[i].pgrant)
			return false;
	return true;
}

void xbback_begin(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;
	unsigned int p;

	for (p = XBBACK_PATH_NONE + 1; p < XBBACK_PATHS; p++)
		if (paths_of(reqs) & BIT(p))
			paths[p]->begin(ring, reqs);
	list_for_each_entry(req, reqs, entry)
		req->data_stays = data_stays(req);
}

void xbback_end(struct xbback_ring *ring, struct list_head *reqs)
{
	unsigned int p, used = paths_of(reqs);

	for (p = XBBACK_PATH_NONE + 1; p < XBBACK_PATHS; p++)
		if (used & BIT(p))
			paths[p]->end(ring, reqs);
}

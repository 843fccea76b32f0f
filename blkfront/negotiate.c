// SPDX-License-Identifier: GPL-2.0
/*
 * The module parameters, and the negotiation of their values with the backend.
 * docs/parameters.md documents the parameters for administrators.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "blkfront.h"

/* The parameter was not set: the driver chooses the value. */
#define AUTO (-1)

/* Default of segments per request: 1 MiB. */
#define AUTO_SEGMENTS 256

/* Default of requests in flight on each ring. */
#define AUTO_REQUESTS 128

static int max_queues = AUTO;
module_param(max_queues, int, 0444);
MODULE_PARM_DESC(max_queues, "most rings of a disk; -1 (default): one for each CPU");

static int max_ring_page_order = AUTO;
module_param(max_ring_page_order, int, 0444);
MODULE_PARM_DESC(max_ring_page_order,
		 "largest order of a ring's pages, 0 to 4; -1 (default): as many pages as 128 requests need");

static int max_indirect_segments = AUTO;
module_param(max_indirect_segments, int, 0444);
MODULE_PARM_DESC(max_indirect_segments,
		 "most pages in a request, up to 352; 0: no indirect requests; -1 (default): 256");

static unsigned int poll_queues;
module_param(poll_queues, uint, 0444);
MODULE_PARM_DESC(poll_queues, "rings of a disk that are polled, beside the others (default 0)");

static bool trusted = true;
module_param(trusted, bool, 0444);
MODULE_PARM_DESC(trusted,
		 "N: let no back see memory beside a disk's data, at the price of a copy (default Y, unless the toolstack says no)");

static bool feature_persistent = true;
module_param(feature_persistent, bool, 0444);
MODULE_PARM_DESC(feature_persistent, "Y (default): use persistent grants if the back does");

static unsigned int chosen(int parameter, unsigned int otherwise)
{
	return parameter < 0 ? otherwise : parameter;
}

/*
 * Return: the smallest order with which a ring has AUTO_REQUESTS slots. A job on one CPU uses one
 * ring, so each ring must have them. Slots without requests cost little: a slot takes 128 bytes,
 * grants and pages for the data are made when they are needed.
 */
static unsigned int auto_order(void)
{
	const u32 slot_size = xvbd_native->slot_size;
	unsigned int order = 0;

	while (order < XSPLIT_MAX_RING_PAGE_ORDER &&
	       xsplit_ring_slots(slot_size, XEN_PAGE_SIZE << order) < AUTO_REQUESTS)
		order++;
	return order;
}

/* Do not plan rings that no queue of the block layer can use. */
static void plan_rings(struct xbfront_vbd *vbd, struct xsplit_plan *plan)
{
	const struct blk_mq_queue_map *map = vbd->tags.map;
	unsigned int offered = plan->nr_rings;
	unsigned int rings = min(chosen(max_queues, num_online_cpus()), nr_cpu_ids);
	unsigned int polled = min(poll_queues, nr_cpu_ids);

	if (vbd->gd) {
		rings = min(rings, map[HCTX_TYPE_DEFAULT].nr_queues);
		polled = min(polled, map[HCTX_TYPE_POLL].nr_queues);
	}
	polled = min(polled, offered - 1);
	vbd->nr_events = clamp(rings, 1U, offered - polled);
	plan->nr_rings = vbd->nr_events + polled;
}

/* Set the name and the minors of a new disk. An existing disk keeps them. */
static int read_vdev(struct xbfront_vbd *vbd, const u64 *keys)
{
	struct xenbus_device *dev = vbd->core.dev;
	u64 number;

	number = keys[XVBD_OWN_VIRTUAL_DEVICE];
	if (number == XSPLIT_ABSENT)
		number = keys[XVBD_OWN_VIRTUAL_DEVICE_EXT];
	/*
	 * If the directory is gone, no error can be reported, and xenbus will
	 * remove the device.
	 */
	if (number == XSPLIT_ABSENT && !xenbus_exists(XBT_NIL, dev->nodename, ""))
		return -ENODEV;
	if (number == XSPLIT_ABSENT)
		return xsplit_dev_error(dev, -EINVAL, "%s/virtual-device: missing", dev->nodename);
	if (!xvbd_vdev_parse(number, &vbd->vdev))
		return xsplit_dev_error(dev, -EINVAL,
					"%s/virtual-device: %llu is no disk that can be shown",
					dev->nodename, number);
	vbd->handle = (u16)number;
	return 0;
}

/*
 * Not in probe(): if that fails, xenbus overwrites our error node. The toolstack writes "trusted"
 * for each backend, so read it for each.
 */
static int read_own(struct xbfront_vbd *vbd)
{
	struct xenbus_device *dev = vbd->core.dev;
	u64 keys[XVBD_OWN_KEYS];
	int err = xsplit_read_keys(dev, dev->nodename, xvbd_own_keys, XVBD_OWN_KEYS, keys);

	if (err)
		return err;
	vbd->untrusted = !trusted || !keys[XVBD_OWN_TRUSTED];
	return vbd->gd ? 0 : read_vdev(vbd, keys);
}

int xbfront_plan(struct xsplit_front *front, struct xsplit_plan *plan)
{
	struct xbfront_vbd *vbd = xbfront_of(front);
	u64 offer[XVBD_OFFER_KEYS];
	unsigned int order;
	int err = read_own(vbd);

	if (!err)
		err = xsplit_read_keys(front->dev, front->otherend, xvbd_offer_keys,
				       XVBD_OFFER_KEYS, offer);
	if (err)
		return err;
	plan_rings(vbd, plan);
	order = chosen(max_ring_page_order, auto_order());
	plan->order = min(plan->order, order);
	vbd->persistent_segments = 0;
	if (feature_persistent && !vbd->untrusted)
		vbd->persistent_segments =
			min_t(u64, offer[XVBD_OFFER_PERSISTENT_SEGMENTS], XBFRONT_MAX_SEGMENTS);
	return 0;
}

bool xbfront_uses_persistent(void)
{
	return feature_persistent;
}

u16 xbfront_bounced_segments(const struct xbfront_vbd *vbd)
{
	if (vbd->untrusted)
		return XBFRONT_ALL;
	if (!feature_persistent || !vbd->keys[XVBD_BACK_PERSISTENT])
		return 0;
	return vbd->persistent_segments ?: XBFRONT_ALL;
}

unsigned int xbfront_segments(const struct xbfront_vbd *vbd)
{
	unsigned int ours = min_t(unsigned int, chosen(max_indirect_segments, AUTO_SEGMENTS),
				  XBFRONT_MAX_SEGMENTS);

	return clamp_t(u64, vbd->keys[XVBD_BACK_MAX_INDIRECT_SEGMENTS], XVBD_MAX_SEGMENTS,
		       max_t(unsigned int, ours, XVBD_MAX_SEGMENTS));
}

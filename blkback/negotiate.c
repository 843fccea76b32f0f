// SPDX-License-Identifier: GPL-2.0
/*
 * Negotiation: write the backend's offer before the frontend makes its rings, and read the
 * rings that the frontend has published. Only the vbd's work item runs this. All functions
 * that access xenstore sleep.
 */
#include <linux/slab.h>

#include "blkback.h"

static struct xbback_vbd *to_vbd(struct xvbd_machine *m)
{
	return container_of(m, struct xbback_vbd, machine);
}

/* Write errors are ignored: if a key is missing, the frontend uses the protocol's minimum. */
int xbback_offer(struct xvbd_machine *m)
{
	const struct xvbd_node nodes[] = {
		{ &xsplit_offer_keys[XSPLIT_OFFER_MAX_RING_PAGE_ORDER], NULL,
		  xbback_max_ring_page_order() },
		{ &xsplit_offer_keys[XSPLIT_OFFER_MAX_RING_PAGES], NULL,
		  1ULL << xbback_max_ring_page_order() },
		{ &xsplit_offer_keys[XSPLIT_OFFER_MAX_QUEUES], NULL, xbback_max_queues() },
		{ &xvbd_offer_keys[XVBD_OFFER_PERSISTENT_SEGMENTS], NULL,
		  xbback_persistent_segments() },
		{ &xsplit_keys[XSPLIT_ID_BACK_REJOIN], NULL, XSPLIT_REJOIN },
	};

	clear_bit(XBBACK_FAILED, &to_vbd(m)->flags);
	xvbd_publish(m->dev, nodes, ARRAY_SIZE(nodes), false);
	return 0;
}

static int read_layout(struct xbback_vbd *vbd, const struct xvbd_layout **layout)
{
	const char *key = xvbd_key_name(XVBD_ID_PROTOCOL);
	char *name = xvbd_read_string(vbd->otherend, key);
	int err = 0;

	*layout = xvbd_layout_find(name);
	if (!*layout)
		err = xvbd_tell(vbd->dev, -EINVAL, "%s/%s: unknown: \"%*pE\"", vbd->otherend, key,
				(int)strnlen(name, 32), name);
	kfree(name);
	return err;
}

/*
 * There are two keys for the size of a ring. The frontend writes one of them, or both with
 * the same meaning. Without a key, a ring has one page.
 */
static int judge_pages(struct xbback_vbd *vbd, const u64 *keys, unsigned int *nr_pages)
{
	u64 order = keys[XSPLIT_FRONT_RING_PAGE_ORDER];
	u64 pages = keys[XSPLIT_FRONT_NUM_RING_PAGES];
	unsigned int max = 1U << xbback_max_ring_page_order();

	if (order != XVBD_ABSENT && pages != XVBD_ABSENT && pages != 1ULL << order)
		return xvbd_tell(vbd->dev, -EINVAL,
				 "%s: ring-page-order %llu and num-ring-pages %llu contradict",
				 vbd->otherend, order, pages);
	*nr_pages = order != XVBD_ABSENT ? 1U << order : pages != XVBD_ABSENT ? pages : 1;
	if (*nr_pages > max)
		return xvbd_tell(vbd->dev, -EINVAL, "%s: rings of %u pages, but %u were offered",
				 vbd->otherend, *nr_pages, max);
	return 0;
}

/*
 * A frontend that knows no bound uses persistent grants for all requests. A bound above the
 * offer is lowered to it.
 */
static void judge_persistence(struct xbback_vbd *vbd, const u64 *keys)
{
	u64 bound = keys[XVBD_FRONT_PERSISTENT_SEGMENTS];

	vbd->offers_persistent = xbback_offers_persistent(bound != XVBD_ABSENT);
	vbd->persistent_segments = vbd->offers_persistent && keys[XVBD_FRONT_PERSISTENT] ?
					   min_t(u64, bound, xbback_persistent_limit()) :
					   0;
}

int xbback_read_ring_config(struct xbback_vbd *vbd)
{
	struct xbback_ring_config *config = &vbd->ring_config;
	u64 ring_keys[XSPLIT_FRONT_KEYS], keys[XVBD_FRONT_KEYS];
	int err = read_layout(vbd, &config->layout);

	if (!err)
		err = xvbd_read_keys(vbd->dev, vbd->otherend, xsplit_front_keys, XSPLIT_FRONT_KEYS,
				     ring_keys);
	if (!err)
		err = xvbd_read_keys(vbd->dev, vbd->otherend, xvbd_front_keys, XVBD_FRONT_KEYS,
				     keys);
	if (!err)
		err = judge_pages(vbd, ring_keys, &config->nr_pages);
	if (err)
		return err;
	config->nr_rings = ring_keys[XSPLIT_FRONT_NUM_QUEUES];
	judge_persistence(vbd, keys);
	if (config->nr_rings > xbback_max_queues())
		return xvbd_tell(vbd->dev, -EINVAL,
				 "%s/multi-queue-num-queues: %u, but %u were offered",
				 vbd->otherend, config->nr_rings, xbback_max_queues());
	return 0;
}

static bool has_gref(const struct xbback_ring_info *info, int number)
{
	char name[XVBD_KEY_NAME_MAX];

	return xvbd_key_spell(&xsplit_keys[XSPLIT_ID_RING_REF], XVBD_NO_NUMBER, number, name) &&
	       xenbus_exists(XBT_NIL, info->dir, name);
}

/* The key of a single page is "ring-ref", but some frontends write "ring-ref0". */
static bool is_numbered(const struct xbback_ring_info *info)
{
	return info->nr_pages > 1 || (!has_gref(info, XVBD_NO_NUMBER) && has_gref(info, 0));
}

static int read_grefs(struct xbback_vbd *vbd, struct xbback_ring_info *info)
{
	bool numbered = is_numbered(info);
	struct xvbd_key key = xsplit_keys[XSPLIT_ID_RING_REF];
	char name[XVBD_KEY_NAME_MAX];
	unsigned int i;
	u64 gref;
	int err;

	for (i = 0; i < info->nr_pages; i++) {
		if (!xvbd_key_spell(&xsplit_keys[XSPLIT_ID_RING_REF], XVBD_NO_NUMBER,
				    numbered ? (int)i : XVBD_NO_NUMBER, name))
			return -ENAMETOOLONG;
		key.name = name;
		err = xvbd_read_keys(vbd->dev, info->dir, &key, 1, &gref);
		if (err)
			return err;
		info->gref[i] = gref;
	}
	return 0;
}

int xbback_read_ring_info(struct xbback_vbd *vbd, unsigned int index, struct xbback_ring_info *info)
{
	const struct xbback_ring_config *config = &vbd->ring_config;
	u64 port;
	int err;

	info->layout = config->layout;
	info->nr_pages = config->nr_pages;
	info->dir = config->nr_rings == 1 ? kstrdup(vbd->otherend, GFP_KERNEL) :
					    kasprintf(GFP_KERNEL, "%s/%s%u", vbd->otherend,
						      xsplit_key_name(XSPLIT_ID_QUEUE), index);
	if (!info->dir)
		return xvbd_tell(vbd->dev, -ENOMEM, "out of memory for a name");
	err = read_grefs(vbd, info);
	if (!err)
		err = xvbd_read_keys(vbd->dev, info->dir, &xsplit_keys[XSPLIT_ID_EVENT_CHANNEL], 1,
				     &port);
	if (!err)
		info->port = port;
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Negotiation of what is about blocks: the layout of a slot, and persistent grants. The core
 * negotiates the rings. Only the vbd's work item runs this. All functions that access xenstore
 * sleep.
 */
#include <linux/slab.h>

#include "blkback.h"

void xbback_offer(struct xsplit_back *back, struct xsplit_nodes *nodes)
{
	xsplit_add_number(nodes, &xvbd_offer_keys[XVBD_OFFER_PERSISTENT_SEGMENTS],
			  xbback_persistent_segments());
}

static int read_layout(struct xbback_vbd *vbd)
{
	const char *key = xvbd_key_name(XVBD_ID_PROTOCOL);
	char *name = xsplit_read_string(vbd->back.otherend, key);
	int err = 0;

	vbd->layout = xvbd_layout_find(name);
	if (vbd->layout)
		vbd->back.slot_size = vbd->layout->slot_size;
	else
		err = xsplit_dev_error(vbd->back.dev, -EINVAL, "%s/%s: unknown: \"%*pE\"",
				       vbd->back.otherend, key, (int)strnlen(name, 32), name);
	kfree(name);
	return err;
}

/*
 * A frontend that knows no bound uses persistent grants for all requests. A bound above the
 * offer is lowered to it.
 */
static int read_persistence(struct xbback_vbd *vbd)
{
	u64 keys[XVBD_FRONT_KEYS], bound;
	int err = xsplit_read_keys(vbd->back.dev, vbd->back.otherend, xvbd_front_keys,
				   XVBD_FRONT_KEYS, keys);

	if (err)
		return err;
	bound = keys[XVBD_FRONT_PERSISTENT_SEGMENTS];
	vbd->offers_persistent = xbback_offers_persistent(bound != XSPLIT_ABSENT);
	vbd->persistent_segments = vbd->offers_persistent && keys[XVBD_FRONT_PERSISTENT] ?
					   min_t(u64, bound, xbback_persistent_limit()) :
					   0;
	return 0;
}

int xbback_read_config(struct xsplit_back *back)
{
	struct xbback_vbd *vbd = xbback_to_vbd(back);

	return read_layout(vbd) ?: read_persistence(vbd);
}

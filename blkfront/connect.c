// SPDX-License-Identifier: GPL-2.0
/*
 * The actions of the handshake table that make and give up rings, and learn
 * what the disk is. Run by the vbd's work item alone; all sleep.
 */
#include <linux/slab.h>

#include "blkfront.h"

static struct xbfront_vbd *to_vbd(struct xvbd_machine *m)
{
	return container_of(m, struct xbfront_vbd, machine);
}

unsigned int xbfront_facts(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	unsigned int facts = 0;

	if (vbd->rings)
		facts |= XVBD_F_LINKED;
	if (vbd->offered)
		facts |= XVBD_F_DISK;
	if (xenbus_read_unsigned(m->otherend, "online", 0))
		facts |= XVBD_F_ONLINE;
	if (test_bit(XBFRONT_NEWS, &vbd->flags))
		facts |= XVBD_F_NEWS;
	if (vbd->parked)
		facts |= XVBD_F_PARKED;
	if (test_bit(XBFRONT_STALE, &vbd->flags))
		facts |= XVBD_F_STALE;
	if (READ_ONCE(vbd->openers) || vbd->leaving)
		facts |= XVBD_F_BUSY;
	if (test_bit(XBFRONT_BROKEN, &vbd->flags))
		facts |= XVBD_F_BROKEN;
	if (test_bit(XBFRONT_REMOVED, &vbd->flags))
		facts |= XVBD_F_REMOVED;
	return facts;
}

static int publish_details(struct xbfront_vbd *vbd)
{
	const struct xvbd_node nodes[] = {
		{ "ring-ref", NULL, vbd->rings[0].gref },
		{ "event-channel", NULL, vbd->rings[0].port },
		{ "protocol", xvbd_layouts[XVBD_ABI_NATIVE].name },
	};

	return xvbd_publish(vbd->dev, nodes, ARRAY_SIZE(nodes), false);
}

/* A failure leaves what was made to xbfront_unlink(). */
int xbfront_publish(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	int err;

	vbd->rings = kzalloc(sizeof(*vbd->rings), GFP_KERNEL);
	if (!vbd->rings)
		return xvbd_tell(vbd->dev, -ENOMEM, "out of memory for a ring");
	vbd->nr_rings = 1;
	vbd->rings[0].vbd = vbd;
	err = xbfront_ring_open(&vbd->rings[0]);
	if (err)
		return err;
	return publish_details(vbd);
}

static int read_disk(struct xbfront_vbd *vbd, u64 *keys)
{
	int err;

	clear_bit(XBFRONT_NEWS, &vbd->flags);
	err = xvbd_read_keys(vbd->dev, vbd->machine.otherend, xvbd_back_keys, XVBD_BACK_KEYS, keys);
	if (err)
		return err;
	if (keys[XVBD_BACK_PHYSICAL_SECTOR_SIZE] < keys[XVBD_BACK_SECTOR_SIZE])
		keys[XVBD_BACK_PHYSICAL_SECTOR_SIZE] = keys[XVBD_BACK_SECTOR_SIZE];
	return 0;
}

int xbfront_connect(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	int err = read_disk(vbd, vbd->keys);

	return err ?: xbfront_disk_alloc(vbd);
}

int xbfront_reread(struct xbfront_vbd *vbd)
{
	u64 keys[XVBD_BACK_KEYS];
	int err = read_disk(vbd, keys);

	if (err)
		return err;
	if (keys[XVBD_BACK_SECTOR_SIZE] != vbd->keys[XVBD_BACK_SECTOR_SIZE])
		return xvbd_tell(vbd->dev, -EINVAL, "%s/sector-size: %llu, but %s is in use with %llu",
				 vbd->machine.otherend, keys[XVBD_BACK_SECTOR_SIZE],
				 vbd->gd->disk_name, vbd->keys[XVBD_BACK_SECTOR_SIZE]);
	if (!memcmp(vbd->keys, keys, sizeof(keys)))
		return 0;
	memcpy(vbd->keys, keys, sizeof(keys));
	xbfront_disk_refresh(vbd);
	return 0;
}

/* What cannot be understood is told, and the disk stays what it was. */
int xbfront_refresh(struct xvbd_machine *m)
{
	xbfront_reread(to_vbd(m));
	return 0;
}

int xbfront_unlink(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	unsigned int i;

	/* A disk that was made and never shown; one that is parked stays. */
	if (!vbd->offered) {
		xbfront_disk_free(vbd);
		clear_bit(XBFRONT_BROKEN, &vbd->flags);
	}
	for (i = 0; i < vbd->nr_rings; i++)
		xbfront_ring_close(&vbd->rings[i]);
	kfree(vbd->rings);
	vbd->rings = NULL;
	vbd->nr_rings = 0;
	clear_bit(XBFRONT_STALE, &vbd->flags);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks of the class that write the keys of the front and read those of the
 * disk. The work of the vbd calls them; all sleep.
 */
#include "blkfront.h"

void xbfront_publish(struct xsplit_front *front, struct xsplit_nodes *keys)
{
	const struct xbfront_vbd *vbd = xbfront_of(front);
	const struct xsplit_node protocol = {
		.key = &xvbd_keys[XVBD_ID_PROTOCOL],
		.text = xvbd_layouts[XVBD_ABI_NATIVE].name,
	};

	xsplit_add_number(keys, &xvbd_front_keys[XVBD_FRONT_PERSISTENT], xbfront_uses_persistent());
	if (vbd->persistent_segments)
		xsplit_add_number(keys, &xvbd_front_keys[XVBD_FRONT_PERSISTENT_SEGMENTS],
				  vbd->persistent_segments);
	xsplit_add_node(keys, &protocol);
}

static int read_disk(struct xbfront_vbd *vbd, u64 *keys)
{
	int err = xsplit_read_keys(vbd->core.dev, vbd->core.otherend, xvbd_back_keys,
				   XVBD_BACK_KEYS, keys);

	if (err)
		return err;
	if (keys[XVBD_BACK_PHYSICAL_SECTOR_SIZE] < keys[XVBD_BACK_SECTOR_SIZE])
		keys[XVBD_BACK_PHYSICAL_SECTOR_SIZE] = keys[XVBD_BACK_SECTOR_SIZE];
	return 0;
}

static void note_offer(struct xbfront_vbd *vbd, unsigned int op, bool offered)
{
	if (offered)
		set_bit(op, &vbd->ops);
	else
		clear_bit(op, &vbd->ops);
}

/* Assume that the backend does what it offers, until it refuses an operation. */
static void take_offer(struct xbfront_vbd *vbd, const u64 *keys)
{
	unsigned int op;

	memcpy(vbd->keys, keys, sizeof(vbd->keys));
	for (op = 0; op < XVBD_OP_COUNT; op++) {
		const struct xvbd_op_trait *trait = xvbd_op_trait(op);

		if (!trait)
			continue;
		note_offer(vbd, op, trait->feature == XVBD_OP_ALWAYS || keys[trait->feature]);
		if (trait->secure != XVBD_OP_NEVER)
			note_offer(vbd, XBFRONT_OP_SECURE, keys[trait->secure]);
	}
}

static void prepare_rings(struct xbfront_vbd *vbd)
{
	unsigned int i;

	for (i = 0; i < vbd->core.nr_rings; i++)
		xbfront_ring_prepare(xbfront_ring_at(vbd, i));
}

int xbfront_connect(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);
	u64 keys[XVBD_BACK_KEYS];
	int err = read_disk(vbd, keys);

	if (err)
		return err;
	take_offer(vbd, keys);
	prepare_rings(vbd);
	return xbfront_disk_alloc(vbd);
}

static int reread_disk(struct xbfront_vbd *vbd, u64 *keys)
{
	int err = read_disk(vbd, keys);

	if (err)
		return err;
	if (keys[XVBD_BACK_SECTOR_SIZE] != vbd->keys[XVBD_BACK_SECTOR_SIZE])
		return xsplit_dev_error(vbd->core.dev, -EMEDIUMTYPE,
					"%s/sector-size: %llu, but %s is in use with %llu",
					vbd->core.otherend, keys[XVBD_BACK_SECTOR_SIZE],
					vbd->gd->disk_name, vbd->keys[XVBD_BACK_SECTOR_SIZE]);
	return 0;
}

/* The size may have changed; the sector size may not. */
int xbfront_reconnect(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);
	u64 keys[XVBD_BACK_KEYS];
	int err = reread_disk(vbd, keys);

	if (err)
		return err;
	take_offer(vbd, keys);
	prepare_rings(vbd);
	xbfront_disk_refresh(vbd);
	xbfront_queues_attach(vbd);
	return 0;
}

/* Keys that are fixed while there are rings keep their values. */
static void keep_fixed(const struct xbfront_vbd *vbd, u64 *keys)
{
	unsigned int i;

	for (i = 0; i < XVBD_BACK_KEYS; i++)
		if (xvbd_back_keys[i].flags & XSPLIT_KEY_FIXED)
			keys[i] = vbd->keys[i];
}

/*
 * If the keys cannot be read, report this and keep the disk as it is. Report a changed medium of
 * a removable disk as a drive does: by an event, which has the partitions read again.
 */
void xbfront_refresh(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);
	u64 keys[XVBD_BACK_KEYS];
	bool same_medium;

	if (reread_disk(vbd, keys))
		return;
	keep_fixed(vbd, keys);
	if (!memcmp(vbd->keys, keys, sizeof(keys)))
		return;
	same_medium = keys[XVBD_BACK_MEDIUM] == vbd->keys[XVBD_BACK_MEDIUM];
	take_offer(vbd, keys);
	xbfront_disk_refresh(vbd);
	if (!same_medium && vbd->gd->flags & GENHD_FL_REMOVABLE)
		xbfront_disk_change_medium(vbd);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Actions of the handshake table that make and release the rings and read the
 * keys of the disk. Only the work of the vbd calls them; all sleep.
 */
#include <linux/slab.h>

#include "blkfront.h"

static struct xbfront_vbd *to_vbd(struct xvbd_machine *m)
{
	return container_of(m, struct xbfront_vbd, machine);
}

/*
 * Return: true if the directory of the backend is gone because its domain is gone. Then the
 * toolstack has not detached the disk.
 */
static bool back_domain_is_gone(const char *otherend)
{
	unsigned int domid;
	char path[32];
	char *text;

	if (sscanf(otherend, "/local/domain/%u/", &domid) != 1)
		return false;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	/* The guest may not read the directory of a living domain: -EACCES, not -ENOENT. */
	text = xenbus_read(XBT_NIL, path, "", NULL);
	if (IS_ERR(text))
		return PTR_ERR(text) == -ENOENT;
	kfree(text);
	return false;
}

/* Return: whether the toolstack wants this disk to be served, now or later. */
static bool is_wanted(const char *otherend)
{
	const char *key = xsplit_key_name(XSPLIT_ID_ONLINE);
	unsigned int online = xenbus_read_unsigned(otherend, key, UINT_MAX);

	return online == UINT_MAX ? back_domain_is_gone(otherend) : online;
}

unsigned int xbfront_facts(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	unsigned int facts = 0;

	if (vbd->rings)
		facts |= XVBD_F_LINKED;
	if (vbd->show_started)
		facts |= XVBD_F_DISK;
	if (test_bit(XBFRONT_UNPUBLISHED, &vbd->flags))
		facts |= XVBD_F_FRESH;
	if (is_wanted(m->otherend))
		facts |= XVBD_F_ONLINE;
	if (!xvbd_read_number(m->otherend, &xsplit_keys[XSPLIT_ID_BACK_REJOIN]))
		facts |= XVBD_F_PLAIN;
	if (!xenbus_exists(XBT_NIL, m->otherend, ""))
		facts |= XVBD_F_NOWHERE;
	if (test_bit(XBFRONT_BACK_CHANGED, &vbd->flags))
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

/* Old backends expect the name "ring-ref", without a number, for a ring of one page. */
static void add_ring(struct xsplit_nodes *keys, const struct xbfront_vbd *vbd, unsigned int queue)
{
	const struct xbfront_ring *ring = &vbd->rings[queue];
	struct xvbd_node node = {
		.key = &xsplit_keys[XSPLIT_ID_EVENT_CHANNEL],
		.number = ring->port,
		.in_queue = vbd->nr_rings > 1,
		.queue = queue,
	};

	xsplit_add_node(keys, &node);
	node.key = &xsplit_keys[XSPLIT_ID_RING_REF];
	node.numbered = ring->nr_pages > 1;
	for (node.index = 0; node.index < ring->nr_pages; node.index++) {
		node.number = ring->grefs[node.index];
		xsplit_add_node(keys, &node);
	}
}

static void add_rings(struct xsplit_nodes *keys, const struct xbfront_vbd *vbd)
{
	unsigned int i;

	if (vbd->plan.order)
		xsplit_add_number(keys, &xsplit_front_keys[XSPLIT_FRONT_RING_PAGE_ORDER],
				  vbd->plan.order);
	if (vbd->plan.order && vbd->plan.num_ring_pages_key)
		xsplit_add_number(keys, &xsplit_front_keys[XSPLIT_FRONT_NUM_RING_PAGES],
				  1 << vbd->plan.order);
	if (vbd->nr_rings > 1)
		xsplit_add_number(keys, &xsplit_front_keys[XSPLIT_FRONT_NUM_QUEUES], vbd->nr_rings);
	for (i = 0; i < vbd->nr_rings; i++)
		add_ring(keys, vbd, i);
}

static void add_details(struct xsplit_nodes *keys, const struct xbfront_vbd *vbd)
{
	const struct xvbd_node protocol = {
		.key = &xvbd_keys[XVBD_ID_PROTOCOL],
		.text = xvbd_layouts[XVBD_ABI_NATIVE].name,
	};

	add_rings(keys, vbd);
	xsplit_add_number(keys, &xvbd_front_keys[XVBD_FRONT_PERSISTENT], xbfront_uses_persistent());
	if (vbd->plan.persistent_segments)
		xsplit_add_number(keys, &xvbd_front_keys[XVBD_FRONT_PERSISTENT_SEGMENTS],
				  vbd->plan.persistent_segments);
	xsplit_add_number(keys, &xsplit_keys[XSPLIT_ID_FRONT_REJOIN], xbfront_rejoin_key(vbd));
	xsplit_add_node(keys, &protocol);
}

static int publish_details(struct xbfront_vbd *vbd)
{
	struct xsplit_nodes counted = {}, keys = {};
	int err;

	add_details(&counted, vbd);
	keys.nodes = kvcalloc(counted.nr, sizeof(*keys.nodes), GFP_KERNEL);
	if (!keys.nodes)
		return xvbd_tell(vbd->dev, -ENOMEM, "out of memory for %u keys", counted.nr);
	add_details(&keys, vbd);
	err = xvbd_publish_anew(vbd->dev, keys.nodes, keys.nr, xvbd_keys, XVBD_ID_KEYS);
	kvfree(keys.nodes);
	return err;
}

/*
 * If memory or grant references are short, open fewer and smaller rings. A small ring can be
 * opened as long as there are any.
 */
static int open_rings(struct xbfront_vbd *vbd)
{
	const struct xbfront_plan requested = vbd->plan;
	struct xbfront_plan *plan = &vbd->plan;
	unsigned int nr_events = requested.nr_rings - requested.nr_polled;
	int err = 0;

	while (!err && vbd->nr_rings < requested.nr_rings) {
		struct xbfront_ring *ring = &vbd->rings[vbd->nr_rings];

		ring->vbd = vbd;
		ring->polled = vbd->nr_rings >= nr_events;
		err = xbfront_ring_open(ring, plan->order, plan->order || vbd->nr_rings);
		if (err != -EAGAIN) {
			vbd->nr_rings++;
		} else if (plan->order && !vbd->nr_rings) {
			plan->order--;
			err = 0;
		}
	}
	if (err && err != -EAGAIN)
		return err;
	if (!vbd->nr_rings)
		return xvbd_tell(vbd->dev, -ENOSPC,
				 "this guest has no memory or no grant references left for a disk: raise max_grant_frames of this domain");
	plan->nr_rings = vbd->nr_rings;
	plan->nr_polled = vbd->nr_rings - min(vbd->nr_rings, nr_events);
	if (plan->nr_rings < requested.nr_rings || plan->order < requested.order)
		dev_warn_ratelimited(
			&vbd->dev->dev,
			"grant references or memory are short: %u rings of %u pages, in place of %u of %u; raise max_grant_frames of this domain\n",
			plan->nr_rings, 1 << plan->order, requested.nr_rings, 1 << requested.order);
	return 0;
}

static void close_rings(struct xbfront_vbd *vbd)
{
	unsigned int i;

	for (i = 0; i < vbd->nr_rings; i++)
		xbfront_ring_close(&vbd->rings[i]);
	kvfree(vbd->rings);
	vbd->rings = NULL;
	vbd->nr_rings = 0;
}

/*
 * A disk with users waits for resources that are short now: memory, grants, room in the store, or
 * a backend whose keys are valid. Its requests wait as long, or for park_timeout. Only a disk
 * with another sector size fails at once: waiting cannot help.
 */
static int retry_if_parked(struct xbfront_vbd *vbd, int err)
{
	if (!err || !vbd->parked || err == -EMEDIUMTYPE)
		return err;
	xvbd_remember(vbd->dev, &vbd->retry_error);
	xbfront_retry(vbd);
	return -EINPROGRESS;
}

static int publish_vbd(struct xbfront_vbd *vbd)
{
	int err = xbfront_negotiate(vbd);

	if (err)
		return err;
	vbd->rings = kvcalloc(vbd->plan.nr_rings, sizeof(*vbd->rings), GFP_KERNEL);
	if (!vbd->rings)
		return xvbd_tell(vbd->dev, -ENOMEM, "out of memory for %u rings",
				 vbd->plan.nr_rings);
	err = open_rings(vbd);
	return err ?: publish_details(vbd);
}

/*
 * If this fails, xbfront_unlink() releases the rings. If the action will be retried, release them
 * here: other disks need the memory.
 */
int xbfront_publish(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	int err;

	clear_bit(XBFRONT_UNPUBLISHED, &vbd->flags);
	err = publish_vbd(vbd);
	if (err && vbd->parked)
		close_rings(vbd);
	return retry_if_parked(vbd, err);
}

static int read_disk(struct xbfront_vbd *vbd, u64 *keys)
{
	int err;

	clear_bit(XBFRONT_BACK_CHANGED, &vbd->flags);
	err = xvbd_read_keys(vbd->dev, vbd->machine.otherend, xvbd_back_keys, XVBD_BACK_KEYS, keys);
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

	for (i = 0; i < vbd->nr_rings; i++)
		xbfront_ring_prepare(&vbd->rings[i]);
}

int xbfront_connect(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
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
		return xvbd_tell(vbd->dev, -EMEDIUMTYPE, "%s/sector-size: %llu, but %s is in use with %llu",
				 vbd->machine.otherend, keys[XVBD_BACK_SECTOR_SIZE],
				 vbd->gd->disk_name, vbd->keys[XVBD_BACK_SECTOR_SIZE]);
	return 0;
}

static int reconnect_rings(struct xbfront_vbd *vbd)
{
	u64 keys[XVBD_BACK_KEYS];
	int err = reread_disk(vbd, keys);

	if (err)
		return err;
	take_offer(vbd, keys);
	prepare_rings(vbd);
	xbfront_disk_refresh(vbd);
	return 0;
}

int xbfront_reconnect_rings(struct xbfront_vbd *vbd)
{
	return retry_if_parked(vbd, reconnect_rings(vbd));
}

/* Keys that were settled when the rings were made keep their values. */
static void keep_settled(const struct xbfront_vbd *vbd, u64 *keys)
{
	unsigned int i;

	for (i = 0; i < XVBD_BACK_KEYS; i++)
		if (xvbd_back_keys[i].flags & XVBD_KEY_SETTLED)
			keys[i] = vbd->keys[i];
}

/*
 * If the keys cannot be read, report this and keep the disk as it is. Report a changed medium of
 * a removable disk as a drive does: by an event, which has the partitions read again.
 */
int xbfront_refresh(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	u64 keys[XVBD_BACK_KEYS];
	bool same_medium;

	if (reread_disk(vbd, keys))
		return 0;
	keep_settled(vbd, keys);
	if (!memcmp(vbd->keys, keys, sizeof(keys)))
		return 0;
	same_medium = keys[XVBD_BACK_MEDIUM] == vbd->keys[XVBD_BACK_MEDIUM];
	take_offer(vbd, keys);
	xbfront_disk_refresh(vbd);
	if (!same_medium && vbd->gd->flags & GENHD_FL_REMOVABLE)
		xbfront_disk_change_medium(vbd);
	return 0;
}

int xbfront_unlink(struct xvbd_machine *m)
{
	struct xbfront_vbd *vbd = to_vbd(m);
	unsigned int i;

	/* Free a disk that was allocated and never shown. A parked disk stays. */
	if (!vbd->show_started) {
		xbfront_disk_free(vbd);
		clear_bit(XBFRONT_BROKEN, &vbd->flags);
	}
	if (vbd->gd)
		xbfront_queues_detach(vbd);
	/* Not earlier: until the backend has released the rings, it might execute them. */
	for (i = 0; vbd->parked && i < vbd->nr_rings; i++)
		xbfront_requests_requeue(&vbd->rings[i]);
	/* Requeueing has put grants into the pools and may have queued trim_work. */
	cancel_delayed_work_sync(&vbd->trim_work);
	close_rings(vbd);
	clear_bit(XBFRONT_RING_BROKEN, &vbd->flags);
	clear_bit(XBFRONT_STALE, &vbd->flags);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The facts and the actions of the handshake table: they connect a device (read
 * the keys of both ends, get what is served, open the rings), reconfigure it and
 * disconnect it. Only the work item of the device runs them. All sleep.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "backparts.h"
#include "compat.h"

/* Delay before the next attempt to connect; it doubles after each failure. */
#define MIN_RETRY_DELAY 1U /* seconds */
#define MAX_RETRY_DELAY 64U

static struct xsplit_back *to_back(struct xsplit_machine *m)
{
	return container_of(m, struct xsplit_back, machine);
}

/*
 * If the front has closed after we failed, it may start over: the error may have
 * passed.
 */
static void clear_failed(struct xsplit_back *back)
{
	enum xenbus_state front;

	if (!test_bit(XSPLIT_BACK_FAILED, &back->flags) ||
	    READ_ONCE(back->dev->state) != XenbusStateClosed)
		return;
	front = xsplit_read_state(back->dev, back->otherend);
	if (front == XenbusStateClosed || front == XenbusStateUnknown)
		clear_bit(XSPLIT_BACK_FAILED, &back->flags);
}

static bool has_resource(const struct xsplit_back *back)
{
	const struct xsplit_back_class *class = back->class;

	return class->resource < 0 ||
	       xenbus_exists(XBT_NIL, back->dev->nodename, class->keys[class->resource].name);
}

static bool has_changed(struct xsplit_back *back)
{
	const struct xsplit_back_class *class = back->class;

	return test_bit(XSPLIT_BACK_CHANGED, &back->flags) &&
	       (!class->may_reconfigure || class->may_reconfigure(back));
}

static bool is_linked(struct xsplit_back *back)
{
	const struct xsplit_back_class *class = back->class;

	return back->rings || (class->holds && class->holds(back));
}

unsigned int xsplit_back_facts(struct xsplit_machine *m)
{
	struct xsplit_back *back = to_back(m);
	unsigned int facts = 0;

	if (has_resource(back))
		facts |= XSPLIT_F_RESOURCE;
	/* A directory made by hand may lack the key: that means online. */
	if (xsplit_read_number(back->dev->nodename, &xsplit_keys[XSPLIT_ID_ONLINE]))
		facts |= XSPLIT_F_ONLINE;
	if (is_linked(back))
		facts |= XSPLIT_F_LINKED;
	if (has_changed(back))
		facts |= XSPLIT_F_CHANGED;
	clear_failed(back);
	if (test_bit(XSPLIT_BACK_FAILED, &back->flags))
		facts |= XSPLIT_F_FAILED;
	if (test_bit(XSPLIT_BACK_REMOVED, &back->flags))
		facts |= XSPLIT_F_REMOVED;
	return facts;
}

static void add_offer(struct xsplit_back *back, struct xsplit_nodes *nodes)
{
	unsigned int order = xsplit_back_max_order(back);

	xsplit_add_number(nodes, &xsplit_offer_keys[XSPLIT_OFFER_MAX_RING_PAGE_ORDER], order);
	xsplit_add_number(nodes, &xsplit_offer_keys[XSPLIT_OFFER_MAX_RING_PAGES], 1ULL << order);
	xsplit_add_number(nodes, &xsplit_offer_keys[XSPLIT_OFFER_MAX_QUEUES],
			  xsplit_back_max_queues(back));
	if (back->class->offer)
		back->class->offer(back, nodes);
	xsplit_add_number(nodes, &xsplit_keys[XSPLIT_ID_BACK_REJOIN], XSPLIT_REJOIN);
}

/* Errors are ignored: if a key is missing, the front uses the protocol's minimum. */
int xsplit_back_offer(struct xsplit_machine *m)
{
	struct xsplit_back *back = to_back(m);
	struct xsplit_nodes nodes = {};

	clear_bit(XSPLIT_BACK_FAILED, &back->flags);
	add_offer(back, &nodes);
	nodes.nodes = kcalloc(nodes.nr, sizeof(*nodes.nodes), GFP_KERNEL);
	if (!nodes.nodes) {
		xsplit_dev_error(m->dev, -ENOMEM, "out of memory for %u keys", nodes.nr);
		return 0;
	}
	nodes.nr = 0;
	add_offer(back, &nodes);
	xsplit_publish(m->dev, nodes.nodes, nodes.nr, false);
	kfree(nodes.nodes);
	return 0;
}

static struct xsplit_back_ring *alloc_ring(struct xsplit_back *back, unsigned int index)
{
	struct xsplit_back_ring *ring = kzalloc(back->class->ring_size, GFP_KERNEL);

	if (!ring)
		return NULL;
	ring->back = back;
	ring->index = index;
	snprintf(ring->name, sizeof(ring->name), "%s.%d.%s-%u", back->class->name,
		 back->dev->otherend_id, strrchr(back->dev->nodename, '/') + 1, index);
	return ring;
}

/* All rings exist before the first one is opened. */
static int make_rings(struct xsplit_back *back, unsigned int nr)
{
	struct xsplit_back_ring **rings = kcalloc(nr, sizeof(*rings), GFP_KERNEL);
	unsigned int i;

	for (i = 0; rings && i < nr; i++) {
		rings[i] = alloc_ring(back, i);
		if (!rings[i])
			break;
	}
	if (!rings || i < nr) {
		while (i)
			kfree(rings[--i]);
		kfree(rings);
		return xsplit_dev_error(back->dev, -ENOMEM, "out of memory for %u rings", nr);
	}
	mutex_lock(&back->rings_lock);
	back->rings = rings;
	back->nr_rings = nr;
	mutex_unlock(&back->rings_lock);
	return 0;
}

static int open_all_rings(struct xsplit_back *back)
{
	unsigned int i;
	int err = make_rings(back, back->config.nr_rings);

	for (i = 0; !err && i < back->nr_rings; i++)
		err = xsplit_back_open_ring(back->rings[i]);
	return err;
}

static int open_rings(struct xsplit_back *back)
{
	const struct xsplit_back_class *class = back->class;
	int err;

	mutex_lock(&back->pause_lock);
	err = class->may_open ? class->may_open(back) : 0;
	if (!err)
		err = open_all_rings(back);
	mutex_unlock(&back->pause_lock);
	return err;
}

/* After this, readers under rings_lock and pause_lock do not find the rings any more. */
static void free_rings(struct xsplit_back *back)
{
	struct xsplit_back_ring **rings = back->rings;
	unsigned int i, nr = back->nr_rings;

	mutex_lock(&back->rings_lock);
	back->rings = NULL;
	back->nr_rings = 0;
	mutex_unlock(&back->rings_lock);
	/* The end of the last I/O may still be about to use a ring, as an RCU reader. */
	for (i = 0; i < nr; i++)
		kfree_rcu(rings[i], rcu);
	kfree(rings);
}

static void close_rings(struct xsplit_back *back)
{
	unsigned int i;

	mutex_lock(&back->pause_lock);
	/* When a ring is stopped, nothing of it is in flight. */
	for (i = 0; i < back->nr_rings; i++)
		xsplit_back_close_ring(back->rings[i]);
	/* This flag is about the closed rings, not about the next ones. */
	clear_bit(XSPLIT_BACK_RING_BROKEN, &back->flags);
	free_rings(back);
	mutex_unlock(&back->pause_lock);
}

int xsplit_back_unlink(struct xsplit_machine *m)
{
	struct xsplit_back *back = to_back(m);

	close_rings(back);
	if (back->class->disconnect)
		back->class->disconnect(back);
	return 0;
}

/*
 * Get what is served before the rings, so that an error there is reported before
 * anything of the front is mapped. Open the rings last, so that no request is read
 * before everything else is done. There is no cleanup after a failure here: the
 * handshake table calls xsplit_back_unlink().
 */
static int connect(struct xsplit_back *back, bool attach)
{
	const struct xsplit_back_class *class = back->class;
	int err;

	/* Clear it before any key is read: a key that is written from now on counts as a change. */
	clear_bit(XSPLIT_BACK_CHANGED, &back->flags);
	clear_bit(XSPLIT_BACK_FAILED, &back->flags);
	err = class->read_config ? class->read_config(back) : 0;
	if (!err)
		err = xsplit_back_read_config(back);
	if (!err)
		err = class->connect(back, attach);
	if (!err)
		err = open_rings(back);
	if (err && err != -EINPROGRESS)
		set_bit(XSPLIT_BACK_FAILED, &back->flags);
	return err;
}

static int connect_to_rings(struct xsplit_machine *m, bool attach)
{
	int err = connect(to_back(m), attach);
	enum xenbus_state front;

	if (err)
		return err;
	/*
	 * If the front has started over meanwhile, we may have connected to rings that
	 * it has written to xenstore but not announced with its state.
	 */
	front = xsplit_read_state(m->dev, m->otherend);
	if (front == XenbusStateInitialised || front == XenbusStateConnected)
		return 0;
	xsplit_back_unlink(m);
	return -EAGAIN;
}

/*
 * A front that has users waits for a back: it is parked, or it is connected with
 * the rings of another back. So try again after a failure. If no front waits, no
 * row of the table applies, and the retry does nothing.
 */
static int connect_or_retry(struct xsplit_back *back, bool attach)
{
	int err;

	if (xsplit_back_must_wait(back))
		return -EINPROGRESS;
	err = connect_to_rings(&back->machine, attach);
	if (!err) {
		back->retry_delay = 0;
		cancel_delayed_work_sync(&back->retry_work);
	} else if (err != -EAGAIN) {
		back->retry_delay = clamp(2 * back->retry_delay, MIN_RETRY_DELAY, MAX_RETRY_DELAY);
		xsplit_back_start_work(back, &back->retry_work, back->retry_delay * HZ);
	}
	return err;
}

int xsplit_back_connect(struct xsplit_machine *m)
{
	return connect_or_retry(to_back(m), false);
}

int xsplit_back_attach(struct xsplit_machine *m)
{
	return connect_or_retry(to_back(m), true);
}

int xsplit_back_read_keys(struct xsplit_back *back, const struct xsplit_key *keys, unsigned int nr,
			  u64 *values)
{
	struct xenbus_device *dev = back->dev;
	int err = xsplit_read_keys(dev, dev->nodename, keys, nr, values);

	if (err)
		xsplit_error_save(dev, &back->key_error);
	else
		xsplit_error_clear(dev, &back->key_error);
	return err;
}

/* Both ends stay Connected. After an error the table calls xsplit_back_unlink(). */
int xsplit_back_reconfigure(struct xsplit_machine *m)
{
	struct xsplit_back *back = to_back(m);
	int err;

	clear_bit(XSPLIT_BACK_CHANGED, &back->flags);
	err = back->class->reconfigure ? back->class->reconfigure(back) : 0;
	if (err)
		set_bit(XSPLIT_BACK_FAILED, &back->flags);
	return err;
}

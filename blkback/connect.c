// SPDX-License-Identifier: GPL-2.0
/*
 * The actions of the handshake table: from what both directories say to a
 * serving ring, and back. Run by the vbd's work item alone; all sleep.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "blkback.h"
#include "seeded.h"

/* Until a connect that has failed is tried again; longer each time. */
#define MIN_RETRY_DELAY 1U /* seconds */
#define MAX_RETRY_DELAY 64U

static struct xbback_vbd *to_vbd(struct xvbd_machine *m)
{
	return container_of(m, struct xbback_vbd, machine);
}

/* A front that has let go since we failed may start over: the error may have passed. */
static void forgive(struct xbback_vbd *vbd)
{
	enum xenbus_state front;

	if (!test_bit(XBBACK_FAILED, &vbd->flags) ||
	    READ_ONCE(vbd->dev->state) != XenbusStateClosed)
		return;
	front = xvbd_read_state(vbd->dev, vbd->otherend);
	if (front == XenbusStateClosed || front == XenbusStateUnknown)
		clear_bit(XBBACK_FAILED, &vbd->flags);
}

unsigned int xbback_facts(struct xvbd_machine *m)
{
	struct xbback_vbd *vbd = to_vbd(m);
	const char *dir = vbd->dev->nodename;
	unsigned int facts = 0;

	if (xenbus_exists(XBT_NIL, dir, xvbd_tool_keys[XVBD_TOOL_PHYSICAL_DEVICE].name))
		facts |= XVBD_F_DEVICE;
	/* A directory made by hand may lack the key: it is meant to come up. */
	if (xvbd_read_number(dir, &xvbd_keys[XVBD_ID_ONLINE]))
		facts |= XVBD_F_ONLINE;
	if (vbd->disk.handle || vbd->rings)
		facts |= XVBD_F_LINKED;
	/* Who does not serve now does not change what it serves. */
	if (test_bit(XBBACK_NEWS, &vbd->flags) && !(READ_ONCE(vbd->held) & XBBACK_HELD_FENCED))
		facts |= XVBD_F_NEWS;
	forgive(vbd);
	if (test_bit(XBBACK_FAILED, &vbd->flags))
		facts |= XVBD_F_FAILED;
	if (test_bit(XBBACK_REMOVED, &vbd->flags))
		facts |= XVBD_F_REMOVED;
	return facts;
}

/* The rings are there, all of them, before the first is in service. */
static int make_rings(struct xbback_vbd *vbd, unsigned int nr)
{
	struct xbback_ring *rings = kcalloc(nr, sizeof(*rings), GFP_KERNEL);
	unsigned int i;

	if (!rings)
		return xvbd_tell(vbd->dev, -ENOMEM, "out of memory for %u rings", nr);
	for (i = 0; i < nr; i++) {
		rings[i].vbd = vbd;
		rings[i].index = i;
	}
	mutex_lock(&vbd->rings_lock);
	vbd->rings = rings;
	vbd->nr_rings = nr;
	mutex_unlock(&vbd->rings_lock);
	return 0;
}

static int wire_rings(struct xbback_vbd *vbd)
{
	struct xbback_wiring wiring;
	unsigned int i;
	int err = make_rings(vbd, vbd->link.nr_rings);

	for (i = 0; !err && i < vbd->nr_rings; i++) {
		err = xbback_read_wiring(vbd, i, &wiring);
		if (!err)
			err = xbback_ring_open(&vbd->rings[i], &wiring);
		kfree(wiring.dir);
	}
	return err;
}

/* Who has lost its turn since it took it begins nothing. */
static int open_rings(struct xbback_vbd *vbd)
{
	int err;

	mutex_lock(&vbd->held_lock);
	err = vbd->held ? xvbd_tell(vbd->dev, -EBUSY, "the VM goes on as another domain") :
			  wire_rings(vbd);
	mutex_unlock(&vbd->held_lock);
	return err;
}

static void close_rings(struct xbback_vbd *vbd)
{
	unsigned int i;

	mutex_lock(&vbd->held_lock);
	vbd->held &= ~XBBACK_HELD_CHANGE;
	/* Workers first: after this nothing is in flight. */
	for (i = 0; i < vbd->nr_rings; i++)
		xbback_ring_close(&vbd->rings[i]);
	/* What was found in these rings is not held against the next ones. */
	clear_bit(XBBACK_RING_BROKEN, &vbd->flags);

	mutex_lock(&vbd->rings_lock);
	for (i = 0; i < vbd->nr_rings; i++)
		xbback_stats_add(&vbd->past, &vbd->rings[i].stats);
	/* The end of the last I/O may not have woken its worker yet. */
	kfree_rcu(vbd->rings, rcu);
	vbd->rings = NULL;
	vbd->nr_rings = 0;
	mutex_unlock(&vbd->rings_lock);
	mutex_unlock(&vbd->held_lock);
}

static void wait_for_sectors(struct xbback_vbd *vbd)
{
	if (!test_and_set_bit(XBBACK_EMPTY, &vbd->flags)) {
		xvbd_tell(vbd->dev, -ENODATA, "%pg has no sectors: requests wait until it has",
			  vbd->disk.bdev);
		xvbd_remember(vbd->dev, &vbd->told_empty);
	}
	xbback_look_for_sectors(vbd);
}

static void wait_no_more(struct xbback_vbd *vbd)
{
	xbback_look_no_more(vbd);
	if (test_and_clear_bit(XBBACK_EMPTY, &vbd->flags))
		xvbd_tell_no_more(vbd->dev, &vbd->told_empty);
}

int xbback_unlink(struct xvbd_machine *m)
{
	struct xbback_vbd *vbd = to_vbd(m);

	xvbd_seeded_lock_inversion(&vbd->rings_lock, &vbd->held_lock);
	wait_no_more(vbd);
	close_rings(vbd);
	xbback_limit_drop(vbd);
	xbback_disk_close(vbd);
	return 0;
}

/*
 * The device before the rings: what cannot be opened is told before anything
 * of the front's is mapped. The rings last: none is read before all else is
 * done. A failure leaves what was done to xbback_unlink(), which the table
 * calls.
 */
static int connect(struct xbback_vbd *vbd, bool attach)
{
	int err;

	/* Before any key is read: what is written from here on is news again. */
	clear_bit(XBBACK_NEWS, &vbd->flags);
	clear_bit(XBBACK_FAILED, &vbd->flags);
	err = xbback_read_link(vbd);
	if (!err)
		err = xbback_disk_open(vbd);
	if (!err) {
		xbback_limit_read(vbd);
		err = xbback_disk_publish(vbd, false);
	}
	/* The front has read what another driver told it, and may not read again. */
	if (attach)
		vbd->front_flushes = false;
	if (!err)
		err = open_rings(vbd);
	if (err)
		set_bit(XBBACK_FAILED, &vbd->flags);
	return err;
}

static int connect_to_rings(struct xvbd_machine *m, bool attach)
{
	int err = connect(to_vbd(m), attach);
	enum xenbus_state front;

	if (err)
		return err;
	/* A front that has started over since may have published rings that it has not shown. */
	front = xvbd_read_state(m->dev, m->otherend);
	if (front == XenbusStateInitialised || front == XenbusStateConnected)
		return 0;
	xbback_unlink(m);
	return -EAGAIN;
}

/*
 * A front that serves users waits for a back: with its disk parked, or connected to the rings
 * of another driver. So what has failed is tried again; where no front waits, no row of the
 * table applies.
 */
static int connect_or_retry(struct xbback_vbd *vbd, bool attach)
{
	int err = connect_to_rings(&vbd->machine, attach);

	if (!err) {
		vbd->retry_delay = 0;
		xbback_retry_no_more(vbd);
	} else if (err != -EAGAIN) {
		vbd->retry_delay = clamp(2 * vbd->retry_delay, MIN_RETRY_DELAY, MAX_RETRY_DELAY);
		xbback_retry_connect(vbd, vbd->retry_delay);
	}
	return err;
}

int xbback_connect(struct xvbd_machine *m)
{
	return connect_or_retry(to_vbd(m), false);
}

int xbback_attach(struct xvbd_machine *m)
{
	return connect_or_retry(to_vbd(m), true);
}

static void resume_rings(struct xbback_vbd *vbd)
{
	wait_no_more(vbd);
	xbback_release(vbd, XBBACK_HELD_CHANGE);
}

void xbback_look_again(struct xbback_vbd *vbd)
{
	if (!test_bit(XBBACK_EMPTY, &vbd->flags) || xbback_disk_is_empty(vbd))
		return;
	resume_rings(vbd);
	set_bit(XBBACK_NEWS, &vbd->flags);
}

/* Both ends stay Connected: what is in flight ends first, what comes waits. */
int xbback_reconfigure(struct xvbd_machine *m)
{
	struct xbback_vbd *vbd = to_vbd(m);
	bool changed = false;
	int err;

	clear_bit(XBBACK_NEWS, &vbd->flags);
	xbback_look_no_more(vbd);
	xbback_hold(vbd, XBBACK_HELD_CHANGE);
	xbback_limit_read(vbd);
	err = xbback_disk_change(vbd, &changed);
	if (!err && xbback_disk_is_empty(vbd)) {
		wait_for_sectors(vbd);
	} else if (!err) {
		resume_rings(vbd);
		if (changed)
			err = xbback_disk_publish(vbd, true);
	}
	if (err)
		set_bit(XBBACK_FAILED, &vbd->flags);
	return err;
}

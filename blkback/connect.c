// SPDX-License-Identifier: GPL-2.0
/*
 * The actions of the handshake table: they connect a vbd (read the keys of both ends, open
 * the disk and the rings), reconfigure it and disconnect it. Only the vbd's work item runs
 * them. All sleep.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "blkback.h"
#include "seeded.h"

/* Delay before the next attempt to connect; it doubles after each failure. */
#define MIN_RETRY_DELAY 1U /* seconds */
#define MAX_RETRY_DELAY 64U

static struct xbback_vbd *to_vbd(struct xvbd_machine *m)
{
	return container_of(m, struct xbback_vbd, machine);
}

/*
 * If the frontend has closed after we failed, it may start over: the error may have passed.
 */
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
	/* A directory made by hand may lack the key: that means online. */
	if (xvbd_read_number(dir, &xsplit_keys[XSPLIT_ID_ONLINE]))
		facts |= XVBD_F_ONLINE;
	if (vbd->disk.handle || vbd->rings)
		facts |= XVBD_F_LINKED;
	/* A fenced vbd does not serve: do not change its disk now. */
	if (test_bit(XBBACK_CHANGED, &vbd->flags) &&
	    !(READ_ONCE(vbd->paused) & XBBACK_PAUSE_FENCED))
		facts |= XVBD_F_NEWS;
	forgive(vbd);
	if (test_bit(XBBACK_FAILED, &vbd->flags))
		facts |= XVBD_F_FAILED;
	if (test_bit(XBBACK_REMOVED, &vbd->flags))
		facts |= XVBD_F_REMOVED;
	return facts;
}

/* All rings exist before the first one is opened. */
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

static int open_all_rings(struct xbback_vbd *vbd)
{
	struct xbback_ring_info info;
	unsigned int i;
	int err = make_rings(vbd, vbd->ring_config.nr_rings);

	for (i = 0; !err && i < vbd->nr_rings; i++) {
		err = xbback_read_ring_info(vbd, i, &info);
		if (!err)
			err = xbback_ring_open(&vbd->rings[i], &info);
		kfree(info.dir);
	}
	return err;
}

/* Do not start the rings if this vbd was fenced after it took over the device. */
static int open_rings(struct xbback_vbd *vbd)
{
	int err;

	mutex_lock(&vbd->pause_lock);
	err = vbd->paused ? xvbd_tell(vbd->dev, -EBUSY, "the VM goes on as another domain") :
			    open_all_rings(vbd);
	mutex_unlock(&vbd->pause_lock);
	return err;
}

static void close_rings(struct xbback_vbd *vbd)
{
	unsigned int i;

	mutex_lock(&vbd->pause_lock);
	vbd->paused &= ~XBBACK_PAUSE_CHANGE;
	/* Stops the workers: after this nothing is in flight. */
	for (i = 0; i < vbd->nr_rings; i++)
		xbback_ring_close(&vbd->rings[i]);
	/* These flags are about the closed rings, not about the next ones. */
	clear_bit(XBBACK_RING_BROKEN, &vbd->flags);

	mutex_lock(&vbd->rings_lock);
	for (i = 0; i < vbd->nr_rings; i++)
		xbback_stats_add(&vbd->past, &vbd->rings[i].stats);
	/* The end of the last I/O may still be about to wake the worker: finish() in request.c. */
	kfree_rcu(vbd->rings, rcu);
	vbd->rings = NULL;
	vbd->nr_rings = 0;
	mutex_unlock(&vbd->rings_lock);
	mutex_unlock(&vbd->pause_lock);
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

	xvbd_seeded_lock_inversion(&vbd->rings_lock, &vbd->pause_lock);
	wait_no_more(vbd);
	close_rings(vbd);
	xbback_limit_drop(vbd);
	xbback_disk_close(vbd);
	return 0;
}

/*
 * Open the device before the rings, so that a device that cannot be opened is reported before
 * anything of the frontend is mapped. Open the rings last, so that no request is read before
 * everything else is done. There is no cleanup after a failure here: the handshake table
 * calls xbback_unlink().
 */
static int connect(struct xbback_vbd *vbd, bool attach)
{
	int err;

	/* Clear it before any key is read: a key that is written from now on counts as a change. */
	clear_bit(XBBACK_CHANGED, &vbd->flags);
	clear_bit(XBBACK_FAILED, &vbd->flags);
	err = xbback_read_ring_config(vbd);
	if (!err)
		err = xbback_disk_open(vbd);
	if (!err) {
		xbback_limit_read(vbd);
		err = xbback_disk_publish(vbd, false);
	}
	/*
	 * The frontend has read the keys of another backend driver and may not read ours: assume
	 * that it does not know of the write cache.
	 */
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
	/*
	 * If the frontend has started over meanwhile, we may have connected to rings that it has
	 * written to xenstore but not announced with its state.
	 */
	front = xvbd_read_state(m->dev, m->otherend);
	if (front == XenbusStateInitialised || front == XenbusStateConnected)
		return 0;
	xbback_unlink(m);
	return -EAGAIN;
}

/*
 * A frontend whose disk has users waits for a backend: its disk is parked, or it is connected
 * with the rings of another backend driver. So try again after a failure. If no frontend
 * waits, no row of the table applies, and the retry does nothing.
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
	xbback_rings_resume(vbd, XBBACK_PAUSE_CHANGE);
}

void xbback_look_again(struct xbback_vbd *vbd)
{
	if (!test_bit(XBBACK_EMPTY, &vbd->flags) || xbback_disk_is_empty(vbd))
		return;
	resume_rings(vbd);
	set_bit(XBBACK_CHANGED, &vbd->flags);
}

/*
 * Both ends stay Connected. Requests in flight end first; new requests wait in the rings.
 * After an error the rings may stay paused: xbback_unlink() closes them.
 */
int xbback_reconfigure(struct xvbd_machine *m)
{
	struct xbback_vbd *vbd = to_vbd(m);
	bool changed = false;
	int err;

	clear_bit(XBBACK_CHANGED, &vbd->flags);
	xbback_look_no_more(vbd);
	xbback_rings_pause(vbd, XBBACK_PAUSE_CHANGE);
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

// SPDX-License-Identifier: GPL-2.0
/*
 * What a vbd does when its device is connected, changed or disconnected: hooks of the class that
 * open, change and close the disk. Only the vbd's work item runs them, unless stated otherwise.
 * All sleep.
 */
#include <linux/slab.h>

#include "blkback.h"
#include "seeded.h"

#define LOOK_DELAY HZ /* between two checks whether the device has sectors */

/*
 * Check only the device: do not access xenstore before there are sectors. Check again until the
 * vbd's work item stops this: the sectors may disappear once more before it runs.
 */
static void look_work(struct work_struct *work)
{
	struct xbback_vbd *vbd = container_of(to_delayed_work(work), struct xbback_vbd, look_work);

	if (!xbback_disk_is_empty(vbd))
		xsplit_back_kick(&vbd->back);
	xsplit_back_start_work(&vbd->back, &vbd->look_work, LOOK_DELAY);
}

int xbback_init_vbd(struct xsplit_back *back)
{
	struct xbback_vbd *vbd = xbback_to_vbd(back);

	vbd->squeezed_until = jiffies;
	INIT_LIST_HEAD(&vbd->served);
	INIT_DELAYED_WORK(&vbd->look_work, look_work);
	return 0;
}

void xbback_release_vbd(struct xsplit_back *back)
{
	kfree(xbback_to_vbd(back)->told_empty);
}

void xbback_stop(struct xsplit_back *back)
{
	cancel_delayed_work_sync(&xbback_to_vbd(back)->look_work);
}

static void wait_for_sectors(struct xbback_vbd *vbd)
{
	if (!vbd->waits_for_sectors) {
		vbd->waits_for_sectors = true;
		xsplit_dev_error(vbd->back.dev, -ENODATA,
				 "%pg has no sectors: requests wait until it has", vbd->disk.bdev);
		xsplit_error_save(vbd->back.dev, &vbd->told_empty);
	}
	xsplit_back_start_work(&vbd->back, &vbd->look_work, LOOK_DELAY);
}

static void wait_no_more(struct xbback_vbd *vbd)
{
	cancel_delayed_work_sync(&vbd->look_work);
	if (vbd->waits_for_sectors)
		xsplit_error_clear(vbd->back.dev, &vbd->told_empty);
	vbd->waits_for_sectors = false;
}

/* Also without rings: then the next ones are not paused for this reason. */
static void resume_rings(struct xbback_vbd *vbd)
{
	wait_no_more(vbd);
	xbback_rings_resume(vbd, XBBACK_PAUSE_CHANGE);
}

bool xbback_holds(struct xsplit_back *back)
{
	return xbback_to_vbd(back)->disk.handle;
}

int xbback_connect(struct xsplit_back *back, bool attach)
{
	struct xbback_vbd *vbd = xbback_to_vbd(back);
	int err = xbback_disk_open(vbd);

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
	return err;
}

void xbback_disconnect(struct xsplit_back *back)
{
	struct xbback_vbd *vbd = xbback_to_vbd(back);

	xsplit_seeded_lock_inversion(&back->rings_lock, &back->pause_lock);
	resume_rings(vbd);
	xbback_limit_drop(vbd);
	xbback_disk_close(vbd);
}

/* Do not start the rings if this vbd was fenced after it took over the device. */
int xbback_may_open(struct xsplit_back *back)
{
	if (!xbback_to_vbd(back)->paused)
		return 0;
	return xsplit_dev_error(back->dev, -EBUSY, "the VM goes on as another domain");
}

/* A fenced vbd does not serve: do not change its disk now. */
bool xbback_may_reconfigure(struct xsplit_back *back)
{
	return !(READ_ONCE(xbback_to_vbd(back)->paused) & XBBACK_PAUSE_FENCED);
}

void xbback_look(struct xsplit_back *back)
{
	struct xbback_vbd *vbd = xbback_to_vbd(back);

	if (!vbd->waits_for_sectors || xbback_disk_is_empty(vbd))
		return;
	resume_rings(vbd);
	xsplit_back_changed(back);
}

/*
 * Requests in flight end first; new requests wait in the rings. After an error the rings may
 * stay paused: the core closes them.
 */
int xbback_reconfigure(struct xsplit_back *back)
{
	struct xbback_vbd *vbd = xbback_to_vbd(back);
	bool changed = false;
	int err;

	cancel_delayed_work_sync(&vbd->look_work);
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
	return err;
}

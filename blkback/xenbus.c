// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a vbd: the callbacks of xenbus, and the work item that runs the handshake.
 * Callbacks in xenwatch only note that something has changed. The vbd's work item finds out
 * what has changed, and acts on it.
 */
#include <linux/slab.h>

#include "blkback.h"

static struct workqueue_struct *handshake_wq;

#define WRITE_RETRY_DELAY (HZ / 10) /* before a write that xenstored did not take is repeated */
#define LOOK_DELAY HZ /* between two checks whether the device has sectors */

static void vbd_release(struct kref *ref)
{
	struct xbback_vbd *vbd = container_of(ref, struct xbback_vbd, ref);

	put_device(&vbd->dev->dev);
	kfree(vbd->told_empty);
	kfree(vbd->otherend);
	kfree(vbd);
}

static void vbd_put(struct xbback_vbd *vbd)
{
	kref_put(&vbd->ref, vbd_release);
}

void xbback_kick(struct xbback_vbd *vbd)
{
	kref_get(&vbd->ref);
	if (!queue_work(handshake_wq, &vbd->work))
		vbd_put(vbd);
}

static void again_work(struct work_struct *work)
{
	xbback_kick(container_of(to_delayed_work(work), struct xbback_vbd, again_work));
}

/* Act as if a tool had written the device key once more. */
static void retry_work(struct work_struct *work)
{
	struct xbback_vbd *vbd = container_of(to_delayed_work(work), struct xbback_vbd, retry_work);

	set_bit(XBBACK_CHANGED, &vbd->flags);
	xbback_kick(vbd);
}

/*
 * Check only the device: do not access xenstore before there are sectors. Check again until
 * @work stops this: the sectors may disappear once more before @work runs.
 */
static void look_work(struct work_struct *work)
{
	struct xbback_vbd *vbd = container_of(to_delayed_work(work), struct xbback_vbd, look_work);

	if (!xbback_disk_is_empty(vbd))
		xbback_kick(vbd);
	queue_delayed_work(handshake_wq, &vbd->look_work, LOOK_DELAY);
}

/* Start a delayed work, unless xenbus has removed the device. */
static void start_later(struct xbback_vbd *vbd, struct delayed_work *work, unsigned long delay)
{
	mutex_lock(&vbd->farewell_lock);
	if (!test_bit(XBBACK_REMOVED, &vbd->flags))
		mod_delayed_work(handshake_wq, work, delay);
	mutex_unlock(&vbd->farewell_lock);
}

void xbback_retry_connect(struct xbback_vbd *vbd, unsigned int seconds)
{
	start_later(vbd, &vbd->retry_work, seconds * HZ);
}

void xbback_retry_no_more(struct xbback_vbd *vbd)
{
	cancel_delayed_work_sync(&vbd->retry_work);
}

void xbback_look_for_sectors(struct xbback_vbd *vbd)
{
	start_later(vbd, &vbd->look_work, LOOK_DELAY);
}

void xbback_look_no_more(struct xbback_vbd *vbd)
{
	cancel_delayed_work_sync(&vbd->look_work);
}

static void machine_again(struct xvbd_machine *m)
{
	struct xbback_vbd *vbd = container_of(m, struct xbback_vbd, machine);

	start_later(vbd, &vbd->again_work, WRITE_RETRY_DELAY);
}

/* Queue at most one event: it covers all later ones until its callback runs (XSA-349). */
static bool watch_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	return watch->nr_pending == 0;
}

/* Check the path here: an event that is not queued does not reach the callback. */
static bool directory_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xbback_vbd *vbd = container_of(watch, struct xbback_vbd, watch);

	const struct xvbd_key *key = xvbd_blkkey_find(XVBD_DIR_BACK, strrchr(path, '/') + 1);

	if (key && key->flags & XVBD_KEY_LIVE)
		set_bit(XBBACK_CHANGED, &vbd->flags);
	if (key == &xvbd_keys[XSPLIT_ID_BACK_STATE])
		set_bit(XBBACK_STATE_WRITTEN, &vbd->flags);
	return watch_will_handle(watch, path, token);
}

static void directory_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	xbback_kick(container_of(watch, struct xbback_vbd, watch));
}

/*
 * Xenbus unregisters devices in xenwatch. Do it there too, or both could unregister the device
 * at the same time. This calls xbback_remove().
 */
static void farewell_called(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xbback_vbd *vbd = container_of(watch, struct xbback_vbd, farewell);

	device_unregister(&vbd->dev->dev);
}

/*
 * A watch fires once when it is registered. So registering @farewell makes xenwatch call
 * farewell_called().
 */
static int act_unregister(struct xvbd_machine *m)
{
	struct xbback_vbd *vbd = container_of(m, struct xbback_vbd, machine);
	int err = 0;

	mutex_lock(&vbd->farewell_lock);
	if (!vbd->farewell.node && !test_bit(XBBACK_REMOVED, &vbd->flags))
		err = xvbd_watch(vbd->dev, &vbd->farewell, vbd->dev->nodename);
	if (!err)
		set_bit(XBBACK_UNREGISTERING, &vbd->flags);
	mutex_unlock(&vbd->farewell_lock);
	if (err)
		machine_again(m);
	return 0;
}

static void machine_replaced(struct xvbd_machine *m)
{
	act_unregister(m);
}

static void handshake_work(struct work_struct *work)
{
	struct xbback_vbd *vbd = container_of(work, struct xbback_vbd, work);

	if (test_and_clear_bit(XBBACK_RING_BROKEN, &vbd->flags)) {
		set_bit(XBBACK_FAILED, &vbd->flags);
		xvbd_fail(&vbd->machine, -EPROTO, "the front's request index makes no sense");
	}
	xbback_look_again(vbd);
	if (test_and_clear_bit(XBBACK_STATE_WRITTEN, &vbd->flags) &&
	    xvbd_is_replaced(&vbd->machine))
		act_unregister(&vbd->machine);
	/* The directory may belong to a new device: wait until xenbus has removed this one. */
	if (!test_bit(XBBACK_UNREGISTERING, &vbd->flags) || test_bit(XBBACK_REMOVED, &vbd->flags))
		xvbd_machine_run(&vbd->machine);
	vbd_put(vbd);
}

static const xvbd_action_fn actions[XVBD_ACTIONS] = {
	[XVBD_A_OFFER] = xbback_offer,
	[XVBD_A_CONNECT] = xbback_connect,
	[XVBD_A_ATTACH] = xbback_attach,
	[XVBD_A_RECONFIGURE] = xbback_reconfigure,
	[XVBD_A_UNLINK] = xbback_unlink,
	[XVBD_A_UNREGISTER] = act_unregister,
};

static struct xbback_vbd *vbd_alloc(struct xenbus_device *dev)
{
	struct xbback_vbd *vbd = kzalloc(sizeof(*vbd), GFP_KERNEL);

	if (!vbd)
		return NULL;
	vbd->otherend = kstrdup(dev->otherend, GFP_KERNEL);
	if (!vbd->otherend) {
		kfree(vbd);
		return NULL;
	}
	kref_init(&vbd->ref);
	get_device(&dev->dev);
	vbd->dev = dev;
	vbd->watch.will_handle = directory_will_handle;
	vbd->watch.callback = directory_changed;
	vbd->farewell.will_handle = watch_will_handle;
	vbd->farewell.callback = farewell_called;
	vbd->squeezed_until = jiffies;
	INIT_LIST_HEAD(&vbd->served);
	mutex_init(&vbd->rings_lock);
	mutex_init(&vbd->pause_lock);
	mutex_init(&vbd->farewell_lock);
	INIT_WORK(&vbd->work, handshake_work);
	INIT_DELAYED_WORK(&vbd->again_work, again_work);
	INIT_DELAYED_WORK(&vbd->retry_work, retry_work);
	INIT_DELAYED_WORK(&vbd->look_work, look_work);
	vbd->machine = (struct xvbd_machine){
		.role = XVBD_BACK,
		.dev = dev,
		.otherend = vbd->otherend,
		.facts = xbback_facts,
		.actions = actions,
		.again = machine_again,
		.replaced = machine_replaced,
	};
	return vbd;
}

static int probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	struct xbback_vbd *vbd = vbd_alloc(dev);
	int err;

	if (!vbd) {
		xenbus_switch_state(dev, XenbusStateClosing);
		return xvbd_tell(dev, -ENOMEM, "out of memory for a vbd");
	}
	dev_set_drvdata(&dev->dev, vbd);

	err = sysfs_create_groups(&dev->dev.kobj, xbback_groups);
	if (err) {
		xvbd_tell(dev, err, "cannot make the attributes in sysfs");
		xenbus_switch_state(dev, XenbusStateClosing);
		goto fail_put;
	}
	/*
	 * Another driver may have left the device in any state. Keep Closed: it says that the
	 * backend holds no resources.
	 */
	if (dev->state != XenbusStateClosed)
		xvbd_switch_state(&vbd->machine, XenbusStateInitialising);
	/* One watch covers physical-device, online and every other key that tools write. */
	err = xvbd_watch(dev, &vbd->watch, dev->nodename);
	if (err) {
		xenbus_switch_state(dev, XenbusStateClosing);
		goto fail_sysfs;
	}
	return 0;

fail_sysfs:
	sysfs_remove_groups(&dev->dev.kobj, xbback_groups);
fail_put:
	dev_set_drvdata(&dev->dev, NULL);
	vbd_put(vbd);
	return err;
}

/*
 * The driver is unbound, but the device stays. A frontend that can reconnect sees Closed, and
 * starts over with the next driver. Any other frontend would take Closed as the end of the
 * disk. So do not change the state: its requests wait in their ring, as they do when the in-tree
 * backend is unbound. A device that is offline is closed in any case.
 */
static void leave(struct xbback_vbd *vbd)
{
	struct xenbus_device *dev = vbd->dev;

	if (xvbd_announce_replacement(&vbd->machine))
		return;
	xvbd_remove_leaving(dev, xvbd_keys, XVBD_ID_KEYS, XVBD_DIR_BACK);
	if (xvbd_read_number(vbd->otherend, &xsplit_keys[XSPLIT_ID_FRONT_REJOIN]) ||
	    !xvbd_read_number(dev->nodename, &xsplit_keys[XSPLIT_ID_ONLINE]))
		xenbus_switch_state(dev, XenbusStateClosed);
}

/*
 * If the directory is gone, xenwatch calls this: do not wait, because I/O in flight may take
 * long. @work does the rest. If the directory exists (the driver is unbound, or the device is
 * unregistered after Closed), wait for @work: Closed means that the device has been released.
 */
static void xbback_remove(struct xenbus_device *dev)
{
	struct xbback_vbd *vbd = dev_get_drvdata(&dev->dev);

	sysfs_remove_groups(&dev->dev.kobj, xbback_groups);
	xvbd_unwatch(&vbd->watch);
	mutex_lock(&vbd->farewell_lock);
	set_bit(XBBACK_REMOVED, &vbd->flags);
	xvbd_unwatch(&vbd->farewell);
	mutex_unlock(&vbd->farewell_lock);
	cancel_delayed_work_sync(&vbd->again_work);
	cancel_delayed_work_sync(&vbd->retry_work);
	cancel_delayed_work_sync(&vbd->look_work);

	xbback_kick(vbd);
	if (xenbus_exists(XBT_NIL, dev->nodename, "")) {
		flush_work(&vbd->work);
		leave(vbd);
	}
	dev_set_drvdata(&dev->dev, NULL);
	vbd_put(vbd);
}

static void frontend_changed(struct xenbus_device *dev, enum xenbus_state state)
{
	xbback_kick(dev_get_drvdata(&dev->dev));
}

/*
 * Memory is short. The shrinker calls this for every device that has a driver, also before
 * probe() and after remove(), when there is no vbd. The device's reclaim_sem keeps probe() and
 * remove() from running at the same time.
 */
static void reclaim_memory(struct xenbus_device *dev)
{
	struct xbback_vbd *vbd = dev_get_drvdata(&dev->dev);

	if (vbd)
		xbback_pages_squeeze(vbd);
}

static const struct xenbus_device_id ids[] = { { "vbd" }, { "" } };

static struct xenbus_driver driver = {
	.ids = ids,
	.probe = probe,
	.remove = xbback_remove,
	.otherend_changed = frontend_changed,
	.reclaim_memory = reclaim_memory,
	.allow_rebind = true, /* xenbus writes Closed after remove() only if the state is Closing */
};

int xbback_xenbus_init(void)
{
	int err;

	/* A work item that drains a slow disk must not delay those of other vbds. */
	handshake_wq = alloc_workqueue("xbback", WQ_UNBOUND | WQ_MEM_RECLAIM, WQ_MAX_ACTIVE);
	if (!handshake_wq)
		return -ENOMEM;
	err = xenbus_register_backend(&driver);
	if (err)
		destroy_workqueue(handshake_wq);
	return err;
}

static void ignore_event(struct xenbus_watch *watch, const char *path, const char *token)
{
}

/*
 * farewell_called() unregisters its own watch, and that does not wait until the callback has
 * returned. But unregistering any other watch waits for the callback that xenwatch runs now.
 */
static void wait_for_xenwatch(void)
{
	static struct xenbus_watch watch = { .node = "domid", .callback = ignore_event };

	if (!register_xenbus_watch(&watch))
		unregister_xenbus_watch(&watch);
}

void xbback_xenbus_exit(void)
{
	xenbus_unregister_driver(&driver);
	wait_for_xenwatch();
	/* Waits for the work items of vbds whose directory is gone. */
	destroy_workqueue(handshake_wq);
}

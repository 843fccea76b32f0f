// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a back: the callbacks of xenbus, and the work item that runs the
 * handshake. Callbacks in xenwatch only note that something has changed. The work
 * item finds out what has changed, and acts on it.
 */
#include <linux/slab.h>

#include "backparts.h"

#define WRITE_RETRY_DELAY (HZ / 10) /* before a write that xenstored did not take is repeated */

static void again_work(struct work_struct *work)
{
	xsplit_back_kick(container_of(to_delayed_work(work), struct xsplit_back, again_work));
}

/* Act as if a tool had written a live key once more. */
static void retry_work(struct work_struct *work)
{
	struct xsplit_back *back =
		container_of(to_delayed_work(work), struct xsplit_back, retry_work);

	set_bit(XSPLIT_BACK_CHANGED, &back->flags);
	xsplit_back_kick(back);
}

static void retry_write(struct xsplit_machine *m)
{
	struct xsplit_back *back = container_of(m, struct xsplit_back, machine);

	xsplit_back_start_work(back, &back->again_work, WRITE_RETRY_DELAY);
}

/* Queue at most one event: it covers all later ones until its callback runs (XSA-349). */
static bool watch_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	return watch->nr_pending == 0;
}

/* Check the path here: an event that is not queued does not reach the callback. */
static bool directory_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xsplit_back *back = container_of(watch, struct xsplit_back, watch);
	const struct xsplit_back_class *class = back->class;
	const struct xsplit_key *key = xsplit_key_find(class->keys, class->nr_keys, XSPLIT_DIR_BACK,
						       strrchr(path, '/') + 1);

	if (key && key->flags & XSPLIT_KEY_LIVE)
		set_bit(XSPLIT_BACK_CHANGED, &back->flags);
	if (key == &class->keys[XSPLIT_ID_BACK_STATE])
		set_bit(XSPLIT_BACK_STATE_WRITTEN, &back->flags);
	return watch_will_handle(watch, path, token);
}

static void directory_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	xsplit_back_kick(container_of(watch, struct xsplit_back, watch));
}

/*
 * Xenbus unregisters devices in xenwatch. Do it there too, or both could unregister
 * the device at the same time. This calls remove_back().
 */
static void unregister_device(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xsplit_back *back = container_of(watch, struct xsplit_back, unregister_watch);

	device_unregister(&back->dev->dev);
}

/*
 * A watch fires once when it is registered. So registering this one makes xenwatch
 * call unregister_device().
 */
static int act_unregister(struct xsplit_machine *m)
{
	struct xsplit_back *back = container_of(m, struct xsplit_back, machine);
	struct xenbus_watch *watch = &back->unregister_watch;
	int err = 0;

	mutex_lock(&back->unregister_lock);
	if (!watch->node && !test_bit(XSPLIT_BACK_REMOVED, &back->flags))
		err = xsplit_watch(back->dev, watch, back->dev->nodename);
	if (!err)
		set_bit(XSPLIT_BACK_UNREGISTERING, &back->flags);
	mutex_unlock(&back->unregister_lock);
	if (err)
		retry_write(m);
	return 0;
}

static void leave_replaced(struct xsplit_machine *m)
{
	act_unregister(m);
}

static void handshake_work(struct work_struct *work)
{
	struct xsplit_back *back = container_of(work, struct xsplit_back, work);
	struct xsplit_machine *m = &back->machine;

	if (test_and_clear_bit(XSPLIT_BACK_RING_BROKEN, &back->flags)) {
		set_bit(XSPLIT_BACK_FAILED, &back->flags);
		xsplit_machine_fail(m, -EPROTO, "the front's request index makes no sense");
	}
	if (back->class->look)
		back->class->look(back);
	if (test_and_clear_bit(XSPLIT_BACK_STATE_WRITTEN, &back->flags) && xsplit_is_replaced(m))
		act_unregister(m);
	/* The directory may belong to a new device: wait until xenbus has removed this one. */
	if (!test_bit(XSPLIT_BACK_UNREGISTERING, &back->flags) ||
	    test_bit(XSPLIT_BACK_REMOVED, &back->flags))
		xsplit_machine_run(m);
	if (back->wait_error && xsplit_state(m) != XenbusStateInitWait)
		xsplit_error_clear(back->dev, &back->wait_error);
	xsplit_back_put(back);
}

static const xsplit_action_fn back_actions[XSPLIT_ACTIONS] = {
	[XSPLIT_A_OFFER] = xsplit_back_offer,	[XSPLIT_A_CONNECT] = xsplit_back_connect,
	[XSPLIT_A_ATTACH] = xsplit_back_attach, [XSPLIT_A_RECONFIGURE] = xsplit_back_reconfigure,
	[XSPLIT_A_UNLINK] = xsplit_back_unlink, [XSPLIT_A_UNREGISTER] = act_unregister,
};

static void init_back(struct xsplit_back *back, struct xenbus_device *dev)
{
	kref_init(&back->ref);
	get_device(&dev->dev);
	back->dev = dev;
	back->watch.will_handle = directory_will_handle;
	back->watch.callback = directory_changed;
	back->unregister_watch.will_handle = watch_will_handle;
	back->unregister_watch.callback = unregister_device;
	mutex_init(&back->rings_lock);
	mutex_init(&back->pause_lock);
	mutex_init(&back->unregister_lock);
	INIT_WORK(&back->work, handshake_work);
	INIT_DELAYED_WORK(&back->again_work, again_work);
	INIT_DELAYED_WORK(&back->retry_work, retry_work);
	back->machine = (struct xsplit_machine){
		.role = XSPLIT_BACK,
		.dev = dev,
		.otherend = back->otherend,
		.facts = xsplit_back_facts,
		.actions = back_actions,
		.retry_write = retry_write,
		.replaced = leave_replaced,
	};
}

/* Return: the device; or an ERR_PTR after xsplit_dev_error(). */
static struct xsplit_back *alloc_back(struct xsplit_back_class *class, struct xenbus_device *dev)
{
	struct xsplit_back *back = kzalloc(class->size, GFP_KERNEL);
	int err;

	if (back) {
		back->otherend = kstrdup(dev->otherend, GFP_KERNEL);
		back->past_stats = kcalloc(class->nr_stats, sizeof(u64), GFP_KERNEL);
	}
	if (!back || !back->otherend || !back->past_stats) {
		err = xsplit_dev_error(dev, -ENOMEM, "out of memory for a %s", class->type);
		goto fail_free;
	}
	back->class = class;
	init_back(back, dev);
	err = class->init ? class->init(back) : 0;
	if (!err) {
		xsplit_back_enter(back);
		return back;
	}
	put_device(&dev->dev);
fail_free:
	if (back)
		xsplit_back_free(back);
	return ERR_PTR(err);
}

/* The class's attributes, and the statistics. Return: 0; or a negative errno, and none is left. */
static int add_attributes(struct xsplit_back_class *class, struct device *dev)
{
	int err = sysfs_create_groups(&dev->kobj, class->groups);

	if (err)
		return err;
	err = xsplit_stats_add(&class->stats_files, dev);
	if (err)
		sysfs_remove_groups(&dev->kobj, class->groups);
	return err;
}

static void remove_attributes(struct xsplit_back_class *class, struct device *dev)
{
	xsplit_stats_remove(&class->stats_files, dev);
	sysfs_remove_groups(&dev->kobj, class->groups);
}

static int probe_back(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	struct xsplit_back_class *class = container_of(id, struct xsplit_back_class, ids[0]);
	struct xsplit_back *back = alloc_back(class, dev);
	int err;

	if (IS_ERR(back)) {
		xenbus_switch_state(dev, XenbusStateClosing);
		return PTR_ERR(back);
	}
	dev_set_drvdata(&dev->dev, back);

	err = add_attributes(class, &dev->dev);
	if (err) {
		xsplit_dev_error(dev, err, "cannot make the attributes in sysfs");
		xenbus_switch_state(dev, XenbusStateClosing);
		goto fail_put;
	}
	/*
	 * Another driver may have left the device in any state. Keep Closed: it says that
	 * the back holds no resources.
	 */
	if (dev->state != XenbusStateClosed)
		xsplit_switch_state(&back->machine, XenbusStateInitialising);
	/* One watch covers the resource, online and every other key that tools write. */
	err = xsplit_watch(dev, &back->watch, dev->nodename);
	if (err) {
		xenbus_switch_state(dev, XenbusStateClosing);
		goto fail_sysfs;
	}
	return 0;

fail_sysfs:
	remove_attributes(class, &dev->dev);
fail_put:
	dev_set_drvdata(&dev->dev, NULL);
	xsplit_back_put(back);
	return err;
}

/*
 * The driver is unbound, but the device stays. A front that can reconnect sees
 * Closed, and starts over with the next driver. Any other front would take Closed as
 * the end of the device. So do not change the state: its requests wait in their
 * ring, as they do when the in-tree back is unbound. A device that is offline is
 * closed in any case.
 */
static void leave_device(struct xsplit_back *back)
{
	const struct xsplit_back_class *class = back->class;
	struct xenbus_device *dev = back->dev;

	if (xsplit_announce_replacement(&back->machine))
		return;
	xsplit_withdraw_keys(dev, class->keys, class->nr_keys, XSPLIT_DIR_BACK);
	if (xsplit_read_number(back->otherend, &xsplit_keys[XSPLIT_ID_FRONT_REJOIN]) ||
	    !xsplit_read_number(dev->nodename, &xsplit_keys[XSPLIT_ID_ONLINE]))
		xenbus_switch_state(dev, XenbusStateClosed);
}

/*
 * If the directory is gone, or is one of another device, perhaps without a state yet,
 * xenwatch calls this: do not wait, because I/O in flight may take long. The work item
 * does the rest. Nor wait if we have had the device unregistered: either it was Closed,
 * or its directory has been replaced. Else the driver is unbound: wait for the work
 * item, because Closed means that the device has been released.
 */
static void remove_back(struct xenbus_device *dev)
{
	struct xsplit_back *back = dev_get_drvdata(&dev->dev);
	struct xsplit_back_class *class = back->class;

	remove_attributes(class, &dev->dev);
	xsplit_unwatch(&back->watch);
	mutex_lock(&back->unregister_lock);
	set_bit(XSPLIT_BACK_REMOVED, &back->flags);
	xsplit_unwatch(&back->unregister_watch);
	mutex_unlock(&back->unregister_lock);
	cancel_delayed_work_sync(&back->again_work);
	cancel_delayed_work_sync(&back->retry_work);
	if (class->stop)
		class->stop(back);

	xsplit_back_kick(back);
	if (xenbus_exists(XBT_NIL, dev->nodename, "state")) {
		if (!test_bit(XSPLIT_BACK_UNREGISTERING, &back->flags) &&
		    !xsplit_is_replaced(&back->machine))
			flush_work(&back->work);
		leave_device(back);
	}
	dev_set_drvdata(&dev->dev, NULL);
	xsplit_back_put(back);
}

static void frontend_changed(struct xenbus_device *dev, enum xenbus_state state)
{
	xsplit_back_kick(dev_get_drvdata(&dev->dev));
}

/*
 * Memory is short. The shrinker calls this for every device that has a driver, also
 * before probe and after remove, when there is no back. The device's reclaim_sem
 * keeps probe and remove from running at the same time.
 */
static void reclaim_memory(struct xenbus_device *dev)
{
	struct xsplit_back *back = dev_get_drvdata(&dev->dev);

	if (back && back->class->reclaim)
		back->class->reclaim(back);
}

static bool has_live_key(const struct xsplit_back_class *class)
{
	unsigned int i;

	for (i = 0; i < class->nr_keys; i++)
		if (class->keys[i].dir == XSPLIT_DIR_BACK && class->keys[i].flags & XSPLIT_KEY_LIVE)
			return true;
	return false;
}

/* Refuse a class that lacks a hook without which the core would report a success that is none. */
static bool is_complete(const struct xsplit_back_class *class)
{
	if (!class->name || !class->type || class->size < sizeof(struct xsplit_back) ||
	    class->ring_size < sizeof(struct xsplit_back_ring))
		return false;
	if (!class->keys || class->nr_keys < XSPLIT_ID_KEYS ||
	    class->resource >= (int)class->nr_keys)
		return false;
	if (!class->connect || !class->ring_start || !class->ring_stop || !class->event)
		return false;
	if (class->serve && !class->response_size)
		return false;
	/* What connect() gets must be released, and the core must know of it. */
	if (!class->holds != !class->disconnect)
		return false;
	return class->reconfigure || !has_live_key(class);
}

static u64 read_stat(struct device *dev, unsigned int index)
{
	return xsplit_back_read_stat(dev_get_drvdata(dev), index);
}

int xsplit_back_register(struct xsplit_back_class *class)
{
	int err;

	if (class->serve)
		xsplit_back_use_serve(class);
	if (WARN_ON_ONCE(!is_complete(class)))
		return -EINVAL;
	err = xsplit_stats_init(&class->stats_files, class->stats, class->nr_stats, read_stat);
	if (err)
		return err;
	/* A work item that drains a slow device must not delay those of other devices. */
	class->wq = alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, WQ_MAX_ACTIVE, class->name);
	if (!class->wq) {
		xsplit_stats_free(&class->stats_files);
		return -ENOMEM;
	}
	INIT_LIST_HEAD(&class->living);
	strscpy(class->ids[0].devicetype, class->type, sizeof(class->ids[0].devicetype));
	class->driver = (struct xenbus_driver){
		.ids = class->ids,
		.probe = probe_back,
		.remove = remove_back,
		.otherend_changed = frontend_changed,
		.reclaim_memory = reclaim_memory,
		/* xenbus writes Closed after remove only if the state is Closing */
		.allow_rebind = true,
	};
	err = xenbus_register_backend(&class->driver);
	if (err) {
		destroy_workqueue(class->wq);
		xsplit_stats_free(&class->stats_files);
	}
	return err;
}

static void ignore_event(struct xenbus_watch *watch, const char *path, const char *token)
{
}

/*
 * unregister_device() unregisters its own watch, and that does not wait until the
 * callback has returned. But unregistering any other watch waits for the callback
 * that xenwatch runs now.
 */
static void wait_for_xenwatch(void)
{
	static struct xenbus_watch watch = { .node = "domid", .callback = ignore_event };

	if (!register_xenbus_watch(&watch))
		unregister_xenbus_watch(&watch);
}

void xsplit_back_unregister(struct xsplit_back_class *class)
{
	xenbus_unregister_driver(&class->driver);
	wait_for_xenwatch();
	/*
	 * A device whose directory is gone lives until its I/O has ended, and its rings may
	 * kick it until then. Only after that destroy the workqueue, which would lose a kick.
	 * That waits until the last work item has left this module's code.
	 */
	xsplit_back_wait_for_all(class);
	destroy_workqueue(class->wq);
	xsplit_stats_free(&class->stats_files);
}

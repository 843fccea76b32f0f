// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a front: the callbacks of xenbus, the work item, and the watch on
 * our directory. The callbacks that run in xenwatch only note that something
 * has changed. The work finds out what, and acts.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "frontparts.h"
#include "seeded.h"

static const struct xsplit_front_class *front_class;
static struct xsplit_stats stats_files;

#define RETRY_DELAY (HZ / 10) /* before a failed write to the store is retried */
#define FOLLOW_DELAY HZ /* before the store is checked for another backend again */

/*
 * The bus calls is_ready() without the lock of the device. In the domain that runs xenstored it
 * also calls resume() without it. Both may run before, during or after probe() and remove(). A
 * resume registers the watch that calls backend_changed(). This lock protects the front of a
 * device against all three.
 */
static DEFINE_SPINLOCK(drvdata_lock);

static void set_front(struct xenbus_device *dev, struct xsplit_front *front)
{
	spin_lock(&drvdata_lock);
	dev_set_drvdata(&dev->dev, front);
	spin_unlock(&drvdata_lock);
}

/* Return: the front of @dev with a reference; NULL before probe() and after remove(). */
static struct xsplit_front *get_front(struct xenbus_device *dev)
{
	struct xsplit_front *front;

	spin_lock(&drvdata_lock);
	front = dev_get_drvdata(&dev->dev);
	if (front)
		xsplit_front_get(front);
	spin_unlock(&drvdata_lock);
	return front;
}

static void queue_again_work(struct xsplit_front *front, unsigned long delay)
{
	if (!test_bit(XSPLIT_FRONT_REMOVED, &front->flags))
		queue_delayed_work(xsplit_front_handshake_wq, &front->again_work, delay);
}

/*
 * Make the watch on our directory fire, so that xenwatch calls directory_changed(). Only
 * the work calls this.
 */
static void touch_directory(struct xsplit_front *front)
{
	const struct xsplit_node node = {
		.key = &xsplit_keys[XSPLIT_ID_FRONT_REJOIN],
		.number = xsplit_front_rejoin_key(front),
	};

	set_bit(XSPLIT_FRONT_TOUCHED, &front->flags);
	if (xsplit_touch(front->dev, &node))
		queue_again_work(front, RETRY_DELAY);
}

static void again_work(struct work_struct *work)
{
	struct xsplit_front *front =
		container_of(to_delayed_work(work), struct xsplit_front, again_work);

	set_bit(XSPLIT_FRONT_TOUCH_RETRY, &front->flags);
	xsplit_front_kick(front);
}

static void call_xenwatch(struct xsplit_machine *m)
{
	touch_directory(xsplit_front_of(m));
}

static void retry_write(struct xsplit_machine *m)
{
	queue_again_work(xsplit_front_of(m), RETRY_DELAY);
}

/*
 * Use the new backend. Xenbus has already set dev->state to Initialising, but the store may have
 * another state. A state that the machine has chosen for the former backend is void.
 */
static void switch_backend(struct xsplit_front *front)
{
	char *otherend;

	/* The device may be removed during a resume: its directory is not ours any more. */
	if (test_bit(XSPLIT_FRONT_REMOVED, &front->flags) || !READ_ONCE(front->next_otherend))
		return;
	/* First: then directory_changed() can write no other state for the new backend. */
	xsplit_start_over(&front->machine);
	otherend = xchg(&front->next_otherend, NULL);
	kfree(front->otherend);
	front->otherend = otherend;
	front->machine.otherend = otherend;
	/* What failed with the former back says nothing about this one. */
	xsplit_front_forget_retries(front);
	if (front->rings)
		set_bit(XSPLIT_FRONT_STALE, &front->flags);
}

/* A close has started this. If a resume has made us Connected since, continue the close. */
static void finish_hiding(struct xsplit_front *front)
{
	xsplit_front_discard(front);
	if (xsplit_state(&front->machine) == XenbusStateConnected)
		xsplit_switch_state(&front->machine, XenbusStateClosing);
}

/* Act on what other contexts have noted. */
static void handle_flags(struct xsplit_front *front)
{
	if (test_and_clear_bit(XSPLIT_FRONT_TOUCH_RETRY, &front->flags) &&
	    !test_bit(XSPLIT_FRONT_REMOVED, &front->flags))
		touch_directory(front);
	if (test_and_clear_bit(XSPLIT_FRONT_RING_BROKEN, &front->flags) &&
	    !test_bit(XSPLIT_FRONT_STALE, &front->flags))
		xsplit_front_fail(front, -EPROTO, "the back answered what was not asked");
	if (front->class->look)
		front->class->look(front);
	if (test_and_clear_bit(XSPLIT_FRONT_GAVE_UP, &front->flags))
		xsplit_front_give_up(front);
	if (test_and_clear_bit(XSPLIT_FRONT_HIDDEN, &front->flags))
		finish_hiding(front);
}

/*
 * While a device has no backend, all its requests wait for this work. The users of a disk may
 * need them for swap and dirty pages. An allocation must not wait until these are written: use
 * GFP_NOIO.
 */
static void handshake_work(struct work_struct *work)
{
	struct xsplit_front *front = container_of(work, struct xsplit_front, work);
	unsigned int noio = memalloc_noio_save();

	switch_backend(front);
	handle_flags(front);
	xsplit_machine_run(&front->machine);
	xsplit_front_put(front);
	memalloc_noio_restore(noio);
}

static bool is_key(const struct xsplit_front *front, const char *path, enum xsplit_key_id id)
{
	size_t len = strlen(front->dev->nodename);

	/* The first event of the watch, or the directory was removed. */
	if (!path[len])
		return true;
	return path[len] == '/' && !strcmp(path + len + 1, xsplit_key_name(id));
}

/*
 * Only two keys of the directory matter; we write most others ourselves. If there is no room for
 * feature-rejoin, xsplit_touch() writes the state instead.
 */
static bool directory_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xsplit_front *front = container_of(watch, struct xsplit_front, watch);

	if (watch->nr_pending || strlen(path) < strlen(front->dev->nodename))
		return false;
	if (test_bit(XSPLIT_FRONT_TOUCHED, &front->flags) &&
	    is_key(front, path, XSPLIT_ID_FRONT_STATE))
		return true;
	return is_key(front, path, XSPLIT_ID_BACKEND) ||
	       is_key(front, path, XSPLIT_ID_FRONT_REJOIN);
}

/*
 * Follow the tools if they have named another backend. For xenbus this is a
 * resume of one device, so have xenbus do what it does in a resume. This runs
 * in xenwatch, like all other code that uses the same data of xenbus. If
 * another task holds the lock of the device, it is binding the driver, perhaps
 * to the old backend, or unbinding it.
 *
 * Return: false if the caller must try again later.
 */
static bool follow_back(struct xenbus_device *dev)
{
	bool done = true;
	char *name;

	if (!device_trylock(&dev->dev))
		return false;
	name = xsplit_read_string(dev->nodename, xsplit_key_name(XSPLIT_ID_BACKEND));
	if (name && dev->otherend && strcmp(name, dev->otherend)) {
		done = xenbus_exists(XBT_NIL, name, "");
		if (done)
			xsplit_dev_resume(dev);
	}
	device_unlock(&dev->dev);
	kfree(name);
	return done;
}

static void directory_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xsplit_front *front = container_of(watch, struct xsplit_front, watch);

	clear_bit(XSPLIT_FRONT_TOUCHED, &front->flags);
	if (!follow_back(front->dev))
		queue_again_work(front, FOLLOW_DELAY);
	/* The state was chosen for the former backend: switch_backend() chooses another. */
	if (!READ_ONCE(front->next_otherend) && xsplit_write_state(&front->machine))
		xsplit_front_kick(front);
}

/* Runs in xenwatch, which also serves devices that wait for a backend: use GFP_NOIO. */
static struct xsplit_front *alloc_front(struct xenbus_device *dev)
{
	struct xsplit_front *front = kzalloc(front_class->size, GFP_NOIO);

	if (!front)
		return NULL;
	front->otherend = kstrdup(dev->otherend, GFP_NOIO);
	if (!front->otherend) {
		kfree(front);
		return NULL;
	}
	kref_init(&front->ref);
	get_device(&dev->dev);
	front->class = front_class;
	front->dev = dev;
	front->response = front_class->nr_calls ? xsplit_front_take_answer : front_class->response;
	front->closed = true;
	spin_lock_init(&front->lock);
	init_waitqueue_head(&front->call_wait);
	INIT_WORK(&front->work, handshake_work);
	INIT_DELAYED_WORK(&front->again_work, again_work);
	xsplit_front_init_waits(front);
	front->watch.will_handle = directory_will_handle;
	front->watch.callback = directory_changed;
	front->machine = (struct xsplit_machine){
		.role = XSPLIT_FRONT,
		.dev = dev,
		.otherend = front->otherend,
		.facts = xsplit_front_facts,
		.actions = xsplit_front_actions,
		.call_xenwatch = call_xenwatch,
		.retry_write = retry_write,
	};
	return front;
}

/*
 * Another driver may have closed the device before. Set dev->state now, so that a caller that
 * loads the module waits for the device. The store still says Closed; xenbus removes no frontend
 * in that state.
 */
static int start_front(struct xsplit_front *front)
{
	struct xenbus_device *dev = front->dev;

	set_bit(XSPLIT_FRONT_UNPUBLISHED, &front->flags);
	if (dev->state != XenbusStateInitialising) {
		dev->state = XenbusStateInitialising;
		xsplit_start_over(&front->machine);
	}
	return xsplit_watch(dev, &front->watch, dev->nodename);
}

static int probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	struct xsplit_front *front = alloc_front(dev);
	int err;

	if (!front) {
		xenbus_switch_state(dev, XenbusStateClosing);
		return xsplit_dev_error(dev, -ENOMEM, "out of memory for a %s", front_class->type);
	}
	err = front_class->init ? front_class->init(front) : 0;
	if (err == -ENODEV)
		goto fail_put;
	if (!err)
		err = xsplit_front_make_calls(front);
	if (!err)
		err = start_front(front);
	if (err)
		goto fail_close;
	set_front(dev, front);
	/* Without them the device works as well. */
	front->has_stats = !xsplit_stats_add(&stats_files, &dev->dev);
	if (!front->has_stats)
		dev_warn(&dev->dev, "no statistics in sysfs\n");
	return 0;

fail_close:
	/* There are no rings yet: the backend need not wait. */
	xenbus_switch_state(dev, XenbusStateClosed);
fail_put:
	xsplit_front_put(front);
	return err;
}

/* Do not wait for the backend: requests without a response fail. */
static void remove_front(struct xenbus_device *dev)
{
	struct xsplit_front *front = dev_get_drvdata(&dev->dev);

	if (front->has_stats)
		xsplit_stats_remove(&stats_files, &dev->dev);
	xsplit_unwatch(&front->watch);
	/* Users who leave after this kick no more: see xsplit_call_release(). */
	spin_lock_irq(&front->lock);
	set_bit(XSPLIT_FRONT_REMOVED, &front->flags);
	spin_unlock_irq(&front->lock);
	xsplit_front_kick(front);
	flush_work(&front->work);
	cancel_delayed_work_sync(&front->again_work);
	/* It may have queued the work once more before it was cancelled. */
	flush_work(&front->work);
	xsplit_withdraw_keys(dev, front->class->keys, front->class->nr_keys, XSPLIT_DIR_FRONT);
	if (front->class->remove)
		front->class->remove(front);
	set_front(dev, NULL);
	xsplit_front_put(front);
}

static void backend_changed(struct xenbus_device *dev, enum xenbus_state state)
{
	struct xsplit_front *front = get_front(dev);

	if (!front)
		return;
	if (state == XenbusStateConnected)
		set_bit(XSPLIT_FRONT_NEWS, &front->flags);
	xsplit_front_kick(front);
	xsplit_front_put(front);
}

/* Xenbus has read the new backend into @dev. The work may still use the former one. */
static int resume(struct xenbus_device *dev)
{
	struct xsplit_front *front = get_front(dev);
	char *otherend;

	if (!front)
		return 0;
	otherend = kstrdup(dev->otherend, GFP_NOIO);
	if (otherend) {
		kfree(xchg(&front->next_otherend, otherend));
		xsplit_front_kick(front);
	}
	xsplit_front_put(front);
	if (!otherend) {
		xenbus_switch_state(dev, XenbusStateClosing);
		return xsplit_dev_error(dev, -ENOMEM, "out of memory for the name of the back");
	}
	return 0;
}

/* The boot waits for devices that are not ready. */
static int is_ready(struct xenbus_device *dev)
{
	struct xsplit_front *front = get_front(dev);
	bool ready;

	if (!front)
		return false;
	ready = !front->class->is_ready || front->class->is_ready(front);
	xsplit_front_put(front);
	return ready;
}

static struct xenbus_device_id ids[2];

static struct xenbus_driver driver = {
	.ids = ids,
	.probe = probe,
	.remove = remove_front,
	.resume = resume,
	.otherend_changed = backend_changed,
	.is_ready = is_ready,
};

/* What becomes of requests: the core sees to that itself if the class has calls. */
static bool has_request_hooks(const struct xsplit_front_class *c)
{
	if (c->nr_calls)
		return c->fill && c->answer && !c->response && !c->event &&
		       xsplit_front_response_fits(c) && xsplit_front_calls_fit(c);
	if (!c->kill || !c->park || !c->detach || !c->unpark)
		return false;
	if (c->response)
		return !c->event && xsplit_front_response_fits(c);
	return c->event;
}

/* Without a hook the core would report success for what nobody has done. */
static bool has_hooks(const struct xsplit_front_class *c)
{
	if (!c->show)
		return false;
	if (!c->is_ready && !c->not_essential)
		return false;
	if ((c->busy && (!c->refuse || !c->hide)) || (!c->hide && !c->discard))
		return false;
	return has_request_hooks(c);
}

static bool is_complete(const struct xsplit_front_class *c)
{
	return c->type && c->name && c->irq_name && c->keys && c->slot_size &&
	       strlen(c->type) < sizeof(ids[0].devicetype) &&
	       c->size >= sizeof(struct xsplit_front) &&
	       c->ring_size >= sizeof(struct xsplit_front_ring) && has_hooks(c);
}

static u64 read_stat(struct device *dev, unsigned int index)
{
	return READ_ONCE(*xsplit_stat_of(dev_get_drvdata(dev), &front_class->stats[index]));
}

static void release_class(void)
{
	xsplit_front_destroy_workqueues();
	xsplit_stats_free(&stats_files);
	front_class = NULL;
}

int xsplit_front_register(const struct xsplit_front_class *class)
{
	int err;

	if (WARN_ON_ONCE(!is_complete(class)))
		return -EINVAL;
	if (front_class)
		return -EBUSY;
	front_class = class;
	strscpy(ids[0].devicetype, class->type, sizeof(ids[0].devicetype));
	driver.not_essential = class->not_essential;
	err = xsplit_stats_init(&stats_files, class->stats, class->nr_stats, read_stat);
	if (!err && !xsplit_front_make_workqueues(class->name))
		err = -ENOMEM;
	if (!err)
		err = xenbus_register_frontend(&driver);
	if (err)
		release_class();
	return err;
}

void xsplit_front_unregister(void)
{
	xenbus_unregister_driver(&driver);
	release_class();
}

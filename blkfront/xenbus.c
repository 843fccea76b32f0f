// SPDX-License-Identifier: GPL-2.0
/*
 * Xenbus callbacks of a vbd. Those that run in xenwatch only note that
 * something has changed. vbd->work finds out what, and acts.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "blkfront.h"
#include "seeded.h"

static struct workqueue_struct *handshake_wq;
struct workqueue_struct *xbfront_disk_wq;

#define RETRY_DELAY (HZ / 10) /* before a failed write to the store is retried */
#define FOLLOW_DELAY HZ /* before the store is checked for another backend again */
#define MAX_RETRY_SHIFT 5 /* exponent: a parked disk waits at most 2^5 s before a retry */

/*
 * The bus calls is_ready() without the lock of the device. In the domain that runs xenstored it
 * also calls resume() without it. Both may run before, during or after probe() and remove(). A
 * resume registers the watch that calls backend_changed(). This lock protects the vbd of a device
 * against all three.
 */
static DEFINE_SPINLOCK(drvdata_lock);

static void vbd_release(struct kref *ref)
{
	struct xbfront_vbd *vbd = container_of(ref, struct xbfront_vbd, ref);

	put_device(&vbd->dev->dev);
	kfree(vbd->retry_error);
	kfree(vbd->busy_error);
	kfree(vbd->next_otherend);
	kfree(vbd->otherend);
	kfree(vbd);
	xvbd_seeded_use_after_free(&vbd->flags);
}

void xbfront_put(struct xbfront_vbd *vbd)
{
	kref_put(&vbd->ref, vbd_release);
}

void xbfront_kick(struct xbfront_vbd *vbd)
{
	kref_get(&vbd->ref);
	if (!queue_work(handshake_wq, &vbd->work))
		xbfront_put(vbd);
}

void xbfront_retry(struct xbfront_vbd *vbd)
{
	unsigned long delay = HZ << min(vbd->retries, MAX_RETRY_SHIFT);

	vbd->retries++;
	queue_delayed_work(handshake_wq, &vbd->retry_work, delay);
}

static void retry_work(struct work_struct *work)
{
	xbfront_kick(container_of(to_delayed_work(work), struct xbfront_vbd, retry_work));
}

static void set_vbd(struct xenbus_device *dev, struct xbfront_vbd *vbd)
{
	spin_lock(&drvdata_lock);
	dev_set_drvdata(&dev->dev, vbd);
	spin_unlock(&drvdata_lock);
}

/* Return: the vbd of @dev with a reference; NULL before probe() and after remove(). */
static struct xbfront_vbd *get_vbd(struct xenbus_device *dev)
{
	struct xbfront_vbd *vbd;

	spin_lock(&drvdata_lock);
	vbd = dev_get_drvdata(&dev->dev);
	if (vbd)
		kref_get(&vbd->ref);
	spin_unlock(&drvdata_lock);
	return vbd;
}

/* Tools that move disks read this key to know what the frontend does without a backend. */
unsigned int xbfront_rejoin_key(const struct xbfront_vbd *vbd)
{
	return vbd->gd ? XSPLIT_REJOIN_CLOSED : XSPLIT_REJOIN;
}

static void queue_again_work(struct xbfront_vbd *vbd, unsigned long delay)
{
	if (!test_bit(XBFRONT_REMOVED, &vbd->flags))
		queue_delayed_work(handshake_wq, &vbd->again_work, delay);
}

/*
 * Make the watch on our directory fire, so that xenwatch calls directory_changed(). Only
 * vbd->work calls this.
 */
static void touch_directory(struct xbfront_vbd *vbd)
{
	const struct xvbd_node node = {
		.key = &xsplit_keys[XSPLIT_ID_FRONT_REJOIN],
		.number = xbfront_rejoin_key(vbd),
	};

	set_bit(XBFRONT_TOUCHED, &vbd->flags);
	if (xvbd_touch(vbd->dev, &node))
		queue_again_work(vbd, RETRY_DELAY);
}

static void again_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd =
		container_of(to_delayed_work(work), struct xbfront_vbd, again_work);

	set_bit(XBFRONT_TOUCH_RETRY, &vbd->flags);
	xbfront_kick(vbd);
}

static void machine_call(struct xvbd_machine *m)
{
	touch_directory(container_of(m, struct xbfront_vbd, machine));
}

static void machine_again(struct xvbd_machine *m)
{
	queue_again_work(container_of(m, struct xbfront_vbd, machine), RETRY_DELAY);
}

/* Report nothing once the device is removed: the directory may belong to a new device. */
static void fail_vbd(struct xbfront_vbd *vbd, int err, const char *why)
{
	if (test_bit(XBFRONT_REMOVED, &vbd->flags))
		return;
	set_bit(XBFRONT_BROKEN, &vbd->flags);
	xvbd_fail(&vbd->machine, err, "%s", why);
}

/*
 * Report what the disk has waited for together with the last error, which retry_error holds as
 * "ERRNO TEXT".
 */
static void give_up_waiting(struct xbfront_vbd *vbd)
{
	const char *failed = vbd->retry_error ? strchr(vbd->retry_error, ' ') : NULL;
	char *why = NULL;

	if (failed)
		why = kasprintf(GFP_NOIO, "%s; gave up after park_timeout", failed + 1);
	fail_vbd(vbd, -ETIMEDOUT, why ?: "no back has come for the requests that wait");
	kfree(why);
}

/* A close has started this. If a resume has made us Connected since, continue the close. */
static void free_hidden_disk(struct xbfront_vbd *vbd)
{
	xbfront_disk_free(vbd);
	if (xvbd_state(&vbd->machine) == XenbusStateConnected)
		xvbd_switch_state(&vbd->machine, XenbusStateClosing);
}

/* Show users that the disk no longer supports the operation. */
static void op_refused(struct xbfront_vbd *vbd)
{
	dev_info_ratelimited(&vbd->dev->dev,
			     "the back does not do an operation that it has offered\n");
	if (vbd->gd)
		xbfront_disk_refresh(vbd);
}

/*
 * Use the new backend. Xenbus has already set dev->state to Initialising, but the store may have
 * another state. A state that the machine has chosen for the former backend is void.
 */
static void switch_backend(struct xbfront_vbd *vbd)
{
	char *otherend;

	/* The device may be removed during a resume: its directory is not ours any more. */
	if (test_bit(XBFRONT_REMOVED, &vbd->flags) || !READ_ONCE(vbd->next_otherend))
		return;
	/* First: then directory_changed() can write no other state for the new backend. */
	xvbd_start_over(&vbd->machine);
	otherend = xchg(&vbd->next_otherend, NULL);
	kfree(vbd->otherend);
	vbd->otherend = otherend;
	vbd->machine.otherend = otherend;
	/* What failed with the former back says nothing about this one. */
	if (vbd->retry_error)
		xvbd_tell_no_more(vbd->dev, &vbd->retry_error);
	vbd->retries = 0;
	if (vbd->rings)
		set_bit(XBFRONT_STALE, &vbd->flags);
}

/*
 * While a disk has no backend, all its requests wait for this work, including swap and dirty
 * pages. An allocation must not wait until these are written: use GFP_NOIO.
 */
static void handshake_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd = container_of(work, struct xbfront_vbd, work);
	unsigned int noio = memalloc_noio_save();

	switch_backend(vbd);
	if (test_and_clear_bit(XBFRONT_TOUCH_RETRY, &vbd->flags) &&
	    !test_bit(XBFRONT_REMOVED, &vbd->flags))
		touch_directory(vbd);
	if (test_and_clear_bit(XBFRONT_RING_BROKEN, &vbd->flags) &&
	    !test_bit(XBFRONT_STALE, &vbd->flags))
		fail_vbd(vbd, -EPROTO, "the back answered what was not asked");
	if (test_and_clear_bit(XBFRONT_SHOW_FAILED, &vbd->flags))
		fail_vbd(vbd, -ENODEV, "the block layer did not take the disk");
	if (test_and_clear_bit(XBFRONT_GAVE_UP, &vbd->flags))
		give_up_waiting(vbd);
	if (test_and_clear_bit(XBFRONT_HIDDEN, &vbd->flags))
		free_hidden_disk(vbd);
	if (test_and_clear_bit(XBFRONT_OP_REFUSED, &vbd->flags))
		op_refused(vbd);
	xvbd_machine_run(&vbd->machine);
	xbfront_put(vbd);
	memalloc_noio_restore(noio);
}

static const xvbd_action_fn actions[XVBD_ACTIONS] = {
	[XVBD_A_PUBLISH] = xbfront_publish,
	[XVBD_A_CONNECT] = xbfront_connect,
	[XVBD_A_SHOW] = xbfront_disk_show,
	[XVBD_A_REFRESH] = xbfront_refresh,
	[XVBD_A_PARK] = xbfront_park,
	[XVBD_A_REJOIN] = xbfront_reconnect,
	[XVBD_A_UNPARK] = xbfront_unpark,
	[XVBD_A_REFUSE] = xbfront_disk_refuse,
	[XVBD_A_HIDE] = xbfront_disk_hide,
	[XVBD_A_KILL] = xbfront_disk_kill,
	[XVBD_A_UNLINK] = xbfront_unlink,
};

/* An HVM guest may have an emulated disk for the same device. */
static bool is_emulated(struct xenbus_device *dev)
{
	unsigned int number = xenbus_read_unsigned(
		dev->nodename, xvbd_own_keys[XVBD_OWN_VIRTUAL_DEVICE].name, 0);
	bool cdrom;
	char *type;

	if (!xen_hvm_domain())
		return false;
	type = xvbd_read_string(dev->nodename, xvbd_key_name(XVBD_ID_FRONT_DEVICE_TYPE));
	cdrom = type && !strcmp(type, "cdrom");
	kfree(type);
	return xvbd_vdev_is_emulated(number, cdrom, xen_has_pv_and_legacy_disk_devices());
}

/* Runs in xenwatch, which also serves disks that wait for a backend: use GFP_NOIO. */
static struct xbfront_vbd *vbd_alloc(struct xenbus_device *dev)
{
	struct xbfront_vbd *vbd = kzalloc(sizeof(*vbd), GFP_NOIO);

	if (!vbd)
		return NULL;
	vbd->otherend = kstrdup(dev->otherend, GFP_NOIO);
	if (!vbd->otherend) {
		kfree(vbd);
		return NULL;
	}
	kref_init(&vbd->ref);
	get_device(&dev->dev);
	vbd->dev = dev;
	spin_lock_init(&vbd->open_lock);
	INIT_LIST_HEAD(&vbd->minors_entry);
	INIT_WORK(&vbd->work, handshake_work);
	INIT_DELAYED_WORK(&vbd->again_work, again_work);
	INIT_WORK(&vbd->show_work, xbfront_disk_show_work);
	INIT_WORK(&vbd->view_work, xbfront_disk_view_work);
	INIT_WORK(&vbd->hide_work, xbfront_disk_hide_work);
	INIT_DELAYED_WORK(&vbd->give_up_work, xbfront_give_up_work);
	INIT_DELAYED_WORK(&vbd->retry_work, retry_work);
	INIT_DELAYED_WORK(&vbd->trim_work, xbfront_trim_work);
	vbd->machine = (struct xvbd_machine){
		.role = XVBD_FRONT,
		.dev = dev,
		.otherend = vbd->otherend,
		.facts = xbfront_facts,
		.actions = actions,
		.call = machine_call,
		.again = machine_again,
	};
	return vbd;
}

static bool is_key(const struct xbfront_vbd *vbd, const char *path, enum xsplit_key_id id)
{
	size_t len = strlen(vbd->dev->nodename);

	/* The first event of the watch, or the directory was removed. */
	if (!path[len])
		return true;
	return path[len] == '/' && !strcmp(path + len + 1, xsplit_key_name(id));
}

/*
 * Only two keys of the directory matter; we write most others ourselves. If there is no room for
 * feature-rejoin, xvbd_touch() writes the state instead.
 */
static bool directory_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xbfront_vbd *vbd = container_of(watch, struct xbfront_vbd, watch);

	if (watch->nr_pending || strlen(path) < strlen(vbd->dev->nodename))
		return false;
	if (test_bit(XBFRONT_TOUCHED, &vbd->flags) && is_key(vbd, path, XSPLIT_ID_FRONT_STATE))
		return true;
	return is_key(vbd, path, XSPLIT_ID_BACKEND) || is_key(vbd, path, XSPLIT_ID_FRONT_REJOIN);
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
	name = xvbd_read_string(dev->nodename, xsplit_key_name(XSPLIT_ID_BACKEND));
	if (name && dev->otherend && strcmp(name, dev->otherend)) {
		done = xenbus_exists(XBT_NIL, name, "");
		if (done)
			xvbd_dev_resume(dev);
	}
	device_unlock(&dev->dev);
	kfree(name);
	return done;
}

static void directory_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xbfront_vbd *vbd = container_of(watch, struct xbfront_vbd, watch);

	clear_bit(XBFRONT_TOUCHED, &vbd->flags);
	if (!follow_back(vbd->dev))
		queue_again_work(vbd, FOLLOW_DELAY);
	/* The state was chosen for the former backend: switch_backend() chooses another. */
	if (!READ_ONCE(vbd->next_otherend) && xvbd_write_state(&vbd->machine))
		xbfront_kick(vbd);
}

static int probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	struct xbfront_vbd *vbd;
	int err;

	if (is_emulated(dev))
		return -ENODEV;
	vbd = vbd_alloc(dev);
	if (!vbd) {
		xenbus_switch_state(dev, XenbusStateClosing);
		return xvbd_tell(dev, -ENOMEM, "out of memory for a vbd");
	}
	set_bit(XBFRONT_UNPUBLISHED, &vbd->flags);
	/*
	 * Another driver has closed the device before. Set dev->state now, so that a caller that
	 * loads the module waits for the device. The store still says Closed; xenbus removes no
	 * frontend in that state.
	 */
	if (dev->state != XenbusStateInitialising) {
		dev->state = XenbusStateInitialising;
		xvbd_start_over(&vbd->machine);
	}
	vbd->watch.will_handle = directory_will_handle;
	vbd->watch.callback = directory_changed;
	err = xvbd_watch(dev, &vbd->watch, dev->nodename);
	if (err) {
		/* There are no rings yet: the backend need not wait. */
		xenbus_switch_state(dev, XenbusStateClosed);
		xbfront_put(vbd);
		return err;
	}
	set_vbd(dev, vbd);
	return 0;
}

/* Do not wait for the backend: requests without a response fail. */
static void xbfront_remove(struct xenbus_device *dev)
{
	struct xbfront_vbd *vbd = dev_get_drvdata(&dev->dev);

	xvbd_unwatch(&vbd->watch);
	set_bit(XBFRONT_REMOVED, &vbd->flags);
	xbfront_kick(vbd);
	flush_work(&vbd->work);
	cancel_delayed_work_sync(&vbd->again_work);
	xvbd_remove_leaving(dev, xvbd_keys, XVBD_ID_KEYS, XVBD_DIR_FRONT);
	/* Both have ended or had nothing to do. None may outlive the module. */
	flush_work(&vbd->show_work);
	flush_work(&vbd->hide_work);
	set_vbd(dev, NULL);
	xbfront_put(vbd);
}

static void backend_changed(struct xenbus_device *dev, enum xenbus_state state)
{
	struct xbfront_vbd *vbd = get_vbd(dev);

	if (!vbd)
		return;
	if (state == XenbusStateConnected)
		set_bit(XBFRONT_BACK_CHANGED, &vbd->flags);
	xbfront_kick(vbd);
	xbfront_put(vbd);
}

/* Xenbus has read the new backend into @dev. vbd->work may still use the former one. */
static int resume(struct xenbus_device *dev)
{
	struct xbfront_vbd *vbd = get_vbd(dev);
	char *otherend;

	if (!vbd)
		return 0;
	otherend = kstrdup(dev->otherend, GFP_NOIO);
	if (otherend) {
		kfree(xchg(&vbd->next_otherend, otherend));
		xbfront_kick(vbd);
	}
	xbfront_put(vbd);
	if (!otherend) {
		xenbus_switch_state(dev, XenbusStateClosing);
		return xvbd_tell(dev, -ENOMEM, "out of memory for the name of the back");
	}
	return 0;
}

/* The boot waits for devices that are not ready. */
static int is_ready(struct xenbus_device *dev)
{
	struct xbfront_vbd *vbd = get_vbd(dev);
	bool added;

	if (!vbd)
		return false;
	added = READ_ONCE(vbd->added);
	xbfront_put(vbd);
	return added;
}

static const struct xenbus_device_id ids[] = { { "vbd" }, { "" } };

static struct xenbus_driver driver = {
	.ids = ids,
	.probe = probe,
	.remove = xbfront_remove,
	.resume = resume,
	.otherend_changed = backend_changed,
	.is_ready = is_ready,
};

static void destroy_workqueues(void)
{
	if (handshake_wq)
		destroy_workqueue(handshake_wq);
	if (xbfront_disk_wq)
		destroy_workqueue(xbfront_disk_wq);
}

int xbfront_xenbus_init(void)
{
	int err;

	handshake_wq = alloc_workqueue("xbfront", WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_FREEZABLE, 0);
	xbfront_disk_wq = alloc_workqueue("xbfront-disk", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	err = handshake_wq && xbfront_disk_wq ? xenbus_register_frontend(&driver) : -ENOMEM;
	if (err)
		destroy_workqueues();
	return err;
}

void xbfront_xenbus_exit(void)
{
	xenbus_unregister_driver(&driver);
	destroy_workqueues();
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The back of a split driver of any class. The core has the life of a device:
 * the callbacks of xenbus, the work item that runs the handshake, its facts and
 * flags, and the rings with their event channels. The class has what is served.
 *
 *   back.c         callbacks of xenbus, the work item, registration of a class
 *   backdev.c      the object: references, kick, delayed works
 *   backconnect.c  the actions of the handshake table
 *   backring.c     keys of the rings, mapping, event channel
 *   backserve.c    the worker of a ring, for a class that has serve()
 *
 * Callbacks of xenbus run in xenwatch, which all Xen devices share. They only
 * note that something has changed, and queue the work item of the device.
 *
 * Unless a hook says otherwise: the work item of the device calls it; it may
 * sleep; no two hooks of one device run at the same time; the core holds no
 * lock; a hook that may be NULL says what NULL means; and an error is a negative
 * errno after xsplit_dev_error(). The work item also runs, once more at least, after
 * xenbus has removed the device: that releases what the device still has.
 */
#ifndef XSPLIT_BACK_H
#define XSPLIT_BACK_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "machine.h"
#include "ring.h"
#include "splitkeys.h"
#include "stats.h"
#include "store.h"

struct xsplit_back;
struct xsplit_back_ring;

/**
 * struct xsplit_back_class - a class of devices, and how they are served
 *
 * The class fills it in before xsplit_back_register(), which refuses a class
 * without a hook that it must have.
 */
struct xsplit_back_class {
	/** @name: name of the workqueue, and prefix of the names of rings */
	const char *name;
	/** @type: type of the xenbus devices */
	const char *type;
	/** @size: size of a device, which begins with a struct xsplit_back */
	size_t size;
	/** @ring_size: size of a ring, which begins with a struct xsplit_back_ring */
	size_t ring_size;
	/** @groups: attributes in sysfs, from probe to remove; NULL: none */
	const struct attribute_group **groups;
	/**
	 * @stats: counters in the class's ring, for the directory "statistics" in sysfs,
	 * which has the sums of all rings that the device has or had; NULL: none
	 */
	const struct xsplit_stat *stats;
	/** @nr_stats: number of counters */
	unsigned int nr_stats;
	/** @keys: the keys of the class; the table begins with XSPLIT_KEY_ROWS */
	const struct xsplit_key *keys;
	/** @nr_keys: number of keys in the table */
	unsigned int nr_keys;
	/**
	 * @resource: index in @keys of the key that a hotplug script, or a tool, writes when
	 * there is something to serve. Negative: there always is
	 */
	int resource;

	/**
	 * @max_queues: rings that a device may have, for the offer and to check
	 * what the front has chosen. It may change at any time. NULL: 1.
	 * Does not sleep
	 */
	unsigned int (*max_queues)(void);
	/**
	 * @max_ring_page_order: the same for the pages of a ring, as their order.
	 * NULL: 0, one page. Does not sleep
	 */
	unsigned int (*max_ring_page_order)(void);

	/**
	 * @init: initialise the class's part of a new device, which is zeroed.
	 * Runs in probe(), in xenwatch or in the task that binds the driver: must
	 * not wait. After an error @release is not called. NULL: zeroes will do
	 */
	int (*init)(struct xsplit_back *back);
	/**
	 * @release: free what @init got. Runs when the last reference is gone: in the
	 * work item, or in remove() or a failed probe(): must not wait. Nothing is
	 * connected. The core frees @back afterwards. NULL: nothing to free
	 */
	void (*release)(struct xsplit_back *back);
	/**
	 * @offer: add the keys that the class offers before the front makes its
	 * rings, beside those of the core. Called twice, see struct xsplit_nodes:
	 * the second call must not add more keys than the first. NULL: none
	 */
	void (*offer)(struct xsplit_back *back, struct xsplit_nodes *nodes);

	/**
	 * @read_config: read what the front has chosen, before the core reads the
	 * keys of the rings. This or @init must set @back->slot_size. Nothing is
	 * acquired here: no hook undoes it. NULL: the class has no such keys
	 */
	int (*read_config)(struct xsplit_back *back);
	/**
	 * @connect: get what is served, and publish its properties. @back->config
	 * has been read; no ring is open. @attach: the front goes on with rings
	 * that another driver has served, and may not read what is published.
	 * After an error, @disconnect releases what @holds says is left. Must exist
	 */
	int (*connect)(struct xsplit_back *back, bool attach);
	/**
	 * @may_open: last check before rings are opened. With @back->pause_lock: so
	 * what another context decides under that lock is either seen here, or finds
	 * the rings. 0, or an error: no ring is opened. NULL: always
	 */
	int (*may_open)(struct xsplit_back *back);
	/**
	 * @holds: whether @connect has left something that @disconnect must
	 * release, also if it has failed. Called often: does not sleep. Must exist
	 * together with @disconnect. NULL: @connect never leaves anything
	 */
	bool (*holds)(struct xsplit_back *back);
	/**
	 * @disconnect: release what @connect got. No ring is open any more. Called
	 * whenever rings or what is served are released, also if @holds is false;
	 * after it, @holds is false. It cannot fail. May wait for I/O that was
	 * begun. Must exist together with @holds. NULL: as for @holds
	 */
	void (*disconnect)(struct xsplit_back *back);

	/**
	 * @reconfigure: a key with the flag XSPLIT_KEY_LIVE was written, or
	 * xsplit_back_changed() was called: apply what has changed while both ends
	 * stay Connected. 0, also if the change is refused and everything stays as
	 * it was; or an error: the device cannot be served any more, and closes.
	 * NULL: nothing can change; then no key may have that flag
	 */
	int (*reconfigure)(struct xsplit_back *back);
	/**
	 * @may_reconfigure: whether to apply changes now. If not, they are kept:
	 * the class calls xsplit_back_kick() when they may be applied. Called often:
	 * does not sleep. NULL: always
	 */
	bool (*may_reconfigure)(struct xsplit_back *back);
	/**
	 * @look: first hook in each run of the work item, in every state, also after
	 * remove(). NULL: nothing to do there
	 */
	void (*look)(struct xsplit_back *back);
	/**
	 * @stop: remove() has begun: cancel the delayed works of the class, and
	 * wait until they have ended. xsplit_back_start_work() starts none any more.
	 * Runs in xenwatch or in the task that unbinds the driver, perhaps at the
	 * same time as the work item: must not wait for I/O. NULL: there are none
	 */
	void (*stop)(struct xsplit_back *back);

	/**
	 * @ring_open: get a ring ready. Its pages are mapped and @ring->ring is
	 * initialised; the class's part of the ring is zeroed. With
	 * @back->pause_lock. @ring_close releases what it got, also after an error.
	 * NULL: zeroes will do
	 */
	int (*ring_open)(struct xsplit_back_ring *ring);

	/**
	 * @serve: serve one request, for a class without workers of its own. Called by a
	 * work item of the ring: may sleep; one call at a time for each ring, the rings
	 * of a device in parallel. @request: private copy, @back->slot_size bytes; check
	 * it. @response: zeroed, @response_size bytes: fill it in. Both are aligned for a
	 * u64. Return: 0: the core sends the response; or a delay in jiffies: nothing is
	 * sent, and the same request is passed again then; until then nothing else of
	 * this ring is served. A request whose response the front has not seen when the
	 * ring closes is sent again, to the next back or to this one. It runs in
	 * parallel to the hooks that the work item of the device calls, but not to
	 * @ring_close. A close waits for it with @back->pause_lock: it must not take
	 * that lock. NULL: the class has @ring_start, @ring_stop and @event
	 */
	unsigned long (*serve)(struct xsplit_back_ring *ring, const void *request, void *response);
	/** @response_size: bytes of a response, at most those of a slot; only with @serve */
	unsigned int response_size;

	/* The next three must exist without @serve; with @serve the core sets them. */
	/**
	 * @ring_start: the event channel is bound: begin to serve. @event may have
	 * been called already. With @back->pause_lock. @ring_stop is called after
	 * this, also after an error
	 */
	int (*ring_start)(struct xsplit_back_ring *ring);
	/**
	 * @ring_stop: stop to serve, and wait until nothing is in flight. Called
	 * after every @ring_start. With @back->pause_lock. @event may still be
	 * called, until shortly after this has returned: a class whose @event
	 * queues a work item calls disable_irq() here first. May wait for I/O that
	 * was begun
	 */
	void (*ring_stop)(struct xsplit_back_ring *ring);
	/**
	 * @event: an event has arrived. Hard interrupt context. The event channel
	 * stays masked until the class calls xen_irq_lateeoi() (XSA-332). An event
	 * channel is pending as soon as it is bound: so this may run before
	 * @ring_start. @ring->irq is valid
	 */
	void (*event)(struct xsplit_back_ring *ring);

	/**
	 * @ring_close: release what @ring_open got. Called after every @ring_open.
	 * The event channel is unbound; the pages are still mapped. With
	 * @back->pause_lock. The core unmaps the pages, and frees @ring after an RCU
	 * grace period: an RCU reader that has found it may still use it. NULL:
	 * nothing to release
	 */
	void (*ring_close)(struct xsplit_back_ring *ring);

	/**
	 * @reclaim: memory is short: free what is spare. The shrinker calls this
	 * between probe() and remove(), perhaps while any other hook but @init and
	 * @stop runs: must not sleep. NULL: nothing is spare
	 */
	void (*reclaim)(struct xsplit_back *back);

	/* private: the core writes the members below */
	struct xsplit_stats stats_files;
	struct xenbus_driver driver;
	struct xenbus_device_id ids[2];
	struct workqueue_struct *wq;
	struct list_head living;
};

/* Bits of struct xsplit_back.flags. Only the core sets and clears them. */
enum xsplit_back_flag {
	/* Xenbus has removed the device. Set by remove(), under unregister_lock; never cleared. */
	XSPLIT_BACK_REMOVED,
	/*
	 * What is served may have changed. Set by the watch when a live key is written,
	 * by xsplit_back_changed(), and when a retry is due. Cleared by connect and
	 * reconfigure, before they read a key. The fact NEWS, if may_reconfigure().
	 */
	XSPLIT_BACK_CHANGED,
	/*
	 * Set when connect or reconfigure has failed, or a ring is broken. Cleared by the
	 * next offer or connect, and when both ends have closed. The fact FAILED.
	 */
	XSPLIT_BACK_FAILED,
	/*
	 * Set by xsplit_back_ring_broken(). Cleared by the work item, which closes the
	 * device; and when rings are closed, because it is about those rings.
	 */
	XSPLIT_BACK_RING_BROKEN,
	/*
	 * Our state was written in the store, perhaps by us. Set by the watch. Cleared by
	 * the work item, which compares the state in the store.
	 */
	XSPLIT_BACK_STATE_WRITTEN,
	/* The core has asked xenbus to unregister the device. Set once; never cleared. */
	XSPLIT_BACK_UNREGISTERING,
	/* The work item has found a former device of the same directory, and waits for it. */
	XSPLIT_BACK_WAITS,
};

/**
 * struct xsplit_back_config - what the front has chosen for all its rings
 * @nr_rings: number of rings, at most as many as the back offers
 * @nr_pages: pages of each ring, at most as many as the back offers
 */
struct xsplit_back_config {
	unsigned int nr_rings;
	unsigned int nr_pages;
};

/**
 * struct xsplit_back - one device: the first member of the class's device
 * @class:      its class
 * @dev:        the xenbus device, referenced for as long as this lives
 * @otherend:   the front's directory. A copy, because xenbus frees its own string
 *              while @work may still run
 * @slot_size:  size of a slot of each ring, in bytes. The class sets it, in
 *              init() or read_config()
 * @config:     what the front has chosen; read before connect()
 * @rings:      array of @nr_rings pointers; NULL: none
 * @nr_rings:   number of rings that exist, open or not. All exist before the
 *              first one is opened, and until the last one is closed
 * @rings_lock: protects @rings and @nr_rings for readers outside of @work, for
 *              example in sysfs. @work takes it to change them. A class may
 *              protect its own members with it. Sleeps; never held while a ring
 *              is opened or closed; nests inside @pause_lock
 * @pause_lock: keeps rings from being opened or closed while the class goes
 *              through them, for example to pause them. Held while rings
 *              drain. Sleeps; nests outside @rings_lock
 * @ref:        references: one of xenbus until remove(), one of @work while it is
 *              queued
 * @living:     entry in the class's list, from probe() until the last reference is gone
 * @machine:    the handshake, which @work runs
 * @work:       runs @machine; the only place that connects and disconnects
 * @again_work: runs @work once more after a delay, when xenstored did not take a
 *              write
 * @retry_work: makes @work try to connect again
 * @retry_delay: delay before the next attempt to connect, in seconds; 0: none has
 *              failed
 * @watch:      watch on our directory
 * @unregister_watch: makes xenwatch unregister the device
 * @unregister_lock: protects @unregister_watch. Once XSPLIT_BACK_REMOVED is set
 *              under this lock, @unregister_watch is not registered and no delayed
 *              work is started. Sleeps
 * @flags:      bits of enum xsplit_back_flag, atomic
 * @past_stats: what the rings that are closed have counted; protected by @rings_lock
 * @key_error:  what xsplit_back_read_keys() has reported, until the keys are valid
 * @wait_error: what was reported when it began to wait for a former device of its directory
 */
struct xsplit_back {
	struct xsplit_back_class *class;
	struct xenbus_device *dev;
	char *otherend;
	unsigned int slot_size;
	struct xsplit_back_config config;
	struct xsplit_back_ring **rings;
	unsigned int nr_rings;
	struct mutex rings_lock;
	struct mutex pause_lock;

	/* Only the core uses the members below. */
	struct kref ref;
	struct list_head living;
	struct xsplit_machine machine;
	struct work_struct work;
	struct delayed_work again_work;
	struct delayed_work retry_work;
	unsigned int retry_delay;
	struct xenbus_watch watch;
	struct xenbus_watch unregister_watch;
	struct mutex unregister_lock;
	unsigned long flags;
	u64 *past_stats;
	char *key_error;
	char *wait_error;
};

/**
 * struct xsplit_back_ring - one ring: the first member of the class's ring
 * @back:   its device
 * @index:  number of the ring within the device
 * @name:   name of the interrupt; the class may give it to a thread, too
 * @ring:   indices of the shared ring. The class owns it from ring_open() to
 *          ring_close(), and says which context uses it
 * @irq:    interrupt of the event channel; 0: not bound. Valid in event(), and from
 *          ring_start() until ring_stop() has returned
 * @rcu:    frees the ring
 * @shared: the mapped pages; NULL: none
 * @opened: the class has the ring: ring_close() was not called yet
 * @serve:  the worker of a class that has serve(), or NULL
 */
struct xsplit_back_ring {
	struct xsplit_back *back;
	unsigned int index;
	char name[32];
	struct xsplit_ring ring;
	int irq;

	/* Only the core uses the members below. */
	struct rcu_head rcu;
	void *shared;
	bool opened;
	struct xsplit_serve *serve;
};

/**
 * xsplit_back_register() - begin to serve the devices of a class
 * @class: the class, which must stay valid until xsplit_back_unregister()
 *
 * Context: Init of a module. Sleeps. Devices are probed before it returns.
 *
 * Return: 0; -EINVAL if a hook is missing; or another negative errno.
 */
int xsplit_back_register(struct xsplit_back_class *class);

/**
 * xsplit_back_unregister() - remove all devices of a class
 * @class: the class
 *
 * When it returns, no device is left and no hook runs, except that memory of
 * rings may still wait for RCU.
 *
 * Context: Exit of a module. Sleeps until all I/O has ended.
 */
void xsplit_back_unregister(struct xsplit_back_class *class);

/**
 * xsplit_back_kick() - queue the work item, which runs the handshake
 * @back: the device
 *
 * Context: Any context, from init() until release(). The caller ensures that the
 * device lives: for example a list from which disconnect() takes it, or a worker
 * that ring_stop() ends. Does not sleep.
 */
void xsplit_back_kick(struct xsplit_back *back);

/**
 * xsplit_back_changed() - have reconfigure() called, if the device is connected
 * @back: the device
 *
 * Kicks, unless a change is noted already: that was followed by a kick.
 *
 * Context: As xsplit_back_kick().
 */
void xsplit_back_changed(struct xsplit_back *back);

/**
 * xsplit_back_ring_broken() - the front has written an index that makes no sense
 * @ring: the ring. The class must not take another request from it
 *
 * The device tells an error and closes.
 *
 * Context: As xsplit_back_kick(), while the ring is open.
 */
void xsplit_back_ring_broken(struct xsplit_back_ring *ring);

/**
 * xsplit_back_read_keys() - read the keys that say what is served
 * @back:   the device
 * @keys:   a list of keys of our own directory; one list for each class
 * @nr:     number of keys
 * @values: result, @nr numbers
 *
 * For connect() and reconfigure(). What is not valid is reported; when it is mended, the report
 * is removed from the error node.
 *
 * Context: The work item of the device. Sleeps.
 *
 * Return: as xsplit_read_keys(). In reconfigure(), keep what was read before and return 0: an
 * error would close the device.
 */
int xsplit_back_read_keys(struct xsplit_back *back, const struct xsplit_key *keys, unsigned int nr,
			  u64 *values);

/**
 * xsplit_back_serve_again() - pass requests that wait to serve() at once
 * @back: the device
 *
 * For reconfigure(), if what a request waits for may have changed.
 *
 * Context: The work item of the device, while it is connected.
 */
void xsplit_back_serve_again(struct xsplit_back *back);

/**
 * xsplit_back_read_stat() - sum of a counter over all rings, open and closed
 * @back:  the device
 * @index: number of the counter in @class->stats
 *
 * Context: Sleeps. Takes @back->rings_lock.
 *
 * Return: the sum.
 */
u64 xsplit_back_read_stat(struct xsplit_back *back, unsigned int index);

/**
 * xsplit_back_start_work() - start a delayed work, unless the device is removed
 * @back:  the device
 * @work:  a work of the class, which stop() cancels; if it is started already, it
 *         gets the new delay
 * @delay: delay, in jiffies
 *
 * Context: Process context, not in remove(). Sleeps.
 */
void xsplit_back_start_work(struct xsplit_back *back, struct delayed_work *work,
			    unsigned long delay);

/**
 * xsplit_back_is_removed() - whether xenbus has removed the device
 * @back: the device
 *
 * Such a device may still have what it serves, until its I/O has ended.
 *
 * Context: Any context.
 *
 * Return: true once remove() has begun.
 */
bool xsplit_back_is_removed(const struct xsplit_back *back);

#endif /* XSPLIT_BACK_H */

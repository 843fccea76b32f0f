/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frontend of a split driver, for any class of devices. The core has the
 * life of a device: the callbacks of xenbus, the handshake with its facts and
 * flags, the rings with their grants, event channels and keys, and what happens
 * while there is no backend. The class has what users see, and what is in a
 * ring. This header is all that a class needs.
 *
 *   front.c      callbacks of xenbus, the work item, the watch on our directory
 *   frontdev.c   the object: references, kick, work queues
 *   frontsteps.c facts and actions of the handshake table
 *   frontring.c  rings: plan, memory, grants, event channels, keys
 *   frontresponse.c  requests and responses, for a class that has response() or calls
 *   frontcall.c  calls of users: sent, answered, sent again to the next backend
 *   frontpage.c  pages that the other end may use for one request at a time
 *   frontpark.c  a device without a backend: park, retry, give up
 *
 * The life of a device is a sequence of hooks:
 *
 *   init       xenbus has the device
 *   plan       the backend has made its offer: how many rings, and how large
 *   ring_open  for each ring; then publish
 *   connect    the backend serves the rings: make what users will see
 *   show       let users see it. refresh: the backend says Connected once more
 *   park       the backend has left: begin nothing, keep what there is. detach:
 *              the rings go. Then again plan, ring_open and publish; reconnect
 *              instead of connect; and unpark
 *   hide       nobody uses it: begin to take it away, while the backend serves
 *   kill       take it away at once
 *   discard    free what connect() has made: after hide, after kill, or if it
 *              was never shown. Then ring_close
 *   remove     xenbus takes the device away; release: the last reference is gone
 *
 * "The work" is the work item of the device. It never runs twice at the same
 * time. Requests of the device's users may wait for it, so it must not wait for
 * requests, nor take a lock that is held while others wait for requests. Memory
 * that it allocates never waits for requests: it runs under
 * memalloc_noio_save(). What has to wait for requests belongs into a work item
 * on xsplit_front_users_wq. common/check/handshake_waits.py checks this.
 *
 * Each module has its own copy of the core, and one class.
 */
#ifndef XSPLIT_FRONT_H
#define XSPLIT_FRONT_H

#include <linux/cache.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "machine.h"
#include "ring.h"
#include "splitkeys.h"
#include "stats.h"
#include "store.h"

struct xsplit_call;
struct xsplit_front;
struct xsplit_front_ring;

/*
 * Grant references to leave for other devices. Only the first ring of a device
 * may take them, if it is as small as can be.
 */
#define XSPLIT_GRANTS_LEFT_FREE 256

/**
 * struct xsplit_plan - the rings of a device
 * @nr_rings: number of rings, at least 1
 * @order:    order of the pages of each ring
 * @num_ring_pages_key: the backend knows the older key "num-ring-pages"
 */
struct xsplit_plan {
	unsigned int nr_rings;
	unsigned int order;
	bool num_ring_pages_key;
};

/**
 * struct xsplit_front_class - a class of devices
 * @type:      the type in xenstore, such as "vbd"
 * @name:      prefix of the names of the work queues
 * @irq_name:  name of the interrupts
 * @size:      size of the class's device, whose first member is a struct xsplit_front
 * @ring_size: size of the class's ring, whose first member is a struct xsplit_front_ring
 * @slot_size: size of a slot, in bytes
 * @response_size: size of a response, in bytes, at most 64; only with response() or calls
 * @nr_calls:  most calls of a device, which the core keeps: see frontcall.h. Fewer than the slots
 *             of a ring of one page; 0: the class has none. A slot has at most 128 bytes then
 * @call_size: size of the class's call, whose first member is a struct xsplit_call
 * @ring_grants: number of grant references that ring_open() takes
 * @keys:      all keys of the class; begins with XSPLIT_KEY_ROWS. The core removes those with
 *             XSPLIT_KEY_REPUBLISHED before it publishes, and those with XSPLIT_KEY_WITHDRAWN
 *             on removal
 * @nr_keys:   number of @keys
 * @stats:     counters in the class's device, for the directory "statistics" in sysfs; NULL: none
 * @nr_stats:  number of @stats
 * @park_timeout: seconds until a parked device gives up, 0: never. Read at each park. NULL: never
 * @not_essential: the boot does not wait for the devices
 *
 * @init:      set up the device. It is zeroed, except for the core's part, whose @class, @dev
 *             and @otherend are valid. In xenwatch: use GFP_NOIO, do not wait. Return: 0;
 *             -ENODEV: the driver leaves this device alone, nothing was reported; or another
 *             negative errno after xsplit_dev_error(). NULL: nothing to do
 * @remove:    wait for the works of the class. Those on xsplit_front_users_wq that hold a reference
 *             end before the module goes: nobody has to wait for them. Called by remove() of
 *             xenbus. What users saw is gone, and so are the rings. The work may run once more
 *             when a user leaves, so look() and busy() may be called. Perhaps in xenwatch: use
 *             GFP_NOIO. NULL: nothing to wait for
 * @release:   free what init() has made, also after it has failed. The core frees the device.
 *             Any context that xsplit_front_put() is called in. NULL: nothing to do
 * @is_ready:  whether the boot can go on. Any process context, at any time between init() and
 *             release(). NULL only with @not_essential
 *
 * The next hooks are called by the work. All may sleep. Only hide() and ring_open() may return
 * -EAGAIN, and none -EINPROGRESS: for the handshake these mean "try again" and "wait".
 *
 * @look:      in each run of the work, before the handshake: act on flags that other contexts of
 *             the class have set before xsplit_front_kick(). NULL: nothing to do
 * @plan:      @plan has what the backend offers: decide on fewer or smaller rings. It may read
 *             other keys. Return: 0; or a negative errno after xsplit_dev_error(). NULL: one
 *             ring of one page
 * @publish:   add keys beside those of rings. Called twice: see struct xsplit_nodes. The front
 *             has its rings, and @front->plan says what they are. NULL: there are none
 * @connect:   read what the backend serves, make ready the rings and what users will see, and
 *             show nothing. Return: 0: discard() will free it; or a negative errno after
 *             xsplit_dev_error(): nothing is left, the rings stay. NULL: nothing to do
 * @show:      let users see it. If that may have to wait for requests, start a work; if it
 *             fails, that work calls xsplit_front_kick(), and look() xsplit_front_fail()
 * @refresh:   the backend's keys may have changed: read them again. If they are not valid,
 *             report this, and keep the old ones. NULL: none of them changes
 * @busy:      whether somebody uses the device, who is not to lose it to a plain close. When
 *             this becomes false after refuse(), the class calls xsplit_front_kick(). Called in
 *             every state, also before connect() and after discard(). NULL: never; with calls
 *             and refuse(): while a call is taken, and the core sees to the rest
 * @refuse:    a close was asked for while busy(): say so. The device is served on. NULL only
 *             without busy()
 * @hide:      begin to take the unused device from users, while the backend serves it; when
 *             that is done, call xsplit_front_hidden(). New users are refused from now on.
 *             Return: 0; or -EAGAIN: a user has come since busy() was called. NULL only
 *             without busy(): discard() takes the device from users. With calls: users get
 *             ENODEV already
 * @kill:      take the device from users at once, show() and hide() or not: fail the requests
 *             in flight and all later ones. When it returns, the works of show() and hide()
 *             have ended, or use the device no more but for a reference: no ring, and no call
 *             of xsplit_front_hidden(). Must not wait for the backend. To take no response any
 *             more, stop sending, then call xsplit_front_unbind()
 * @discard:   free what connect() has made. No user sees it; without hide(), take it from users
 *             first. NULL only with hide(): nothing to free
 * @park:      begin no requests, take the last responses, use the rings no more. The requests in
 *             flight stay where they are: the backend may still execute them. Before it
 *             returns it must call xsplit_front_unbind() for each ring. For a class that has
 *             response() the core then does all but the first
 * @detach:    the rings are about to be released, and the backend cannot execute their requests
 *             any more: take back the requests of a parked device, and end all use of the
 *             rings. Also called if connect() has not been, or has failed, for a ring whose
 *             ring_open() has failed, and if there is no ring
 * @reconnect: as connect(), for a parked device with new rings; it has users. Return: 0; or a
 *             negative errno after xsplit_dev_error(). The core then waits and tries again, but not
 *             after -EMEDIUMTYPE: the users could not go on with this backend. NULL: there is
 *             nothing to read
 * @unpark:    let requests go on, on the new rings
 *
 * @ring_open: allocate what the ring needs beside its pages. It is zeroed, except for the
 *             core's part, which is valid but for @port and @irq. A mutex that all devices
 *             share is held since the references left were counted. Return: 0; -EAGAIN: memory
 *             or grant references are short: the core makes smaller or fewer rings; or
 *             another negative errno after xsplit_dev_error(). NULL: nothing
 * @ring_close: free what ring_open() has allocated, also after it has failed. Called by the
 *             work. The event channel is unbound; the pages of the ring are still valid. NULL:
 *             there is nothing to free
 * @response:  take one response, for a class without an interrupt handler of its own. Called for
 *             each response, in hard interrupt context, with @front->lock; also by the core's
 *             park, which also ignores what it returns. A ring has its interrupt until it is
 *             released or unbound: so this may be called before connect() and after
 *             discard(). It may call xsplit_front_send(), but not after park(), and only for
 *             requests that waited for room: a back that answers at once must not keep us here.
 *             @response is a private copy, aligned for a u64: check it. It
 *             returns false if the response makes no sense, such as the answer to a request that
 *             is not in flight: the ring is broken then. NULL: the class has event() or calls
 * @event:     the handler of the ring's interrupt, with the ring as its argument. Hard interrupt.
 *             An event channel is pending as soon as it is bound, and the other end may send
 *             at any time: event() may run before the backend is connected, and before the
 *             function that binds it returns. @irq of the ring is valid in it. The channel stays
 *             masked until xen_irq_lateeoi(): call it when the responses are taken, but no
 *             more for a broken ring. NULL only with response() or calls
 * @event_stop: wait for what event() has started, such as a tasklet. The interrupt is disabled.
 *             By the work. NULL: event() starts nothing
 *
 * @fill:      make the request of a call: it is zeroed, and aligned for a u64. Fill the page, too.
 *             Called each time that the call is sent, with @front->lock: by xsplit_call_begin(),
 *             and by the work when it is sent again. The core sets the number. Return: 0; or a
 *             negative errno: it is not sent, and ends with that. NULL only without calls
 * @answer:    a call has its response, and the page cannot change any more: copy what the user
 *             needs. Called as response() is. Return: 0 or a negative errno, as the user is to
 *             see it, no number of the backend; or 1: the response makes no sense: the call fails
 *             with EIO, and the ring is broken. NULL only without calls
 *
 * With calls, the core does what kill(), park(), detach() and unpark() are for. They may be NULL,
 * and are called after that. Before show(), it lets users come.
 *
 * A hook of which nothing above says what NULL means must exist.
 */
struct xsplit_front_class {
	const char *type;
	const char *name;
	const char *irq_name;
	size_t size;
	size_t ring_size;
	unsigned int slot_size;
	unsigned int response_size;
	unsigned int nr_calls;
	size_t call_size;
	unsigned int ring_grants;
	const struct xsplit_key *keys;
	unsigned int nr_keys;
	const struct xsplit_stat *stats;
	unsigned int nr_stats;
	const unsigned int *park_timeout;
	bool not_essential;

	int (*init)(struct xsplit_front *front);
	void (*remove)(struct xsplit_front *front);
	void (*release)(struct xsplit_front *front);
	bool (*is_ready)(struct xsplit_front *front);

	void (*look)(struct xsplit_front *front);
	int (*plan)(struct xsplit_front *front, struct xsplit_plan *plan);
	void (*publish)(struct xsplit_front *front, struct xsplit_nodes *keys);
	int (*connect)(struct xsplit_front *front);
	void (*show)(struct xsplit_front *front);
	void (*refresh)(struct xsplit_front *front);
	bool (*busy)(struct xsplit_front *front);
	void (*refuse)(struct xsplit_front *front);
	int (*hide)(struct xsplit_front *front);
	void (*kill)(struct xsplit_front *front);
	void (*discard)(struct xsplit_front *front);
	void (*park)(struct xsplit_front *front);
	void (*detach)(struct xsplit_front *front);
	int (*reconnect)(struct xsplit_front *front);
	void (*unpark)(struct xsplit_front *front);

	int (*ring_open)(struct xsplit_front_ring *ring);
	void (*ring_close)(struct xsplit_front_ring *ring);
	bool (*response)(struct xsplit_front_ring *ring, const void *response);
	irq_handler_t event;
	void (*event_stop)(struct xsplit_front_ring *ring);

	int (*fill)(struct xsplit_call *call, void *request);
	int (*answer)(struct xsplit_call *call, const void *response);
};

/*
 * Flags of a device. Each is set by one event and cleared where it is handled.
 * The bits are atomic: any context may set them. No class sets or clears them.
 */
enum xsplit_front_flag {
	/* xenbus has removed the device. Set by remove(); stays. */
	XSPLIT_FRONT_REMOVED,
	/* Nothing was published yet. Set by probe(); cleared by the action PUBLISH. */
	XSPLIT_FRONT_UNPUBLISHED,
	/*
	 * The backend has written Connected, perhaps again. Set by the watch on
	 * its state; cleared before connect(), reconnect() and refresh() read
	 * its keys, so that a later change is not missed.
	 */
	XSPLIT_FRONT_NEWS,
	/*
	 * The rings belong to an earlier backend. Set when the work takes over
	 * another; cleared when the rings are released.
	 */
	XSPLIT_FRONT_STALE,
	/*
	 * A ring has an invalid response. Set by xsplit_front_ring_broken();
	 * cleared by the work, which fails the device, and where the rings end:
	 * by the actions PARK and UNLINK. Ignored if the rings are stale.
	 */
	XSPLIT_FRONT_RING_BROKEN,
	/*
	 * The device can no longer serve its users. Set by xsplit_front_fail();
	 * cleared when it is discarded, or with the rings if it was not shown.
	 */
	XSPLIT_FRONT_BROKEN,
	/*
	 * What hide() has begun is done. Set by xsplit_front_hidden(); cleared
	 * by the work, which discards what was hidden, and with a kill.
	 */
	XSPLIT_FRONT_HIDDEN,
	/*
	 * park_timeout has expired. Set by its timer; cleared by the work, which
	 * fails the device, and when the device is unparked or discarded.
	 */
	XSPLIT_FRONT_GAVE_UP,
	/*
	 * A key of our directory was written, so xenwatch will call us. Set by
	 * the work; cleared by that call.
	 */
	XSPLIT_FRONT_TOUCHED,
	/* Xenwatch must be called again. Set by a timer; cleared by the work. */
	XSPLIT_FRONT_TOUCH_RETRY,
};

/**
 * struct xsplit_front - one device; the first member of the class's device
 * @class:    its class
 * @dev:      its xenbus device, referenced during the life of the front
 * @otherend: directory of the backend. A copy, as the work may run after xenbus has freed its
 *            own. The work owns it, and replaces it at the start of a run when there is another
 *            backend: other contexts must not use it
 * @plan:     what the rings are: of @nr_rings rings, or those that were made last
 * @rings:    array of @nr_rings rings, or NULL; see
 *            xsplit_front_ring_at(). The work makes and releases it
 * @nr_rings: number of rings
 * @parked:   park() was called, and neither unpark() nor discard() since
 * @made:     connect() has succeeded, and discard() was not called since
 * @shown:    show() was called, and discard() was not called since
 * @hiding:   hide() has succeeded, and discard() was not called since
 * @lock:     of a class that has response() or calls: protects its rings, its calls and whatever
 *            response(), fill() and answer() use. Taken in interrupt context: take it with
 *            interrupts disabled
 * @call_wait: woken when a call ends, and when the device closes: for poll()
 * @replayed: calls that were in flight when their backend left, and go to the next one; for the
 *            class's @stats
 * @flags:    bits by enum xsplit_front_flag
 * @ref:      held by xenbus until remove(), by @work while it is queued, and by users of the class
 * @next_otherend: directory of a new backend, or NULL; set by a resume, taken with xchg()
 * @watch:    on our directory: the tools name another backend there, or @machine calls xenwatch
 * @machine:  state of the handshake
 * @work:     runs @machine
 * @again_work: has @work call xenwatch again, if that failed
 * @retry_work: repeats a failed action of a parked device
 * @give_up_work: fails a parked device when park_timeout expires
 * @retries:  number of repetitions so far
 * @retry_error: error node of the last repetition, or NULL
 * @has_stats: the statistics are in sysfs
 * @response: takes a response: that of the class, or the core's if the class has calls
 * @calls:    the class's calls by their numbers, and NULL; or NULL
 * @users:    number of calls that are taken; this and the next two under @lock
 * @running:  there is a backend: send a call at once
 * @closed:   users get ENODEV
 *
 * The class reads the members up to @shown, in its hooks that the work calls. It changes none.
 * @rings is also valid for others while the class lets them begin requests: from show() or
 * unpark() to park() or kill(). The other members but @lock, @call_wait and @replayed are private
 * to the core.
 */
struct xsplit_front {
	const struct xsplit_front_class *class;
	struct xenbus_device *dev;
	char *otherend;
	struct xsplit_plan plan;
	void *rings;
	unsigned int nr_rings;
	bool parked;
	bool made;
	bool shown;
	bool hiding;
	spinlock_t lock;
	wait_queue_head_t call_wait;
	u64 replayed;
	unsigned long flags;
	struct kref ref;
	char *next_otherend;
	struct xenbus_watch watch;
	struct xsplit_machine machine;
	struct work_struct work;
	struct delayed_work again_work;
	struct delayed_work retry_work;
	struct delayed_work give_up_work;
	unsigned int retries;
	char *retry_error;
	bool has_stats;
	bool (*response)(struct xsplit_front_ring *ring, const void *response);
	struct xsplit_call **calls;
	unsigned int users;
	bool running, closed;
};

/**
 * struct xsplit_front_ring - one ring; the first member of the class's ring
 * @front:  the device
 * @ring:   shared memory, indices and number of slots. The class's lock protects the indices
 * @irq:    interrupt of @port, or 0
 * @index:  number of the ring
 * @port:   event channel
 * @nr_pages: pages of @shared, a power of two
 * @shared: memory of the ring
 * @opened: ring_open() was called, and ring_close() was not called since
 * @grefs:  grant references of the pages of @shared
 *
 * The class may use the members up to @index.
 */
struct xsplit_front_ring {
	struct xsplit_front *front;
	struct xsplit_ring ring;
	int irq;
	unsigned int index;
	evtchn_port_t port;
	unsigned int nr_pages;
	void *shared;
	bool opened;
	grant_ref_t grefs[XSPLIT_MAX_RING_PAGES];
};

/*
 * Distance between two rings, in bytes. Each begins on a cache line of its own:
 * different CPUs use them.
 */
static inline size_t xsplit_front_ring_stride(const struct xsplit_front *front)
{
	return ALIGN(front->class->ring_size, SMP_CACHE_BYTES);
}

static inline struct xsplit_front_ring *xsplit_front_ring_at(const struct xsplit_front *front,
							     unsigned int index)
{
	return front->rings + index * xsplit_front_ring_stride(front);
}

/*
 * For the works of show() and hide(), and other works of the class that its
 * hooks wait for. They must not queue behind works that wait for memory, and
 * they run while the system suspends, as the work that waits for them does not.
 */
extern struct workqueue_struct *xsplit_front_users_wq;

/**
 * xsplit_front_register() - register the driver of a class
 * @class: the class, which stays as it is until xsplit_front_unregister()
 *
 * Context: Sleeps. Devices may be probed before it returns.
 *
 * Return: 0; -EINVAL with a warning if a hook is missing; -EBUSY if the module has registered a
 * class; or another negative errno.
 */
int xsplit_front_register(const struct xsplit_front_class *class);

/* Remove all devices, and the driver. Sleeps. */
void xsplit_front_unregister(void);

/* Have the work run, and look() with it. Any context. */
void xsplit_front_kick(struct xsplit_front *front);

/* References of the class, such as one for each user. Any context; see release(). */
void xsplit_front_get(struct xsplit_front *front);
void xsplit_front_put(struct xsplit_front *front);

/**
 * xsplit_front_fail() - the device cannot serve its users any more
 * @front: the device
 * @err:   negative errno
 * @why:   the reason, for the error node
 *
 * The core closes, and kills the device if users see it. Does nothing once the device is removed:
 * the directory may belong to a new device.
 *
 * Context: The work only: in its hooks, look() among them.
 */
void xsplit_front_fail(struct xsplit_front *front, int err, const char *why);

/*
 * What hide() has begun is done: no user sees the device any more. Any context. Not after kill()
 * has returned: the device may have new users then. Before that it does no harm.
 */
void xsplit_front_hidden(struct xsplit_front *front);

/* A response is invalid: do not trust the backend any more. @why is for the log. Any context. */
void xsplit_front_ring_broken(struct xsplit_front_ring *ring, const char *why);

/**
 * xsplit_front_send() - send a request, for a class that has response(); the core sends calls
 * @ring:    the ring
 * @request: the request, as large as a slot
 *
 * Context: With @front->lock, while the class lets users begin requests. Does not sleep.
 *
 * Return: false if the ring is full, which it is not if there are fewer requests in flight than
 * @ring->ring.nr.
 */
bool xsplit_front_send(struct xsplit_front_ring *ring, const void *request);

/*
 * Release the event channel of a ring, if it is not released already. When this returns, event()
 * and what it had started have ended. The work only. Sleeps.
 */
void xsplit_front_unbind(struct xsplit_front_ring *ring);

/* A parameter in seconds as the delay of a work, in jiffies. */
static inline unsigned long xsplit_front_delay(unsigned int seconds)
{
	return min_t(u64, (u64)seconds * HZ, MAX_JIFFY_OFFSET);
}

#endif /* XSPLIT_FRONT_H */

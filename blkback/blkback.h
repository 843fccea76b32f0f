/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xen-blkback: the source files, in the order in which data flows.
 *
 *   main.c       the class of vbds, for common/back.h, which has the life of a vbd
 *   negotiate.c  the layout of a slot and persistent grants: what is offered and chosen
 *   connect.c    connect, reconfigure and disconnect, as hooks of the class
 *   disk.c       the block device of a vbd: open, change, close
 *   describe.c   the properties of the disk that the frontend sees
 *   claim.c      which vbds may use a device: readers, or one VM that writes, or sharers
 *   ring.c       one ring: its memory, its worker thread
 *   placement.c  the CPU that a ring lives on
 *   worker.c     the sweep: takes requests from the ring, puts responses into it
 *   poll.c       polling for work before the worker sleeps
 *   request.c    one request: to a bio and back
 *   response.c   responses: from the sweep, or from the end of an I/O
 *   indirect.c   requests whose segments are in a granted page of their own
 *   path.c       chooses how data is transferred: copy.c, or map.c with unmap.c and persistent.c
 *   pages.c      the pages that hold the data during the I/O
 *   limit.c      the cgroup that a vbd's I/O is charged to
 *   stats.c      statistics and the attributes in sysfs
 *   params.c     the module parameters
 */
#ifndef XBBACK_H
#define XBBACK_H

#include <linux/bio.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "back.h"
#include "block/blkcompat.h"
#include "block/blkkeys.h"
#include "block/blkring.h"
#include "block/lease.h"

/* Segments of the largest request that the backend offers: indirect, 1 MiB. */
#define XBBACK_MAX_SEGMENTS 256U

struct xbback_batch;
struct xbback_request;
struct xbback_ring;

/**
 * struct xbback_stats - statistics of a ring, since it was opened
 * @reqs:    requests of each enum xvbd_op_class; a flush with data is also a write
 * @oo_req:  requests that failed because there was no page to copy their data to
 * @rd_sect: data of the reads, 512-byte sectors
 * @wr_sect: data of the writes, 512-byte sectors
 *
 * Only the ring's worker writes them. Readers in any context use READ_ONCE().
 */
struct xbback_stats {
	u64 reqs[XVBD_OP_CLASS_COUNT];
	u64 oo_req, rd_sect, wr_sect;
};

/**
 * struct xbback_disk - the block device of a vbd
 * @handle:    the open device; NULL while closed
 * @user:      the vbd's entry among the users of the device (claim.c)
 * @bdev:      the device of @handle
 * @geo:       the limits that each request is checked against; it changes only while the
 *             rings are paused or not open
 * @number:    device number, major << 32 | minor; 0 while the device is closed
 * @mode:      access mode, as the toolstack wrote it
 * @discards:  the toolstack allows the frontend to discard
 * @removable: the toolstack says that the medium is removable
 */
struct xbback_disk {
	struct xvbd_bdev *handle;
	struct xbback_user *user;
	struct block_device *bdev;
	struct xvbd_geometry geo;
	u64 number;
	enum xsplit_mode mode;
	bool discards;
	bool removable;
};

/**
 * struct xbback_pgrants - the persistent grants of a ring
 * @by_ref: all of them, by grant reference
 * @idle: those that no request uses, the least recently used first
 * @nr:   number of persistent grants in @by_ref
 * @full: a grant could not be made persistent, because @nr had reached max_persistent_grants
 * @next_eviction: earliest time of the next eviction that makes room for other grants, jiffies
 */
struct xbback_pgrants {
	struct xarray by_ref;
	struct list_head idle;
	unsigned int nr;
	bool full;
	unsigned long next_eviction;
};

/**
 * struct xbback_poll - state of a worker's polling for requests
 * @slept:  the worker has slept, so the number of requests that it takes next shows whether
 *          the frontend sends one request at a time
 * @single: number of consecutive sleeps after which the worker found exactly one request,
 *          with no other request in flight
 * @polls:  how often the worker may still poll before it sleeps to look again
 * @gap:    time from the end of the work to the next request, average in ns; 0: not known
 * @idle_since: when the work ended, ns of ktime_get_ns(); 0: there is work, or requests are in
 *          flight
 */
struct xbback_poll {
	bool slept;
	unsigned int single;
	unsigned int polls;
	u64 gap;
	u64 idle_since;
};

/**
 * struct xbback_ring - one ring and its worker
 * @base:           what the core knows of the ring: its shared memory and event channel
 * @vbd:            the vbd that the ring belongs to: that of @base.back
 * @layout:         layout of its slots
 * @worker:         the worker thread, referenced; NULL: none
 * @cpu:            the CPU that it has a place on, while there is a worker: placement.c
 * @wake:           the worker sleeps here
 * @event:          set by the interrupt handler, taken by the worker with xchg()
 * @eoi_pending:    the worker has taken an event, and the event channel stays masked until
 *                  the worker calls xen_irq_lateeoi()
 * @found_work:     the worker has found work since it took that event
 * @broken:         the frontend broke the ring: the worker takes no more requests
 * @no_sectors:     the device has no sectors now: the worker takes no requests
 * @next:           the request that was taken last
 * @blocked:        @next is blocked: it waits for earlier requests to end, or for memory
 * @barrier:        a barrier is in flight: no later request starts before it has ended
 * @requests:       array of @base.ring.nr requests, one for each slot
 * @free:           requests that are not in use, the most recently used first
 * @pages_busy:     requests whose I/O has ended, but one of their mapped pages still has
 *                  another user: they are answered when that user has released the page
 * @done:           requests whose I/O has ended, added from any context
 * @answered:       requests whose response was sent where their I/O ended, added from any context
 * @wants_done:     the worker waits for requests in flight: wake it when one has ended
 * @rsp_lock:       protects the responses of @base.ring: prod, pushed and the slots
 * @in_flight:      number of requests that were started and not freed
 * @segs_in_flight: number of their segments
 * @batch:          grant operations of the next hypercall
 * @own_pages:      spare pages of the backend, which data is copied through
 * @nr_own_pages:   length of @own_pages
 * @map_pages:      spare pages that grants can be mapped to
 * @pgrants:        persistent grants
 * @poll:           state of the polling
 * @log_due:        earliest time of the next line of statistics in the log, jiffies
 * @stats:          statistics
 *
 * The worker owns all members while it runs, except @event, @done, @answered, @wake, and what
 * @rsp_lock protects. While it does not run, the caller that starts or stops it owns them. The end
 * of an I/O uses these, and reads @wants_done, within an RCU read-side critical section, which may
 * last longer than the worker.
 */
struct xbback_ring {
	struct xsplit_back_ring base;
	struct xbback_vbd *vbd;
	const struct xvbd_layout *layout;
	struct task_struct *worker;
	unsigned int cpu;
	wait_queue_head_t wake;
	bool event;
	bool eoi_pending;
	bool found_work;
	bool broken;
	bool no_sectors;

	struct xvbd_request next;
	bool blocked;
	bool barrier;

	struct xbback_request *requests;
	struct list_head free;
	struct list_head pages_busy;
	struct llist_head done;
	struct llist_head answered;
	bool wants_done;
	spinlock_t rsp_lock;
	unsigned int in_flight;
	unsigned int segs_in_flight;

	struct xbback_batch *batch;
	struct list_head own_pages;
	unsigned int nr_own_pages;
	struct gnttab_page_cache map_pages;
	struct xbback_pgrants pgrants;
	struct xbback_poll poll;
	unsigned long log_due;
	struct xbback_stats stats;
};

/* Reasons to pause the rings of a vbd: a bit mask. */
enum xbback_pause {
	XBBACK_PAUSE_CHANGE = BIT(0), /* its device is being changed */
	XBBACK_PAUSE_FENCED = BIT(1), /* another vbd of the VM has taken over the device: claim.c */
};

/**
 * struct xbback_vbd - one virtual block device
 * @back:         what the core knows of it. @back.rings_lock also protects @disk, @limit and
 *                @past for readers in sysfs, and @back.pause_lock protects @paused
 * @look_work:    polls until the device has sectors, while the rings are paused because it
 *                has none. It is stopped before @disk changes
 * @waits_for_sectors: the rings are paused because the device has no sectors now
 * @told_empty:   text of the error that says that the device has no sectors; NULL: none
 * @layout:       layout of a slot, which the frontend has chosen
 * @offers_persistent: the backend offers persistent grants to this frontend
 * @persistent_segments: segments of the largest request whose grants are persistent; 0: none are
 * @front_flushes: the frontend knows of a write cache, because the backend published it at the
 *                connect, or because the frontend has sent a flush. While this is false and
 *                the device has a cache, writes go through the cache (FUA)
 * @squeezed_until: memory is short: keep no spare pages until this time, jiffies
 * @disk:         the block device. The work item changes it under rings_lock and
 *                served_lock (disk.c)
 * @served:       entry in the list of vbds with an open disk (disk.c)
 * @limit:        io controller state of the cgroup that the I/O is charged to, referenced;
 *                NULL: the root. The work item changes it while no worker runs
 * @paused:       reasons why the rings are paused, mask of enum xbback_pause; 0: none
 */
struct xbback_vbd {
	struct xsplit_back back;
	struct delayed_work look_work;
	bool waits_for_sectors;
	char *told_empty;

	const struct xvbd_layout *layout;
	bool offers_persistent;
	unsigned int persistent_segments;
	bool front_flushes;
	unsigned long squeezed_until;

	struct xbback_disk disk;
	struct list_head served;
	struct cgroup_subsys_state *limit;
	unsigned int paused;
};

static inline struct xbback_vbd *xbback_to_vbd(struct xsplit_back *back)
{
	return container_of(back, struct xbback_vbd, back);
}

static inline struct xbback_ring *xbback_to_ring(struct xsplit_back_ring *base)
{
	return container_of(base, struct xbback_ring, base);
}

/* The core allocates both, and finds its own part at the beginning. */
static_assert(offsetof(struct xbback_vbd, back) == 0);
static_assert(offsetof(struct xbback_ring, base) == 0);

/* Iterate over the rings, open or not, with pause_lock or rings_lock. */
#define xbback_for_each_ring(vbd, i, ring)                                              \
	for (i = 0; i < (vbd)->back.nr_rings &&                                          \
		    (ring = xbback_to_ring((vbd)->back.rings[i]), true); i++)

/* params.c. The administrator may write a parameter at any time: use READ_ONCE(). */
struct xbback_params {
	unsigned int max_queues;
	unsigned int max_ring_page_order;
	unsigned int max_ring_segments;
	unsigned int max_buffer_pages;
	unsigned int buffer_squeeze_duration_ms;
	unsigned int max_persistent_grants;
	unsigned int persistent_grant_unused_seconds;
	unsigned int persistent_max_segments;
	unsigned int copy_max_segments;
	unsigned int poll_us;
	unsigned int poll_percent;
	unsigned int log_stats;
	bool feature_persistent;
};
extern struct xbback_params xbback_params;
void xbback_params_init(void);
/* The parameters, limited to what the protocol and this driver support. */
unsigned int xbback_max_queues(void);
unsigned int xbback_max_ring_page_order(void);

/* negotiate.c: hooks of the class, see struct xsplit_back_class */
void xbback_offer(struct xsplit_back *back, struct xsplit_nodes *nodes);
int xbback_read_config(struct xsplit_back *back);

/* path.c: which grants are persistent. Any context. */
/* Segments of the largest request with persistent grants, where the frontend knows a bound. */
unsigned int xbback_persistent_segments(void);

/* Whether to offer persistent grants to a frontend; @bounded: it knows such a bound. */
bool xbback_offers_persistent(bool bounded);
/* The upper limit of any bound that a frontend may ask for, in segments. */
unsigned int xbback_persistent_limit(void);

/* connect.c: hooks of the class, see struct xsplit_back_class */
int xbback_init_vbd(struct xsplit_back *back);
void xbback_release_vbd(struct xsplit_back *back);
void xbback_stop(struct xsplit_back *back);
/* Resume the rings if the device had no sectors and now has some, or is gone for good. */
void xbback_look(struct xsplit_back *back);
int xbback_connect(struct xsplit_back *back, bool attach);
bool xbback_holds(struct xsplit_back *back);
void xbback_disconnect(struct xsplit_back *back);
int xbback_may_open(struct xsplit_back *back);
bool xbback_may_reconfigure(struct xsplit_back *back);
int xbback_reconfigure(struct xsplit_back *back);

/* disk.c: all functions sleep */
int xbback_disk_open(struct xbback_vbd *vbd);
void xbback_disk_close(struct xbback_vbd *vbd);
/**
 * xbback_disk_change() - apply the toolstack's present configuration to the disk
 * @vbd:     the vbd, with its rings paused and no request in flight
 * @changed: set to true if the device, its mode or its size has changed; not written otherwise
 *
 * Context: The vbd's work item. Sleeps.
 * Return: 0, also if the new configuration cannot be applied: then an error was reported and
 * the disk stays as it was. A negative errno after xsplit_dev_error() if the disk is lost.
 */
int xbback_disk_change(struct xbback_vbd *vbd, bool *changed);

/* describe.c */
/* Set @disk->geo for the frontend of @vbd, after xbback_read_config(). @disk is open. */
void xbback_disk_describe(const struct xbback_vbd *vbd, struct xbback_disk *disk);
int xbback_disk_publish(struct xbback_vbd *vbd, bool again);
/*
 * Whether the device exists but has no sectors now, for example while the server behind it
 * cannot be reached. A drive without its medium does not count. Does not sleep.
 */
bool xbback_disk_is_empty(const struct xbback_vbd *vbd);

/* claim.c: all functions sleep */
/**
 * xbback_user_get() - allocate an entry for a user of a device
 * @vbd:    the vbd that will use the device
 * @number: the device number, as in struct xbback_disk
 * @mode:   access mode. An entry of mode "w" has a share of a claim: of the claim that the
 *          same disk of the same VM has on this device, if there is one; else of a new claim,
 *          which the kernel may still refuse when the device is opened
 *
 * Context: The vbd's work item. Sleeps; takes claims_lock.
 * Return: the entry, for xbback_user_put(); NULL if there is no memory.
 */
struct xbback_user *xbback_user_get(struct xbback_vbd *vbd, u64 number, enum xsplit_mode mode);
/* The holder that claims the device. NULL for a reader, which claims nothing. */
void *xbback_user_holder(struct xbback_user *user);
/**
 * xbback_user_enter() - add the entry to the users of the device
 * @user: the entry; its device is open
 * @bdev:  the device
 *
 * If another vbd excludes this one, waits up to 2 s for that vbd to leave.
 *
 * Context: The vbd's work item. Sleeps.
 * Return: 0; -EBUSY if a reader uses the device and this is a writer, or the other way round.
 */
int xbback_user_enter(struct xbback_user *user, struct block_device *bdev);
/**
 * xbback_lease_take() - become the vbd that serves the device
 * @user: the entry; its device is open
 *
 * Pauses the rings of the vbd that has served the device until now, and waits for its
 * requests in flight.
 *
 * Context: The vbd's work item. Sleeps; takes the claim's lock and the other vbd's pause_lock.
 * Return: 0; -EBUSY if another vbd of this VM has taken over from this vbd.
 */
int xbback_lease_take(struct xbback_user *user);
/*
 * Give up the entry, its share of the claim and its lease. @user may be NULL. Its device is
 * closed. If this vbd has started no request, the vbd that served the device before resumes.
 */
void xbback_user_put(struct xbback_user *user);
/*
 * Pause the rings of @vbd until every reason @why (a bit of enum xbback_pause) is removed. After
 * xbback_rings_pause() no request is in flight. Both take pause_lock.
 */
void xbback_rings_pause(struct xbback_vbd *vbd, unsigned int why);
void xbback_rings_resume(struct xbback_vbd *vbd, unsigned int why);

/* ring.c: hooks of the class, see struct xsplit_back_class; and two that sleep */
int xbback_ring_open(struct xsplit_back_ring *base);
int xbback_ring_start(struct xsplit_back_ring *base);
void xbback_ring_stop(struct xsplit_back_ring *base);
void xbback_ring_close(struct xsplit_back_ring *base);
void xbback_event(struct xsplit_back_ring *base);
/* From pause to resume the ring takes no request and has none in flight. */
void xbback_ring_pause(struct xbback_ring *ring);
void xbback_ring_resume(struct xbback_ring *ring);

/*
 * placement.c. Get a place for a ring, which xbback_place_put() gives back. @node: the device is
 * there, or NUMA_NO_NODE. Return: its CPU. It may go offline at any time, and the place stays
 * valid. Both sleep.
 */
unsigned int xbback_place_get(int node);
void xbback_place_put(unsigned int cpu);
/* Called by a worker: go to this CPU now. The scheduler may move the worker later. Sleeps. */
void xbback_place_enter(unsigned int cpu);

/* worker.c: the function of the worker thread; @arg is a struct xbback_ring */
int xbback_worker(void *arg);

/* pages.c: keep no spare pages for buffer_squeeze_duration_ms. Any context. */
void xbback_pages_squeeze(struct xbback_vbd *vbd);

/* limit.c: read or drop the cgroup while no worker runs (parked is enough). Both sleep. */
void xbback_limit_read(struct xbback_vbd *vbd);
void xbback_limit_drop(struct xbback_vbd *vbd);
/* Called by a worker: charge its I/O to the cgroup from now on; stop that before it ends. */
void xbback_limit_enter(struct xbback_vbd *vbd);
void xbback_limit_leave(void);
/* Write the path of the cgroup to a page-sized @buf, for sysfs. Sleeps. */
ssize_t xbback_limit_show(struct xbback_vbd *vbd, char *buf);

/* stats.c */
extern const struct attribute_group *xbback_groups[];
/* The counters of a ring: the requests of each class but XVBD_COUNTS_NOTHING, and three others. */
#define XBBACK_RING_STATS (XVBD_OP_CLASS_COUNT - 1 + 3)
extern const struct xsplit_stat xbback_ring_stats[XBBACK_RING_STATS];

#endif /* XBBACK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xen-blkfront, the files in the order in which data flows:
 *
 *   xenbus.c   life of a vbd: probe, remove, calls of the handshake table
 *   connect.c  actions of the table: publish rings, read the keys of the disk
 *   negotiate.c module parameters, negotiation of the rings with the backend
 *   disk.c     the gendisk: numbers, openers, addition and removal
 *   queues.c   blk-mq queues, and which ring each queue uses
 *   identity.c serial number and WWN in sysfs
 *   park.c     a disk without a backend: resume, or replacement of the backend
 *   request.c  block requests into slots of a ring
 *   grant.c    grant references, and pages that stay granted
 *   reply.c    responses of a ring, completion of requests
 *   ring.c     one ring: memory, slots, event channel
 */
#ifndef XBFRONT_H
#define XBFRONT_H

#include <linux/blk-mq.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "block/blkcompat.h"
#include "block/blkkeys.h"
#include "block/blkring.h"
#include "block/vdev.h"
#include "compat.h"
#include "machine.h"
#include "store.h"

/*
 * Segments of the largest request. It must fit even into the ring of a later backend without
 * indirect requests and rings of several pages: 32 slots of XVBD_MAX_SEGMENTS segments.
 */
#define XBFRONT_MAX_SEGMENTS (32 * XVBD_MAX_SEGMENTS)

/* A segment is one Xen page: segments of larger kernel pages would have to be split. */
static_assert(PAGE_SIZE == XEN_PAGE_SIZE, "the front needs a kernel with pages of 4 KiB");

#define XBFRONT_NO_SLOT 0xffff

/**
 * struct xbfront_grant - one grant reference
 * @next: next in the chain of a pool or a request
 * @page: page of a paged pool, granted as long as the reference is valid, or NULL
 * @ref:  the reference, or INVALID_GRANT_REF if the grant has none
 */
struct xbfront_grant {
	struct xbfront_grant *next;
	struct page *page;
	grant_ref_t ref;
};

struct xbfront_chunk;

/**
 * struct xbfront_pool - the grants of one ring for one purpose
 * @free:    chain of grants that no request uses, the last used first
 * @uninit:  chain of grants without reference and page
 * @nr_free: number of grants in @free
 * @min_free: minimum of @nr_free since unused grants were last released
 * @nr:      number of grants with a reference
 * @max:     maximum of @nr
 * @reserve: number of grants that are kept when no request uses them
 * @paged:   each grant has a page of its own, which the backend may map permanently
 * @readonly: the backend may only read the pages
 * @chunks:  list of all memory of the grants
 *
 * A pool grows when more requests are in flight than before. The lock of the ring protects it.
 */
struct xbfront_pool {
	struct xbfront_grant *free;
	struct xbfront_grant *uninit;
	unsigned int nr_free;
	unsigned int min_free;
	unsigned int nr;
	unsigned int max;
	unsigned int reserve;
	bool paged;
	bool readonly;
	struct xbfront_chunk *chunks;
};

/**
 * struct xbfront_slot - the part of a request that has one request id
 * @rq:    block request of this part; NULL: the slot is free
 * @next:  next part of the request, or next free slot
 * @op:    operation that was sent (enum xvbd_op)
 * @in_flight: the part was sent and has no response yet
 */
struct xbfront_slot {
	struct request *rq;
	u16 next;
	u8 op;
	bool in_flight;
};

/**
 * struct xbfront_cmd - driver data of a block request
 * @next:   next in a list of completed requests
 * @grants: grants of the data
 * @tables: grants of the pages with the indirect segments
 * @prod:   producer index of the ring when the request got its slots; shows its age
 * @sectors: data sent to the backend, in units of 512 bytes
 * @slot:   slot of the first part
 * @nr_in_flight: number of parts without a response
 * @status: result; the first error is kept
 * @bounced: the data is copied through pages of the pool
 * @truncated: there were too few grants for all data: the rest is requeued
 */
struct xbfront_cmd {
	struct request *next;
	struct xbfront_grant *grants;
	struct xbfront_grant *tables;
	u32 prod;
	u32 sectors;
	u16 slot;
	u16 nr_in_flight;
	blk_status_t status;
	bool bounced;
	bool truncated;
};

static inline struct xbfront_cmd *xbfront_cmd_of(struct request *rq)
{
	return blk_mq_rq_to_pdu(rq);
}

/* Value of bounced_segments: bounce all requests. */
#define XBFRONT_ALL U16_MAX

/**
 * struct xbfront_ring - one ring
 * @vbd:    the vbd that owns the ring
 * @lock:   protects @dead, @stalled, @ring, slots and pools; disable bottom halves to take it
 * @dead:   no new request may be put into the ring
 * @stalled: a request was refused because slots or grants were short
 * @polled: the block layer polls for responses: the ring requests no events
 * @bounced_segments: requests of up to so many segments are copied through @pages; 0: none,
 *          XBFRONT_ALL: all. Data in pages of another domain is always copied
 * @max_segments: maximum of segments that the backend accepts in one slot
 * @free_slot: first free slot, or XBFRONT_NO_SLOT
 * @nr_free_slots: number of free slots
 * @ring:   shared memory, indices and number of slots
 * @slots:  state of each slot, @ring.nr entries
 * @data:   grants for pages of the users
 * @pages:  grants of our own pages, for data that is copied
 * @tables: grants of our own pages, for indirect segments; if all data is copied, see @pages
 * @tasklet: takes responses
 * @shared: memory of the ring
 * @nr_pages: pages of @shared, a power of two
 * @port:   event channel
 * @irq:    interrupt of @port, or 0
 * @grefs:  grant references of the pages of @shared
 */
struct xbfront_ring {
	struct xbfront_vbd *vbd;
	spinlock_t lock;
	bool dead;
	bool stalled;
	bool polled;
	u16 bounced_segments;
	u16 max_segments;
	u16 free_slot;
	u16 nr_free_slots;
	struct xvbd_ring ring;
	struct xbfront_slot *slots;
	struct xbfront_pool data;
	struct xbfront_pool pages;
	struct xbfront_pool tables;
	struct tasklet_struct tasklet;
	void *shared;
	unsigned int nr_pages;
	evtchn_port_t port;
	int irq;
	grant_ref_t grefs[XSPLIT_MAX_RING_PAGES];
};

/**
 * struct xbfront_plan - the rings that will be published
 * @nr_rings:  number of rings
 * @nr_polled: number of polled rings: the last ones of @nr_rings
 * @order:     order of the pages of each ring
 * @num_ring_pages_key: the backend supports the key "num-ring-pages"
 * @persistent_segments: segments of the largest request with persistent grants; 0: no limit
 */
struct xbfront_plan {
	unsigned int nr_rings;
	unsigned int nr_polled;
	unsigned int order;
	bool num_ring_pages_key;
	u16 persistent_segments;
};

/**
 * struct xbfront_view - properties of a disk that users see
 * @sectors:  size, in units of 512 bytes
 * @readonly: writes are refused
 * @limits:   limits of its requests
 */
struct xbfront_view {
	u64 sectors;
	bool readonly;
	struct xvbd_disk_limits limits;
};

enum xbfront_flag {
	XBFRONT_REMOVED, /* xenbus has removed the device */
	XBFRONT_RING_BROKEN, /* a response was invalid */
	XBFRONT_BROKEN, /* the disk cannot serve its users any more */
	XBFRONT_KILLED, /* requests for a dead ring fail; else they are retried */
	XBFRONT_SHOW_FAILED, /* device_add_disk() failed */
	XBFRONT_REFUSED, /* a close waits until the last user has closed the disk */
	XBFRONT_HIDDEN, /* hide_work has removed the disk */
	XBFRONT_BACK_CHANGED, /* the backend has written Connected, perhaps again */
	XBFRONT_GAVE_UP, /* the park_timeout of a parked disk has expired */
	XBFRONT_STALE, /* the rings belong to a former backend */
	XBFRONT_OP_REFUSED, /* the backend refused an operation that it offers */
	XBFRONT_SHORTAGE_LOGGED, /* the shortage of grants has been logged */
	XBFRONT_TOUCHED, /* a key of our directory was written: xenwatch will call us */
	XBFRONT_TOUCH_RETRY, /* xenwatch must be called again */
	XBFRONT_UNPUBLISHED, /* probed, nothing published yet */
	XBFRONT_LIMITS, /* view_work must set new limits */
	XBFRONT_MEDIUM, /* view_work must report another medium */
};

/* Bits of vbd->ops in addition to those of enum xvbd_op. */
#define XBFRONT_OP_SECURE XVBD_OP_COUNT

#define XBFRONT_IDENTITY_MAX 65

/**
 * struct xbfront_vbd - one virtual block device
 * @ref:       held by xenbus until remove, by @work while queued, by each opener
 * @dev:       xenbus device of the frontend
 * @otherend:  directory of the backend; a copy, as @work may run after xenbus has freed its own
 * @next_otherend: directory of a new backend, or NULL; set by a resume, taken with xchg()
 * @watch:     on our directory: the tools name another backend there, or @machine calls
 * @machine:   state of the handshake
 * @work:      runs @machine; only this work connects and releases rings
 * @again_work: has @work call xenwatch again, if that failed
 * @show_work: adds the disk; this, @view_work and @hide_work are not in @work, as they may
 *             have to wait until the backend answers requests
 * @view_work: shows changes of @view to users
 * @hide_work: removes the unused disk
 * @give_up_work: fails a parked disk when park_timeout expires
 * @retry_work: repeats a failed action of a parked disk
 * @retries:   number of these repetitions so far
 * @retry_error: error node of the last repetition, or NULL
 * @busy_error: error node that reports that a close waits for users, or NULL
 * @trim_work: releases unused grants; runs only while there are rings
 * @flags:     bits by enum xbfront_flag
 * @vdev:       name and minors of the disk
 * @handle:    low 16 bits of the virtual device number, sent with each request
 * @untrusted: the backend may see nothing but the data of the disk
 * @minors_entry: entry in the list of claimed minors
 * @plan:      number, size and kind of @rings
 * @rings:     array of @nr_rings rings, or NULL
 * @nr_rings:  number of rings
 * @keys:      values of the keys of the backend, indexed by XVBD_BACK_*
 * @ops:       operations that the backend offers and has not refused; bits by enum xvbd_op
 * @serial:    serial number of the disk, or ""; set before the disk is shown
 * @wwid:      world wide name of the disk, or ""; set before the disk is shown
 * @tags:      blk-mq tag set of @gd
 * @gd:        the gendisk, from connect to hide or kill; else NULL
 * @view:      properties that @view_work shows to users
 * @show_started: @show_work was queued: users may open the disk
 * @added:     the disk is added; written by @show_work and where the disk is removed
 * @parked:    the queue is quiesced, and there are no rings to use
 * @open_lock: protects @openers, @leaving and @view
 * @openers:   number of users that have the disk open
 * @leaving:   @hide_work was queued: opens are refused
 */
struct xbfront_vbd {
	struct kref ref;
	struct xenbus_device *dev;
	char *otherend;
	char *next_otherend;
	struct xenbus_watch watch;
	struct xvbd_machine machine;
	struct work_struct work;
	struct delayed_work again_work;
	struct work_struct show_work;
	struct work_struct view_work;
	struct work_struct hide_work;
	struct delayed_work give_up_work;
	struct delayed_work retry_work;
	unsigned int retries;
	char *retry_error;
	char *busy_error;
	struct delayed_work trim_work;
	unsigned long flags;
	struct xvbd_vdev vdev;
	u16 handle;
	bool untrusted;
	struct list_head minors_entry;
	struct xbfront_plan plan;
	struct xbfront_ring *rings;
	unsigned int nr_rings;
	u64 keys[XVBD_BACK_KEYS];
	unsigned long ops;
	char serial[XBFRONT_IDENTITY_MAX];
	char wwid[XBFRONT_IDENTITY_MAX];
	struct blk_mq_tag_set tags;
	struct gendisk *gd;
	struct xbfront_view view;
	bool show_started;
	bool added;
	bool parked;
	spinlock_t open_lock;
	unsigned int openers;
	bool leaving;
};

/* Convert a parameter in seconds to the delay of a work, in jiffies. */
static inline unsigned long xbfront_delay(unsigned int seconds)
{
	return min_t(u64, (u64)seconds * HZ, MAX_JIFFY_OFFSET);
}

/* xenbus.c */
/* For works that the handshake may wait for. They must not queue behind waits for memory. */
extern struct workqueue_struct *xbfront_disk_wq;
int xbfront_xenbus_init(void);
void xbfront_xenbus_exit(void);
/* Have the handshake run again. Any context. */
void xbfront_kick(struct xbfront_vbd *vbd);
/* The same after a delay that grows with each retry. For a parked disk, from vbd->work only. */
void xbfront_retry(struct xbfront_vbd *vbd);
void xbfront_put(struct xbfront_vbd *vbd);
/* Return: the value of feature-rejoin. Any context. */
unsigned int xbfront_rejoin_key(const struct xbfront_vbd *vbd);

/* connect.c: actions of the handshake table, see struct xvbd_machine; all sleep */
unsigned int xbfront_facts(struct xvbd_machine *m);
int xbfront_publish(struct xvbd_machine *m);
int xbfront_connect(struct xvbd_machine *m);
int xbfront_unlink(struct xvbd_machine *m);
int xbfront_refresh(struct xvbd_machine *m);
/*
 * Read the keys of a parked disk from another backend and prepare its rings. The size may change,
 * the sector size may not. Return: as an action.
 */
int xbfront_reconnect_rings(struct xbfront_vbd *vbd);

/* negotiate.c */
/**
 * xbfront_negotiate() - set vbd->plan from the parameters and the offer of the backend
 * @vbd: the vbd
 *
 * Context: Sleeps.
 * Return: 0; or a negative errno after xvbd_tell().
 */
int xbfront_negotiate(struct xbfront_vbd *vbd);
/* Return: ring->bounced_segments for this backend. */
u16 xbfront_bounced_segments(const struct xbfront_vbd *vbd);
/* Return: whether this end uses persistent grants if the backend does. */
bool xbfront_uses_persistent(void);
/* Return: the maximum of segments in one request that both ends support. */
unsigned int xbfront_segments(const struct xbfront_vbd *vbd);

/* disk.c: all sleep */
int xbfront_disk_alloc(struct xbfront_vbd *vbd);
/* Set size, read-only flag and limits of a shown disk, by view_work: does not wait for requests. */
void xbfront_disk_refresh(struct xbfront_vbd *vbd);
/* Report another medium to users, by view_work. */
void xbfront_disk_change_medium(struct xbfront_vbd *vbd);
void xbfront_disk_free(struct xbfront_vbd *vbd);
void xbfront_disk_show_work(struct work_struct *work);
void xbfront_disk_view_work(struct work_struct *work);
void xbfront_disk_hide_work(struct work_struct *work);
int xbfront_disk_show(struct xvbd_machine *m);
int xbfront_disk_refuse(struct xvbd_machine *m);
int xbfront_disk_hide(struct xvbd_machine *m);
int xbfront_disk_kill(struct xvbd_machine *m);

/* queues.c */
extern const struct blk_mq_ops xbfront_mq_ops;
/* Allocate the tag set of a disk. Sleeps. Return: 0 or a negative errno. */
int xbfront_queues_alloc(struct xbfront_vbd *vbd);
/* Assign a ring to each queue. The queue of the disk must be idle. Sleeps. */
void xbfront_queues_attach(struct xbfront_vbd *vbd);
/* Take the rings from all queues and wait for ->poll(). The queue must be idle. Sleeps. */
void xbfront_queues_detach(struct xbfront_vbd *vbd);
/* Run the queues of @q that use @ring. Does not sleep. */
void xbfront_queues_run(struct request_queue *q, const struct xbfront_ring *ring);

/* identity.c */
void xbfront_identity_read(struct xbfront_vbd *vbd);
extern const struct attribute_group *xbfront_identity_groups[];

/* park.c: a disk without a backend; all sleep */
int xbfront_park(struct xvbd_machine *m);
int xbfront_reconnect(struct xvbd_machine *m);
int xbfront_unpark(struct xvbd_machine *m);
void xbfront_give_up_work(struct work_struct *work);

/* request.c */
blk_status_t xbfront_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
void xbfront_commit_rqs(struct blk_mq_hw_ctx *hctx);

/* grant.c */
/*
 * Return: whether the guest has @nr grant references left, plus an amount for
 * others if @leave_free.
 */
bool xbfront_grants_left(unsigned int nr, bool leave_free);
/**
 * xbfront_pool_reserve() - make grants before requests arrive
 * @ring: owner of the pool
 * @pool: one of the pools of @ring
 * @nr:   number of grants to make and to keep
 *
 * Context: Sleeps.
 * Return: false if the pool has fewer.
 */
bool xbfront_pool_reserve(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr);
/**
 * xbfront_pool_ready() - return how many grants a request can take
 * @ring: owner of the pool
 * @pool: one of the pools of @ring; it grows if it can
 * @nr:   number of grants that the request needs
 *
 * Context: The caller holds @ring->lock.
 * Return: @nr; or fewer, if the pool cannot have @nr; or -EAGAIN: wait until other requests
 * have completed.
 */
int xbfront_pool_ready(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr);
/* Take a chain of @nr grants; xbfront_pool_ready() has promised them. Under ring->lock. */
struct xbfront_grant *xbfront_pool_take(struct xbfront_pool *pool, unsigned int nr);
/* Return a chain of grants, or NULL, to its pool. Under ring->lock, or with no other user. */
void xbfront_pool_put(struct xbfront_ring *ring, struct xbfront_pool *pool,
		      struct xbfront_grant *chain);
/* Release grants that a burst of requests has left: the function of vbd->trim_work. */
void xbfront_trim_work(struct work_struct *work);
/*
 * Release all grants of a pool that no request uses. A page that is still
 * mapped is freed later.
 */
void xbfront_pool_destroy(struct xbfront_pool *pool);
/* Return: the pool for the data of a request. */
static inline struct xbfront_pool *xbfront_data_pool(struct xbfront_ring *ring,
						     const struct xbfront_cmd *cmd)
{
	return cmd->bounced ? &ring->pages : &ring->data;
}
/* Return: the pool for pages with indirect segments. */
static inline struct xbfront_pool *xbfront_table_pool(struct xbfront_ring *ring)
{
	return ring->bounced_segments == XBFRONT_ALL ? &ring->pages : &ring->tables;
}
/* Copy the data of a request into the pages of its grants, or out of them. No lock needed. */
void xbfront_bounce_in(struct request *rq);
void xbfront_bounce_out(struct request *rq);

/* reply.c */
/**
 * xbfront_reap() - take all responses and complete the requests that are done
 * @ring: the ring
 * @iob:  the batch of the caller, or NULL
 *
 * Context: Not hard interrupt.
 * Return: the number of responses taken.
 */
int xbfront_reap(struct xbfront_ring *ring, struct io_comp_batch *iob);
void xbfront_reply_tasklet(struct tasklet_struct *tasklet);
void xbfront_end_request(struct request *rq);
/* Return: the status of a request whose operation the backend refuses; an error if unknown. */
blk_status_t xbfront_refused_status(u8 op);
/* Fail all requests in flight. Nothing else may use the ring. */
void xbfront_requests_fail(struct xbfront_ring *ring);
/* Requeue all requests in flight. Nothing else may use the ring. */
void xbfront_requests_requeue(struct xbfront_ring *ring);

/* ring.c */
int xbfront_ring_open(struct xbfront_ring *ring, unsigned int order, bool leave_free);
/* Set up the pools of the ring, after the keys of the backend were read. Sleeps. */
void xbfront_ring_prepare(struct xbfront_ring *ring);
void xbfront_ring_close(struct xbfront_ring *ring);
/*
 * Take a chain of @nr free slots for the parts of @rq. The caller holds the
 * lock and has counted.
 */
u16 xbfront_slots_take(struct xbfront_ring *ring, struct request *rq, unsigned int nr);
/* Free a chain of slots. The caller holds the lock, or is the only user. */
void xbfront_slots_put(struct xbfront_ring *ring, u16 first);
/* Refuse new requests. Not in hard interrupt context. */
void xbfront_ring_stop(struct xbfront_ring *ring);
/* Release the event channel and wait for the tasklet. Sleeps. */
void xbfront_ring_unbind_irq(struct xbfront_ring *ring);

#endif /* XBFRONT_H */

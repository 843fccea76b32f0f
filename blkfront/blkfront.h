/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xen-blkfront: the parts in the order data flows.
 *
 *   xenbus.c   life of a vbd: probe, remove, dispatch on the handshake table
 *   connect.c  the table's actions: publish rings, read what the disk is
 *   negotiate.c what is asked of the back: the module's parameters, and what they
 *              come to with what a back offers
 *   disk.c     the gendisk: its numbers, its users, how it comes and goes
 *   queues.c   the block layer's queues, and which ring each uses
 *   identity.c serial number and WWN, in sysfs
 *   park.c     a disk between two backs: resume, or a back whose driver is replaced
 *   request.c  block requests into slots of a ring
 *   grant.c    grant references, and pages that are granted once
 *   reply.c    responses of a ring into ended requests
 *   ring.c     one ring: its memory, its slots, its event channel
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

#include "blkkeys.h"
#include "compat.h"
#include "machine.h"
#include "protocol.h"
#include "ring.h"
#include "store.h"
#include "vdev.h"

/*
 * Segments of the largest request. A back that comes after a park may know
 * neither indirect requests nor rings of more than one page: what was queued for
 * the one before must fit even there, in slots of XVBD_MAX_SEGMENTS.
 */
#define XBFRONT_MAX_SEGMENTS (32 * XVBD_MAX_SEGMENTS)

/* A segment is a page of Xen's: larger pages of the kernel would have to be cut. */
static_assert(PAGE_SIZE == XEN_PAGE_SIZE, "the front needs a kernel with pages of 4 KiB");

#define XBFRONT_MAX_RING_PAGES (1 << XVBD_MAX_RING_PAGE_ORDER)

/* No slot has this number. */
#define XBFRONT_NO_SLOT 0xffff

/**
 * struct xbfront_grant - one grant reference
 * @next: in the chain of a pool or of a request
 * @page: of a pool of pages: granted for as long as the pool exists
 * @ref:  the reference, or INVALID_GRANT_REF once it is given up
 */
struct xbfront_grant {
	struct xbfront_grant *next;
	struct page *page;
	grant_ref_t ref;
};

struct xbfront_chunk;

/**
 * struct xbfront_pool - grants that one ring may use
 * @free:    chain of those that no request has, the one used last first
 * @nr_free: its length
 * @least:   its least length since unused grants were last given up
 * @nr:      how many there are in all
 * @max:     how many there may be
 * @reserve: how many are kept if none is in use
 * @spare:   chain of those that have neither reference nor page
 * @paged:   each has a page of its own, which the back may use all the time
 * @readonly: the back may only read these pages
 * @chunks:  where they lie
 *
 * Grows when more is in flight than ever before, up to @max. The ring's lock
 * keeps it once requests come.
 */
struct xbfront_pool {
	struct xbfront_grant *free;
	struct xbfront_grant *spare;
	unsigned int nr_free;
	unsigned int least;
	unsigned int nr;
	unsigned int max;
	unsigned int reserve;
	bool paged;
	bool readonly;
	struct xbfront_chunk *chunks;
};

/**
 * struct xbfront_slot - what is with the back under one request id
 * @rq:    the block request that this is a part of, or NULL: the slot is free
 * @next:  the request's next part, or the next free slot
 * @op:    what was asked
 * @waits: asked and not yet answered
 */
struct xbfront_slot {
	struct request *rq;
	u16 next;
	u8 op;
	bool waits;
};

/**
 * struct xbfront_cmd - beside each block request
 * @next:   of the requests that ended together
 * @grants: of its data
 * @tables: of the pages that hold its indirect segments
 * @bounced: the data goes through pages of our own
 * @partial: there were not grants for all of it: the rest comes again
 * @sectors: of its data that are in the ring
 * @order:  when it was put into the ring, among those that are there
 * @slot:   its first part
 * @nr_waiting: parts not yet answered
 * @status: how it ended; the first error stays
 */
struct xbfront_cmd {
	struct request *next;
	struct xbfront_grant *grants;
	struct xbfront_grant *tables;
	u32 order;
	u32 sectors;
	u16 slot;
	u16 nr_waiting;
	blk_status_t status;
	bool bounced;
	bool partial;
};

static inline struct xbfront_cmd *xbfront_cmd_of(struct request *rq)
{
	return blk_mq_rq_to_pdu(rq);
}

/* Of segments: however many. */
#define XBFRONT_ALL U16_MAX

/**
 * struct xbfront_ring - one ring
 * @lock:   keeps @ring, @dead, @stalled, the slots and the pools; taken with
 *          bottom halves off
 * @dead:   no new request may be put into the ring
 * @stalled: a request was turned away for want of slots or grants
 * @bounced_segments: of the largest request whose data always goes through pages
 *          of our own, in @pages; 0: none, XBFRONT_ALL: all. Data in pages of another
 *          domain does so whatever its size
 * @polled: its users look for responses, it asks for no events
 * @max_segments: that the back takes in one slot
 * @data:   grants for users' pages
 * @pages:  pages of our own
 * @tables: pages for indirect segments; if all data is bounced, they are of @pages
 * @tasklet: takes responses
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
	grant_ref_t grefs[XBFRONT_MAX_RING_PAGES];
};

/**
 * struct xbfront_plan - the rings that are to be published
 * @nr_rings: in all
 * @nr_polled: of them, the last ones
 * @order:    of the pages of each
 * @old_spelling: the back knows "num-ring-pages"
 * @persistent_segments: of the largest request whose grants are to be used again; 0:
 *              the back knows no bound, or is not to have any
 */
struct xbfront_plan {
	unsigned int nr_rings;
	unsigned int nr_polled;
	unsigned int order;
	bool old_spelling;
	u16 persistent_segments;
};

/**
 * struct xbfront_view - what users see of a disk
 * @sectors:  its size, in units of 512 bytes
 * @readonly: nothing can be written
 * @limits:   what its requests can be
 */
struct xbfront_view {
	u64 sectors;
	bool readonly;
	struct xvbd_disk_limits limits;
};

enum xbfront_flag {
	XBFRONT_REMOVED, /* xenbus has taken the device away */
	XBFRONT_RING_BROKEN, /* a response made no sense */
	XBFRONT_BROKEN, /* the disk cannot serve its users any more */
	XBFRONT_KILLED, /* requests that find a dead ring fail; else they wait */
	XBFRONT_SHOW_FAILED, /* the block layer did not take the disk */
	XBFRONT_REFUSED, /* a close waits for the last user */
	XBFRONT_HIDDEN, /* hide_work has taken the disk away */
	XBFRONT_NEWS, /* the back has said Connected, perhaps once more */
	XBFRONT_GAVE_UP, /* a parked disk's time is over */
	XBFRONT_STALE, /* the rings are of a back of before */
	XBFRONT_OP_REFUSED, /* the back does not do what it has offered */
	XBFRONT_SHORT, /* it is in the log that grants are short */
	XBFRONT_CALLING, /* a key of our directory is written to have xenwatch call us */
	XBFRONT_AGAIN, /* what xenwatch could not do is to be tried again */
	XBFRONT_FRESH, /* probed, and nothing published yet */
	XBFRONT_LIMITS, /* new limits are to be set by view_work */
	XBFRONT_MEDIUM, /* view_work is to tell of another medium */
};

/* Bits of vbd->ops beside those of enum xvbd_op. */
#define XBFRONT_OP_SECURE XVBD_OP_COUNT

#define XBFRONT_IDENTITY_MAX 65

/**
 * struct xbfront_vbd - one virtual block device
 * @ref:       one for xenbus until remove, one for @work while it is queued,
 *             one for every opener
 * @otherend:  our copy: work may still run when xenbus has freed its own
 * @next_otherend: who it is from now on, or NULL; put there by a resume, taken by
 *             @work with xchg()
 * @watch:     on its directory: tools make a back anew elsewhere, or @machine calls
 * @again_work: has @work make @watch fire
 * @work:      runs @machine; the only place that connects or gives back
 * @show_work: adds the disk; this, @view_work and @hide_work are apart from @work, since
 *             they may have to wait for the back to answer requests
 * @view_work: shows users what has changed: @view
 * @hide_work: takes the unused disk away
 * @give_up_work: ends the patience of a parked disk
 * @retry_work: has a parked disk try once more what has failed
 * @retries:   how often that was tried
 * @told_failed: the error of the last time
 * @told_busy: the error that says that a close waits for users
 * @trim_work: gives up grants that are not needed any more; runs while there are rings
 * @place:     name and numbers
 * @neighbours: in the list of claimed minors
 * @untrusted: the back is to see nothing but the disk's data
 * @plan:      how @rings came to be
 * @keys:      what the back said of the disk, indexed by XVBD_BACK_*
 * @ops:       bits by enum xvbd_op: what the back still does of what it offered
 * @serial:    of the disk, "" if it has none; set before the disk is shown
 * @wwid:      the same
 * @gd:        exists from connect to hide or kill
 * @offered:   @show_work has been started: users may come
 * @added:     the block layer has it; written by @show_work and @hide_work
 * @open_lock: keeps @openers and @leaving
 * @leaving:   no new users: @hide_work has been started
 * @parked:    the queue is quiesced and there are no rings to use
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
	char *told_failed;
	char *told_busy;
	struct delayed_work trim_work;
	unsigned long flags;

	struct xvbd_vdev place;
	u16 handle;
	bool untrusted;
	struct list_head neighbours;

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
	bool offered;
	bool added;
	bool parked;

	spinlock_t open_lock;
	unsigned int openers;
	bool leaving;
};

/* A parameter in seconds as the delay of a work. */
static inline unsigned long xbfront_delay(unsigned int seconds)
{
	return min_t(u64, (u64)seconds * HZ, MAX_JIFFY_OFFSET);
}

/* xenbus.c */
/*
 * For the works of a disk that the handshake may have to wait for: what it waits
 * for must not be behind those that wait for memory.
 */
extern struct workqueue_struct *xbfront_disk_wq;
int xbfront_xenbus_init(void);
void xbfront_xenbus_exit(void);
/* Have the handshake looked at again. May be called in any context. */
void xbfront_kick(struct xbfront_vbd *vbd);
/* The same in a while; each time without success it is longer. Only for a parked disk. */
void xbfront_retry(struct xbfront_vbd *vbd);
void xbfront_put(struct xbfront_vbd *vbd);
/* The value of feature-rejoin. */
unsigned int xbfront_rejoin_key(const struct xbfront_vbd *vbd);

/* connect.c: actions of the handshake table; all sleep */
unsigned int xbfront_facts(struct xvbd_machine *m);
int xbfront_publish(struct xvbd_machine *m);
int xbfront_connect(struct xvbd_machine *m);
int xbfront_unlink(struct xvbd_machine *m);
int xbfront_refresh(struct xvbd_machine *m);
/*
 * See what a disk with users is with another back, and have its rings ready: its
 * size may change, its kind may not. Return: as an action.
 */
int xbfront_reconnect(struct xbfront_vbd *vbd);

/* negotiate.c */
/**
 * xbfront_negotiate() - decide how many rings of what size to make
 * @vbd: its plan is set
 *
 * Sleeps. Return: 0; or a negative errno after xvbd_tell().
 */
int xbfront_negotiate(struct xbfront_vbd *vbd);
/* What ring->bounced_segments is to be with this back. */
u16 xbfront_bounced_segments(const struct xbfront_vbd *vbd);
/* Whether this end keeps grants for a back that does so, too. */
bool xbfront_uses_persistent(void);
/* Segments in one request that this back and this end agree on. */
unsigned int xbfront_segments(const struct xbfront_vbd *vbd);

/* disk.c: all sleep */
int xbfront_disk_alloc(struct xbfront_vbd *vbd);
/*
 * What may change while the disk is shown: size, read-only, limits. Users see it a moment
 * later: this waits for nobody who waits for requests.
 */
void xbfront_disk_refresh(struct xbfront_vbd *vbd);
/* Tell users of another medium, as xbfront_disk_refresh() does. */
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
/* Make the tags of a disk that is about to be made. Sleeps. */
int xbfront_queues_alloc(struct xbfront_vbd *vbd);
/* Let each queue use a ring. The disk's queue runs nothing. Sleeps. */
void xbfront_queues_attach(struct xbfront_vbd *vbd);
/* Let no queue use a ring any more. The disk's queue runs nothing. Sleeps. */
void xbfront_queues_detach(struct xbfront_vbd *vbd);
/* Run the queues of @q that use @ring. */
void xbfront_queues_run(struct request_queue *q, const struct xbfront_ring *ring);

/* identity.c */
void xbfront_identity_read(struct xbfront_vbd *vbd);
extern const struct attribute_group *xbfront_identity_groups[];

/* park.c: a disk between two backs; all sleep */
int xbfront_park(struct xvbd_machine *m);
int xbfront_rejoin(struct xvbd_machine *m);
int xbfront_unpark(struct xvbd_machine *m);
void xbfront_give_up_work(struct work_struct *work);

/* request.c */
blk_status_t xbfront_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
void xbfront_commit_rqs(struct blk_mq_hw_ctx *hctx);

/* grant.c */
/* Whether this guest has @nr grant references, and, if @spare, some for others beside. */
bool xbfront_grants_left(unsigned int nr, bool spare);
/**
 * xbfront_pool_reserve() - have a number of grants ready, before requests come
 * @ring: its owner
 * @pool: one of its pools
 * @nr:   how many
 *
 * Sleeps. Return: false: there are fewer.
 */
bool xbfront_pool_reserve(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr);
/**
 * xbfront_pool_ready() - see how many grants a request can have
 * @ring: its owner; the caller holds the lock
 * @pool: one of its pools, which grows if it can
 * @nr:   how many are wanted
 *
 * Return: @nr; or fewer, if the pool cannot have as many; or -EAGAIN: there will be more when
 * others have ended.
 */
int xbfront_pool_ready(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr);
/* Take a chain of @nr; there are as many. */
struct xbfront_grant *xbfront_pool_take(struct xbfront_pool *pool, unsigned int nr);
/* Give a chain back; NULL is none. */
void xbfront_pool_put(struct xbfront_ring *ring, struct xbfront_pool *pool,
		      struct xbfront_grant *chain);
/* Give up what a burst of requests has left over. */
void xbfront_trim_work(struct work_struct *work);
/* Give up all grants of a ring that the back has let go of. */
void xbfront_pool_destroy(struct xbfront_pool *pool);
/* The pool that a request's data comes from. */
static inline struct xbfront_pool *xbfront_data_pool(struct xbfront_ring *ring,
						     const struct xbfront_cmd *cmd)
{
	return cmd->bounced ? &ring->pages : &ring->data;
}
/* The pool that pages of indirect segments come from. */
static inline struct xbfront_pool *xbfront_table_pool(struct xbfront_ring *ring)
{
	return ring->bounced_segments == XBFRONT_ALL ? &ring->pages : &ring->tables;
}
/* Copy a request's data into the pages of its grants, or out of them. */
void xbfront_bounce_in(struct request *rq);
void xbfront_bounce_out(struct request *rq);

/* reply.c */
/**
 * xbfront_reap() - take the answers that have come, and end what is done
 * @ring: not hard interrupt context
 * @iob:  the caller's batch, or NULL
 *
 * Return: how many answers were taken.
 */
int xbfront_reap(struct xbfront_ring *ring, struct io_comp_batch *iob);
void xbfront_reply_tasklet(struct tasklet_struct *tasklet);
void xbfront_end_request(struct request *rq);
/* How a request ends whose operation the back does not do. An unknown one is an error. */
blk_status_t xbfront_refused_status(u8 op);
/* End whatever is in flight with an error. Nothing else may use the ring. */
void xbfront_requests_fail(struct xbfront_ring *ring);
/* Give whatever is in flight back to the block layer. Nothing else may use the ring. */
void xbfront_requests_requeue(struct xbfront_ring *ring);

/* ring.c */
int xbfront_ring_open(struct xbfront_ring *ring, unsigned int order, bool spare);
/* Get ready for requests, now that the back's keys are known. Sleeps. */
void xbfront_ring_prepare(struct xbfront_ring *ring);
void xbfront_ring_close(struct xbfront_ring *ring);
/* Take a chain of slots for a request's parts; there are as many. The caller holds the lock. */
u16 xbfront_slots_take(struct xbfront_ring *ring, struct request *rq, unsigned int nr);
/* The caller holds the lock. */
void xbfront_slots_put(struct xbfront_ring *ring, u16 first);
/* Let no request in any more. Not from hard interrupt context. */
void xbfront_ring_stop(struct xbfront_ring *ring);
/* Hear no more events. Sleeps. */
void xbfront_ring_deafen(struct xbfront_ring *ring);

#endif /* XBFRONT_H */

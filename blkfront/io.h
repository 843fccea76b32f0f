/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The path of the data: requests into slots, grants, responses. The life of the
 * disk is in blkfront.h, which includes this file.
 */
#ifndef XBFRONT_IO_H
#define XBFRONT_IO_H

#include <linux/blk-mq.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <xen/grant_table.h>

#include "block/blkcompat.h"
#include "block/blkring.h"
#include "front.h"

struct xbfront_vbd;

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
 * @first_sect: first sector of the page that holds data of the request
 * @last_sect: last such sector
 */
struct xbfront_grant {
	struct xbfront_grant *next;
	struct page *page;
	grant_ref_t ref;
	u8 first_sect;
	u8 last_sect;
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
 * @prod:   producer index of the ring when the request was put into it; shows its age
 * @sectors: data sent to the backend, in units of 512 bytes
 * @slot:   slot of the first part
 * @nr_in_flight: number of parts without a response
 * @nr_segments: number of grants with data that is sent; before there are grants: that is wanted
 * @cap:    maximum of segments in one part
 * @op:     operation that is sent (enum xvbd_op)
 * @op_flags: its XVBD_FLAG_*
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
	u16 nr_segments;
	u16 cap;
	u8 op;
	u8 op_flags;
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
 * @core:   memory, indices and event channel
 * @lock:   protects @dead, @stalled, the indices, slots and pools; disable bottom halves to take it
 * @dead:   no new request may be put into the ring
 * @stalled: a request was refused because slots or grants were short
 * @polled: the block layer polls for responses: the ring requests no events
 * @bounced_segments: requests of up to so many segments are copied through @pages; 0: none,
 *          XBFRONT_ALL: all. Data in pages of another domain is always copied
 * @max_segments: maximum of segments that the backend accepts in one slot
 * @free_slot: first free slot, or XBFRONT_NO_SLOT
 * @nr_free_slots: number of free slots
 * @slots:  state of each slot, @core.ring.nr entries
 * @data:   grants for pages of the users
 * @pages:  grants of our own pages, for data that is copied
 * @tables: grants of our own pages, for indirect segments; if all data is copied, see @pages
 * @tasklet: takes responses
 */
struct xbfront_ring {
	struct xsplit_front_ring core;
	spinlock_t lock;
	bool dead;
	bool stalled;
	bool polled;
	u16 bounced_segments;
	u16 max_segments;
	u16 free_slot;
	u16 nr_free_slots;
	struct xbfront_slot *slots;
	struct xbfront_pool data;
	struct xbfront_pool pages;
	struct xbfront_pool tables;
	struct tasklet_struct tasklet;
};

static inline struct xbfront_ring *xbfront_ring_of(struct xsplit_front_ring *core)
{
	return container_of(core, struct xbfront_ring, core);
}

/* build.c: a request is described, allocated, filled and put, in this order. */
/**
 * xbfront_request_describe() - find out how a request can be sent
 * @ring: the ring
 * @rq:   the request
 *
 * Context: No lock needed.
 * Return: BLK_STS_OK; BLK_STS_NOTSUPP: this backend does not have the operation, which the request
 * knows by now; or BLK_STS_IOERR: the protocol has no such operation.
 */
blk_status_t xbfront_request_describe(struct xbfront_ring *ring, struct request *rq);
/**
 * xbfront_request_alloc() - take slots and grants
 * @ring: the ring
 * @rq:   a request that was described
 *
 * If it succeeds, the caller must put the request into the ring, even if the ring dies meanwhile:
 * the code that stops a ring takes back all requests that have slots, when their callers are done.
 *
 * Context: The caller holds @ring->lock.
 * Return: BLK_STS_OK; or the request has taken nothing: BLK_STS_RESOURCE: try again later; or
 * BLK_STS_IOERR.
 */
blk_status_t xbfront_request_alloc(struct xbfront_ring *ring, struct request *rq);
/* Grant the data, or copy it. No lock needed. */
void xbfront_request_fill(struct xbfront_ring *ring, struct request *rq);
/* Put all parts into the ring, to be pushed. The caller holds ring->lock. */
void xbfront_request_put(struct xbfront_ring *ring, struct request *rq);

/* request.c */
blk_status_t xbfront_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
void xbfront_queue_rqs(xvbd_rq_list *list);
void xbfront_commit_rqs(struct blk_mq_hw_ctx *hctx);

/* grant.c */
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

/* slots.c */
/* Return: false if there is no memory; xbfront_slots_free() may be called in any case. Sleep. */
bool xbfront_slots_alloc(struct xbfront_ring *ring);
void xbfront_slots_free(struct xbfront_ring *ring);
/*
 * Take a chain of @nr free slots for the parts of @rq. The caller holds the
 * lock and has counted.
 */
u16 xbfront_slots_take(struct xbfront_ring *ring, struct request *rq, unsigned int nr);
/* Free a chain of slots. The caller holds the lock, or is the only user. */
void xbfront_slots_put(struct xbfront_ring *ring, u16 first);

/* ring.c */
/* Grants that xbfront_ring_open() takes: the reserve of a ring. */
#define XBFRONT_RING_GRANTS (XBFRONT_MIN_GRANTS + XBFRONT_MIN_PAGES)
/*
 * Reserve of each ring: grants for a request that fits into a slot, and one
 * page for data that cannot be granted. With these, the ring can execute any
 * request, a part at a time.
 */
#define XBFRONT_MIN_GRANTS XVBD_MAX_SEGMENTS
#define XBFRONT_MIN_PAGES 1
/* Hooks of the class. */
int xbfront_ring_open(struct xsplit_front_ring *core);
void xbfront_ring_close(struct xsplit_front_ring *core);
irqreturn_t xbfront_ring_event(int irq, void *core);
void xbfront_ring_event_stop(struct xsplit_front_ring *core);
/* Set up the pools of the ring, after the keys of the backend were read. Sleeps. */
void xbfront_ring_prepare(struct xbfront_ring *ring);
/* Refuse new requests. Not in hard interrupt context. */
void xbfront_ring_stop(struct xbfront_ring *ring);

/* queues.c */
/* Run the queues of @q that use @ring. Does not sleep. */
void xbfront_queues_run(struct request_queue *q, const struct xbfront_ring *ring);

#endif /* XBFRONT_IO_H */

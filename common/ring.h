/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shared ring: pages with producer and consumer indices, and slots. A slot
 * holds a request and later a response. Both ends of every class use this code:
 * what is in a slot is the business of the class.
 *
 * Source: xen/include/public/io/ring.h.
 *
 * The other end may write anything to the ring at any time. So these functions
 * read each shared word once and return private copies only. They check an
 * index of the other end against our own indices before they use it.
 *
 * None of these functions sleeps or takes a lock. Only one context at a time
 * may use a struct xsplit_ring: the owner of the ring documents which lock
 * ensures this. In a backend these may be two contexts: one takes requests
 * (xsplit_back_pending(), xsplit_back_enable_event(), xsplit_ring_copy()), the
 * other fills in responses and pushes them.
 */
#ifndef XSPLIT_RING_H
#define XSPLIT_RING_H

#include "types.h"

/* The start of the first shared page. The slots follow. */
struct xsplit_sring {
	u32 req_prod, req_event;
	u32 rsp_prod, rsp_event;
	u8 pad[48];
	u8 slots[];
};

/**
 * struct xsplit_ring - one end's view of a shared ring
 * @sring:     the shared memory
 * @slot_size: size of a slot, in bytes
 * @nr:        number of slots, a power of two
 * @prod:      our producer index (frontend: requests, backend: responses)
 * @pushed:    the part of @prod that we have published to the other end
 * @cons:      our consumer index (frontend: responses, backend: requests)
 */
struct xsplit_ring {
	struct xsplit_sring *sring;
	u32 slot_size;
	u32 nr;
	u32 prod;
	u32 pushed;
	u32 cons;
};

/**
 * xsplit_ring_slots() - number of slots in a ring
 * @slot_size: size of a slot, in bytes
 * @bytes:     size of the shared memory, in bytes; large enough for one slot
 *
 * Context: Any context.
 *
 * Return: the number, a power of two.
 */
static inline u32 xsplit_ring_slots(u32 slot_size, u32 bytes)
{
	u32 fit = (bytes - sizeof(struct xsplit_sring)) / slot_size;
	u32 nr = 1;

	while (nr * 2 <= fit)
		nr *= 2;
	return nr;
}

static inline u8 *xsplit_ring_slot(const struct xsplit_ring *r, u32 index)
{
	return r->sring->slots + (index & (r->nr - 1)) * r->slot_size;
}

/**
 * xsplit_ring_fill() - return the next slot, to put a request or a response into
 * @r: the ring
 *
 * The other end sees the slot after xsplit_front_push() or xsplit_back_push(). Do
 * not read the slot: the other end may write to it at any time.
 *
 * Context: Any context.
 *
 * Return: the slot.
 */
static inline void *xsplit_ring_fill(struct xsplit_ring *r)
{
	return xsplit_ring_slot(r, r->prod++);
}

/**
 * xsplit_ring_take() - return the next slot that the other end has filled, and count it as taken
 * @r: the ring; xsplit_front_pending() or xsplit_back_pending() has returned more than 0
 *
 * The other end may still write to the slot: read each byte of it once, with XSPLIT_READ(), and
 * use only what was read (XSA-155).
 *
 * Context: Any context.
 *
 * Return: the slot.
 */
static inline const void *xsplit_ring_take(struct xsplit_ring *r)
{
	return xsplit_ring_slot(r, r->cons++);
}

/**
 * xsplit_ring_copy() - take the next slot that the other end has filled
 * @r:    the ring; xsplit_front_pending() or xsplit_back_pending() has returned more
 *        than 0
 * @copy: result, a private copy: read only this
 * @size: size of the copy, in bytes; at most the size of a slot
 *
 * Context: Any context.
 */
static inline void xsplit_ring_copy(struct xsplit_ring *r, void *copy, u32 size)
{
	memcpy(copy, xsplit_ring_take(r), size);
	barrier(); /* the only read of the slot is this copy (XSA-155) */
}

/*
 * Publish all slots that we have filled. Return true if the other end must be
 * notified: it has asked for an event at an index that we publish now.
 */
static inline bool xsplit_ring_publish(struct xsplit_ring *r, u32 *shared_prod, const u32 *event)
{
	u32 old = r->pushed;

	virt_wmb(); /* write the slots before the index */
	WRITE_ONCE(*shared_prod, r->prod);
	r->pushed = r->prod;
	virt_mb(); /* write the index before looking at the event index */
	return (u32)(r->prod - READ_ONCE(*event)) < (u32)(r->prod - old);
}

/* The frontend's end */

/**
 * xsplit_front_ring_init() - make a ring in new shared memory
 * @r:         the ring
 * @sring:     zeroed memory that the backend cannot see yet
 * @bytes:     size of @sring, in bytes
 * @slot_size: size of a slot, in bytes
 *
 * Context: Any context.
 */
static inline void xsplit_front_ring_init(struct xsplit_ring *r, void *sring, u32 bytes,
					  u32 slot_size)
{
	r->sring = sring;
	r->slot_size = slot_size;
	r->nr = xsplit_ring_slots(slot_size, bytes);
	r->prod = r->pushed = r->cons = 0;
	r->sring->req_event = 1;
	r->sring->rsp_event = 1;
}

/**
 * xsplit_front_push() - publish the requests of xsplit_ring_fill()
 * @r: the ring
 *
 * Context: Any context.
 *
 * Return: true if the caller must notify the backend.
 */
static inline bool xsplit_front_push(struct xsplit_ring *r)
{
	return xsplit_ring_publish(r, &r->sring->req_prod, &r->sring->req_event);
}

/**
 * xsplit_front_pending() - number of responses to take
 * @r: the ring
 *
 * Context: Any context.
 *
 * Return: the number, or -1 if the backend's index claims more responses than
 * there are requests in flight.
 */
static inline int xsplit_front_pending(const struct xsplit_ring *r)
{
	u32 n = READ_ONCE(r->sring->rsp_prod) - r->cons;

	virt_rmb(); /* read the index before the slots */
	return n > r->prod - r->cons ? -1 : (int)n;
}

/**
 * xsplit_front_enable_event() - ask for an event at the next response
 * @r: the ring
 *
 * Context: Any context.
 *
 * Return: as xsplit_front_pending(). The caller must take these responses: they
 * may cause no event.
 */
static inline int xsplit_front_enable_event(struct xsplit_ring *r)
{
	WRITE_ONCE(r->sring->rsp_event, r->cons + 1);
	virt_mb(); /* write the event index before the last look */
	return xsplit_front_pending(r);
}

/**
 * xsplit_front_disable_event() - ask for no event
 * @r: the ring
 *
 * The next event comes after about 2^32 more responses.
 *
 * Context: Any context.
 */
static inline void xsplit_front_disable_event(struct xsplit_ring *r)
{
	WRITE_ONCE(r->sring->rsp_event, r->cons);
}

/* The backend's end */

/**
 * xsplit_back_ring_init() - attach to a ring that the frontend has made
 * @r:         the ring
 * @sring:     the shared memory, mapped
 * @bytes:     size of @sring, in bytes
 * @slot_size: size of a slot, in bytes
 *
 * The ring may have been in use. Then the backend continues after the last
 * response: it takes the requests without a response again.
 *
 * Context: Any context.
 *
 * Return: false if the indices in the ring are not valid.
 */
static inline bool xsplit_back_ring_init(struct xsplit_ring *r, void *sring, u32 bytes,
					 u32 slot_size)
{
	r->sring = sring;
	r->slot_size = slot_size;
	r->nr = xsplit_ring_slots(slot_size, bytes);
	r->prod = r->pushed = r->cons = READ_ONCE(r->sring->rsp_prod);
	return READ_ONCE(r->sring->req_prod) - r->prod <= r->nr;
}

/**
 * xsplit_back_pending() - number of requests to take
 * @r: the ring
 *
 * Context: Any context.
 *
 * Return: the number, or -1 if the frontend's index is not valid
 * (CVE-2010-4247): it claims more requests than the ring can hold in addition
 * to those without a response, or it is behind the requests that the backend
 * has taken.
 */
static inline int xsplit_back_pending(const struct xsplit_ring *r)
{
	u32 n = READ_ONCE(r->sring->req_prod) - r->cons;

	virt_rmb(); /* read the index before the slots, and before our own index */
	return n > r->nr - (r->cons - READ_ONCE(r->prod)) ? -1 : (int)n;
}

/**
 * xsplit_back_enable_event() - ask for an event at the next request
 * @r: the ring
 *
 * Context: Any context.
 *
 * Return: as xsplit_back_pending(). The caller must take these requests: they may
 * cause no event.
 */
static inline int xsplit_back_enable_event(struct xsplit_ring *r)
{
	WRITE_ONCE(r->sring->req_event, r->cons + 1);
	virt_mb(); /* write the event index before the last look */
	return xsplit_back_pending(r);
}

/**
 * xsplit_back_push() - publish the responses of xsplit_ring_fill()
 * @r: the ring
 *
 * Context: Any context.
 *
 * Return: true if the caller must notify the frontend.
 */
static inline bool xsplit_back_push(struct xsplit_ring *r)
{
	return xsplit_ring_publish(r, &r->sring->rsp_prod, &r->sring->rsp_event);
}

#endif /* XSPLIT_RING_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shared ring: one page group, producer and consumer indices, slots that
 * hold a request and later a response. Written once for both ends and for any
 * slot layout.
 *
 * Source: xen/include/public/io/ring.h.
 *
 * The other end may write anything into the ring at any time. These functions
 * read each shared word once, hand out private copies only, and never trust an
 * index of the other end before it has been held against our own.
 *
 * None of these functions sleeps or locks. Each struct has one user at a time;
 * the owner says which lock makes it so.
 */
#ifndef XVBD_RING_H
#define XVBD_RING_H

#include "protocol.h"

/* What lies at the start of the first shared page; the slots follow. */
struct xvbd_sring {
	u32 req_prod, req_event;
	u32 rsp_prod, rsp_event;
	u8 pad[48];
	u8 slots[];
};

/**
 * struct xvbd_ring - one end's view of a shared ring
 * @sring:  the shared memory
 * @layout: of the slots
 * @nr:     number of slots, a power of two
 * @prod:   our producer index (requests: front, responses: back)
 * @pushed: what the other end has been shown of @prod
 * @cons:   our consumer index (responses: front, requests: back)
 */
struct xvbd_ring {
	struct xvbd_sring *sring;
	const struct xvbd_layout *layout;
	u32 nr;
	u32 prod;
	u32 pushed;
	u32 cons;
};

/**
 * xvbd_ring_slots() - how many slots fit
 * @l:     layout of a slot
 * @bytes: size of the shared memory
 */
static inline u32 xvbd_ring_slots(const struct xvbd_layout *l, u32 bytes)
{
	u32 fit = (bytes - sizeof(struct xvbd_sring)) / l->slot_size;
	u32 nr = 1;

	while (nr * 2 <= fit)
		nr *= 2;
	return nr;
}

static inline u8 *xvbd_ring_slot(const struct xvbd_ring *r, u32 index)
{
	return r->sring->slots + (index & (r->nr - 1)) * r->layout->slot_size;
}

/*
 * Show the other end all that was produced; true if it asked, by the event
 * index at @event, to be told.
 */
static inline bool xvbd_ring_publish(struct xvbd_ring *r, u32 *shared_prod, const u32 *event)
{
	u32 old = r->pushed;

	virt_wmb(); /* the slots before the index */
	WRITE_ONCE(*shared_prod, r->prod);
	r->pushed = r->prod;
	virt_mb(); /* the index before looking whether to notify */
	return (u32)(r->prod - READ_ONCE(*event)) < (u32)(r->prod - old);
}

/* The front's end */

/**
 * xvbd_front_ring_init() - make fresh shared memory a ring
 * @sring: zeroed memory of @bytes bytes, not yet shown to the other end
 */
static inline void xvbd_front_ring_init(struct xvbd_ring *r, void *sring,
					u32 bytes, const struct xvbd_layout *l)
{
	r->sring = sring;
	r->layout = l;
	r->nr = xvbd_ring_slots(l, bytes);
	r->prod = r->pushed = r->cons = 0;
	r->sring->req_event = 1;
	r->sring->rsp_event = 1;
}

/* The caller sees to it that no more than @r->nr requests are in flight. */
static inline void xvbd_front_put(struct xvbd_ring *r, const struct xvbd_request *req)
{
	xvbd_request_encode(r->layout, req, xvbd_ring_slot(r, r->prod++));
}

/* Return: whether to notify the back. */
static inline bool xvbd_front_push(struct xvbd_ring *r)
{
	return xvbd_ring_publish(r, &r->sring->req_prod, &r->sring->req_event);
}

/**
 * xvbd_front_pending() - responses that wait to be taken
 *
 * Return: their number, or -1 if the back's index claims more responses than
 * there are requests with it.
 */
static inline int xvbd_front_pending(const struct xvbd_ring *r)
{
	u32 n = READ_ONCE(r->sring->rsp_prod) - r->cons;

	virt_rmb(); /* the index before the slots */
	return n > r->prod - r->cons ? -1 : (int)n;
}

/* Take one response; xvbd_front_pending() has said that there is one. */
static inline void xvbd_front_take(struct xvbd_ring *r, struct xvbd_response *rsp)
{
	u8 copy[16];

	memcpy(copy, xvbd_ring_slot(r, r->cons++), r->layout->rsp_size);
	barrier(); /* the copy is the only read */
	xvbd_response_decode(r->layout, copy, rsp);
}

/* Ask for an event at the next response. Return: as xvbd_front_pending(). */
static inline int xvbd_front_arm(struct xvbd_ring *r)
{
	WRITE_ONCE(r->sring->rsp_event, r->cons + 1);
	virt_mb(); /* the wish before the last look */
	return xvbd_front_pending(r);
}

/* Ask for no event: until 2^32 more responses have come there will be none. */
static inline void xvbd_front_mute(struct xvbd_ring *r)
{
	WRITE_ONCE(r->sring->rsp_event, r->cons);
}

/* The back's end */

/**
 * xvbd_back_ring_init() - attach to a ring that the front has made
 * @sring: mapped shared memory of @bytes bytes
 *
 * A ring may have been in use: it goes on where its responses ended.
 *
 * Return: true, or false if the indices found make no sense.
 */
static inline bool xvbd_back_ring_init(struct xvbd_ring *r, void *sring,
				       u32 bytes, const struct xvbd_layout *l)
{
	r->sring = sring;
	r->layout = l;
	r->nr = xvbd_ring_slots(l, bytes);
	r->prod = r->pushed = r->cons = READ_ONCE(r->sring->rsp_prod);
	return READ_ONCE(r->sring->req_prod) - r->prod <= r->nr;
}

/**
 * xvbd_back_pending() - requests that wait to be taken
 *
 * Return: their number, or -1 if the front's index claims more requests than
 * the ring can hold beside those not yet answered, or goes back behind those
 * already taken (CVE-2010-4247).
 */
static inline int xvbd_back_pending(const struct xvbd_ring *r)
{
	u32 n = READ_ONCE(r->sring->req_prod) - r->cons;

	virt_rmb(); /* the index before the slots */
	return n > r->nr - (r->cons - r->prod) ? -1 : (int)n;
}

/* Take one request; xvbd_back_pending() has said that there is one. */
static inline void xvbd_back_take(struct xvbd_ring *r, struct xvbd_request *req)
{
	u8 copy[XVBD_SLOT_MAX];

	memcpy(copy, xvbd_ring_slot(r, r->cons++), r->layout->slot_size);
	barrier(); /* the copy is the only read (XSA-155) */
	xvbd_request_decode(r->layout, copy, req);
}

/* Ask for an event at the next request. Return: as xvbd_back_pending(). */
static inline int xvbd_back_arm(struct xvbd_ring *r)
{
	WRITE_ONCE(r->sring->req_event, r->cons + 1);
	virt_mb(); /* the wish before the last look */
	return xvbd_back_pending(r);
}

/* Each request that was taken gets one response, in any order. */
static inline void xvbd_back_put(struct xvbd_ring *r, const struct xvbd_response *rsp)
{
	xvbd_response_encode(r->layout, rsp, xvbd_ring_slot(r, r->prod++));
}

/* Return: whether to notify the front. */
static inline bool xvbd_back_push(struct xvbd_ring *r)
{
	return xvbd_ring_publish(r, &r->sring->rsp_prod, &r->sring->rsp_event);
}

#endif /* XVBD_RING_H */

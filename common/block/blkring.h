/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests and responses of blocks in the slots of a ring. See ring.h for the
 * rules of the indices.
 */
#ifndef XVBD_BLKRING_H
#define XVBD_BLKRING_H

#include "protocol.h"
#include "ring.h"

/**
 * xvbd_front_put() - put a request into the next slot
 * @r:   the ring; the caller ensures that at most @r->nr requests are in flight
 * @l:   layout of the slots
 * @req: the request
 *
 * The backend sees the request after xsplit_front_push().
 *
 * Context: Any context.
 */
static inline void xvbd_front_put(struct xsplit_ring *r, const struct xvbd_layout *l,
				  const struct xvbd_request *req)
{
	xvbd_request_encode(l, req, xsplit_ring_fill(r));
}

/**
 * xvbd_front_begin() - put a request into the next slot, except for its segments
 * @r:    as for xvbd_front_put()
 * @l:    layout of the slots
 * @head: all of the request but its segments
 *
 * The backend sees the request after xsplit_front_push().
 *
 * Context: Any context.
 *
 * Return: where the segments go; in an indirect request, the references of the
 * pages with the segments. Only write there.
 */
static inline void *xvbd_front_begin(struct xsplit_ring *r, const struct xvbd_layout *l,
				     const struct xvbd_head *head)
{
	u8 *slot = xsplit_ring_fill(r);

	return slot + xvbd_head_encode(l, head, slot);
}

/**
 * xvbd_front_take() - take one response
 * @r:   the ring; xsplit_front_pending() has returned more than 0
 * @l:   layout of the slots
 * @rsp: result, a private copy
 *
 * Context: Any context.
 */
static inline void xvbd_front_take(struct xsplit_ring *r, const struct xvbd_layout *l,
				   struct xvbd_response *rsp)
{
	xvbd_response_decode(l, xsplit_ring_take(r), rsp);
	barrier(); /* no read of the slot comes later than this (XSA-155) */
}

/**
 * xvbd_back_take() - take one request
 * @r:   the ring; xsplit_back_pending() has returned more than 0
 * @l:   layout of the slots
 * @req: result, a private copy
 *
 * Context: Any context.
 */
static inline void xvbd_back_take(struct xsplit_ring *r, const struct xvbd_layout *l,
				  struct xvbd_request *req)
{
	xvbd_request_decode(l, xsplit_ring_take(r), req);
	barrier(); /* no read of the slot comes later than this (XSA-155) */
}

/**
 * xvbd_back_put() - put a response into the next slot
 * @r:   the ring
 * @l:   layout of the slots
 * @rsp: the response
 *
 * Each request gets one response. The order of responses is free. The frontend
 * sees the response after xsplit_back_push().
 *
 * Context: Any context.
 */
static inline void xvbd_back_put(struct xsplit_ring *r, const struct xvbd_layout *l,
				 const struct xvbd_response *rsp)
{
	xvbd_response_encode(l, rsp, xsplit_ring_fill(r));
}

#endif /* XVBD_BLKRING_H */

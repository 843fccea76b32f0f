/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys that every class of split drivers has: the state, the other end, the
 * rings and their event channels. The table of a class begins with these rows:
 * XSPLIT_KEY_ROWS. The core reads and writes these keys, and no class does.
 *
 * Source: xen/include/public/io/blkif.h, which has the same keys for rings as
 * the other protocols; xen/include/public/io/xenbus.h.
 *
 * Pure: no allocation, no lock, no sleep.
 */
#ifndef XSPLIT_SPLITKEYS_H
#define XSPLIT_SPLITKEYS_H

#include "keys.h"

#define XSPLIT_MAX_RING_PAGE_ORDER 4
#define XSPLIT_MAX_RING_PAGES (1 << XSPLIT_MAX_RING_PAGE_ORDER)
#define XSPLIT_MAX_QUEUES 64

/*
 * Values of the key feature-rejoin. The backend always writes 1: it notices
 * that a frontend starts over. A frontend writes 1 or 2: it starts over with
 * another backend. A frontend that has users writes 2: while the directory of
 * its backend is gone, its state is Closed. Tools wait for Closed before they
 * name another backend.
 */
#define XSPLIT_REJOIN 1
#define XSPLIT_REJOIN_CLOSED 2

/* Keys that the frontend reads in the backend's directory before it makes rings. */
enum {
	XSPLIT_OFFER_MAX_RING_PAGE_ORDER,
	XSPLIT_OFFER_MAX_RING_PAGES, /* older name for the same, as a number of pages */
	XSPLIT_OFFER_MAX_QUEUES,
	XSPLIT_OFFER_KEYS
};

/* Keys that the backend reads in the frontend's directory. */
enum {
	XSPLIT_FRONT_NUM_QUEUES,
	XSPLIT_FRONT_RING_PAGE_ORDER, /* XSPLIT_ABSENT: the ring is "ring-ref", not "ring-ref0" */
	XSPLIT_FRONT_NUM_RING_PAGES, /* older name, in pages; XSPLIT_ABSENT as above */
	XSPLIT_FRONT_KEYS
};

/*
 * Index of each key in the table of every class. A list has the index of its
 * first key. The other keys are read one at a time.
 */
enum xsplit_key_id {
	/* In the backend's directory. */
	XSPLIT_ID_OFFER,
	XSPLIT_ID_BACK_STATE = XSPLIT_ID_OFFER + XSPLIT_OFFER_KEYS,
	XSPLIT_ID_BACK_REJOIN,
	XSPLIT_ID_FRONTEND,
	XSPLIT_ID_FRONTEND_ID,
	XSPLIT_ID_ONLINE,
	/* In the frontend's directory. */
	XSPLIT_ID_FRONT,
	XSPLIT_ID_FRONT_STATE = XSPLIT_ID_FRONT + XSPLIT_FRONT_KEYS,
	XSPLIT_ID_FRONT_REJOIN,
	XSPLIT_ID_QUEUE,
	XSPLIT_ID_BACKEND,
	XSPLIT_ID_BACKEND_ID,
	/*
	 * In the frontend's directory if there is one ring, else in each
	 * queue-N below it.
	 */
	XSPLIT_ID_EVENT_CHANNEL,
	XSPLIT_ID_RING_REF, /* "ring-ref", or "ring-refN" with the number of the page */
	XSPLIT_ID_KEYS
};

/* The rows, in the words of keyrows.h. */
/* clang-format off */
#define XSPLIT_KEY_ROWS \
	/* The backend's directory: what the backend offers before there are rings. */ \
	[XSPLIT_ID_OFFER + XSPLIT_OFFER_MAX_RING_PAGE_ORDER] = { "max-ring-page-order", BACK_DIR(BACK, NEGOTIATED), IS_NUMBER(0, U32_TOP, 0), \
		DOC("the largest ring, as the order of its pages") }, \
	[XSPLIT_ID_OFFER + XSPLIT_OFFER_MAX_RING_PAGES] = { "max-ring-pages", BACK_DIR(BACK, NEGOTIATED), IS_NUMBER(1, U32_TOP, 1), \
		DOC("the same as a number of pages: the older spelling") }, \
	[XSPLIT_ID_OFFER + XSPLIT_OFFER_MAX_QUEUES] = { "multi-queue-max-queues", BACK_DIR(BACK, NEGOTIATED), IS_NUMBER(1, U32_TOP, 1), \
		DOC("most rings of a device") }, \
	\
	/* Other keys of the backend's directory. */ \
	[XSPLIT_ID_BACK_STATE] = { "state", BACK_DIR(BACK, 0), IS_NUMBER(0, STATE_TOP, 0), \
		DOC("state of the handshake; a toolstack writes the first 1, and 5 for a detach") }, \
	[XSPLIT_ID_BACK_REJOIN] = { "feature-rejoin", BACK_DIR(BACK, NEGOTIATED | WITHDRAWN), IS_NUMBER(0, XSPLIT_REJOIN, 0), \
		DOC("1: the back notices a front that starts over; no other driver has this key") }, \
	[XSPLIT_ID_FRONTEND] = { "frontend", BACK_DIR(TOOLSTACK, 0), NEEDS_TEXT, \
		DOC("path of the front's directory") }, \
	[XSPLIT_ID_FRONTEND_ID] = { "frontend-id", BACK_DIR(TOOLSTACK, 0), NEEDS_NUMBER(0, DOMID_TOP), \
		DOC("domain of the front") }, \
	[XSPLIT_ID_ONLINE] = { "online", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(1), \
		DOC("1: the device is wanted; 0: it is being detached") }, \
	\
	/* The frontend's directory: how the frontend made its rings. */ \
	[XSPLIT_ID_FRONT + XSPLIT_FRONT_NUM_QUEUES] = { "multi-queue-num-queues", FRONT_DIR(FRONT, NEGOTIATED | REPUBLISHED), IS_NUMBER(1, XSPLIT_MAX_QUEUES, 1), \
		DOC("number of rings; with several, the keys of each are in `queue-N`") }, \
	[XSPLIT_ID_FRONT + XSPLIT_FRONT_RING_PAGE_ORDER] = { "ring-page-order", FRONT_DIR(FRONT, NEGOTIATED | REPUBLISHED), IS_NUMBER(0, XSPLIT_MAX_RING_PAGE_ORDER, XSPLIT_ABSENT), \
		DOC("order of the pages of a ring; absent: one page") }, \
	[XSPLIT_ID_FRONT + XSPLIT_FRONT_NUM_RING_PAGES] = { "num-ring-pages", FRONT_DIR(FRONT, NEGOTIATED | REPUBLISHED), IS_POWER(1, XSPLIT_MAX_RING_PAGES, XSPLIT_ABSENT), \
		DOC("the same as a number of pages: the older spelling") }, \
	\
	/* Other keys of the frontend's directory. */ \
	[XSPLIT_ID_FRONT_STATE] = { "state", FRONT_DIR(FRONT, 0), IS_NUMBER(0, STATE_TOP, 0), \
		DOC("state of the handshake; a toolstack writes the first 1") }, \
	[XSPLIT_ID_FRONT_REJOIN] = { "feature-rejoin", FRONT_DIR(FRONT, NEGOTIATED | WITHDRAWN), IS_NUMBER(0, XSPLIT_REJOIN_CLOSED, 0), \
		DOC("the front starts over with another back; 2: and it says Closed while its back's directory is gone; no other driver has this key") }, \
	[XSPLIT_ID_QUEUE] = { XSPLIT_QUEUE_NAME, FRONT_DIR(FRONT, NEGOTIATED | REPUBLISHED | NUMBERED), IS_DIRECTORY, \
		DOC("the keys of one ring, if there are several") }, \
	[XSPLIT_ID_BACKEND] = { "backend", FRONT_DIR(TOOLSTACK, 0), NEEDS_TEXT, \
		DOC("path of the back's directory; the front follows if another back is named") }, \
	[XSPLIT_ID_BACKEND_ID] = { "backend-id", FRONT_DIR(TOOLSTACK, 0), NEEDS_NUMBER(0, DOMID_TOP), \
		DOC("domain of the back") }, \
	\
	/* Keys of each queue. With one ring they are in the frontend's directory. */ \
	[XSPLIT_ID_EVENT_CHANNEL] = { "event-channel", QUEUE_DIR(NEGOTIATED | REPUBLISHED), NEEDS_NUMBER(1, U32_TOP), \
		DOC("event channel of the ring") }, \
	[XSPLIT_ID_RING_REF] = { "ring-ref", QUEUE_DIR(NEGOTIATED | REPUBLISHED | NUMBERED), NEEDS_NUMBER(1, U32_TOP), \
		DOC("grant of the ring's page; with several pages `ring-ref0`, `ring-ref1`, ...") }
/* clang-format on */

/* These rows alone, for the core. */
extern const struct xsplit_key xsplit_keys[XSPLIT_ID_KEYS];

/* The name of a key that is read alone, not as part of a list. */
static inline const char *xsplit_key_name(enum xsplit_key_id id)
{
	return xsplit_keys[id].name;
}

/* The first key of each list. */
#define xsplit_offer_keys (&xsplit_keys[XSPLIT_ID_OFFER])
#define xsplit_front_keys (&xsplit_keys[XSPLIT_ID_FRONT])

#endif /* XSPLIT_SPLITKEYS_H */

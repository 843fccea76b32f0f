// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads and one ring: a frontend and a backend exchange requests and
 * responses, and sleep whenever there is nothing to do. An eventfd replaces the
 * event channel. If a wake-up is lost, a sleep does not end.
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "types.h"

/*
 * The thread sanitizer does not understand stand-alone barriers. With atomic
 * accesses it knows which thread owns a slot.
 */
#ifdef __SANITIZE_THREAD__
#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELEASE)
#define REQUESTS 200000
#else
#define REQUESTS 1000000
#endif

#include "block/blkring.h"
#include "tap.h"

#define PAGE 4096
#define START (0u - REQUESTS / 2) /* the indices wrap half way through */
#define PATIENCE 5000 /* milliseconds */

struct side {
	int wake_me, wake_other;
	unsigned int sleeps, notifies;
	bool lost, bad;
};

static struct xsplit_sring *shared;

static void notify(struct side *s)
{
	const u64 one = 1;

	s->notifies++;
	if (write(s->wake_other, &one, sizeof(one)) != sizeof(one))
		s->bad = true;
}

/* Return false if no wake-up came in time. */
static bool sleep_until_woken(struct side *s)
{
	struct pollfd pfd = { .fd = s->wake_me, .events = POLLIN };
	u64 count;

	s->sleeps++;
	s->lost = poll(&pfd, 1, PATIENCE) != 1 ||
		  read(s->wake_me, &count, sizeof(count)) != sizeof(count);
	return !s->lost;
}

/* Fill the ring up to @limit requests in flight. A limit of 1 makes both ends sleep. */
static void send(struct side *s, struct xsplit_ring *r, u32 *sent, u32 limit)
{
	u32 before = *sent;

	for (; *sent < REQUESTS && r->prod - r->cons < limit; (*sent)++) {
		struct xvbd_request req = {
			.operation = XVBD_OP_WRITE, .nr_segments = 1, .id = *sent,
			.sector = *sent * 8ULL, .seg = { { *sent, 0, 7 } },
		};

		xvbd_front_put(r, &xvbd_layouts[0], &req);
	}
	if (*sent != before && xsplit_front_push(r))
		notify(s);
}

static void *front_thread(void *arg)
{
	struct xsplit_ring r = { .sring = shared,
				 .slot_size = xvbd_layouts[0].slot_size,
				 .nr = 32,
				 .prod = START,
				 .pushed = START,
				 .cons = START };
	struct side *s = arg;
	u32 sent = 0, answered = 0, seed = 1;

	while (answered < REQUESTS && !s->bad) {
		int pending;

		seed = seed * 1103515245 + 12345;
		send(s, &r, &sent, 1 + (seed >> 16) % r.nr);
		pending = xsplit_front_pending(&r);
		if (!pending)
			pending = xsplit_front_enable_event(&r);
		if (!pending && !sleep_until_woken(s))
			break;
		s->bad |= pending < 0;
		for (; pending > 0; pending--, answered++) {
			struct xvbd_response rsp;

			xvbd_front_take(&r, &xvbd_layouts[0], &rsp);
			s->bad |= rsp.id != answered || rsp.status != XVBD_RSP_OKAY;
		}
	}
	return NULL;
}

static void *back_thread(void *arg)
{
	struct side *s = arg;
	struct xsplit_ring r;
	u32 taken = 0;

	s->bad = !xsplit_back_ring_init(&r, shared, PAGE, xvbd_layouts[0].slot_size);
	while (taken < REQUESTS && !s->bad) {
		int pending = xsplit_back_pending(&r);

		if (!pending)
			pending = xsplit_back_enable_event(&r);
		if (!pending && !sleep_until_woken(s))
			break;
		s->bad |= pending < 0;
		for (; pending > 0; pending--, taken++) {
			struct xvbd_response rsp = { .operation = XVBD_OP_WRITE };
			struct xvbd_request req;

			xvbd_back_take(&r, &xvbd_layouts[0], &req);
			s->bad |= req.id != taken || req.sector != taken * 8ULL ||
				  req.seg[0].gref != taken;
			rsp.id = req.id;
			xvbd_back_put(&r, &xvbd_layouts[0], &rsp);
		}
		if (xsplit_back_push(&r))
			notify(s);
	}
	return NULL;
}

int main(void)
{
	int to_front = eventfd(0, 0), to_back = eventfd(0, 0);
	struct side front = { .wake_me = to_front, .wake_other = to_back };
	struct side back = { .wake_me = to_back, .wake_other = to_front };
	pthread_t a, b;

	shared = aligned_alloc(PAGE, PAGE);
	memset(shared, 0, PAGE);
	shared->req_prod = shared->rsp_prod = START;
	shared->req_event = shared->rsp_event = START + 1;
	if (pthread_create(&a, NULL, front_thread, &front) ||
	    pthread_create(&b, NULL, back_thread, &back))
		return 1;
	pthread_join(a, NULL);
	pthread_join(b, NULL);

	ok(!front.lost && !back.lost, "no wake-up is lost in %u requests", REQUESTS);
	ok(!front.bad && !back.bad, "each request and response arrives once, in order");
	ok(front.sleeps > 100 && back.sleeps > 100, "both ends have slept: %u and %u times",
	   front.sleeps, back.sleeps);
	ok(front.notifies < REQUESTS / 2, "most requests need no event: %u did", front.notifies);
	free(shared);
	return tap_done();
}

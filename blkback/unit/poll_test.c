// SPDX-License-Identifier: GPL-2.0
/*
 * Tests how much time a frontend that sends one request at a time can make a worker spend
 * polling, for different times between its requests. Each iteration of a poll takes 1 us.
 */
#include "tap.h"

#include "../poll.c"

#define SECOND (1000 * 1000 * NSEC_PER_USEC)

struct xbback_params xbback_params = { .poll_us = 1000 };
u64 unit_ns;
void unit_published(void) {}
void unit_sleep(long timeout) {}

static u8 shared[4096] __attribute__((aligned(64)));
static struct xbback_ring ring, other;
static struct xsplit_ring front;
static u64 next_request, polled_ns;
static bool poll_other_ring, other_ring_polled;

static void time_passes(u64 ns)
{
	const struct xvbd_request req = { .operation = XVBD_OP_READ };

	unit_ns += ns;
	if (unit_ns < next_request || front.prod != front.pushed)
		return;
	next_request = ~0ULL;
	xvbd_front_put(&front, xvbd_native, &req);
	xsplit_front_push(&front);
}

void unit_relax(void)
{
	polled_ns += NSEC_PER_USEC;
	time_passes(NSEC_PER_USEC);
	if (poll_other_ring) {
		u64 before = polled_ns;

		poll_other_ring = false;
		other = ring;
		other.poll.budget = SECOND;
		other_ring_polled = xbback_poll(&other) || polled_ns != before;
	}
}

static void open_ring(void)
{
	memset(shared, 0, sizeof(shared));
	ring = (struct xbback_ring){};
	xsplit_front_ring_init(&front, shared, sizeof(shared), xvbd_native->slot_size);
	xsplit_back_ring_init(&ring.base.ring, shared, sizeof(shared), xvbd_native->slot_size);
}

/* Serve one request in 10 us. The next one arrives @gap ns after the response. */
static void serve_one(u64 gap)
{
	struct xvbd_response rsp = {};
	struct xvbd_request req;

	xbback_poll_took(&ring, 1);
	xvbd_back_take(&ring.base.ring, xvbd_native, &req);
	rsp.id = req.id;
	unit_ns += 10 * NSEC_PER_USEC;
	xvbd_back_put(&ring.base.ring, xvbd_native, &rsp);
	xsplit_back_push(&ring.base.ring);
	xvbd_front_take(&front, xvbd_native, &rsp);
	next_request = unit_ns + gap;
}

/*
 * Run for a second with a frontend that waits @gap ns after each response. Return: the share of
 * the time that the worker spent polling, in percent.
 */
static unsigned int percent_polling(u64 gap)
{
	u64 begin = unit_ns;

	open_ring();
	polled_ns = 0;
	next_request = unit_ns;
	time_passes(0);
	while (unit_ns - begin < SECOND) {
		if (xsplit_back_pending(&ring.base.ring)) {
			serve_one(gap);
			continue;
		}
		if (xbback_poll(&ring))
			continue;
		if (unit_ns < next_request)
			time_passes(next_request - unit_ns);
		xbback_poll_slept(&ring);
	}
	return polled_ns * 100 / (unit_ns - begin);
}

static void test_gaps(void)
{
	static const unsigned int gaps_us[] = {
		100, 200, 300, 500, 700, 900, 1000, 1100, 2000, 9000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gaps_us); i++) {
		unsigned int part = percent_polling(gaps_us[i] * NSEC_PER_USEC);
		unsigned int most = 26 + 100 * 20 / gaps_us[i];

		ok(part <= most, "a request each %u us: looks for %u%% of the time, at most %u%%",
		   gaps_us[i], part, most);
	}
	ok(percent_polling(15 * NSEC_PER_USEC) >= 40,
	   "a front that is faster than a wake-up is waited for");
}

/* One of the four CPUs may poll: another ring sleeps meanwhile. */
static void test_beside(void)
{
	percent_polling(15 * NSEC_PER_USEC);
	while (xsplit_back_pending(&ring.base.ring))
		serve_one(15 * NSEC_PER_USEC);
	ring.poll.single = MIN_SINGLE;
	ring.poll.polls = 0;
	ring.poll.budget = SECOND;
	poll_other_ring = true;
	xbback_poll(&ring);
	ok(!poll_other_ring, "a ring looks");
	ok(!other_ring_polled, "and no other looks beside it");
}

int main(void)
{
	test_gaps();
	test_beside();
	return tap_done();
}

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
static struct xvbd_ring front;
static u64 next_request, looked;
static bool look_beside, looked_beside;

static void time_passes(u64 ns)
{
	const struct xvbd_request req = { .operation = XVBD_OP_READ };

	unit_ns += ns;
	if (unit_ns < next_request || front.prod != front.pushed)
		return;
	next_request = ~0ULL;
	xvbd_front_put(&front, &req);
	xvbd_front_push(&front);
}

void unit_relax(void)
{
	looked += NSEC_PER_USEC;
	time_passes(NSEC_PER_USEC);
	if (look_beside) {
		u64 before = looked;

		look_beside = false;
		other = ring;
		other.poll.purse = SECOND;
		looked_beside = xbback_poll(&other) || looked != before;
	}
}

static void open_ring(void)
{
	memset(shared, 0, sizeof(shared));
	ring = (struct xbback_ring){ .index = 0 };
	xvbd_front_ring_init(&front, shared, sizeof(shared), &xvbd_layouts[XVBD_ABI_NATIVE]);
	xvbd_back_ring_init(&ring.ring, shared, sizeof(shared), &xvbd_layouts[XVBD_ABI_NATIVE]);
}

/* Serve one request in 10 us. The next one arrives @gap ns after the response. */
static void serve_one(u64 gap)
{
	struct xvbd_response rsp = {};
	struct xvbd_request req;

	xbback_poll_took(&ring, 1);
	xvbd_back_take(&ring.ring, &req);
	rsp.id = req.id;
	unit_ns += 10 * NSEC_PER_USEC;
	xvbd_back_put(&ring.ring, &rsp);
	xvbd_back_push(&ring.ring);
	xvbd_front_take(&front, &rsp);
	next_request = unit_ns + gap;
}

/*
 * Run for a second with a frontend that waits @gap ns after each response. Return: the share of
 * the time that the worker spent polling, in percent.
 */
static unsigned int part_looked(u64 gap)
{
	u64 begin = unit_ns;

	open_ring();
	looked = 0;
	next_request = unit_ns;
	time_passes(0);
	while (unit_ns - begin < SECOND) {
		if (xvbd_back_pending(&ring.ring)) {
			serve_one(gap);
			continue;
		}
		if (xbback_poll(&ring))
			continue;
		if (unit_ns < next_request)
			time_passes(next_request - unit_ns);
		xbback_poll_slept(&ring);
	}
	return looked * 100 / (unit_ns - begin);
}

static void test_gaps(void)
{
	static const unsigned int gaps_us[] = {
		100, 200, 300, 500, 700, 900, 1000, 1100, 2000, 9000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gaps_us); i++) {
		unsigned int part = part_looked(gaps_us[i] * NSEC_PER_USEC);
		unsigned int most = 26 + 100 * 20 / gaps_us[i];

		ok(part <= most, "a request each %u us: looks for %u%% of the time, at most %u%%",
		   gaps_us[i], part, most);
	}
	ok(part_looked(15 * NSEC_PER_USEC) >= 40,
	   "a front that is faster than a wake-up is waited for");
}

/* One of the four CPUs may poll: another ring sleeps meanwhile. */
static void test_beside(void)
{
	part_looked(15 * NSEC_PER_USEC);
	while (xvbd_back_pending(&ring.ring))
		serve_one(15 * NSEC_PER_USEC);
	ring.poll.lone = SURE;
	ring.poll.looks = 0;
	ring.poll.purse = SECOND;
	look_beside = true;
	xbback_poll(&ring);
	ok(!look_beside, "a ring looks");
	ok(!looked_beside, "and no other looks beside it");
}

int main(void)
{
	test_gaps();
	test_beside();
	return tap_done();
}

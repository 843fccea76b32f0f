// SPDX-License-Identifier: GPL-2.0
/*
 * Tests how much time frontends that send one request at a time can make a CPU spend polling, for
 * different times between their requests. Each iteration of a poll takes 1 us.
 */
#include "tap.h"

#include "../poll.c"

#define SECOND (1000 * NSEC_PER_MSEC)
#define PERCENT 25

struct xbback_params xbback_params;
struct task_struct *unit_current;
__thread bool unit_in_interrupt;
u64 unit_ns;
void unit_published(void) {}
void unit_sleep(long timeout) {}

#define RINGS 8
struct front {
	struct xsplit_ring ring;
	struct xbback_ring back;
	u8 shared[4096] __attribute__((aligned(64)));
	u64 next_request;
};
static struct front fronts[RINGS];
static unsigned int nr_fronts;
static u64 polled_ns, stall_ns;

static void send_request(struct front *f)
{
	const struct xvbd_request req = { .operation = XVBD_OP_READ };

	f->next_request = ~0ULL;
	xvbd_front_put(&f->ring, xvbd_native, &req);
	xsplit_front_push(&f->ring);
}

static void time_passes(u64 ns)
{
	unsigned int i;

	unit_ns += ns;
	for (i = 0; i < nr_fronts; i++)
		if (unit_ns >= fronts[i].next_request)
			send_request(&fronts[i]);
}

void unit_relax(void)
{
	polled_ns += NSEC_PER_USEC;
	time_passes(NSEC_PER_USEC + stall_ns);
	stall_ns = 0;
}

static void open_rings(unsigned int nr)
{
	xbback_params = (struct xbback_params){ .poll_us = 1000, .poll_percent = PERCENT };
	memset(fronts, 0, sizeof(fronts));
	nr_fronts = nr;
	polled_ns = 0;
	for (; nr--; ) {
		struct front *f = &fronts[nr];

		xsplit_front_ring_init(&f->ring, f->shared, sizeof(f->shared),
				       xvbd_native->slot_size);
		xsplit_back_ring_init(&f->back.base.ring, f->shared, sizeof(f->shared),
				      xvbd_native->slot_size);
		f->next_request = unit_ns;
	}
	time_passes(0);
}

/* Serve the requests of a ring in 10 us. The next one arrives @gap ns after the response. */
static void serve(struct front *f, u64 gap)
{
	int pending = xsplit_back_pending(&f->back.base.ring);
	struct xvbd_response rsp = {};
	struct xvbd_request req;

	xbback_poll_took(&f->back, pending);
	time_passes(10 * NSEC_PER_USEC);
	while (pending--) {
		xvbd_back_take(&f->back.base.ring, xvbd_native, &req);
		rsp.id = req.id;
		xvbd_back_put(&f->back.base.ring, xvbd_native, &rsp);
		xsplit_back_push(&f->back.base.ring);
		xvbd_front_take(&f->ring, xvbd_native, &rsp);
	}
	f->next_request = unit_ns + gap;
}

/* A worker runs until it sleeps. */
static void run_worker(struct front *f, u64 gap)
{
	do {
		if (xsplit_back_pending(&f->back.base.ring))
			serve(f, gap);
	} while (xbback_poll(&f->back) || xsplit_back_pending(&f->back.base.ring));
	xbback_poll_slept(&f->back);
}

/*
 * All frontends wait @gap ns after each response, for two seconds. Return: the share of the CPU
 * that their workers spent polling, in percent.
 */
static unsigned int percent_polling(unsigned int nr, u64 gap)
{
	u64 begin = unit_ns;
	unsigned int i;

	open_rings(nr);
	while (unit_ns - begin < 2 * SECOND) {
		for (i = 0; i < nr; i++)
			if (xsplit_back_pending(&fronts[i].back.base.ring))
				run_worker(&fronts[i], gap);
		/* Everyone sleeps. A wakeup takes 20 us. */
		time_passes(20 * NSEC_PER_USEC);
	}
	return polled_ns * 100 / (unit_ns - begin);
}

static void test_gaps(void)
{
	static const unsigned int gaps_us[] = {
		15, 50, 100, 200, 300, 450, 700, 900, 1100, 9000,
	};
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(gaps_us); i++)
		for (nr = 1; nr <= RINGS; nr *= 2) {
			unsigned int part = percent_polling(nr, gaps_us[i] * NSEC_PER_USEC);

			ok(part <= PERCENT, "%u rings, a request each %u us: %u%% of the time",
			   nr, gaps_us[i], part);
		}
	ok(percent_polling(1, 100 * NSEC_PER_USEC) >= PERCENT - 2, "the budget is used");
	is(percent_polling(1, 700 * NSEC_PER_USEC), 0, "a gap that is too long is not waited for");
	is(percent_polling(1, 9000 * NSEC_PER_USEC), 0, "neither is a much longer one");
	xbback_params.poll_us = 0;
}

/* Serve @nr requests that arrive while the worker sleeps. Return: how often it slept. */
static unsigned int count_sleeps(struct front *f, u64 gap, unsigned int nr)
{
	unsigned int sleeps = 0;

	while (nr--) {
		while (!xsplit_back_pending(&f->back.base.ring))
			time_passes(NSEC_PER_USEC);
		run_worker(f, gap);
		sleeps++;
	}
	return sleeps;
}

/* A request in flight: a frontend that waits for its response sends nothing. */
static void test_in_flight(void)
{
	struct front *f = &fronts[0];

	open_rings(1);
	count_sleeps(f, 100 * NSEC_PER_USEC, 100);
	f->back.in_flight = 1;
	polled_ns = 0;
	count_sleeps(f, 100 * NSEC_PER_USEC, 100);
	is(polled_ns, 0, "no polling while the disk works");
	f->back.in_flight = 0;
	count_sleeps(f, 100 * NSEC_PER_USEC, 100);
	ok(polled_ns, "polling is possible again");
}

/* Requests gather while the worker sleeps: each time, or every other time. */
static void test_gathering(void)
{
	struct front *f = &fronts[0];
	unsigned int i;

	open_rings(1);
	count_sleeps(f, 100 * NSEC_PER_USEC, 100);
	polled_ns = 0;
	for (i = 0; i < 1000; i++) {
		while (!xsplit_back_pending(&f->back.base.ring))
			time_passes(NSEC_PER_USEC);
		if (i & 1)
			send_request(f);
		run_worker(f, 100 * NSEC_PER_USEC);
	}
	ok(polled_ns < 300 * NSEC_PER_USEC, "requests that gather are not waited for: %u us",
	   (unsigned int)(polled_ns / NSEC_PER_USEC));
}

/* Another domain gets the CPU while a worker polls. */
static void test_stalled(u64 ns)
{
	struct front *f = &fronts[0];
	unsigned int i;

	open_rings(1);
	count_sleeps(f, 100 * NSEC_PER_USEC, 1000);
	ok(polled_ns, "a worker polls");
	stall_ns = ns;
	for (i = 0; stall_ns && i < 1000; i++)
		count_sleeps(f, 100 * NSEC_PER_USEC, 1);
	is(stall_ns, 0, "another domain has the CPU during a poll");
	polled_ns = 0;
	count_sleeps(f, 100 * NSEC_PER_USEC, 500);
	is(polled_ns, 0, "the worker does not poll now");
	count_sleeps(f, 100 * NSEC_PER_USEC, 1000);
	ok(polled_ns, "a while later it polls again");
}

/* Two workers on a CPU: one read the clock, and was preempted by the other. */
static void test_clock(void)
{
	struct poll_cpu *c = &poll_cpus;

	open_rings(1);
	unit_ns += SECOND;
	ok(charge(0, 2 * NSEC_PER_MSEC, unit_ns), "a CPU that rested may be polled on");
	c->left = 0;
	ok(!charge(0, NSEC_PER_USEC, unit_ns - 500), "an older clock adds nothing");
	is(c->left, 0, "nothing at all");
	is(c->refilled, unit_ns, "and does not turn the time back");
}

/* The share of the CPU at the ends of the range of poll_percent. */
static void test_percent(void)
{
	static const unsigned int percents[] = { 0, 1, 100, 200 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(percents); i++) {
		u64 begin = unit_ns;

		open_rings(1);
		xbback_params.poll_percent = percents[i];
		count_sleeps(&fronts[0], 100 * NSEC_PER_USEC, 5000);
		ok(polled_ns * 100 <= (unit_ns - begin) * percents[i], "poll_percent=%u is kept",
		   percents[i]);
	}
	ok(polled_ns, "poll_percent above 100 is 100");
}

int main(void)
{
	test_gaps();
	test_in_flight();
	test_gathering();
	test_stalled(2 * NSEC_PER_MSEC);
	test_stalled(10 * SECOND);
	test_clock();
	test_percent();
	return tap_done();
}

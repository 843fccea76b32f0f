// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting awake for the next request. It pays where the front sends one and waits
 * for the answer, since then the wake-up is what takes the time: the front need not
 * notify, and this domain does not fall asleep. Where requests come several at a
 * time it would do harm: a sleep gathers them, and each look takes what it finds.
 *
 * A look is paid from the ring's purse, which fills with a quarter of the time that
 * passes. What a wake-up would have cost is free if something was found: a front decides
 * how long each look takes, and must not get a CPU of this domain for a few requests. Over
 * all rings and disks, a quarter of the CPUs look at a time.
 *
 * The event channel is not touched: while it is masked it stays so, and an event
 * storm finds the same protection as without.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "data.h"

/* The part of the time that may be spent, and of the CPUs that may spend it at a time. */
#define SHARE 4

/* What it takes to notify this domain, and to wake it and the worker. */
#define WAKE_UP_NS (20 * NSEC_PER_USEC)

/* So many sleeps in a row must have ended with one request. */
#define SURE 4

/* After so many looks the worker sleeps once, to see whether requests gather by now. */
#define LOOKS 256

#define LONGEST_US 10000U

static atomic_t nr_looking = ATOMIC_INIT(0);

static bool begin_look(void)
{
	if (atomic_inc_return(&nr_looking) <= max(num_online_cpus() / SHARE, 1U))
		return true;
	atomic_dec(&nr_looking);
	return false;
}

static void end_look(void)
{
	atomic_dec(&nr_looking);
}

static void fill(struct xbback_poll *p, u64 now, u64 most)
{
	p->purse = min(p->purse + (now - p->filled) / SHARE, most);
	p->filled = now;
}

static bool found(const struct xbback_ring *ring)
{
	return !llist_empty(&ring->done) || xvbd_back_pending(&ring->ring);
}

bool xbback_poll(struct xbback_ring *ring)
{
	u64 longest = min(READ_ONCE(xbback_params.poll_us), LONGEST_US) * NSEC_PER_USEC;
	struct xbback_poll *p = &ring->poll;
	u64 begin, now, cost;
	bool hit;

	if (!longest || p->lone < SURE || p->looks++ >= LOOKS)
		return false;
	begin = now = ktime_get_ns();
	fill(p, now, 2 * longest);
	if (p->purse < longest || !begin_look())
		return false;
	while (!(hit = found(ring)) && now - begin < longest && !need_resched() &&
	       !kthread_should_stop() && !kthread_should_park()) {
		cpu_relax();
		now = ktime_get_ns();
	}
	end_look();
	cost = now - begin;
	if (hit)
		cost -= min(cost, WAKE_UP_NS);
	p->purse -= min(cost, p->purse);
	return hit;
}

void xbback_poll_slept(struct xbback_ring *ring)
{
	ring->poll.slept = true;
}

void xbback_poll_took(struct xbback_ring *ring, unsigned int nr)
{
	struct xbback_poll *p = &ring->poll;

	if (!p->slept)
		return;
	p->slept = false;
	p->lone = nr == 1 && !ring->in_flight ? p->lone + 1 : 0;
	p->looks = 0;
}

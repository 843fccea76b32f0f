// SPDX-License-Identifier: GPL-2.0
/*
 * Polling (busy-waiting) for the next request. It helps if the frontend sends one request and
 * waits for its response, because then the wakeup dominates the latency: with polling the
 * frontend does not need to notify, and this domain does not go idle. It would do harm if
 * several requests arrive together: while the worker sleeps they gather, but a polling worker
 * takes each one as it arrives.
 *
 * Polling is charged to the ring's budget, which refills with a quarter of the elapsed time. A
 * successful poll gets the cost of a wakeup for free, but no more: the frontend determines the
 * length of each poll, and must not get a CPU of this domain for a few requests. Over all
 * rings and disks, at most a quarter of the CPUs (at least one) poll at the same time.
 *
 * Polling does not touch the event channel. A masked channel stays masked, so the protection
 * against event storms is the same as without polling.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "data.h"

/* Share 1/POLL_SHARE of the time, and of the CPUs at a time, that may be spent polling. */
#define POLL_SHARE 4

/* The cost of a notification and a wakeup of this domain and the worker, in ns. */
#define WAKE_UP_NS (20 * NSEC_PER_USEC)

/* Poll only after this many consecutive sleeps that ended with exactly one request. */
#define MIN_SINGLE 4

/* After this many polls the worker sleeps once, to see whether requests gather now. */
#define MAX_POLLS 256

#define LONGEST_US 10000U

static atomic_t nr_polling = ATOMIC_INIT(0);

static bool begin_poll(void)
{
	if (atomic_inc_return(&nr_polling) <= max(num_online_cpus() / POLL_SHARE, 1U))
		return true;
	atomic_dec(&nr_polling);
	return false;
}

static void end_poll(void)
{
	atomic_dec(&nr_polling);
}

static void refill_budget(struct xbback_poll *p, u64 now, u64 most)
{
	p->budget = min(p->budget + (now - p->refilled) / POLL_SHARE, most);
	p->refilled = now;
}

static bool found(const struct xbback_ring *ring)
{
	return !llist_empty(&ring->done) || xsplit_back_pending(&ring->base.ring);
}

bool xbback_poll(struct xbback_ring *ring)
{
	u64 longest = min(READ_ONCE(xbback_params.poll_us), LONGEST_US) * NSEC_PER_USEC;
	struct xbback_poll *p = &ring->poll;
	u64 begin, now, cost;
	bool hit;

	if (!longest || p->single < MIN_SINGLE || p->polls++ >= MAX_POLLS)
		return false;
	begin = now = ktime_get_ns();
	refill_budget(p, now, 2 * longest);
	if (p->budget < longest || !begin_poll())
		return false;
	while (!(hit = found(ring)) && now - begin < longest && !need_resched() &&
	       !kthread_should_stop() && !kthread_should_park()) {
		cpu_relax();
		now = ktime_get_ns();
	}
	end_poll();
	cost = now - begin;
	if (hit)
		cost -= min(cost, WAKE_UP_NS);
	p->budget -= min(cost, p->budget);
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
	p->single = nr == 1 && !ring->in_flight ? p->single + 1 : 0;
	p->polls = 0;
}

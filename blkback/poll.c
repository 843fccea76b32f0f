// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting awake for the next request. It pays where the front sends one and waits
 * for the answer, since then the wake-up is what takes the time: the front need not
 * notify, and this domain does not fall asleep. Where requests come several at a
 * time it would do harm: a sleep gathers them, and each look takes what it finds.
 *
 * What a look in vain costs is paid from a purse that fills with an eighth of the
 * time that passes, so that a front with long pauses is not waited for.
 *
 * The event channel is not touched: while it is masked it stays so, and an event
 * storm finds the same protection as without.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "data.h"

/* The part of the time that may be spent in vain. */
#define SHARE 8

/* So many sleeps in a row must have ended with one request. */
#define SURE 4

/* After so many looks the worker sleeps once, to see whether requests gather by now. */
#define LOOKS 256

#define LONGEST_US 10000U

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
	u64 begin, now;

	if (!longest || p->lone < SURE || p->looks++ >= LOOKS)
		return false;
	begin = now = ktime_get_ns();
	fill(p, now, 2 * longest);
	if (p->purse < longest)
		return false;
	do {
		if (found(ring))
			return true;
		cpu_relax();
		now = ktime_get_ns();
	} while (now - begin < longest && !need_resched() && !kthread_should_stop() &&
		 !kthread_should_park());
	p->purse -= min(now - begin, p->purse);
	return false;
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

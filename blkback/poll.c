// SPDX-License-Identifier: GPL-2.0
/*
 * Looking at the ring for a moment longer instead of asking for an event and
 * going to sleep: worth it where the next request comes sooner than a wake-up
 * takes. How long is learned from how long the worker slept: a short sleep
 * would have been polled for, a long one not.
 *
 * Polling never touches the event channel: while it is masked it stays so, and
 * an event storm finds the same protection as without.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "data.h"

/* What the first of several short sleeps is worth. */
#define FIRST_NS 5000U

bool xbback_poll(struct xbback_ring *ring)
{
	u64 end;

	if (!ring->poll_ns)
		return false;
	end = ktime_get_ns() + ring->poll_ns;
	do {
		if (!llist_empty(&ring->done) || xvbd_back_pending(&ring->ring))
			return true;
		cpu_relax();
	} while (!need_resched() && !kthread_should_stop() && !kthread_should_park() &&
		 ktime_get_ns() < end);
	return false;
}

u64 xbback_poll_sleeps(void)
{
	return READ_ONCE(xbback_params.poll_us) ? ktime_get_ns() : 0;
}

void xbback_poll_slept(struct xbback_ring *ring, u64 since)
{
	unsigned int longest = min(READ_ONCE(xbback_params.poll_us), 1000U) * 1000;

	if (since && ktime_get_ns() - since < longest)
		ring->poll_ns = clamp(ring->poll_ns * 2, FIRST_NS, max(longest, FIRST_NS));
	else
		ring->poll_ns = 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Polling (busy-waiting) for the next request. It helps if the frontend sends one request and
 * waits for its response, because then the wakeup dominates the latency: with polling the
 * frontend does not need to notify, and this domain does not go idle. It would do harm if
 * several requests arrive together: while the worker sleeps they gather, but a polling worker
 * takes each one as it arrives.
 *
 * A worker polls only if all of this holds:
 *
 * - No request is in flight. A frontend that waits for a response sends nothing before it has it,
 *   so to poll while the disk works would be to wait for the disk.
 * - The last sleeps showed that requests do not gather. The worker sleeps now and then to look
 *   again; it may poll more often the longer it was so.
 * - The next request is expected soon. The time that the frontend needs from one response to its
 *   next request is measured. The worker polls for twice that time, and not at all if that is
 *   longer than poll_us.
 * - The budget of the CPU allows it. All rings share it. It grows with poll_percent of the
 *   elapsed time, and every nanosecond of polling is charged to it.
 * - No other task wants the CPU, and the hypervisor has not given it to another domain lately.
 *
 * Polling does not touch the event channel. A masked channel stays masked, so the protection
 * against event storms is the same as without polling.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "data.h"

/* Poll only after this many consecutive sleeps that ended with exactly one request. */
#define MIN_SINGLE 4

/* A worker may poll 2 times, then sleeps once, then polls 4 times... up to this many. */
#define MAX_POLLS_LOG 8

#define LONGEST_US 10000U

/*
 * A CPU's budget holds at most what this time adds to it, so that no burst of polls is longer. A
 * poll that took much longer than it wanted to leaves a debt of this time at most.
 */
#define BUDGET_TIME (20 * NSEC_PER_MSEC)

/*
 * If a worker that polls stands still for STALL, its CPU was given to another domain, or interrupts
 * took it. Do not poll on it for STALL_PAUSE. (The kernel's count of stolen time does not tell
 * this: it contains the time that each wakeup of this domain takes.)
 */
#define STALL (500 * NSEC_PER_USEC)
#define STALL_PAUSE (100 * NSEC_PER_MSEC)

/**
 * struct poll_cpu - what polling may take of a CPU
 * @lock:     protects the members
 * @left:     budget, in ns; below 0 if a poll took longer than it wanted to
 * @refilled: time of the last refill, ns of ktime_get_ns()
 * @paused_until: do not poll before this time, ns of ktime_get_ns()
 */
struct poll_cpu {
	spinlock_t lock;
	s64 left;
	u64 refilled;
	u64 paused_until;
};

static DEFINE_PER_CPU(struct poll_cpu, poll_cpus) = {
	.lock = __SPIN_LOCK_UNLOCKED(poll_cpus.lock),
};

static void refill(struct poll_cpu *c, u64 now)
{
	unsigned int percent = min(READ_ONCE(xbback_params.poll_percent), 100U);
	s64 passed = now - c->refilled;
	u64 elapsed;

	/* The caller was preempted after it had read the clock, and another was faster. */
	if (passed <= 0)
		return;
	elapsed = min_t(u64, passed, BUDGET_TIME);
	c->left += (s64)elapsed * percent / 100;
	c->left = min_t(s64, c->left, (s64)BUDGET_TIME * percent / 100);
	c->refilled = now;
}

/* Charge a poll of @ns in advance. Return: false if the CPU may not poll for so long. */
static bool charge(unsigned int cpu, u64 ns, u64 now)
{
	struct poll_cpu *c = per_cpu_ptr(&poll_cpus, cpu);
	bool may;

	spin_lock(&c->lock);
	refill(c, now);
	may = now >= c->paused_until && c->left >= (s64)ns;
	if (may)
		c->left -= ns;
	spin_unlock(&c->lock);
	return may;
}

/*
 * A poll has ended: correct its charge by @ns, which it did not take, or took in excess.
 * @stalled_at: when it stood still, or 0. @cpu is where it began: the worker may have moved.
 */
static void settle(unsigned int cpu, s64 ns, u64 stalled_at)
{
	struct poll_cpu *c = per_cpu_ptr(&poll_cpus, cpu);

	spin_lock(&c->lock);
	c->left = max_t(s64, c->left + ns, -(s64)BUDGET_TIME);
	if (stalled_at)
		c->paused_until = stalled_at + STALL_PAUSE;
	spin_unlock(&c->lock);
}

/*
 * Poll from @now until @end. Set @now to the time at the end, and @stalled_at if the CPU stood
 * still. Return: whether there is a request.
 */
static bool wait_awake(const struct xbback_ring *ring, u64 end, u64 *now, u64 *stalled_at)
{
	u64 before;

	while (!xsplit_back_pending(&ring->base.ring)) {
		if (*now >= end || need_resched() || kthread_should_stop() || kthread_should_park())
			return false;
		cpu_relax();
		before = *now;
		*now = ktime_get_ns();
		if (*now - before > STALL)
			*stalled_at = *now;
	}
	return true;
}

bool xbback_poll(struct xbback_ring *ring)
{
	u64 longest = min(READ_ONCE(xbback_params.poll_us), LONGEST_US) * NSEC_PER_USEC;
	unsigned int cpu = raw_smp_processor_id();
	struct xbback_poll *p = &ring->poll;
	u64 begin, now, limit, stalled_at = 0;
	bool hit;

	if (!longest || ring->in_flight)
		return false;
	begin = now = ktime_get_ns();
	if (!p->idle_since)
		p->idle_since = now;
	limit = 2 * p->gap;
	if (!p->polls || !limit || limit > longest || !charge(cpu, limit, now))
		return false;
	p->polls--;
	hit = wait_awake(ring, begin + limit, &now, &stalled_at);
	settle(cpu, (s64)(limit - (now - begin)), stalled_at);
	return hit;
}

void xbback_poll_slept(struct xbback_ring *ring)
{
	ring->poll.slept = true;
}

/* A pause of any length counts as one of LONGEST_US: a few short gaps make up for it. */
static void measure_gap(struct xbback_poll *p)
{
	u64 gap = min_t(u64, ktime_get_ns() - p->idle_since, LONGEST_US * NSEC_PER_USEC);

	p->gap = p->gap ? (3 * p->gap + gap) / 4 : gap;
	p->idle_since = 0;
}

void xbback_poll_took(struct xbback_ring *ring, unsigned int nr)
{
	struct xbback_poll *p = &ring->poll;
	unsigned int log;

	if (p->idle_since)
		measure_gap(p);
	if (!p->slept)
		return;
	p->slept = false;
	p->single = nr == 1 && !ring->in_flight ? p->single + 1 : 0;
	log = min(p->single - min(p->single, MIN_SINGLE - 1), MAX_POLLS_LOG);
	p->polls = p->single < MIN_SINGLE ? 0 : 1U << log;
}

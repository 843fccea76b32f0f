// SPDX-License-Identifier: GPL-2.0
/* Work items. Each runs as a task of its own; one item never runs twice at the same time. */
#include <stdlib.h>

#include "world.h"

struct workqueue_struct {
	enum sim_domain domain;
	char name[32];
};

static struct workqueue_struct system_queue = { .domain = SIM_FRONT,
						.name = "events" };
struct workqueue_struct *system_wq = &system_queue;
static struct work_struct *queued;

static bool runs_work(struct sim_task *task, void *work)
{
	return task->work == work;
}

static bool runs_queue(struct sim_task *task, void *wq)
{
	return task->wq == wq;
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
					 int active, ...)
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);
	va_list ap;

	(void)flags;
	if (!wq)
		return NULL;
	va_start(ap, active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, ap);
	va_end(ap);
	wq->domain = sim_domain();
	return wq;
}

/* A timer that has not expired is not counted, as in the kernel. */
static bool is_drained(void *argument)
{
	struct workqueue_struct *wq = argument;
	struct work_struct *w;

	for (w = queued; w; w = w->next)
		if (w->wq == wq && w->at <= sim_now())
			return false;
	return !sim_any_task(runs_queue, wq);
}

void flush_workqueue(struct workqueue_struct *wq)
{
	sim_may_sleep("flush_workqueue()");
	while (!is_drained(wq))
		sim_block(is_drained, wq, wq->name);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	struct work_struct *w;

	flush_workqueue(wq);
	for (w = queued; w; w = w->next)
		if (w->wq == wq)
			sim_problem(
				"%s is destroyed, and a timer will queue a work on it",
				wq->name);
	kfree(wq);
}

static void add_work(struct workqueue_struct *wq, struct work_struct *work,
		     u64 at)
{
	work->wq = wq;
	work->queued = true;
	work->at = at;
	work->next = queued;
	queued = work;
}

static bool take_off(struct work_struct *work)
{
	struct work_struct **p = &queued;

	if (!work->queued)
		return false;
	while (*p && *p != work)
		p = &(*p)->next;
	if (!*p) {
		sim_problem("a work item was initialised while it was queued");
		return false;
	}
	*p = work->next;
	work->queued = false;
	return true;
}

static bool queue_at(struct workqueue_struct *wq, struct work_struct *work,
		     u64 at)
{
	bool was;

	sim_point();
	was = work->queued;
	if (!wq || !work->func)
		sim_problem("a work item or its queue is not initialised");
	else if (!was)
		add_work(wq, work, at);
	sim_point();
	return !was;
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_at(wq, work, sim_now());
}

bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *work,
			unsigned long delay)
{
	return queue_at(wq, &work->work, sim_now() + delay);
}

bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *work,
		      unsigned long delay)
{
	bool was = take_off(&work->work);

	queue_at(wq, &work->work, sim_now() + delay);
	return was;
}

static bool has_ended(void *work)
{
	return !sim_any_task(runs_work, work);
}

static bool is_flushed(void *argument)
{
	struct work_struct *work = argument;

	return has_ended(work) && !(work->queued && work->at <= sim_now());
}

bool flush_work(struct work_struct *work)
{
	bool waited = false;

	sim_may_sleep("flush_work()");
	if (sim_current->work == work) {
		sim_problem("a work item flushes itself");
		return false;
	}
	for (; !is_flushed(work); waited = true)
		sim_block(is_flushed, work, "the end of a work item");
	return waited;
}

bool flush_delayed_work(struct delayed_work *work)
{
	if (work->work.queued)
		work->work.at = sim_now();
	return flush_work(&work->work);
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was = take_off(work);

	sim_may_sleep("cancel_work_sync()");
	if (sim_current->work == work)
		sim_problem("a work item cancels itself and waits");
	else
		while (!has_ended(work))
			sim_block(has_ended, work,
				  "the end of a cancelled work item");
	/* It may have queued itself once more before it ended. */
	return take_off(work) || was;
}

bool cancel_delayed_work(struct delayed_work *work)
{
	return take_off(&work->work);
}

unsigned int sim_works_ready(struct work_struct **ready, unsigned int max)
{
	struct work_struct *w;
	unsigned int nr = 0;

	for (w = queued; w && nr < max; w = w->next)
		if (w->at <= sim_now() && !sim_is_frozen(w->wq->domain) &&
		    has_ended(w))
			ready[nr++] = w;
	return nr;
}

static void run_work(void *argument)
{
	struct work_struct *work = argument;

	work->func(work);
	/* The item may be freed by now. */
	sim_current->work = NULL;
	sim_current->wq = NULL;
}

void sim_work_start(struct work_struct *work)
{
	struct sim_task *task =
		sim_task_start("work", work->wq->domain, run_work, work);

	task->work = work;
	task->wq = work->wq;
	task->name = work->wq->name;
	take_off(work);
}

u64 sim_next_timer(void)
{
	u64 time = U64_MAX;
	struct work_struct *w;

	for (w = queued; w; w = w->next)
		if (w->at > sim_now() && !sim_is_frozen(w->wq->domain))
			time = min(time, w->at);
	return time;
}

void sim_end_works(void)
{
	struct work_struct *w;

	for (w = queued; w; w = w->next)
		sim_problem("a work item is left in a queue");
	queued = NULL;
}

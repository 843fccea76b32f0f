// SPDX-License-Identifier: GPL-2.0
/* Watches, and the thread xenwatch of each domain, which calls their callbacks one by one. */
#include <stdlib.h>

#include "world.h"

#define MAX_EVENTS 256

struct event {
	struct xenbus_watch *watch;
	char path[SIM_PATH_MAX];
};
struct xenwatch {
	struct sim_task *task;
	struct event events[MAX_EVENTS];
	unsigned int nr;
	bool calls;
	struct mutex *wants; /* the lock of the device that it unregisters */
	bool is_counted;
};

static struct xenbus_watch *watches;
static struct xenwatch threads[SIM_DOMAINS];

/*
 * The path as the domain sees it: relative to its directory if the watch is. It must begin with
 * the node of the watch: see xs_watch_msg().
 */
static const char *seen_path(const struct xenbus_watch *w, const char *path)
{
	char own[SIM_PATH_MAX];

	if (*w->node == '/')
		return path;
	return path + strlen(sim_absolute(own, w->domain, "")) + 1;
}

/* As xenbus does where the message arrives: no callback, and no sleep. */
static void queue_event(struct xenbus_watch *w, const char *path)
{
	struct xenwatch *thread = &threads[w->domain];
	const char *seen = seen_path(w, path);
	bool wanted = true;

	if (w->will_handle) {
		sim_current->atomic++;
		wanted = w->will_handle(w, seen, "");
		sim_current->atomic--;
	}
	if (!wanted)
		return;
	if (thread->nr == MAX_EVENTS) {
		sim_problem("%d events wait for xenwatch: nothing limits them",
			    MAX_EVENTS);
		return;
	}
	w->nr_pending++;
	thread->events[thread->nr].watch = w;
	snprintf(thread->events[thread->nr++].path, SIM_PATH_MAX, "%s", seen);
}

void sim_fire(const char *path)
{
	struct xenbus_watch *w;
	char node[SIM_PATH_MAX];

	for (w = watches; w; w = w->next) {
		size_t len = strlen(sim_absolute(node, w->domain, w->node));

		if (!strncmp(path, node, len) &&
		    (!path[len] || path[len] == '/'))
			queue_event(w, path);
	}
}

void sim_fire_below(const char *path, bool (*is_gone)(const char *path))
{
	struct xenbus_watch *w;
	char node[SIM_PATH_MAX];
	size_t len = strlen(path);

	for (w = watches; w; w = w->next) {
		sim_absolute(node, w->domain, w->node);
		if (!strncmp(node, path, len) && node[len] == '/' &&
		    is_gone(node))
			queue_event(w, node);
	}
}

/* After a resume each watch is registered anew, and so it fires. */
void sim_fire_all(enum sim_domain domain)
{
	struct xenbus_watch *w;
	char node[SIM_PATH_MAX];

	for (w = watches; w; w = w->next)
		if (w->domain == (int)domain)
			queue_event(w, sim_absolute(node, domain, w->node));
}

int register_xenbus_watch(struct xenbus_watch *watch)
{
	char node[SIM_PATH_MAX];

	sim_may_sleep("register_xenbus_watch()");
	sim_point();
	watch->domain = sim_domain();
	watch->nr_pending = 0;
	watch->next = watches;
	watches = watch;
	queue_event(watch, sim_absolute(node, watch->domain, watch->node));
	sim_point();
	return 0;
}

static void drop_events(struct xenwatch *thread,
			const struct xenbus_watch *watch)
{
	unsigned int i, kept = 0;

	for (i = 0; i < thread->nr; i++) {
		if (!watch || thread->events[i].watch == watch)
			thread->events[i].watch->nr_pending--;
		else
			thread->events[kept++] = thread->events[i];
	}
	thread->nr = kept;
}

void sim_drop_watch_events(enum sim_domain domain)
{
	drop_events(&threads[domain], NULL);
}

void sim_xenwatch_wants(struct mutex *lock)
{
	struct xenwatch *thread = &threads[sim_domain()];

	if (sim_current != thread->task)
		return;
	thread->wants = lock;
	thread->is_counted = false;
}

struct waiter {
	struct xenwatch *thread;
	struct sim_task *task;
};

/*
 * C6 of docs/known-faults.md: xenwatch unregisters a device and waits for its lock, and who holds
 * the lock, because it unbinds the device, waits for xenwatch. xenbus and remove() both do so.
 */
static bool is_c6(const struct waiter *waiter)
{
	const struct mutex *wants = waiter->thread->wants;

	return wants && wants->holder == waiter->task;
}

static bool is_idle(void *argument)
{
	const struct waiter *waiter = argument;

	return !waiter->thread->calls || is_c6(waiter);
}

/* In the kernel both would now wait for ever. Here it is counted, and the unbind goes on. */
static void count_c6(struct xenwatch *thread)
{
	if (thread->is_counted)
		return;
	thread->is_counted = true;
	sim_known_c6++;
	sim_say("known: C6, an unbind and a removal by xenwatch wait for each other");
}

void unregister_xenbus_watch(struct xenbus_watch *watch)
{
	struct xenwatch *thread = &threads[watch->domain];
	struct waiter waiter = { .thread = thread, .task = sim_current };
	struct xenbus_watch **p = &watches;

	sim_may_sleep("unregister_xenbus_watch()");
	sim_point();
	while (*p && *p != watch)
		p = &(*p)->next;
	if (!*p) {
		sim_problem("a watch on %s is unregistered twice", watch->node);
		return;
	}
	*p = watch->next;
	drop_events(thread, watch);
	if (sim_current == thread->task)
		return;
	while (!is_idle(&waiter))
		sim_block(is_idle, &waiter, "a callback of xenwatch");
	if (thread->calls)
		count_c6(thread);
}

static bool has_event(void *argument)
{
	return ((struct xenwatch *)argument)->nr;
}

static void run_xenwatch(void *argument)
{
	struct xenwatch *thread = argument;

	for (;;) {
		struct event event;

		while (!has_event(thread))
			sim_block(has_event, thread, "events");
		event = thread->events[0];
		memmove(thread->events, thread->events + 1,
			--thread->nr * sizeof(event));
		event.watch->nr_pending--;
		thread->calls = true;
		event.watch->callback(event.watch, event.path, "");
		thread->calls = false;
		sim_point();
	}
}

void sim_start_xenwatch(void)
{
	unsigned int d;

	for (d = SIM_BACK; d <= SIM_FRONT; d++)
		threads[d].task = sim_task_start("xenwatch", d, run_xenwatch,
						 &threads[d]);
}

void sim_end_watches(void)
{
	unsigned int d;

	for (; watches; watches = watches->next)
		sim_problem("a watch on %s is left", watches->node);
	for (d = 0; d < SIM_DOMAINS; d++) {
		if (threads[d].calls)
			sim_problem("a callback of xenwatch does not return");
		threads[d].calls = false;
		threads[d].wants = NULL;
		threads[d].nr = 0;
	}
}

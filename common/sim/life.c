// SPDX-License-Identifier: GPL-2.0
/*
 * The scenarios that every class has: a life is an attach, a few events that a device survives,
 * and an end. Which ones, and all orders within them, are drawn from the seed.
 */
#include <stdlib.h>

#include "ring.h"
#include "world.h"

#define MAX_WORKERS 3

static struct sim_user *workers[MAX_WORKERS];
static bool workers_stop;

/* Use the device from time to time, until it is gone. */
static int work_on(void)
{
	int err = 0;

	while (!workers_stop && !err) {
		err = sim_class.user();
		msleep(1 + sim_random(2000));
	}
	return err;
}

static void start_workers(void)
{
	unsigned int i, nr = sim_class.user ? sim_random(MAX_WORKERS + 1) : 0;

	workers_stop = false;
	for (i = 0; i < MAX_WORKERS; i++)
		workers[i] = i < nr ? sim_user_start(work_on) : NULL;
}

/* They end by themselves, or because the device is gone. */
static void end_workers(void)
{
	unsigned int i;

	workers_stop = true;
	for (i = 0; i < MAX_WORKERS; i++) {
		if (workers[i])
			sim_user_result(workers[i]);
		workers[i] = NULL;
	}
}

static void expect_up(const char *after)
{
	sim_settle();
	sim_expect(sim_is_up(), "%s: both ends Connected, not %s and %s", after,
		   xenbus_strstate(sim_state(SIM_BACK)),
		   xenbus_strstate(sim_state(SIM_FRONT)));
}

static void expect_use(const char *after)
{
	int err;

	if (!sim_class.user || sim_memory_short)
		return;
	err = sim_user_result(sim_user_start(sim_class.user));
	sim_expect(!err, "%s: the device works, and does not say %d", after,
		   err);
}

static const char *draw_live_value(void)
{
	unsigned int nr = 0;

	while (sim_class.live[nr + 1])
		nr++;
	return sim_class.live[1 + sim_random(nr)];
}

static void change_live_key(void)
{
	const char *const *live = sim_class.live;
	const char *value;
	unsigned int i;

	if (!live)
		return;
	/* The last one counts, wherever the back is with those before. */
	for (i = 0; i < 8; i++) {
		sim_write(SIM_BACK, live[0], draw_live_value());
		sim_some_steps(10);
	}
	value = draw_live_value();
	sim_write(SIM_BACK, live[0], value);
	expect_up("a live key is written");
	sim_expect(!sim_has_error(SIM_BACK), "a valid value of %s is no error",
		   live[0]);
	if (sim_class.has_live && !sim_memory_short)
		sim_expect(sim_class.has_live(value), "%s=%s has an effect",
			   live[0], value);
}

static void rebind_back(void)
{
	sim_unbind(SIM_BACK);
	if (sim_random(2))
		sim_settle();
	else
		sim_some_steps(60);
	sim_bind(SIM_BACK);
	expect_up("the back is bound again");
	expect_use("the back is bound again");
}

static void reload_back(void)
{
	sim_unload(SIM_BACK);
	sim_some_steps(100);
	sim_load(SIM_BACK);
	expect_up("the back is loaded again");
	expect_use("the back is loaded again");
}

static void refuse_detach(void)
{
	if (!sim_class.hold || sim_memory_short || !sim_class.hold())
		return;
	sim_detach();
	sim_settle();
	sim_expect(sim_state(SIM_FRONT) != XenbusStateClosed,
		   "a device in use is not taken away");
	sim_expect(sim_has_error(SIM_FRONT), "a refused detach is told");
	sim_class.let_go();
	sim_settle();
	sim_expect(sim_state(SIM_FRONT) == XenbusStateClosed,
		   "it goes with its last user");
}

static void resume(void)
{
	sim_resume();
	expect_up("the guest is restored");
	expect_use("the guest is restored");
}

static void replace_back(void)
{
	sim_destroy_end(SIM_BACK);
	sim_settle();
	sim_expect(sim_state(SIM_FRONT) == XenbusStateClosed,
		   "a front whose back's domain is gone says Closed, not %s",
		   xenbus_strstate(sim_state(SIM_FRONT)));
	sim_replace_back();
	expect_up("another back is named");
	expect_use("another back is named");
}

static void repeat_event(void)
{
	sim_raise(SIM_BACK);
	sim_raise(SIM_FRONT);
	expect_up("events without a reason");
	expect_use("events without a reason");
}

/* The ends. After each, no user can use the device. */

static void detach(void)
{
	end_workers();
	sim_detach();
	sim_settle();
	sim_expect(sim_state(SIM_FRONT) == XenbusStateClosed &&
			   sim_state(SIM_BACK) == XenbusStateClosed,
		   "a detach ends in Closed, not %s and %s",
		   xenbus_strstate(sim_state(SIM_BACK)),
		   xenbus_strstate(sim_state(SIM_FRONT)));
	sim_destroy();
}

static void detach_busy(void)
{
	end_workers();
	refuse_detach();
	sim_destroy();
}

static void destroy_both(void)
{
	sim_destroy();
	sim_settle();
}

static void lose_guest(void)
{
	sim_destroy_end(SIM_FRONT);
	sim_settle();
	sim_destroy();
}

static void detach_parked(void)
{
	sim_unbind(SIM_BACK);
	sim_some_steps(100);
	sim_detach();
	sim_settle();
	sim_destroy();
}

static void unload_front(void)
{
	sim_unload(SIM_FRONT);
	sim_settle();
	sim_destroy();
}

static void unload_both(void)
{
	sim_unload(sim_random(2));
	sim_some_steps(50);
	sim_unload(SIM_BACK);
	sim_unload(SIM_FRONT);
	sim_destroy();
}

/* One end writes an index that makes no sense. The other one must leave it, and tell. */
static void lie(enum sim_domain liar)
{
	struct xsplit_sring *ring;

	end_workers(); /* who writes a true index beside it */
	sim_settle();
	ring = sim_shared_page();
	if (!ring)
		return;
	if (liar == SIM_FRONT)
		ring->req_prod += 1000 + sim_random(100000);
	else
		ring->rsp_prod += 1000 + sim_random(100000);
	/* Only the other end: the liar's own driver would write its true index. */
	sim_raise(liar == SIM_FRONT ? SIM_BACK : SIM_FRONT);
	sim_settle_for(100);
	sim_expect(!sim_is_up(), "an end that lies in the ring is left");
	sim_expect(sim_has_error(liar == SIM_FRONT ? SIM_BACK : SIM_FRONT),
		   "and that is told");
	sim_destroy();
}

static void lie_as_front(void)
{
	lie(SIM_FRONT);
}

static void lie_as_back(void)
{
	lie(SIM_BACK);
}

/* What is in the ring is noise, as a hostile end could write it, while the device works. */
static void scribble(void)
{
	unsigned int i, k;
	u32 *ring;

	sim_may_forsake = true;
	sim_noise = true;
	for (i = 0; i < 20; i++) {
		ring = sim_shared_page();
		for (k = 0; ring && k < 4; k++)
			ring[sim_random(2) ? sim_random(4) :
					     16 + sim_random(64)] =
				sim_random(2) ? sim_random(64) :
						sim_random(UINT_MAX);
		sim_raise(sim_random(2) ? SIM_BACK : SIM_FRONT);
		sim_some_steps(20);
	}
	sim_destroy();
}

/* clang-format off */
struct chapter {
	const char *name;
	void (*run)(void);
};
static const struct chapter events[] = {
	{ "a live key is changed", change_live_key },
	{ "the back is unbound and bound", rebind_back },
	{ "the back is unloaded and loaded", reload_back },
	{ "the guest is saved and restored", resume },
	{ "the back's domain dies, another one comes", replace_back },
	{ "events arrive without a reason", repeat_event },
};
static const struct chapter ends[] = {
	{ "detach", detach },
	{ "detach while in use", detach_busy },
	{ "both directories are removed", destroy_both },
	{ "the guest's directory is removed", lose_guest },
	{ "detach while the back is unbound", detach_parked },
	{ "the front is unloaded", unload_front },
	{ "both are unloaded", unload_both },
	{ "the front lies in the ring", lie_as_front },
	{ "the back lies in the ring", lie_as_back },
	{ "noise in the ring", scribble },
};
/* clang-format on */

static void run_event(void)
{
	unsigned int i = sim_random(ARRAY_SIZE(events));

	sim_say("event: %s", events[i].name);
	events[i].run();
}

static void run_end(void)
{
	unsigned int i = sim_random(ARRAY_SIZE(ends));

	sim_say("end: %s", ends[i].name);
	ends[i].run();
}

/* The two drivers are loaded and the device is attached, in any order. */
static void begin(void)
{
	unsigned int order = sim_random(3);
	enum sim_domain first = sim_random(2);

	if (order == 0)
		sim_attach();
	sim_load(first);
	sim_some_steps(30);
	if (order == 1)
		sim_attach();
	sim_load(!first);
	if (order == 2)
		sim_attach();
}

/* Some of the events, while memory is short: nothing is expected but that nothing is left. */
static void live_short_of_memory(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		sim_some_steps(100);
		run_event();
	}
	run_end();
}

static void live(void)
{
	unsigned int i;

	expect_up("attached");
	expect_use("attached");
	start_workers();
	for (i = sim_random(4); i; i--)
		run_event();
	run_end();
}

void sim_live(void)
{
	sim_boot();
	begin();
	if (sim_memory_short)
		live_short_of_memory();
	else if (sim_class.life && !sim_random(3))
		sim_class.life();
	else
		live();
	sim_settle();
	sim_shut_down();
	end_workers();
	sim_settle();
}

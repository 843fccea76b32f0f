// SPDX-License-Identifier: GPL-2.0
/*
 * The moves of the world, and when each is possible.
 *
 * Not modelled:
 * - A suspend that is cancelled: it is a frontend that does not run for a
 *   while, which may happen between any two moves.
 * - The old backend after a resume: it sees what the backend of a destroyed
 *   domain sees. lease.h decides which of the two backends serves their device.
 *
 * A frontend whose backend's domain has died follows to a new backend (FOLLOW).
 * That is like a resume, but its work item continues to run.
 */
#include <string.h>

#include "world.h"

static const struct explore_class classes[] = {
	{ .name = "script", .script = true },
	{ .name = "plain", .script = false },
};

const struct explore_class *explored = &classes[0];

const struct explore_class *class_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strcmp(classes[i].name, name))
			return &classes[i];
	return NULL;
}

void script_waits(union world *w)
{
	w->script = explored->script ? SCRIPT_WAITS : SCRIPT_DONE;
	w->device = !explored->script;
}

union world world_start(unsigned int budget, enum ends foreign)
{
	union world w = { .word = { 0 } };

	/* The toolstack has written both directories in one transaction. */
	BACK(&w)->dir = FRONT(&w)->dir = true;
	BACK(&w)->shown = BACK(&w)->state = XSPLIT_INITIALISING;
	FRONT(&w)->shown = FRONT(&w)->state = XSPLIT_INITIALISING;
	w.online = true;
	w.listed = true;
	script_waits(&w);
	w.budget = budget;
	w.foreign_f = !!(foreign & FOREIGN_FRONT);
	w.upgrade = !!(foreign & FOREIGN_BACK);
	return w;
}

/*
 * The kernel's own frontend starts over without waiting until the backend has
 * seen that the old rings are gone. A frontend that is so quick fails with any
 * backend. So the explorer makes it wait.
 */
static bool has_seen(const struct end *b)
{
	return !b->bound || (!b->event && b->step == IDLE);
}

/* The kernel's own backend keeps rings that it has mapped while it has no device yet. */
static bool is_too_quick(const union world *w)
{
	const struct end *b = BACK(w);

	return !has_seen(b) && (w->foreign_f || (w->foreign_b && b->state != XSPLIT_CONNECTED));
}

static bool move_look(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];

	if (!e->bound || (e->step != LOOK && !(e->step == IDLE && (e->event || e->kicked))))
		return false;
	if (role == XSPLIT_FRONT && w->foreign_f && e->state == XSPLIT_CLOSED && !has_seen(BACK(w)))
		return false;
	if (is_foreign(w, role))
		foreign_look(w, role);
	else
		look(w, role);
	return true;
}

static bool move_act(union world *w, enum xsplit_role role)
{
	if (w->end[role].step < ROW)
		return false;
	if (is_foreign(w, role))
		foreign_act(w, role);
	else
		act(w, role);
	return true;
}

static bool move_write(union world *w)
{
	/* The device has just been bound: this is its first state. */
	if (w->fresh && FRONT(w)->next == XSPLIT_INITIALISING && is_too_quick(w))
		return false;
	return xenwatch_writes(w);
}

/* remove() begins. The machine runs once more, with XSPLIT_F_REMOVED. */
static bool move_remove(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];

	if (!e->bound || e->removed)
		return false;
	e->removed = true;
	e->event = true;
	return true;
}

/* The directory is gone, or the backend has asked xenbus to unregister the device. */
static bool move_taken(union world *w, enum xsplit_role role)
{
	if (role == XSPLIT_FRONT && w->compares)
		return false;
	return (!w->end[role].dir || (role == XSPLIT_BACK && w->farewell)) && move_remove(w, role);
}

static bool move_left(union world *w, enum xsplit_role role)
{
	const struct end *e = &w->end[role];

	if (!e->removed || e->step != IDLE || e->event || e->kicked)
		return false;
	left(w, role);
	return true;
}

/* The backend serves: it answers the requests in flight. */
static bool is_served(const union world *w)
{
	return BACK(w)->linked && w->same_rings && !w->deaf && !w->parked;
}

static bool hide_ends(union world *w, bool alone)
{
	if (!w->leaving || w->hidden || is_served(w) == alone)
		return false;
	w->hidden = true;
	wake(w, XSPLIT_FRONT);
	return true;
}

static bool script_goes(union world *w, enum move move)
{
	switch (move) {
	case SCRIPT_STARTS:
		if (w->script != SCRIPT_WAITS || !BACK(w)->dir || BACK(w)->shown != XSPLIT_INITWAIT)
			return false;
		w->script = SCRIPT_RUNS;
		return true;
	case SCRIPT_FAILS:
		if (w->script != SCRIPT_RUNS)
			return false;
		w->script = SCRIPT_FAILED;
		return true;
	default:
		/*
		 * After the script has named a device, the backend may be able
		 * to open it.
		 */
		if (w->script != (move == RENAME ? SCRIPT_DONE : SCRIPT_RUNS) || !BACK(w)->dir)
			return false;
		w->script = SCRIPT_DONE;
		w->device = true;
		w->spoiled = false;
		/* The kernel's own backend does not change to another device. */
		if (move == RENAME && w->foreign_b)
			return true;
		w->news_b = BACK(w)->bound;
		wake(w, XSPLIT_BACK);
		return true;
	}
}

/*
 * The loader's states: 1 -> 3 -> 4 -> 6 -> 1. It does not wait until the
 * backend has seen each of them.
 */
static bool loader_goes(union world *w)
{
	unsigned int back = BACK(w)->dir ? BACK(w)->shown : XSPLIT_CLOSED;
	bool leaves = back == XSPLIT_CLOSING || back == XSPLIT_CLOSED;

	if (!FRONT(w)->dir)
		return false;
	if (w->loader == LOADER_WAITS && back == XSPLIT_INITWAIT) {
		w->loader = LOADER_RINGS;
		switch_state(w, XSPLIT_FRONT, XSPLIT_INITIALISED);
	} else if (w->loader == LOADER_RINGS && back == XSPLIT_CONNECTED) {
		w->loader = LOADER_CONNECTED;
		switch_state(w, XSPLIT_FRONT, XSPLIT_CONNECTED);
	} else if (w->loader == LOADER_CONNECTED ||
		   ((w->loader == LOADER_WAITS || w->loader == LOADER_RINGS) && leaves)) {
		w->loader = LOADER_CLOSED;
		switch_state(w, XSPLIT_FRONT, XSPLIT_CLOSED);
	} else if (w->loader == LOADER_CLOSED) {
		if (w->foreign_f && !has_seen(BACK(w)))
			return false;
		w->loader = LOADER_NONE;
		switch_state(w, XSPLIT_FRONT, XSPLIT_INITIALISING);
	} else {
		return false;
	}
	return true;
}

/* The module is loaded, or the device is bound by hand: probe(). */
static bool bind(union world *w, enum xsplit_role role, bool foreign)
{
	struct end *e = &w->end[role];

	if (e->bound || !BACK(w)->dir || !FRONT(w)->dir)
		return false;
	if (role == XSPLIT_BACK ? !w->listed : w->dead || w->loader)
		return false;
	if (role == XSPLIT_FRONT && is_too_quick(w))
		return false;
	if (role == XSPLIT_BACK) {
		/* A domain takes longer to start than the frontend takes to start over. */
		if (foreign && (!w->upgrade || w->moving || FRONT(w)->next == XSPLIT_INITIALISING))
			return false;
		/* A driver is not replaced before the first driver has its device. */
		if (foreign && e->state != XSPLIT_INITIALISING && !w->device)
			return false;
		w->foreign_b = foreign;
	}
	e->bound = true;
	e->event = true;
	/* Another driver may have left the backend in any state. */
	if (is_foreign(w, role))
		foreign_bind(w, role);
	else if (role == XSPLIT_BACK && e->state != XSPLIT_CLOSED)
		switch_state(w, role, XSPLIT_INITIALISING);
	else if (role == XSPLIT_FRONT && e->state != XSPLIT_INITIALISING)
		start_over(w);
	w->fresh |= role == XSPLIT_FRONT && !w->foreign_f;
	return true;
}

static bool loader_comes(union world *w)
{
	const struct end *f = FRONT(w);

	if (f->bound || w->dead || w->loader || !f->dir || f->shown != XSPLIT_INITIALISING)
		return false;
	/* A boot loader on the kernel's own backend is not our concern. */
	if (w->upgrade)
		return false;
	w->loader = LOADER_WAITS;
	return true;
}

static bool fail(union world *w, enum xsplit_role role, bool holding)
{
	const struct xsplit_step *step = chosen(&w->end[role]);

	if (!step)
		return false;
	switch (step->action) {
	case XSPLIT_A_CONNECT:
	case XSPLIT_A_ATTACH:
	case XSPLIT_A_RECONNECT:
	case XSPLIT_A_RECONFIGURE:
		/*
		 * On failure, CONNECT of the frontend and RECONFIGURE leave no
		 * new resources. REJOIN may be tried again: see tries_again().
		 */
		if (holding && step->action != XSPLIT_A_RECONNECT &&
		    (role == XSPLIT_FRONT || step->action == XSPLIT_A_RECONFIGURE))
			return false;
		break;
	case XSPLIT_A_PUBLISH:
		break;
	default:
		return false;
	}
	act_failing(w, role, holding);
	return true;
}

/* The frontend is connected to the rings of another driver, or its disk is parked. */
static bool waits_for_back(const union world *w)
{
	unsigned int front = other_state(w, XSPLIT_BACK);

	if (BACK(w)->state == XSPLIT_CLOSED)
		return front == XSPLIT_INITIALISING && FRONT(w)->bound && w->parked;
	/* The rings of a domain that has crashed do not come back. */
	return BACK(w)->state == XSPLIT_INITWAIT && front == XSPLIT_CONNECTED && rings_are_there(w);
}

/* The backend tries again from time to time. At some time it succeeds. */
static bool attach_again(union world *w)
{
	const struct end *b = BACK(w);

	if (!b->bound || b->removed || b->step != IDLE || b->event || w->foreign_b)
		return false;
	if (!w->failed || w->news_b || !waits_for_back(w))
		return false;
	w->spoiled = false;
	w->news_b = true;
	wake(w, XSPLIT_BACK);
	return true;
}

/* An interrupt finds the fault. The work item handles it before it runs the machine. */
static bool break_front(union world *w, bool possible)
{
	struct end *f = FRONT(w);

	if (!f->bound || f->step != IDLE || !possible || w->foreign_f)
		return false;
	w->broken = true;
	if (f->state != XSPLIT_CLOSING || f->next)
		post_state(w, XSPLIT_CLOSING);
	f->event = true;
	return true;
}

static bool break_back(union world *w)
{
	struct end *b = BACK(w);

	if (!b->bound || b->step != IDLE || !b->linked || b->state != XSPLIT_CONNECTED)
		return false;
	if (w->foreign_b)
		return false;
	w->deaf = w->was_broken = true;
	w->failed = w->spoiled = true;
	switch_state(w, XSPLIT_BACK, XSPLIT_CLOSING);
	b->event = true;
	return true;
}

static bool user_goes(union world *w, enum move move)
{
	if (move == USER_OPENS) {
		if (!w->disk || w->leaving || w->users)
			return false;
		w->users = true;
		return true;
	}
	if (!w->users)
		return false;
	w->users = false;
	if (w->refused)
		wake(w, XSPLIT_FRONT);
	return true;
}

/* A spurious event is of interest only if the table would do something. */
static bool spurious(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];

	if (!e->bound || e->event || e->kicked || e->step != IDLE || is_foreign(w, role))
		return false;
	if (!xsplit_handshake(role, e->state, other_state(w, role), facts_of(w, role)))
		return false;
	e->event = true;
	return true;
}

static bool disturb(union world *w, enum move move)
{
	/*
	 * The toolstack always cleans up after a domain that has crashed: this
	 * costs no budget.
	 */
	if (!(move == DESTROY && w->dead)) {
		if (!w->budget)
			return false;
		w->budget--;
	}
	switch (move) {
	case LOADER_COMES:
		return loader_comes(w);
	case CRASH_F:
		if (w->dead || !FRONT(w)->dir || !FRONT(w)->bound)
			return false;
		die(w);
		return true;
	case CRASH_B:
		return crash_back(w);
	case RENAME:
		return script_goes(w, move);
	case UNBIND_B:
		return move_remove(w, XSPLIT_BACK);
	case UNBIND_F:
		return move_remove(w, XSPLIT_FRONT);
	case RESUME:
		return resume(w);
	case FAIL_B:
	case FAIL_HOLDING_B:
		return fail(w, XSPLIT_BACK, move == FAIL_HOLDING_B);
	case FAIL_F:
	case FAIL_HOLDING_F:
		return fail(w, XSPLIT_FRONT, move == FAIL_HOLDING_F);
	case BREAK_B:
		return break_back(w);
	case BREAK_F:
		return break_front(w, FRONT(w)->linked && !w->stale);
	case GIVE_UP:
		return break_front(w, w->parked);
	case USER_OPENS:
		return user_goes(w, move);
	default:
		return tool_goes(w, move);
	}
}

bool world_move(const union world *before, enum move move, union world *after)
{
	*after = *before;
	if (move >= DISTURBANCES)
		return disturb(after, move);
	switch (move) {
	case LOOK_B:
	case LOOK_F:
		return move_look(after, move - LOOK_B);
	case ACT_B:
	case ACT_F:
		return move_act(after, move - ACT_B);
	case TAKEN_B:
	case TAKEN_F:
		return move_taken(after, move - TAKEN_B);
	case LEFT_B:
	case LEFT_F:
		return move_left(after, move - LEFT_B);
	case BIND_B:
	case BIND_F:
		return bind(after, move - BIND_B, false);
	case BIND_FOREIGN_B:
		return bind(after, XSPLIT_BACK, true);
	case PLANT:
		return plant(after);
	case FOLLOW:
		return follow(after);
	case WRITE_F:
		return move_write(after);
	case COMPARE:
	case COMPARED:
		return compare(after, move == COMPARE);
	case ATTACH_AGAIN:
		return attach_again(after);
	case REPLANT:
		return replant(after);
	case SPURIOUS_B:
	case SPURIOUS_F:
		return spurious(after, move - SPURIOUS_B);
	case SCRIPT_STARTS:
	case SCRIPT_NAMES:
	case SCRIPT_FAILS:
		return script_goes(after, move);
	case HIDE_ENDS:
	case HIDE_ENDS_ALONE:
		return hide_ends(after, move == HIDE_ENDS_ALONE);
	case LOADER_GOES:
		return loader_goes(after);
	case USER_CLOSES:
		return user_goes(after, move);
	default:
		return tool_goes(after, move);
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The two drivers: what blkfront and blkback do for each action of the table,
 * and what xenbus does with them. The machine is that of machine.c, in two
 * moves, because the other end may move between them: a look, then the chosen
 * action.
 */
#include "properties.h"
#include "world.h"

unsigned int facts_of(const union world *w, enum xsplit_role role)
{
	const struct end *e = &w->end[role];
	unsigned int facts = (e->linked ? XSPLIT_F_LINKED : 0) |
			     (e->removed ? XSPLIT_F_REMOVED : 0);
	bool online = BACK(w)->dir && w->online;
	/*
	 * The backend's domain is gone. The toolstack has not said that the
	 * disk is unwanted.
	 */
	bool wanted = online || w->nowhere || w->moving;

	if (role == XSPLIT_BACK)
		return facts | (BACK(w)->dir && w->device ? XSPLIT_F_RESOURCE : 0) |
		       (online || !BACK(w)->dir ? XSPLIT_F_ONLINE : 0) |
		       (w->failed ? XSPLIT_F_FAILED : 0) | (w->news_b ? XSPLIT_F_CHANGED : 0);
	return facts | (w->disk ? XSPLIT_F_SHOWN : 0) | (wanted ? XSPLIT_F_ONLINE : 0) |
	       (w->users || w->leaving ? XSPLIT_F_BUSY : 0) | (w->broken ? XSPLIT_F_BROKEN : 0) |
	       (w->parked ? XSPLIT_F_PARKED : 0) | (w->stale ? XSPLIT_F_STALE : 0) |
	       (w->news_f ? XSPLIT_F_CHANGED : 0) | (w->fresh ? XSPLIT_F_UNPUBLISHED : 0) |
	       (!BACK(w)->dir || w->moving ? XSPLIT_F_BACK_GONE : 0) |
	       (BACK(w)->dir && !w->moving && !w->offered ? XSPLIT_F_NO_REJOIN : 0);
}

void wake(union world *w, enum xsplit_role role)
{
	if (w->end[role].bound)
		w->end[role].event = true;
}

/*
 * Our backend watches its whole directory. The kernel's own watches only
 * physical-device.
 */
void wake_watcher(union world *w)
{
	if (!w->foreign_b)
		wake(w, XSPLIT_BACK);
}

/*
 * Write a state to the store. The other end watches the state, and our backend
 * watches its whole directory.
 */
void write_state(union world *w, enum xsplit_role role, unsigned int state)
{
	struct end *e = &w->end[role];

	if (!e->dir)
		return;
	e->shown = state;
	if (!w->end[!role].removed)
		wake(w, !role);
	if (role == XSPLIT_BACK && !e->removed)
		wake_watcher(w);
}

/* A backend and a frontend that is not ours write the state at once. */
void switch_state(union world *w, enum xsplit_role role, unsigned int state)
{
	struct end *e = &w->end[role];

	if (e->state == state)
		return;
	e->state = state;
	if (role == XSPLIT_BACK && state == XSPLIT_CLOSED)
		check(!e->linked, CLOSED_HOLDS_NOTHING);
	/* The backend is not Connected without rings: mapping them would have failed. */
	if (role == XSPLIT_BACK && state == XSPLIT_CONNECTED)
		check(e->linked, CONNECTED_WITH_BOTH);
	write_state(w, role, state);
}

/* Our frontend chooses a state. It writes feature-rejoin to make xenwatch call it. */
void post_state(union world *w, unsigned int state)
{
	FRONT(w)->next = state;
	w->rejoin = true;
	w->closes = w->made;
}

/* At probe and after a resume, xenbus has Initialising before the store has. */
void start_over(union world *w)
{
	FRONT(w)->state = XSPLIT_INITIALISING;
	post_state(w, XSPLIT_INITIALISING);
}

static unsigned int chosen_state(const struct end *e)
{
	return e->next ? e->next : e->state;
}

static void change_state(union world *w, enum xsplit_role role, unsigned int state)
{
	if (role == XSPLIT_BACK)
		switch_state(w, role, state);
	else if (chosen_state(FRONT(w)) != state)
		post_state(w, state);
}

/* Like directory_changed() of the frontend, in xenwatch. */
bool xenwatch_writes(union world *w)
{
	struct end *f = FRONT(w);

	/*
	 * Another backend is named: first xenbus reads its name, then the
	 * frontend takes over.
	 */
	if (!f->next || !f->bound || f->removed || w->compares || w->moving)
		return false;
	f->state = f->next;
	f->next = XSPLIT_UNKNOWN;
	write_state(w, XSPLIT_FRONT, f->state);
	f->kicked = true;
	return true;
}

/*
 * Like xenbus of Linux 7.0 in xenwatch. It reads the state, and then the domain
 * id of the backend. If one of them differs from what xenbus knows, it takes
 * the frontend for another device. A frontend without a visible disk loses
 * nothing then.
 */
bool compare(union world *w, bool begins)
{
	struct end *f = FRONT(w);

	if (w->compares == begins)
		return false;
	if (begins && (w->foreign_f || !w->disk || !f->bound || f->shown != XSPLIT_INITIALISING))
		return false;
	if (!begins && w->disk && f->bound)
		check(f->state == XSPLIT_INITIALISING && (!w->moving || w->told), NEVER_REPLACED);
	w->compares = begins;
	return true;
}

/* Like xsplit_front_discard(). */
void drop_disk(union world *w)
{
	w->made = w->disk = w->leaving = w->parked = false;
	w->broken = w->refused = w->hidden = false;
}

unsigned int other_state(const union world *w, enum xsplit_role role)
{
	const struct end *other = &w->end[!role];

	/* The frontend still has the name of a backend that is gone. */
	if (role == XSPLIT_FRONT && w->moving)
		return XSPLIT_UNKNOWN;
	return other->dir ? other->shown : XSPLIT_UNKNOWN;
}

/*
 * The disk's removal has ended while the frontend joined another backend. The
 * disk is not wanted.
 */
static void lose_hidden_disk(union world *w)
{
	bool had = w->made;

	drop_disk(w);
	if (had && chosen_state(FRONT(w)) == XSPLIT_CONNECTED)
		post_state(w, XSPLIT_CLOSING);
}

/* Like take_over() of the frontend. A state that it chose before is void. */
static void take_over(union world *w)
{
	w->moving = w->told = false;
	w->stale = FRONT(w)->linked;
	start_over(w);
}

static bool is_gone(unsigned int state)
{
	return state == XSPLIT_CLOSED || state == XSPLIT_UNKNOWN;
}

/* Read the store and the driver's facts, and choose a row. */
void look(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];
	const struct xsplit_step *step;

	if (e->step == IDLE) {
		if (role == XSPLIT_FRONT && w->told)
			take_over(w);
		if (role == XSPLIT_FRONT && e->event && other_state(w, role) == XSPLIT_CONNECTED)
			w->news_f = true;
		e->event = e->kicked = false;
		if (role == XSPLIT_FRONT && w->hidden)
			lose_hidden_disk(w);
	}
	/* Like forgive() of the backend: a frontend that has closed may start over. */
	if (role == XSPLIT_BACK && e->state == XSPLIT_CLOSED && is_gone(other_state(w, role)))
		w->failed = false;
	/* A chosen state is not written yet. The driver looks again after the write. */
	if (e->next && !e->removed) {
		e->step = IDLE;
		return;
	}
	step = xsplit_handshake(role, e->state, other_state(w, role), facts_of(w, role));
	e->step = step ? ROW + (step - xsplit_handshake_table) : IDLE;
	if (step)
		check_choice(w, role, step);
}

bool rings_are_there(const union world *w)
{
	return FRONT(w)->linked || w->loader == LOADER_RINGS || w->loader == LOADER_CONNECTED;
}

static void unlink_rings(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];

	check(e->linked, ONCE);
	e->linked = false;
	w->same_rings = false;
	if (role == XSPLIT_BACK) {
		w->deaf = false;
		return;
	}
	if (!w->disk) {
		w->made = false;
		w->broken = false;
	}
	w->stale = false;
}

/* Return: false if the action fails in this world. act_failing() is for random failures. */
static bool act_back(union world *w, enum xsplit_action action)
{
	switch (action) {
	case XSPLIT_A_CONNECT:
	case XSPLIT_A_ATTACH:
		check(!BACK(w)->linked, ONCE);
		/*
		 * A grant that has been revoked cannot be mapped. The backend
		 * has the device by then.
		 */
		BACK(w)->linked = true;
		w->failed = w->news_b = false;
		w->same_rings = FRONT(w)->linked && !w->stale;
		/* A device that could not be opened still cannot be opened. */
		return rings_are_there(w) && !w->spoiled;
	case XSPLIT_A_RECONFIGURE:
		check(BACK(w)->linked, ONCE);
		w->news_b = false;
		/* Writing the state again makes the frontend read the keys again. */
		if (BACK(w)->shown == XSPLIT_CONNECTED)
			write_state(w, XSPLIT_BACK, XSPLIT_CONNECTED);
		break;
	case XSPLIT_A_UNLINK:
		unlink_rings(w, XSPLIT_BACK);
		break;
	case XSPLIT_A_OFFER:
		w->offered = true;
		w->failed = false;
		break;
	case XSPLIT_A_UNREGISTER:
		w->farewell = !BACK(w)->removed;
		break;
	default:
		break;
	}
	return true;
}

static void act_front(union world *w, enum xsplit_action action)
{
	switch (action) {
	case XSPLIT_A_PUBLISH:
		check(!FRONT(w)->linked, ONCE);
		FRONT(w)->linked = true;
		w->same_rings = false;
		w->rejoin = true;
		w->closes = w->made;
		w->fresh = false;
		break;
	case XSPLIT_A_CONNECT:
		check(!w->made, ONCE);
		w->made = true;
		w->news_f = false;
		break;
	case XSPLIT_A_SHOW:
		check(w->made && !w->disk, ONCE);
		w->disk = true;
		break;
	case XSPLIT_A_PARK:
		check(w->disk && !w->parked, ONCE);
		w->parked = true;
		break;
	case XSPLIT_A_RECONNECT:
		check(w->disk && w->parked, ONCE);
		w->news_f = false;
		break;
	case XSPLIT_A_REFRESH:
		check(w->disk, ONCE);
		w->news_f = false;
		break;
	case XSPLIT_A_UNPARK:
		check(w->disk && w->parked, ONCE);
		w->parked = false;
		break;
	case XSPLIT_A_REFUSE:
		w->refused = true;
		if (!w->users)
			wake(w, XSPLIT_FRONT);
		break;
	case XSPLIT_A_HIDE:
		check(w->disk && !w->leaving, ONCE);
		w->leaving = true;
		break;
	case XSPLIT_A_KILL:
		check(w->disk, ONCE);
		drop_disk(w);
		break;
	case XSPLIT_A_UNLINK:
		unlink_rings(w, XSPLIT_FRONT);
		break;
	default:
		break;
	}
}

static void fail_connect(union world *w, enum xsplit_role role, const struct xsplit_step *step)
{
	if (role == XSPLIT_BACK) {
		w->failed = w->spoiled = true;
		w->news_b = false;
	} else {
		w->own_failure = true;
	}
	change_state(w, role, xsplit_failed(step));
}

static bool is_connecting(enum xsplit_action action)
{
	return action == XSPLIT_A_CONNECT || action == XSPLIT_A_ATTACH;
}

static bool has_rings(unsigned int state)
{
	return state == XSPLIT_INITIALISED || state == XSPLIT_CONNECTED;
}

/* Carry out the chosen action, even if the world has changed since the look. */
void act(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];
	const struct xsplit_step *step = chosen(e);

	e->step = LOOK;
	/*
	 * A user has opened the disk since the look: HIDE fails, and the driver
	 * looks again.
	 */
	if (step->action == XSPLIT_A_HIDE && w->users)
		return;
	/*
	 * The frontend has started over since the look, and may have published
	 * new rings: look again.
	 */
	if (role == XSPLIT_BACK && is_connecting(step->action) && !has_rings(other_state(w, role)))
		return;
	if (role == XSPLIT_BACK) {
		if (!act_back(w, step->action)) {
			fail_connect(w, role, step);
			return;
		}
	} else {
		act_front(w, step->action);
	}
	if (step->next)
		change_state(w, role, step->next);
	if (step->action == XSPLIT_A_UNREGISTER)
		e->step = IDLE;
}

/*
 * A parked disk tries again after a failed publish or reconnect, unless the new
 * disk is of another kind.
 */
static bool tries_again(const union world *w, const struct xsplit_step *step, bool holding)
{
	return w->parked && (step->action == XSPLIT_A_PUBLISH ||
			     (step->action == XSPLIT_A_RECONNECT && holding));
}

/*
 * Like act(), but the action fails. With @holding the end has its resources
 * nevertheless.
 */
void act_failing(union world *w, enum xsplit_role role, bool holding)
{
	const struct xsplit_step *step = chosen(&w->end[role]);

	w->end[role].step = LOOK;
	if (step->action == XSPLIT_A_PUBLISH)
		w->fresh = false;
	if (role == XSPLIT_FRONT && tries_again(w, step, holding)) {
		w->end[role].step = IDLE;
		w->end[role].kicked = true;
		return;
	}
	/* The worker has stopped, and the device may be lost. */
	if (step->action == XSPLIT_A_RECONFIGURE)
		w->deaf = w->was_broken = true;
	if (holding) {
		check(!w->end[role].linked, ONCE);
		w->end[role].linked = true;
	}
	fail_connect(w, role, step);
}

void forget_back(union world *w)
{
	w->farewell = w->failed = w->news_b = w->spoiled = w->deaf = w->offered = false;
}

/*
 * Whether the backend's driver leaves without writing Closed. Our frontend sees
 * Closed and rejoins. Another frontend would close its disk: its requests wait
 * in the ring for the next driver. If the tools have written Closing, xenbus
 * answers with Closed.
 */
static bool leaves_silently(const union world *w)
{
	const struct end *b = BACK(w);

	if (b->dir && b->shown == XSPLIT_CLOSING)
		return false;
	return w->foreign_b || (!w->rejoin && w->online);
}

/* remove() has returned. For a frontend xenbus writes Closed. */
void left(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];

	check(!e->linked && (role == XSPLIT_BACK || !w->made), NOTHING_LEFT);
	if (role == XSPLIT_FRONT || !leaves_silently(w))
		switch_state(w, role, XSPLIT_CLOSED);
	e->bound = e->removed = e->event = e->kicked = false;
	if (role == XSPLIT_BACK) {
		if (!e->dir || w->farewell)
			w->listed = false;
		forget_back(w);
	} else {
		/* A user that has a dead disk open keeps only the open file. */
		drop_disk(w);
		w->users = w->stale = w->news_f = w->own_failure = false;
		w->moving = w->told = w->fresh = false;
		w->rejoin = w->closes = false;
		e->next = XSPLIT_UNKNOWN;
	}
}

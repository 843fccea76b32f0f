// SPDX-License-Identifier: GPL-2.0
/*
 * The two drivers: what blkfront and blkback do for each action of the table,
 * and what xenbus does with them. The machine is that of machine.c, cut where
 * the other end may move in between: a look, then what was chosen.
 */
#include "properties.h"
#include "world.h"

unsigned int facts_of(const union world *w, enum xvbd_role role)
{
	const struct end *e = &w->end[role];
	unsigned int facts = (e->linked ? XVBD_F_LINKED : 0) | (e->removed ? XVBD_F_REMOVED : 0);
	bool online = BACK(w)->dir && w->online;

	if (role == XVBD_BACK)
		return facts | (BACK(w)->dir && w->device ? XVBD_F_DEVICE : 0) |
		       (online || !BACK(w)->dir ? XVBD_F_ONLINE : 0) |
		       (w->failed ? XVBD_F_FAILED : 0) | (w->news_b ? XVBD_F_NEWS : 0);
	return facts | (w->disk ? XVBD_F_DISK : 0) | (online ? XVBD_F_ONLINE : 0) |
	       (w->users || w->leaving ? XVBD_F_BUSY : 0) | (w->broken ? XVBD_F_BROKEN : 0) |
	       (w->parked ? XVBD_F_PARKED : 0) | (w->stale ? XVBD_F_STALE : 0) |
	       (w->news_f ? XVBD_F_NEWS : 0);
}

void wake(union world *w, enum xvbd_role role)
{
	if (w->end[role].bound)
		w->end[role].event = true;
}

/* In the store: the other end watches the state, the back its whole directory. */
void write_state(union world *w, enum xvbd_role role, unsigned int state)
{
	struct end *e = &w->end[role];

	if (!e->dir)
		return;
	e->shown = state;
	if (!w->end[!role].removed)
		wake(w, !role);
	if (role == XVBD_BACK && !e->removed)
		wake(w, XVBD_BACK);
}

/* As xenbus_switch_state(). */
void switch_state(union world *w, enum xvbd_role role, unsigned int state)
{
	struct end *e = &w->end[role];

	if (e->state == state)
		return;
	e->state = state;
	if (role == XVBD_BACK && state == XVBD_CLOSED)
		check(!e->linked, CLOSED_HOLDS_NOTHING);
	/* Mapping has failed where there were no rings. */
	if (role == XVBD_BACK && state == XVBD_CONNECTED)
		check(e->linked, CONNECTED_WITH_BOTH);
	write_state(w, role, state);
}

/* As xbfront_disk_free(). */
void drop_disk(union world *w)
{
	w->made = w->disk = w->leaving = w->parked = false;
	w->broken = w->refused = w->hidden = false;
}

static unsigned int other_state(const union world *w, enum xvbd_role role)
{
	const struct end *other = &w->end[!role];

	return other->dir ? other->shown : XVBD_UNKNOWN;
}

/* A disk that left while the front was joining another back: it is not wanted. */
static void lose_hidden_disk(union world *w)
{
	bool had = w->made;

	drop_disk(w);
	if (had && FRONT(w)->state == XVBD_CONNECTED)
		switch_state(w, XVBD_FRONT, XVBD_CLOSING);
}

/* One look at the store and at the own facts. */
void look(union world *w, enum xvbd_role role)
{
	struct end *e = &w->end[role];
	const struct xvbd_step *step;

	if (e->step == IDLE) {
		if (role == XVBD_FRONT && e->event && other_state(w, role) == XVBD_CONNECTED)
			w->news_f = true;
		e->event = false;
		if (role == XVBD_FRONT && w->hidden)
			lose_hidden_disk(w);
	}
	step = xvbd_handshake(role, e->state, other_state(w, role), facts_of(w, role));
	e->step = step ? ROW + (step - xvbd_handshake_table) : IDLE;
	if (step)
		check_choice(w, role, step);
}

static bool rings_are_there(const union world *w)
{
	return FRONT(w)->linked || w->loader == LOADER_RINGS || w->loader == LOADER_CONNECTED;
}

static void unlink_rings(union world *w, enum xvbd_role role)
{
	struct end *e = &w->end[role];

	check(e->linked, ONCE);
	e->linked = false;
	w->same_rings = false;
	if (role == XVBD_BACK) {
		w->deaf = false;
		return;
	}
	if (!w->disk) {
		w->made = false;
		w->broken = false;
	}
	w->stale = false;
}

/* Return: false if it cannot be done, through no disturbance of this moment. */
static bool act_back(union world *w, enum xvbd_action action)
{
	switch (action) {
	case XVBD_A_CONNECT:
		check(!BACK(w)->linked, ONCE);
		/* A grant that has ended cannot be mapped; the device is held by now. */
		BACK(w)->linked = true;
		w->failed = w->news_b = false;
		w->same_rings = FRONT(w)->linked && !w->stale;
		/* What could not be opened still cannot. */
		return rings_are_there(w) && !w->spoiled;
	case XVBD_A_RECONFIGURE:
		check(BACK(w)->linked, ONCE);
		w->news_b = false;
		/* A state that is written once more tells the front to read again. */
		if (BACK(w)->shown == XVBD_CONNECTED)
			write_state(w, XVBD_BACK, XVBD_CONNECTED);
		break;
	case XVBD_A_UNLINK:
		unlink_rings(w, XVBD_BACK);
		break;
	case XVBD_A_UNREGISTER:
		w->farewell = !BACK(w)->removed;
		break;
	default:
		break;
	}
	return true;
}

static void act_front(union world *w, enum xvbd_action action)
{
	switch (action) {
	case XVBD_A_PUBLISH:
		check(!FRONT(w)->linked, ONCE);
		FRONT(w)->linked = true;
		w->same_rings = false;
		break;
	case XVBD_A_CONNECT:
		check(!w->made, ONCE);
		w->made = true;
		w->news_f = false;
		break;
	case XVBD_A_SHOW:
		check(w->made && !w->disk, ONCE);
		w->disk = true;
		break;
	case XVBD_A_PARK:
		check(w->disk && !w->parked, ONCE);
		w->parked = true;
		break;
	case XVBD_A_REJOIN:
		check(w->disk && w->parked, ONCE);
		w->news_f = false;
		break;
	case XVBD_A_REFRESH:
		check(w->disk, ONCE);
		w->news_f = false;
		break;
	case XVBD_A_UNPARK:
		check(w->disk && w->parked, ONCE);
		w->parked = false;
		break;
	case XVBD_A_REFUSE:
		w->refused = true;
		if (!w->users)
			wake(w, XVBD_FRONT);
		break;
	case XVBD_A_HIDE:
		check(w->disk && !w->leaving, ONCE);
		w->leaving = true;
		break;
	case XVBD_A_KILL:
		check(w->disk, ONCE);
		drop_disk(w);
		break;
	case XVBD_A_UNLINK:
		unlink_rings(w, XVBD_FRONT);
		break;
	default:
		break;
	}
}

static void fail_connect(union world *w, enum xvbd_role role)
{
	if (role == XVBD_BACK) {
		w->failed = w->spoiled = true;
		w->news_b = false;
	} else {
		w->own_failure = true;
	}
	switch_state(w, role, XVBD_CLOSING);
}

/* What was chosen is carried out, whatever has become of the reasons for it. */
void act(union world *w, enum xvbd_role role)
{
	struct end *e = &w->end[role];
	const struct xvbd_step *step = chosen(e);

	e->step = LOOK;
	/* Somebody has come since: HIDE fails, and the table is asked again. */
	if (step->action == XVBD_A_HIDE && w->users)
		return;
	if (role == XVBD_BACK) {
		if (!act_back(w, step->action)) {
			fail_connect(w, role);
			return;
		}
	} else {
		act_front(w, step->action);
	}
	if (step->next)
		switch_state(w, role, step->next);
	if (step->action == XVBD_A_UNREGISTER)
		e->step = IDLE;
}

/* The same, but the action fails; something may be held then. */
void act_failing(union world *w, enum xvbd_role role, bool holding)
{
	enum xvbd_action action = chosen(&w->end[role])->action;

	w->end[role].step = LOOK;
	/* Its worker stands still, and its device may be lost. */
	if (action == XVBD_A_RECONFIGURE)
		w->deaf = w->was_broken = true;
	if (holding) {
		check(!w->end[role].linked, ONCE);
		w->end[role].linked = true;
	}
	fail_connect(w, role);
}

/* remove() has returned; xenbus shows Closed on behalf of who has left. */
void left(union world *w, enum xvbd_role role)
{
	struct end *e = &w->end[role];

	check(!e->linked && (role == XVBD_BACK || !w->made), NOTHING_LEFT);
	switch_state(w, role, XVBD_CLOSED);
	e->bound = e->removed = e->event = false;
	if (role == XVBD_BACK) {
		if (!e->dir || w->farewell)
			w->listed = false;
		w->farewell = w->failed = w->news_b = w->spoiled = false;
	} else {
		/* Who has a dead disk open keeps nothing but that. */
		drop_disk(w);
		w->users = w->stale = w->news_f = w->own_failure = false;
	}
}

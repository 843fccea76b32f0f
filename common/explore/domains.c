// SPDX-License-Identifier: GPL-2.0
/*
 * The toolstack, and events of whole domains: a guest that dies or resumes
 * elsewhere, a driver domain that dies and comes back with another domain id.
 */
#include "world.h"

/* The steps of the toolstack. Each is one transaction. */
static void remove_dir(union world *w, enum xsplit_role role)
{
	write_state(w, role, XSPLIT_UNKNOWN);
	w->end[role].dir = false;
}

static void go_offline(union world *w)
{
	w->online = false;
	w->was_offline = true;
	wake_watcher(w);
}

static void detach(union world *w, bool force)
{
	w->asked = true;
	if (force) {
		w->forced = true;
		remove_dir(w, XSPLIT_FRONT);
	}
	go_offline(w);
	if (BACK(w)->shown != XSPLIT_CLOSED)
		write_state(w, XSPLIT_BACK, XSPLIT_CLOSING);
}

void die(union world *w)
{
	struct end *f = FRONT(w);

	w->dead = true;
	f->bound = f->removed = f->linked = f->event = f->kicked = false;
	f->step = IDLE;
	drop_disk(w);
	w->users = w->stale = w->news_f = w->own_failure = false;
	w->same_rings = false;
	w->loader = LOADER_NONE;
	w->moving = w->told = w->compares = false;
	f->next = XSPLIT_UNKNOWN;
}

/* The backend's directory has no state yet: vbd move waits for the frontend. */
static bool is_half_made(const union world *w)
{
	return BACK(w)->dir && !w->listed && BACK(w)->shown == XSPLIT_UNKNOWN;
}

/* There is no backend to ask. The toolstack only has to remove the frontend's directory. */
static bool tool_goes_alone(union world *w, enum move move)
{
	if (!FRONT(w)->dir || (move == TOOL_REMOVES && !w->asked))
		return false;
	if (move == DESTROY)
		die(w);
	else if (move != TOOL_REMOVES && move != DETACH && move != FORCE)
		return false;
	w->asked = true;
	remove_dir(w, XSPLIT_FRONT);
	if (BACK(w)->dir)
		remove_dir(w, XSPLIT_BACK);
	return true;
}

bool tool_goes(union world *w, enum move move)
{
	if (w->nowhere || is_half_made(w))
		return tool_goes_alone(w, move);
	if (!BACK(w)->dir)
		return false;
	switch (move) {
	case TOOL_REMOVES:
	case TIMEOUT:
		if (!w->asked || (BACK(w)->shown != XSPLIT_CLOSED) != (move == TIMEOUT) ||
		    (move == TIMEOUT && !w->forced))
			return false;
		if (FRONT(w)->dir)
			remove_dir(w, XSPLIT_FRONT);
		remove_dir(w, XSPLIT_BACK);
		return true;
	case DESTROY:
		if (!FRONT(w)->dir)
			return false;
		die(w);
		detach(w, true);
		return true;
	case DETACH:
	case FORCE:
		if (!FRONT(w)->dir)
			return false;
		detach(w, move == FORCE);
		return true;
	case OFFLINE:
		if (!w->online)
			return false;
		go_offline(w);
		return true;
	default:
		/* A toolstack does not cancel a detach. */
		if (w->online || w->asked)
			return false;
		w->online = true;
		wake_watcher(w);
		return true;
	}
}

/* A new directory of the backend. No driver has the device yet. */
static void renew_back(union world *w)
{
	union world fresh = world_start(w->budget, OURS);

	*BACK(w) = *BACK(&fresh);
	forget_back(w);
	w->listed = true;
	w->online = true;
	script_waits(w);
	w->asked = w->forced = false;
	w->same_rings = w->was_offline = w->own_failure = false;
	w->was_broken = w->nowhere = false;
}

/*
 * The guest resumes with new directories and a new backend. The work item did
 * not run meanwhile.
 */
bool resume(union world *w)
{
	struct end *f = FRONT(w);

	if (!f->bound || f->removed || f->step != IDLE || !f->dir || w->compares)
		return false;
	renew_back(w);
	f->shown = f->state = XSPLIT_INITIALISING;
	f->event = true;
	w->moving = w->told = false;
	w->rejoin = w->closes = false;
	if (!w->foreign_f)
		start_over(w);
	w->stale = f->linked;
	if (w->foreign_f)
		foreign_resume(w);
	return true;
}

/* The backend's domain has crashed, and the tools have removed its directory. */
bool crash_back(union world *w)
{
	/* The kernel's own frontend does not follow to another backend. */
	if (!BACK(w)->dir || w->foreign_f || w->loader)
		return false;
	write_state(w, XSPLIT_BACK, XSPLIT_UNKNOWN);
	*BACK(w) = (struct end){ .dir = false };
	forget_back(w);
	w->listed = w->device = w->same_rings = false;
	w->foreign_b = false;
	w->nowhere = true;
	return true;
}

/*
 * vbd move: the tools make a new backend in another domain, and tell the
 * frontend its name. A frontend with a disk must be Closed first. If its state
 * were Initialising, xenbus would take it for a new frontend.
 */
bool replant(union world *w)
{
	unsigned int state = w->closes ? XSPLIT_CLOSED : XSPLIT_INITIALISING;
	struct end *f = FRONT(w);

	if (!w->nowhere || !f->dir || w->asked || w->dead)
		return false;
	if (w->closes && f->shown != XSPLIT_CLOSED)
		return false;
	renew_back(w);
	w->listed = false;
	BACK(w)->shown = BACK(w)->state = XSPLIT_UNKNOWN;
	f->shown = state;
	if (f->bound) {
		w->moving = true;
		w->told = false;
	} else {
		f->state = state;
	}
	return true;
}

/* vbd move writes the backend's state when the frontend follows, or after a timeout. */
bool plant(union world *w)
{
	if (!is_half_made(w))
		return false;
	w->listed = true;
	BACK(w)->state = XSPLIT_INITIALISING;
	write_state(w, XSPLIT_BACK, XSPLIT_INITIALISING);
	return true;
}

/*
 * Xenbus reads the new name and resumes the device. A running work item still
 * has the old name.
 */
bool follow(union world *w)
{
	struct end *f = FRONT(w);

	if (!w->moving || w->told || !f->bound || f->removed || w->compares)
		return false;
	w->told = true;
	f->state = XSPLIT_INITIALISING;
	f->event = true;
	return true;
}

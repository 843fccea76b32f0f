// SPDX-License-Identifier: GPL-2.0
#include "properties.h"

const char *const property_text[PROPERTIES] = {
	[NO_DEADLOCK] = "no deadlock: who rests is done, or waits for what is really to come",
	[NO_LIVELOCK] = "no livelock: left alone the ends come to rest on every way",
	[CLOSES_END] =
		"every close ends in Closed or gone at both ends, once no user is in the way",
	[CONNECTED_WITH_BOTH] = "the back is Connected only with physical device and rings",
	[ONCE] = "nothing is taken twice, or given back without being held",
	[NOTHING_LEFT] = "an end that has gone holds no rings, no device, no disk",
	[KILLED_FOR_CAUSE] =
		"a disk with users is killed only by removal, force, destroy, a broken "
		"ring, a front that cannot connect, offline while nobody serves it, "
		"or a back that dies while it closes",
	[LET_GO_CONNECTED] =
		"parked requests go on only when both are Connected, over rings served",
	[CLOSED_HOLDS_NOTHING] = "the back shows Closed only when it holds nothing",
	[RINGS_KEPT] = "a living disk's rings stay until their back has let go of them",
	[NEVER_REPLACED] =
		"xenbus of Linux 7.0 never takes the front of a disk for another device",
};

unsigned int violated;

static void check_connect(const union world *w)
{
	unsigned int front = FRONT(w)->dir ? FRONT(w)->shown : XSPLIT_UNKNOWN;

	check(BACK(w)->dir && w->device, CONNECTED_WITH_BOTH);
	check(front == XSPLIT_INITIALISED || front == XSPLIT_CONNECTED, CONNECTED_WITH_BOTH);
}

static bool may_kill(const union world *w)
{
	const struct end *b = BACK(w), *f = FRONT(w);
	bool served = b->bound && !b->removed && b->linked && w->same_rings && !w->parked;

	/* A backend that serves a disk continues, even when the tools take it offline. */
	return !w->users || f->removed || !f->dir || !b->dir || w->broken || w->own_failure ||
	       w->was_broken || (w->was_offline && !served) ||
	       (w->moving && f->state == XSPLIT_CLOSING);
}

/* The rings may be mapped, but a backend reads them only when it is Connected. */
static bool rings_unread(const union world *w)
{
	return BACK(w)->state == XSPLIT_INITWAIT;
}

/* A connected frontend that sees Closed removes its disk. */
static bool takes_disk_away(const union world *w, const struct xsplit_step *step)
{
	return step->next == XSPLIT_CLOSED && BACK(w)->state == XSPLIT_INITWAIT && FRONT(w)->dir &&
	       FRONT(w)->shown == XSPLIT_CONNECTED;
}

void check_choice(const union world *w, enum xsplit_role role, const struct xsplit_step *step)
{
	const struct end *b = BACK(w), *f = FRONT(w);

	if (role == XSPLIT_BACK)
		check(!takes_disk_away(w, step) || w->was_offline, KILLED_FOR_CAUSE);
	switch (step->action) {
	case XSPLIT_A_CONNECT:
	case XSPLIT_A_ATTACH:
		if (role == XSPLIT_BACK)
			check_connect(w);
		break;
	case XSPLIT_A_KILL:
		check(may_kill(w), KILLED_FOR_CAUSE);
		break;
	case XSPLIT_A_UNPARK:
		check(f->state == XSPLIT_CONNECTED && b->shown == XSPLIT_CONNECTED && f->linked &&
			      (b->removed || !b->bound || !f->dir || (b->linked && w->same_rings)),
		      LET_GO_CONNECTED);
		break;
	case XSPLIT_A_UNLINK:
		/*
		 * A frontend that does not know of a new backend yet may find
		 * it on the old rings.
		 */
		if (role == XSPLIT_FRONT && w->disk && !w->stale && !w->moving)
			check(!b->linked || f->removed || !b->dir || rings_unread(w), RINGS_KEPT);
		break;
	default:
		break;
	}
}

void check_world(const union world *w)
{
	const struct end *b = BACK(w), *f = FRONT(w);

	check(b->bound || !b->linked, NOTHING_LEFT);
	if (w->foreign_f)
		return;
	check(f->bound || w->loader || !(f->linked || w->made || w->disk), NOTHING_LEFT);
	check(!w->disk || w->made, ONCE);
	/* A frontend that starts over with a disk has stopped the requests of the disk. */
	check(f->state != XSPLIT_INITIALISING || !w->disk || w->parked || w->stale || w->moving,
	      RINGS_KEPT);
	/* Only the requests of a disk can be parked. */
	check(!w->parked || w->disk, LET_GO_CONNECTED);
}

static bool holds_nothing(const union world *w)
{
	return !BACK(w)->linked && !FRONT(w)->linked && !w->made && !w->parked;
}

/* Both ends serve the disk, and no other event is pending. */
static bool is_up(const union world *w)
{
	const struct end *b = BACK(w), *f = FRONT(w);

	return b->state == XSPLIT_CONNECTED && b->shown == XSPLIT_CONNECTED &&
	       f->state == XSPLIT_CONNECTED && f->shown == XSPLIT_CONNECTED && b->linked &&
	       f->linked && w->same_rings && !w->deaf && w->disk && !w->parked && !w->stale &&
	       !w->leaving && !w->broken && (w->online || w->foreign_b) &&
	       (!w->news_b || w->foreign_b) && !w->news_f;
}

/* The disk shall close, but a user has it open. The backend serves that user. */
static bool is_in_use(const union world *w)
{
	return w->users && w->disk && !w->leaving && w->refused && (w->was_offline || w->upgrade) &&
	       FRONT(w)->shown == XSPLIT_CLOSING && BACK(w)->shown == XSPLIT_CLOSING &&
	       BACK(w)->linked && w->same_rings && !w->deaf && !w->parked;
}

/* The hotplug script has failed, so there is no device. */
static bool is_unnamed(const union world *w)
{
	const struct end *b = BACK(w), *f = FRONT(w);

	return !w->device && w->script == SCRIPT_FAILED && (w->online || w->foreign_b) &&
	       b->shown == XSPLIT_INITWAIT && (!b->linked || w->foreign_b) &&
	       f->shown == XSPLIT_INITIALISED && f->linked;
}

/* A frontend without a backend: it has a parked disk, or nothing. */
static bool is_alone(const union world *w)
{
	const struct end *f = FRONT(w);

	/* The kernel's own frontend keeps its rings until its device is removed. */
	if (w->foreign_f && f->shown == XSPLIT_CLOSED)
		return true;
	/*
	 * The frontend keeps rings that a dying domain has mapped until there
	 * is a new backend.
	 */
	if (w->nowhere && w->disk && w->parked)
		return true;
	if (f->linked || w->made != w->disk)
		return false;
	if (w->disk)
		return w->parked && f->shown == XSPLIT_INITIALISING;
	return f->shown == XSPLIT_CLOSED || f->shown == XSPLIT_INITIALISING;
}

/*
 * The kernel's own backend was loaded during a close, and does not serve. Only
 * a forced detach ends this.
 */
static bool is_stuck(const union world *w)
{
	return w->foreign_b && w->disk && !BACK(w)->linked && FRONT(w)->shown == XSPLIT_CLOSING;
}

static bool is_right_rest(const union world *w)
{
	const struct end *b = BACK(w), *f = FRONT(w);

	if (!b->dir && !f->dir)
		return !b->bound && !f->bound;
	/* A domain that has crashed waits for its toolstack. */
	if (w->dead)
		return true;
	/*
	 * The backend has no driver. Only the timeout of its toolstack ends
	 * this. If the driver left without writing Closed, the frontend's rings
	 * wait for the next driver.
	 */
	if (!b->bound)
		return !f->bound || is_alone(w) || (b->dir && b->shown != XSPLIT_CLOSED);
	if (w->loader)
		return !w->device || w->failed;
	/* The frontend has no driver. */
	if (!f->bound)
		return !b->linked && (b->shown == XSPLIT_INITWAIT || b->shown == XSPLIT_CLOSED ||
				      (w->foreign_b && b->shown == XSPLIT_CLOSING));
	if (w->foreign_f && f->shown == XSPLIT_CLOSED)
		return b->shown == XSPLIT_CLOSED && !b->linked;
	if (w->failed)
		return b->shown == XSPLIT_CLOSED && !b->linked && is_alone(w) &&
		       (w->spoiled || f->shown == XSPLIT_CLOSED);
	if (is_stuck(w))
		return true;
	return is_up(w) || is_in_use(w) || is_unnamed(w) ||
	       (b->shown == XSPLIT_CLOSED && f->shown == XSPLIT_CLOSED && holds_nothing(w));
}

/*
 * The tools have asked for a close, or one end has begun it. The check accepts
 * a close that cannot end: an end has no driver, or a toolstack that uses force
 * waits for its timeout.
 */
static bool is_close_done(const union world *w)
{
	const struct end *b = BACK(w), *f = FRONT(w);
	bool closing = b->shown == XSPLIT_CLOSING || f->shown == XSPLIT_CLOSING;

	if (w->dead || !b->bound)
		return true;
	/*
	 * The kernel's own backend waits for an answer of the frontend, and may
	 * overwrite the Closing of the tools.
	 */
	if (w->foreign_b && (!f->bound || !closing))
		return true;
	if (!w->asked && !closing)
		return true;
	if (is_stuck(w))
		return true;
	return (!b->dir && !f->dir) || is_in_use(w) || w->loader;
}

void check_rest(const union world *w)
{
	check(is_close_done(w), CLOSES_END);
	check(is_right_rest(w), NO_DEADLOCK);
}

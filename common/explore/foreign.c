// SPDX-License-Identifier: GPL-2.0
/*
 * The drivers of Linux 6.1, as the other end sees them. Each is a callback of
 * xenwatch. It gets the other end's state and acts only on that state. The
 * other end may move between the look and the action.
 *
 * Not modelled: failures in these drivers, and their handling of requests.
 */
#include "properties.h"
#include "world.h"

void foreign_look(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];

	e->event = false;
	if (e->removed) {
		/* The driver frees its resources without looking at the other end. */
		e->linked = false;
		w->same_rings = false;
		if (role == XSPLIT_FRONT)
			drop_disk(w);
		e->step = IDLE;
		return;
	}
	e->step = SEEN + other_state(w, role);
}

static void map_rings(union world *w)
{
	BACK(w)->linked = rings_are_there(w);
	w->same_rings = FRONT(w)->linked && !w->stale;
	if (!BACK(w)->linked)
		switch_state(w, XSPLIT_BACK, XSPLIT_CLOSING);
}

/* Connected as soon as there are rings and a device, in either order. */
static void back_update(union world *w)
{
	if (BACK(w)->linked && w->device)
		switch_state(w, XSPLIT_BACK, XSPLIT_CONNECTED);
}

static void back_close_rings(union world *w)
{
	BACK(w)->linked = false;
	w->same_rings = false;
}

static void act_back(union world *w, unsigned int seen)
{
	struct end *b = BACK(w);

	switch (seen) {
	case XSPLIT_INITIALISING:
		if (b->state == XSPLIT_CLOSED)
			switch_state(w, XSPLIT_BACK, XSPLIT_INITWAIT);
		break;
	case XSPLIT_INITIALISED:
	case XSPLIT_CONNECTED:
		if (b->state != XSPLIT_CONNECTED)
			map_rings(w);
		back_update(w);
		break;
	case XSPLIT_CLOSING:
		switch_state(w, XSPLIT_BACK, XSPLIT_CLOSING);
		break;
	case XSPLIT_CLOSED:
		back_close_rings(w);
		switch_state(w, XSPLIT_BACK, XSPLIT_CLOSED);
		w->farewell |= !w->online;
		break;
	case XSPLIT_UNKNOWN:
		w->farewell = true;
		break;
	default:
		/* "saw state 2": a frontend never has this state. */
		switch_state(w, XSPLIT_BACK, XSPLIT_CLOSING);
		break;
	}
	/* A watch on physical-device has its own callback. */
	if (w->news_b)
		back_update(w);
	w->news_b = false;
}

static void front_talk(union world *w)
{
	FRONT(w)->linked = true;
	w->same_rings = false;
	switch_state(w, XSPLIT_FRONT, XSPLIT_INITIALISED);
}

static void act_front(union world *w, unsigned int seen)
{
	struct end *f = FRONT(w);

	switch (seen) {
	case XSPLIT_INITWAIT:
		if (f->state == XSPLIT_INITIALISING)
			front_talk(w);
		break;
	case XSPLIT_CONNECTED:
		if (f->state != XSPLIT_INITIALISED && f->state != XSPLIT_CONNECTED)
			front_talk(w);
		w->made = w->disk = true;
		switch_state(w, XSPLIT_FRONT, XSPLIT_CONNECTED);
		break;
	case XSPLIT_CLOSING:
	case XSPLIT_CLOSED:
		/*
		 * The disk dies while users have it open. The rings stay until
		 * the device is removed.
		 */
		drop_disk(w);
		w->users = false;
		switch_state(w, XSPLIT_FRONT, XSPLIT_CLOSED);
		break;
	default:
		break;
	}
}

void foreign_act(union world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];
	unsigned int seen = e->step - SEEN;

	e->step = IDLE;
	if (e->removed) {
		e->event = true;
		return;
	}
	if (role == XSPLIT_BACK)
		act_back(w, seen);
	else
		act_front(w, seen);
}

void foreign_bind(union world *w, enum xsplit_role role)
{
	if (role == XSPLIT_BACK)
		switch_state(w, XSPLIT_BACK, XSPLIT_INITWAIT);
}

/* It does not wait for the new backend's offer. */
void foreign_resume(union world *w)
{
	w->stale = false;
	front_talk(w);
}

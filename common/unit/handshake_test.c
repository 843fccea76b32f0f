// SPDX-License-Identifier: GPL-2.0
/*
 * The handshake table: sequences of events in a small world of two ends, and
 * properties of every row and of every combination of inputs.
 */
#include <stdlib.h>

#include "handshake.h"
#include "tap.h"

#define LOOP_LIMIT 16
#define ALL_FACTS (2 * XVBD_F_NOWHERE)

/* One driver, and what the other end can see of it. */
struct end {
	unsigned int state; /* state in the driver */
	unsigned int shown; /* state in the store */
	unsigned int facts;
	bool gone; /* unregistered */
};

struct world {
	struct end end[2]; /* indexed by enum xvbd_role */
	unsigned int users; /* how many users have the disk open */
	bool leaving; /* the removal of the disk has begun */
	bool refuse_connect[2]; /* the next XVBD_A_CONNECT of this end fails */
	char trace[1024];
};

#define BACK(w) (&(w)->end[XVBD_BACK])
#define FRONT(w) (&(w)->end[XVBD_FRONT])

static bool reached[64]; /* indexed by row */

static const char *state_name(unsigned int state)
{
	static const char *const names[XVBD_STATES] = {
		"Unknown",   "Initialising", "InitWait", "Initialised",
		"Connected", "Closing",	     "Closed",
	};

	return names[state];
}

static void switch_to(struct end *e, unsigned int state)
{
	e->state = e->shown = state;
}

static unsigned int facts_of(const struct world *w, enum xvbd_role role)
{
	unsigned int facts = w->end[role].facts;

	if (role == XVBD_FRONT && (w->users || w->leaving))
		facts |= XVBD_F_BUSY;
	/* The frontend reads this fact in the backend's directory. */
	if (role == XVBD_FRONT && w->end[XVBD_BACK].shown)
		facts |= w->end[XVBD_BACK].facts & XVBD_F_ONLINE;
	return facts;
}

/* Carry out an action. Return false if it fails. */
static bool act(struct world *w, enum xvbd_role role, enum xvbd_action action)
{
	struct end *e = &w->end[role];

	switch (action) {
	case XVBD_A_PUBLISH:
		e->facts |= XVBD_F_LINKED;
		e->facts &= ~XVBD_F_FRESH;
		break;
	case XVBD_A_OFFER:
		e->facts &= ~XVBD_F_FAILED;
		break;
	case XVBD_A_CONNECT:
	case XVBD_A_ATTACH:
		e->facts &= ~(XVBD_F_NEWS | XVBD_F_FAILED);
		if (role == XVBD_BACK)
			e->facts |= XVBD_F_LINKED;
		if (w->refuse_connect[role] && role == XVBD_BACK)
			e->facts |= XVBD_F_FAILED;
		return !w->refuse_connect[role];
	case XVBD_A_REJOIN:
		e->facts &= ~XVBD_F_NEWS;
		return !w->refuse_connect[role];
	case XVBD_A_RECONFIGURE:
	case XVBD_A_REFRESH:
		e->facts &= ~XVBD_F_NEWS;
		break;
	case XVBD_A_PARK:
		e->facts |= XVBD_F_PARKED;
		break;
	case XVBD_A_UNPARK:
		e->facts &= ~XVBD_F_PARKED;
		break;
	case XVBD_A_SHOW:
		e->facts |= XVBD_F_DISK;
		break;
	case XVBD_A_HIDE:
		w->leaving = true;
		break;
	case XVBD_A_KILL:
		e->facts &= ~(XVBD_F_DISK | XVBD_F_PARKED | XVBD_F_BROKEN);
		w->leaving = false;
		break;
	case XVBD_A_UNLINK:
		e->facts &= ~(XVBD_F_LINKED | XVBD_F_STALE);
		break;
	case XVBD_A_UNREGISTER:
		e->gone = true;
		break;
	default:
		break;
	}
	return true;
}

static void note(struct world *w, enum xvbd_role role, const struct xvbd_step *step, bool good)
{
	size_t len = strlen(w->trace);

	snprintf(w->trace + len, sizeof(w->trace) - len, "%s%s%s%s%s%s", len ? ", " : "",
		 role == XVBD_BACK ? "B" : "F",
		 step->action ? " " : "", step->action ? xvbd_action_name(step->action) : "",
		 !good ? " fails " : step->next ? " " : "",
		 !good ? state_name(xvbd_failed(step)) : step->next ? state_name(step->next) : "");
}

/* Like xvbd_machine_run(). Return false if the machine does not come to rest. */
static bool run(struct world *w, enum xvbd_role role)
{
	struct end *e = &w->end[role];
	unsigned int i;

	for (i = 0; i < LOOP_LIMIT; i++) {
		const struct xvbd_step *step;
		bool good;

		if (e->gone)
			return true;
		step = xvbd_handshake(role, e->state, w->end[!role].shown, facts_of(w, role));
		if (!step)
			return true;
		reached[step - xvbd_handshake_table] = true;
		good = act(w, role, step->action);
		note(w, role, step, good);
		if (!good)
			switch_to(e, xvbd_failed(step));
		else if (step->next)
			switch_to(e, step->next);
	}
	return false;
}

/* Run both ends until nothing changes. */
static void settle(struct world *w)
{
	struct world before;

	do {
		before = *w;
		run(w, XVBD_BACK);
		run(w, XVBD_FRONT);
	} while (memcmp(&before, w, sizeof(before)));
}

/* Events. Each is one act of a driver or of the environment. */
#define EVENT(name, ...) \
	static void name(struct world *w) \
	{ \
		__VA_ARGS__; \
	}

EVENT(back, run(w, XVBD_BACK))
EVENT(front, run(w, XVBD_FRONT))
EVENT(script, BACK(w)->facts |= XVBD_F_DEVICE)
EVENT(offline, BACK(w)->facts &= ~XVBD_F_ONLINE)
EVENT(detach, offline(w), BACK(w)->shown = XVBD_CLOSING)
EVENT(open_disk, w->users++)
EVENT(close_disk, w->users--)
/* The disk that was to be removed is drained. */
EVENT(hidden, if (w->leaving) FRONT(w)->facts &= ~XVBD_F_DISK; w->leaving = false)
EVENT(back_fails, switch_to(BACK(w), XVBD_CLOSING))
EVENT(back_cannot_open, w->refuse_connect[XVBD_BACK] = true)
EVENT(front_cannot_read, w->refuse_connect[XVBD_FRONT] = true)
EVENT(ring_breaks, FRONT(w)->facts |= XVBD_F_BROKEN, switch_to(FRONT(w), XVBD_CLOSING))
EVENT(back_ring_breaks, BACK(w)->facts |= XVBD_F_FAILED, switch_to(BACK(w), XVBD_CLOSING))
EVENT(back_says_more, FRONT(w)->facts |= XVBD_F_NEWS)
EVENT(renamed, BACK(w)->facts |= XVBD_F_NEWS, w->refuse_connect[XVBD_BACK] = false)
/* The backend's driver has released everything and is unloaded. */
EVENT(back_unloaded, BACK(w)->facts &= ~(XVBD_F_LINKED | XVBD_F_FAILED),
	switch_to(BACK(w), XVBD_CLOSED))
/* The guest resumes elsewhere, with new directories and a new backend. */
EVENT(resumed, FRONT(w)->facts |= FRONT(w)->facts & XVBD_F_LINKED ? XVBD_F_STALE : 0,
	switch_to(FRONT(w), XVBD_INITIALISING), switch_to(BACK(w), XVBD_INITIALISING),
	BACK(w)->facts = XVBD_F_ONLINE)
/*
 * The backend's domain dies. The tools make a new backend elsewhere, and write
 * its state last.
 */
EVENT(back_domain_dies, BACK(w)->gone = true, BACK(w)->shown = XVBD_UNKNOWN,
	FRONT(w)->facts |= XVBD_F_NOWHERE | XVBD_F_ONLINE)
EVENT(back_half_made, FRONT(w)->facts &= ~XVBD_F_NOWHERE)
EVENT(moved, BACK(w)->gone = false, FRONT(w)->facts &= ~(XVBD_F_NOWHERE | XVBD_F_ONLINE),
	resumed(w))
/* Another driver has left the backend without writing Closed. Then our driver is loaded. */
EVENT(back_taken_over, BACK(w)->facts &= ~XVBD_F_LINKED, switch_to(BACK(w), XVBD_INITIALISING))
EVENT(plain_back_on_dead_rings, FRONT(w)->facts |= XVBD_F_PARKED | XVBD_F_PLAIN,
	switch_to(FRONT(w), XVBD_INITIALISING), switch_to(BACK(w), XVBD_CONNECTED))
/* The backend had looked before the frontend published, and makes its offer now. */
EVENT(front_sees_back_again, FRONT(w)->facts &= ~XVBD_F_LINKED, switch_to(BACK(w), XVBD_INITWAIT))
/* The toolstack removes the directories; xenbus removes the devices from the drivers. */
EVENT(front_deleted, FRONT(w)->shown = XVBD_UNKNOWN)
EVENT(back_deleted, BACK(w)->shown = XVBD_UNKNOWN)
EVENT(front_removed, FRONT(w)->facts |= XVBD_F_REMOVED)
EVENT(back_removed, BACK(w)->facts |= XVBD_F_REMOVED)
/* The frontend has another driver now: that of a boot loader, or a new probe of ours. */
EVENT(loader_initialised, switch_to(FRONT(w), XVBD_INITIALISED))
EVENT(loader_connected, switch_to(FRONT(w), XVBD_CONNECTED))
EVENT(loader_closed, switch_to(FRONT(w), XVBD_CLOSED))
EVENT(front_probed, switch_to(FRONT(w), XVBD_INITIALISING), FRONT(w)->facts = 0)
EVENT(front_probed_plain, switch_to(FRONT(w), XVBD_INITIALISING),
	FRONT(w)->facts = XVBD_F_FRESH | XVBD_F_PLAIN)

typedef void (*event)(struct world *w);

#include "handshake_paths.h"

static void test_path(const struct path *p)
{
	struct world w = { .trace = "" };
	const event *e;

	switch_to(BACK(&w), XVBD_INITIALISING);
	switch_to(FRONT(&w), XVBD_INITIALISING);
	BACK(&w)->facts = XVBD_F_ONLINE;
	for (e = p->events; *e; e++)
		(*e)(&w);
	if (!ok(!strcmp(w.trace, p->trace), "%s", p->name)) {
		diag("found    %s", w.trace);
		diag("expected %s", p->trace);
	}
	ok(BACK(&w)->state == p->back && FRONT(&w)->state == p->front, "%s: ends %s, %s", p->name,
	   state_name(p->back), state_name(p->front));
	if (p->back == XVBD_CLOSED && p->front == XVBD_CLOSED)
		ok(!((BACK(&w)->facts | FRONT(&w)->facts) & (XVBD_F_LINKED | XVBD_F_DISK)),
		   "%s: nothing is held", p->name);
}

/* The first row that applies, without the function under test; -1: none. */
static int first_row(enum xvbd_role role, unsigned int own, unsigned int other, unsigned int facts)
{
	unsigned int i;

	for (i = 0; i < xvbd_handshake_rows; i++) {
		const struct xvbd_step *s = &xvbd_handshake_table[i];

		if (s->role == role && s->own >> own & 1 && s->other >> other & 1 &&
		    !(s->need & ~facts) && !(s->absent & facts))
			return i;
	}
	return -1;
}

/* An action takes no resource twice, and releases only resources that its end has. */
static bool is_sound(enum xvbd_role role, const struct xvbd_step *s, unsigned int facts)
{
	bool linked = facts & XVBD_F_LINKED, disk = facts & XVBD_F_DISK;
	bool parked = facts & XVBD_F_PARKED;

	switch (s->action) {
	case XVBD_A_ATTACH:
		return role == XVBD_BACK && !linked && (facts & XVBD_F_DEVICE);
	case XVBD_A_CONNECT:
		return role == XVBD_BACK ? !linked && (facts & XVBD_F_DEVICE) : linked && !disk;
	case XVBD_A_PUBLISH:
		return role == XVBD_FRONT && !linked;
	case XVBD_A_UNLINK:
		return linked && (role == XVBD_BACK || !disk || parked);
	case XVBD_A_PARK:
		return role == XVBD_FRONT && disk && !parked;
	case XVBD_A_REJOIN:
	case XVBD_A_UNPARK:
		return role == XVBD_FRONT && linked && parked;
	case XVBD_A_RECONFIGURE:
		return role == XVBD_BACK && linked;
	case XVBD_A_REFRESH:
		return role == XVBD_FRONT && disk && !parked;
	case XVBD_A_SHOW:
		return role == XVBD_FRONT && !disk;
	case XVBD_A_REFUSE:
		return role == XVBD_FRONT && disk && (facts & XVBD_F_BUSY);
	case XVBD_A_HIDE:
		return role == XVBD_FRONT && disk && !(facts & XVBD_F_BUSY);
	case XVBD_A_KILL:
		return role == XVBD_FRONT && disk;
	case XVBD_A_OFFER:
	case XVBD_A_UNREGISTER:
		return role == XVBD_BACK;
	default:
		return s->next != XVBD_CONNECTED;
	}
}

/* Only a disk can be parked. A frontend that starts over with a disk has parked it. */
static bool is_possible(enum xvbd_role role, unsigned int own, unsigned int facts)
{
	const unsigned int held = XVBD_F_PARKED | XVBD_F_STALE;

	if (role == XVBD_BACK)
		return true;
	return facts & XVBD_F_DISK ? own != XVBD_INITIALISING || (facts & held) :
				     !(facts & XVBD_F_PARKED);
}

/* The other end does not move: this end comes to rest, even if it cannot connect. */
static bool rests(enum xvbd_role role, unsigned int own, unsigned int other, unsigned int facts,
		  bool refuse)
{
	struct world w = { .refuse_connect = { refuse, refuse } };

	w.end[role].state = own;
	w.end[role].facts = facts;
	w.end[!role].shown = other;
	return run(&w, role);
}

#define FOR_ALL(role, own, other, facts) \
	for (role = XVBD_BACK; role <= XVBD_FRONT; role++) \
		for (own = 0; own < XVBD_STATES; own++) \
			for (other = 0; other < XVBD_STATES; other++) \
				for (facts = 0; facts < ALL_FACTS; facts++)

static void test_all_inputs(void)
{
	bool wins[ARRAY_SIZE(reached)] = { false };
	bool first = true, sound = true, resting = true;
	unsigned int role, own, other, facts, i;

	FOR_ALL(role, own, other, facts) {
		const struct xvbd_step *s = xvbd_handshake(role, own, other, facts);
		int row = first_row(role, own, other, facts);
		const struct xvbd_step *want = row < 0 ? NULL : &xvbd_handshake_table[row];

		if (want)
			wins[row] = true;
		/* A row without an action and a new state means: wait. */
		first &= s == (want && (want->action || want->next) ? want : NULL);
		sound &= !s || !is_possible(role, own, facts) || is_sound(role, s, facts);
		resting &= rests(role, own, other, facts, false) &&
			   rests(role, own, other, facts, true);
	}
	ok(first, "the first row that applies is taken");
	ok(sound, "nothing is taken twice or given back without being held");
	ok(resting, "an end alone comes to rest within %u steps", LOOP_LIMIT);
	for (i = 0; i < xvbd_handshake_rows; i++)
		ok(wins[i], "row %u is not hidden by those before: %s", i,
		   xvbd_handshake_table[i].why);
}

/* A state that the protocol does not define counts as Unknown. */
static void test_odd_states(void)
{
	static const unsigned int odd[] = { XVBD_STATES, 8, 9, 32, 64, 255, 0xffffffff };
	unsigned int i, role, own, facts;
	bool good = true;

	for (i = 0; i < ARRAY_SIZE(odd); i++)
		for (role = XVBD_BACK; role <= XVBD_FRONT; role++)
			for (own = 0; own < XVBD_STATES; own++)
				for (facts = 0; facts < ALL_FACTS; facts++) {
					good &= xvbd_handshake(role, own, odd[i], facts) ==
						xvbd_handshake(role, own, XVBD_UNKNOWN, facts);
					good &= xvbd_handshake(role, odd[i], own, facts) ==
						xvbd_handshake(role, XVBD_UNKNOWN, own, facts);
				}
	ok(good, "a state beyond the protocol's counts as none");
}

static void test_names(void)
{
	unsigned int i, j;
	bool apart = true;

	for (i = 0; i < XVBD_ACTIONS; i++)
		for (j = 0; j < i; j++)
			apart &= strcmp(xvbd_action_name(i), xvbd_action_name(j)) != 0;
	ok(apart, "each action has a name of its own");
	ok(!strcmp(xvbd_action_name(XVBD_ACTIONS), "?"), "name of no action");
}

static void test_rows_reached(void)
{
	unsigned int i;

	for (i = 0; i < xvbd_handshake_rows; i++) {
		const struct xvbd_step *s = &xvbd_handshake_table[i];

		/* xvbd_handshake() never returns a row that says wait. */
		if (s->action || s->next)
			ok(reached[i], "a path takes row %u: %s", i, s->why);
	}
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		test_path(&paths[i]);
	test_rows_reached();
	test_all_inputs();
	test_odd_states();
	test_names();
	return tap_done();
}

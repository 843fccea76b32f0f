// SPDX-License-Identifier: GPL-2.0
/*
 * The handshake table: sequences of events in a small world of two ends, and
 * properties of every row and of every combination of inputs.
 */
#include <stdlib.h>

#include "handshake.h"
#include "tap.h"

#define LOOP_LIMIT 16
#define ALL_FACTS (2 * XSPLIT_F_BACK_GONE)

/* One driver, and what the other end can see of it. */
struct end {
	unsigned int state; /* state in the driver */
	unsigned int shown; /* state in the store */
	unsigned int facts;
	bool gone; /* unregistered */
};

struct world {
	struct end end[2]; /* indexed by enum xsplit_role */
	unsigned int users; /* how many users have the disk open */
	bool leaving; /* the removal of the disk has begun */
	bool refuse_connect[2]; /* the next XSPLIT_A_CONNECT of this end fails */
	char trace[1024];
};

#define BACK(w) (&(w)->end[XSPLIT_BACK])
#define FRONT(w) (&(w)->end[XSPLIT_FRONT])

static bool reached[64]; /* indexed by row */

static const char *state_name(unsigned int state)
{
	static const char *const names[XSPLIT_STATES] = {
		"Unknown",   "Initialising", "InitWait", "Initialised",
		"Connected", "Closing",	     "Closed",
	};

	return names[state];
}

static void switch_to(struct end *e, unsigned int state)
{
	e->state = e->shown = state;
}

static unsigned int facts_of(const struct world *w, enum xsplit_role role)
{
	unsigned int facts = w->end[role].facts;

	if (role == XSPLIT_FRONT && (w->users || w->leaving))
		facts |= XSPLIT_F_BUSY;
	/* The frontend reads this fact in the backend's directory. */
	if (role == XSPLIT_FRONT && w->end[XSPLIT_BACK].shown)
		facts |= w->end[XSPLIT_BACK].facts & XSPLIT_F_ONLINE;
	return facts;
}

/* Carry out an action. Return false if it fails. */
static bool act(struct world *w, enum xsplit_role role, enum xsplit_action action)
{
	struct end *e = &w->end[role];

	switch (action) {
	case XSPLIT_A_PUBLISH:
		e->facts |= XSPLIT_F_LINKED;
		e->facts &= ~XSPLIT_F_UNPUBLISHED;
		break;
	case XSPLIT_A_OFFER:
		e->facts &= ~XSPLIT_F_FAILED;
		break;
	case XSPLIT_A_CONNECT:
	case XSPLIT_A_ATTACH:
		e->facts &= ~(XSPLIT_F_CHANGED | XSPLIT_F_FAILED);
		if (role == XSPLIT_BACK)
			e->facts |= XSPLIT_F_LINKED;
		if (w->refuse_connect[role] && role == XSPLIT_BACK)
			e->facts |= XSPLIT_F_FAILED;
		return !w->refuse_connect[role];
	case XSPLIT_A_RECONNECT:
		e->facts &= ~XSPLIT_F_CHANGED;
		return !w->refuse_connect[role];
	case XSPLIT_A_RECONFIGURE:
	case XSPLIT_A_REFRESH:
		e->facts &= ~XSPLIT_F_CHANGED;
		break;
	case XSPLIT_A_PARK:
		e->facts |= XSPLIT_F_PARKED;
		break;
	case XSPLIT_A_UNPARK:
		e->facts &= ~XSPLIT_F_PARKED;
		break;
	case XSPLIT_A_SHOW:
		e->facts |= XSPLIT_F_SHOWN;
		break;
	case XSPLIT_A_HIDE:
		w->leaving = true;
		break;
	case XSPLIT_A_KILL:
		e->facts &= ~(XSPLIT_F_SHOWN | XSPLIT_F_PARKED | XSPLIT_F_BROKEN);
		w->leaving = false;
		break;
	case XSPLIT_A_UNLINK:
		e->facts &= ~(XSPLIT_F_LINKED | XSPLIT_F_STALE);
		break;
	case XSPLIT_A_UNREGISTER:
		e->gone = true;
		break;
	default:
		break;
	}
	return true;
}

static void note(struct world *w, enum xsplit_role role, const struct xsplit_step *step, bool good)
{
	size_t len = strlen(w->trace);

	snprintf(w->trace + len, sizeof(w->trace) - len, "%s%s%s%s%s%s", len ? ", " : "",
		 role == XSPLIT_BACK ? "B" : "F",
		 step->action ? " " : "", step->action ? xsplit_action_name(step->action) : "",
		 !good ? " fails " : step->next ? " " : "",
		 !good ? state_name(xsplit_failed(step)) : step->next ? state_name(step->next) :
									"");
}

/* Like xsplit_machine_run(). Return false if the machine does not come to rest. */
static bool run(struct world *w, enum xsplit_role role)
{
	struct end *e = &w->end[role];
	unsigned int i;

	for (i = 0; i < LOOP_LIMIT; i++) {
		const struct xsplit_step *step;
		bool good;

		if (e->gone)
			return true;
		step = xsplit_handshake(role, e->state, w->end[!role].shown, facts_of(w, role));
		if (!step)
			return true;
		reached[step - xsplit_handshake_table] = true;
		good = act(w, role, step->action);
		note(w, role, step, good);
		if (!good)
			switch_to(e, xsplit_failed(step));
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
		run(w, XSPLIT_BACK);
		run(w, XSPLIT_FRONT);
	} while (memcmp(&before, w, sizeof(before)));
}

/* Events. Each is one act of a driver or of the environment. */
#define EVENT(name, ...) \
	static void name(struct world *w) \
	{ \
		__VA_ARGS__; \
	}

EVENT(back, run(w, XSPLIT_BACK))
EVENT(front, run(w, XSPLIT_FRONT))
EVENT(script, BACK(w)->facts |= XSPLIT_F_RESOURCE)
EVENT(offline, BACK(w)->facts &= ~XSPLIT_F_ONLINE)
EVENT(detach, offline(w), BACK(w)->shown = XSPLIT_CLOSING)
EVENT(open_disk, w->users++)
EVENT(close_disk, w->users--)
/* The disk that was to be removed is drained. */
EVENT(hidden, if (w->leaving) FRONT(w)->facts &= ~XSPLIT_F_SHOWN; w->leaving = false)
EVENT(back_fails, switch_to(BACK(w), XSPLIT_CLOSING))
EVENT(back_cannot_open, w->refuse_connect[XSPLIT_BACK] = true)
EVENT(front_cannot_read, w->refuse_connect[XSPLIT_FRONT] = true)
EVENT(ring_breaks, FRONT(w)->facts |= XSPLIT_F_BROKEN, switch_to(FRONT(w), XSPLIT_CLOSING))
EVENT(back_ring_breaks, BACK(w)->facts |= XSPLIT_F_FAILED, switch_to(BACK(w), XSPLIT_CLOSING))
EVENT(back_says_more, FRONT(w)->facts |= XSPLIT_F_CHANGED)
EVENT(renamed, BACK(w)->facts |= XSPLIT_F_CHANGED, w->refuse_connect[XSPLIT_BACK] = false)
/* The backend's driver has released everything and is unloaded. */
EVENT(back_unloaded, BACK(w)->facts &= ~(XSPLIT_F_LINKED | XSPLIT_F_FAILED),
	switch_to(BACK(w), XSPLIT_CLOSED))
/* The guest resumes elsewhere, with new directories and a new backend. */
EVENT(resumed, FRONT(w)->facts |= FRONT(w)->facts & XSPLIT_F_LINKED ? XSPLIT_F_STALE : 0,
	switch_to(FRONT(w), XSPLIT_INITIALISING), switch_to(BACK(w), XSPLIT_INITIALISING),
	BACK(w)->facts = XSPLIT_F_ONLINE)
/*
 * The backend's domain dies. The tools make a new backend elsewhere, and write
 * its state last.
 */
EVENT(back_domain_dies, BACK(w)->gone = true, BACK(w)->shown = XSPLIT_UNKNOWN,
	FRONT(w)->facts |= XSPLIT_F_BACK_GONE | XSPLIT_F_ONLINE)
EVENT(back_half_made, FRONT(w)->facts &= ~XSPLIT_F_BACK_GONE)
EVENT(moved, BACK(w)->gone = false, FRONT(w)->facts &= ~(XSPLIT_F_BACK_GONE | XSPLIT_F_ONLINE),
	resumed(w))
/* Another driver has left the backend without writing Closed. Then our driver is loaded. */
EVENT(back_taken_over, BACK(w)->facts &= ~XSPLIT_F_LINKED, switch_to(BACK(w), XSPLIT_INITIALISING))
EVENT(plain_back_on_dead_rings, FRONT(w)->facts |= XSPLIT_F_PARKED | XSPLIT_F_NO_REJOIN,
	switch_to(FRONT(w), XSPLIT_INITIALISING), switch_to(BACK(w), XSPLIT_CONNECTED))
/* The backend had looked before the frontend published, and makes its offer now. */
EVENT(front_sees_back_again, FRONT(w)->facts &= ~XSPLIT_F_LINKED,
	switch_to(BACK(w), XSPLIT_INITWAIT))
/* The toolstack removes the directories; xenbus removes the devices from the drivers. */
EVENT(front_deleted, FRONT(w)->shown = XSPLIT_UNKNOWN)
EVENT(back_deleted, BACK(w)->shown = XSPLIT_UNKNOWN)
EVENT(front_removed, FRONT(w)->facts |= XSPLIT_F_REMOVED)
EVENT(back_removed, BACK(w)->facts |= XSPLIT_F_REMOVED)
/* The frontend has another driver now: that of a boot loader, or a new probe of ours. */
EVENT(loader_initialised, switch_to(FRONT(w), XSPLIT_INITIALISED))
EVENT(loader_connected, switch_to(FRONT(w), XSPLIT_CONNECTED))
EVENT(loader_closed, switch_to(FRONT(w), XSPLIT_CLOSED))
EVENT(front_probed, switch_to(FRONT(w), XSPLIT_INITIALISING), FRONT(w)->facts = 0)
EVENT(front_probed_plain, switch_to(FRONT(w), XSPLIT_INITIALISING),
	FRONT(w)->facts = XSPLIT_F_UNPUBLISHED | XSPLIT_F_NO_REJOIN)

typedef void (*event)(struct world *w);

#include "handshake_paths.h"

static void test_path(const struct path *p)
{
	struct world w = { .trace = "" };
	const event *e;

	switch_to(BACK(&w), XSPLIT_INITIALISING);
	switch_to(FRONT(&w), XSPLIT_INITIALISING);
	BACK(&w)->facts = XSPLIT_F_ONLINE;
	for (e = p->events; *e; e++)
		(*e)(&w);
	if (!ok(!strcmp(w.trace, p->trace), "%s", p->name)) {
		diag("found    %s", w.trace);
		diag("expected %s", p->trace);
	}
	ok(BACK(&w)->state == p->back && FRONT(&w)->state == p->front, "%s: ends %s, %s", p->name,
	   state_name(p->back), state_name(p->front));
	if (p->back == XSPLIT_CLOSED && p->front == XSPLIT_CLOSED)
		ok(!((BACK(&w)->facts | FRONT(&w)->facts) & (XSPLIT_F_LINKED | XSPLIT_F_SHOWN)),
		   "%s: nothing is held", p->name);
}

/* The first row that applies, without the function under test; -1: none. */
static int first_row(enum xsplit_role role, unsigned int own, unsigned int other,
		     unsigned int facts)
{
	unsigned int i;

	for (i = 0; i < xsplit_handshake_rows; i++) {
		const struct xsplit_step *s = &xsplit_handshake_table[i];

		if (s->role == role && s->own >> own & 1 && s->other >> other & 1 &&
		    !(s->need & ~facts) && !(s->absent & facts))
			return i;
	}
	return -1;
}

/* An action takes no resource twice, and releases only resources that its end has. */
static bool is_sound(enum xsplit_role role, const struct xsplit_step *s, unsigned int facts)
{
	bool linked = facts & XSPLIT_F_LINKED, disk = facts & XSPLIT_F_SHOWN;
	bool parked = facts & XSPLIT_F_PARKED;

	switch (s->action) {
	case XSPLIT_A_ATTACH:
		return role == XSPLIT_BACK && !linked && (facts & XSPLIT_F_RESOURCE);
	case XSPLIT_A_CONNECT:
		return role == XSPLIT_BACK ? !linked && (facts & XSPLIT_F_RESOURCE) :
					     linked && !disk;
	case XSPLIT_A_PUBLISH:
		return role == XSPLIT_FRONT && !linked;
	case XSPLIT_A_UNLINK:
		return linked && (role == XSPLIT_BACK || !disk || parked);
	case XSPLIT_A_PARK:
		return role == XSPLIT_FRONT && disk && !parked;
	case XSPLIT_A_RECONNECT:
	case XSPLIT_A_UNPARK:
		return role == XSPLIT_FRONT && linked && parked;
	case XSPLIT_A_RECONFIGURE:
		return role == XSPLIT_BACK && linked;
	case XSPLIT_A_REFRESH:
		return role == XSPLIT_FRONT && disk && !parked;
	case XSPLIT_A_SHOW:
		return role == XSPLIT_FRONT && !disk;
	case XSPLIT_A_REFUSE:
		return role == XSPLIT_FRONT && disk && (facts & XSPLIT_F_BUSY);
	case XSPLIT_A_HIDE:
		return role == XSPLIT_FRONT && disk && !(facts & XSPLIT_F_BUSY);
	case XSPLIT_A_KILL:
		return role == XSPLIT_FRONT && disk;
	case XSPLIT_A_OFFER:
	case XSPLIT_A_UNREGISTER:
		return role == XSPLIT_BACK;
	default:
		return s->next != XSPLIT_CONNECTED;
	}
}

/* Only a disk can be parked. A frontend that starts over with a disk has parked it. */
static bool is_possible(enum xsplit_role role, unsigned int own, unsigned int facts)
{
	const unsigned int held = XSPLIT_F_PARKED | XSPLIT_F_STALE;

	if (role == XSPLIT_BACK)
		return true;
	return facts & XSPLIT_F_SHOWN ? own != XSPLIT_INITIALISING || (facts & held) :
				     !(facts & XSPLIT_F_PARKED);
}

/* The other end does not move: this end comes to rest, even if it cannot connect. */
static bool rests(enum xsplit_role role, unsigned int own, unsigned int other, unsigned int facts,
		  bool refuse)
{
	struct world w = { .refuse_connect = { refuse, refuse } };

	w.end[role].state = own;
	w.end[role].facts = facts;
	w.end[!role].shown = other;
	return run(&w, role);
}

#define FOR_ALL(role, own, other, facts) \
	for (role = XSPLIT_BACK; role <= XSPLIT_FRONT; role++) \
		for (own = 0; own < XSPLIT_STATES; own++) \
			for (other = 0; other < XSPLIT_STATES; other++) \
				for (facts = 0; facts < ALL_FACTS; facts++)

static void test_all_inputs(void)
{
	bool wins[ARRAY_SIZE(reached)] = { false };
	bool first = true, sound = true, resting = true;
	unsigned int role, own, other, facts, i;

	FOR_ALL(role, own, other, facts) {
		const struct xsplit_step *s = xsplit_handshake(role, own, other, facts);
		int row = first_row(role, own, other, facts);
		const struct xsplit_step *want = row < 0 ? NULL : &xsplit_handshake_table[row];

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
	for (i = 0; i < xsplit_handshake_rows; i++)
		ok(wins[i], "row %u is not hidden by those before: %s", i,
		   xsplit_handshake_table[i].why);
}

/* A state that the protocol does not define counts as Unknown. */
static void test_odd_states(void)
{
	static const unsigned int odd[] = { XSPLIT_STATES, 8, 9, 32, 64, 255, 0xffffffff };
	unsigned int i, role, own, facts;
	bool good = true;

	for (i = 0; i < ARRAY_SIZE(odd); i++)
		for (role = XSPLIT_BACK; role <= XSPLIT_FRONT; role++)
			for (own = 0; own < XSPLIT_STATES; own++)
				for (facts = 0; facts < ALL_FACTS; facts++) {
					good &= xsplit_handshake(role, own, odd[i], facts) ==
						xsplit_handshake(role, own, XSPLIT_UNKNOWN, facts);
					good &= xsplit_handshake(role, odd[i], own, facts) ==
						xsplit_handshake(role, XSPLIT_UNKNOWN, own, facts);
				}
	ok(good, "a state beyond the protocol's counts as none");
}

static void test_names(void)
{
	unsigned int i, j;
	bool apart = true;

	for (i = 0; i < XSPLIT_ACTIONS; i++)
		for (j = 0; j < i; j++)
			apart &= strcmp(xsplit_action_name(i), xsplit_action_name(j)) != 0;
	ok(apart, "each action has a name of its own");
	ok(!strcmp(xsplit_action_name(XSPLIT_ACTIONS), "?"), "name of no action");
}

static void test_rows_reached(void)
{
	unsigned int i;

	for (i = 0; i < xsplit_handshake_rows; i++) {
		const struct xsplit_step *s = &xsplit_handshake_table[i];

		/* xsplit_handshake() never returns a row that says wait. */
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

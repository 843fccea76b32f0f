/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The world of one split device, small enough to examine all of it: the store,
 * the two drivers that run the handshake table, and everything around them.
 *
 * A world is 16 bytes. A list of moves says what may happen to it. Each move is
 * atomic, and any other move may come between two moves.
 */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include "handshake.h"

/*
 * The position of a machine: nothing to do, about to look, or about to carry
 * out a row. Or, for a driver that is not ours, about to act on a state that it
 * has seen.
 */
enum { IDLE, LOOK, ROW, SEEN = 100 };

/* One end: its directory, its driver, and the machine of machine.c. */
struct end {
	u32 dir : 1; /* the directory exists */
	u32 shown : 3; /* state in the store */
	u32 state : 3; /* state in the driver */
	u32 bound : 1; /* the driver is bound to the device */
	u32 removed : 1; /* XSPLIT_F_REMOVED: remove() has been called */
	u32 linked : 1; /* XSPLIT_F_LINKED */
	u32 event : 1; /* watches have fired, and the driver has not looked yet */
	u32 kicked : 1; /* front: xenwatch has written its state */
	u32 next : 3; /* front: the state that xenwatch must write; UNKNOWN: none */
	u32 step : 7; /* IDLE, LOOK, ROW + the row to carry out, SEEN + a state */
};

enum script { SCRIPT_WAITS, SCRIPT_RUNS, SCRIPT_DONE, SCRIPT_FAILED };

/* A boot loader's frontend, which runs before ours. */
enum loader { LOADER_NONE, LOADER_WAITS, LOADER_RINGS, LOADER_CONNECTED, LOADER_CLOSED };

union world {
	u64 word[2];
	struct {
		struct end end[2]; /* indexed by enum xsplit_role */

		/* Frontend: as in struct xsplit_front. */
		u64 made : 1; /* the disk exists */
		u64 disk : 1; /* users can see the disk: XSPLIT_F_SHOWN */
		u64 parked : 1;
		u64 stale : 1;
		u64 broken : 1;
		u64 users : 1;
		u64 leaving : 1; /* the removal of the disk has begun */
		u64 hidden : 1; /* the removal of the disk has ended */
		u64 refused : 1;
		u64 news_f : 1; /* the backend has written Connected */
		u64 dead : 1; /* the frontend's domain does not run any more */
		u64 loader : 3; /* enum loader */
		u64 fresh : 1; /* the frontend has published nothing yet */
		u64 foreign_f : 1; /* the frontend's driver is not ours */
		u64 moving : 1; /* the frontend still uses the name of a backend that is gone */
		u64 told : 1; /* xenbus has read the new name */

		/* Backend. */
		u64 listed : 1; /* xenbus has a device for the directory */
		u64 failed : 1;
		u64 news_b : 1; /* physical-device has been written */
		u64 farewell : 1; /* the backend has asked xenbus to unregister the device */
		u64 deaf : 1; /* the backend has rings but does not serve them */
		u64 foreign_b : 1; /* the backend's driver is not ours */

		/* The environment. */
		u64 online : 1;
		u64 device : 1; /* the key physical-device exists */
		u64 script : 2; /* enum script */
		u64 asked : 1; /* the toolstack has asked for a detach */
		u64 forced : 1; /* with force: it removes the directories after a timeout */
		u64 budget : 3; /* number of disturbances that may still happen */
		u64 rejoin : 1; /* the frontend has published feature-rejoin */
		u64 closes : 1; /* with the value 2: it is Closed while it has no backend */
		u64 compares : 1; /* xenwatch has read Initialising as the frontend's state */
		u64 offered : 1; /* the backend has published feature-rejoin */
		u64 nowhere : 1; /* the backend's domain is gone */
		u64 upgrade : 1; /* the backend's driver may change at each load */

		/* Facts for the properties. No driver sees them. */
		u64 same_rings : 1; /* the backend serves the rings of the frontend */
		u64 was_offline : 1;
		u64 was_broken : 1; /* the backend has found an error in the ring */
		u64 spoiled : 1; /* back: connect has failed since the script last named a device */
		u64 own_failure : 1; /* front: could not publish, connect or reconnect */
	};
};

_Static_assert(sizeof(union world) == 16, "a world is two words");

enum move {
	/*
	 * Moves that happen by themselves. Moves of the backend and of the
	 * frontend alternate in this list.
	 */
	LOOK_B,
	LOOK_F,
	ACT_B,
	ACT_F,
	TAKEN_B,
	TAKEN_F,
	LEFT_B,
	LEFT_F,
	SCRIPT_STARTS,
	SCRIPT_NAMES,
	HIDE_ENDS,
	TOOL_REMOVES,
	LOADER_GOES,
	PLANT,
	FOLLOW,
	WRITE_F,
	COMPARED,
	ATTACH_AGAIN,
	OWN_MOVES,
	/* Moves that may happen at any time, any number of times. */
	BIND_B = OWN_MOVES,
	BIND_F,
	BIND_FOREIGN_B,
	REPLANT,
	COMPARE,
	SPURIOUS_B,
	SPURIOUS_F,
	SCRIPT_FAILS,
	HIDE_ENDS_ALONE,
	USER_CLOSES,
	TIMEOUT,
	DISTURBANCES,
	/* Disturbances: each costs one of the budget. */
	LOADER_COMES = DISTURBANCES,
	USER_OPENS,
	DETACH,
	FORCE,
	DESTROY,
	CRASH_F,
	CRASH_B,
	OFFLINE,
	ONLINE,
	RENAME,
	UNBIND_B,
	UNBIND_F,
	RESUME,
	FAIL_B,
	FAIL_HOLDING_B,
	FAIL_F,
	FAIL_HOLDING_F,
	BREAK_B,
	BREAK_F,
	GIVE_UP,
	MOVES,
};

#define BACK(w) (&(w)->end[XSPLIT_BACK])
#define FRONT(w) (&(w)->end[XSPLIT_FRONT])

/* The row that a machine is about to carry out, or NULL. */
static inline const struct xsplit_step *chosen(const struct end *e)
{
	return e->step >= ROW && e->step < SEEN ? &xsplit_handshake_table[e->step - ROW] : NULL;
}

static inline bool is_foreign(const union world *w, enum xsplit_role role)
{
	return role == XSPLIT_BACK ? w->foreign_b : w->foreign_f;
}

/* The two ends: facts, looks, actions, and removal by xenbus (ends.c). */
unsigned int other_state(const union world *w, enum xsplit_role role);
unsigned int facts_of(const union world *w, enum xsplit_role role);
void write_state(union world *w, enum xsplit_role role, unsigned int state);
void switch_state(union world *w, enum xsplit_role role, unsigned int state);
void post_state(union world *w, unsigned int state);
void start_over(union world *w);
bool xenwatch_writes(union world *w);
bool compare(union world *w, bool begins);
void wake(union world *w, enum xsplit_role role);
void wake_watcher(union world *w);
void drop_disk(union world *w);
void look(union world *w, enum xsplit_role role);
void act(union world *w, enum xsplit_role role);
void act_failing(union world *w, enum xsplit_role role, bool holding);
void left(union world *w, enum xsplit_role role);

/* Drivers that are not ours: what the kernel's own drivers do (foreign.c). */
void foreign_look(union world *w, enum xsplit_role role);
void foreign_act(union world *w, enum xsplit_role role);
void foreign_bind(union world *w, enum xsplit_role role);
void foreign_resume(union world *w);

/* Whether the backend can map the rings that the frontend has published (ends.c). */
bool rings_are_there(const union world *w);
/* Forget what leaves with the backend's driver (ends.c). */
void forget_back(union world *w);

/*
 * The toolstack and whole domains. Return false if the move is not possible now
 * (domains.c).
 */
bool tool_goes(union world *w, enum move move);
void die(union world *w);
bool resume(union world *w);
bool crash_back(union world *w);
bool replant(union world *w);
bool plant(union world *w);
bool follow(union world *w);

/**
 * struct explore_class - what a class of devices has, besides the table
 * @name:   its name, for the report
 * @script: a hotplug script names what the backend serves. Without a script there always is
 *          something to serve, and the toolstack may still write a live key (RENAME)
 */
struct explore_class {
	const char *name;
	bool script;
};

/* The class that is explored (world.c). */
extern const struct explore_class *explored;
const struct explore_class *class_find(const char *name);
/* The toolstack has made the backend's directory: no script has run yet. */
void script_waits(union world *w);

/* All moves (world.c). */
enum ends { OURS, FOREIGN_FRONT, FOREIGN_BACK, BOTH_ENDS };

union world world_start(unsigned int budget, enum ends foreign);
/* Make @move. Return false if it is not possible now. */
bool world_move(const union world *before, enum move move, union world *after);

#endif /* EXPLORE_WORLD_H */

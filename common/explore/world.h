/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The world of one split device, small enough to be seen whole: the store, the
 * two drivers that run the handshake table, and everybody around them.
 *
 * A world is 16 bytes. What may happen to it is a list of moves, each atomic;
 * between any two of them anybody else may move.
 */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include "handshake.h"

/*
 * What a machine is at: nothing, about to look, or a row it has chosen; or, for
 * a driver that is not ours, about to act on a state that it has seen.
 */
enum { IDLE, LOOK, ROW, SEEN = 100 };

/* One end: its directory, its driver, and the machine as in machine.c. */
struct end {
	u32 dir : 1; /* the directory is there */
	u32 shown : 3; /* state, as the store has it */
	u32 state : 3; /* state, as the driver believes */
	u32 bound : 1; /* the driver has the device */
	u32 removed : 1; /* XVBD_F_REMOVED: remove() has been called */
	u32 linked : 1; /* XVBD_F_LINKED */
	u32 event : 1; /* watches have fired that have not been looked at */
	u32 kicked : 1; /* front: xenwatch has written its state */
	u32 next : 3; /* front: the state that xenwatch is to write; UNKNOWN: none */
	u32 step : 7; /* IDLE, LOOK, ROW + the row about to be carried out, SEEN + a state */
};

enum script { SCRIPT_WAITS, SCRIPT_RUNS, SCRIPT_DONE, SCRIPT_FAILED };

/* A foreign front that runs before ours. */
enum loader { LOADER_NONE, LOADER_WAITS, LOADER_RINGS, LOADER_CONNECTED, LOADER_CLOSED };

union world {
	u64 word[2];
	struct {
		struct end end[2]; /* by enum xvbd_role */

		/* Front: as in struct xbfront_vbd. */
		u64 made : 1; /* there is a disk */
		u64 disk : 1; /* it has been shown: XVBD_F_DISK */
		u64 parked : 1;
		u64 stale : 1;
		u64 broken : 1;
		u64 users : 1;
		u64 leaving : 1; /* being taken away */
		u64 hidden : 1; /* has been taken away */
		u64 refused : 1;
		u64 news_f : 1; /* the back has said Connected */
		u64 dead : 1; /* its domain does not run any more */
		u64 loader : 3; /* enum loader */
		u64 fresh : 1; /* has published nothing yet */
		u64 foreign_f : 1; /* its driver is not ours */
		u64 moving : 1; /* works with the name of a back that is gone */
		u64 told : 1; /* xenbus has read the new name */

		/* Back. */
		u64 listed : 1; /* xenbus has a device of the directory */
		u64 failed : 1;
		u64 news_b : 1; /* physical-device has been written */
		u64 farewell : 1; /* has asked to be unregistered */
		u64 deaf : 1; /* does not serve the ring that it holds */
		u64 foreign_b : 1; /* its driver is not ours */

		/* Around them. */
		u64 online : 1;
		u64 device : 1; /* physical-device is there */
		u64 script : 2; /* enum script */
		u64 asked : 1; /* the toolstack has detached */
		u64 forced : 1; /* and does not wait for ever */
		u64 budget : 3; /* disturbances that may still come */
		u64 rejoin : 1; /* the front has published that it can rejoin */
		u64 closes : 1; /* and that it says Closed to be told another back */
		u64 compares : 1; /* xenwatch has read that the front is Initialising */
		u64 offered : 1; /* the back has published that it can */
		u64 nowhere : 1; /* the back's domain is gone */
		u64 upgrade : 1; /* the back's driver may be another one each time */

		/* What nobody sees, for the proof. */
		u64 same_rings : 1; /* the back serves the rings that the front has */
		u64 was_offline : 1;
		u64 was_broken : 1; /* the back has found the ring broken */
		u64 spoiled : 1; /* back: connect failed after the last physical-device */
		u64 own_failure : 1; /* front: could not publish, connect or rejoin */
	};
};

_Static_assert(sizeof(union world) == 16, "a world is two words");

enum move {
	/* What happens by itself. The back's and the front's follow each other. */
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
	/* What may happen, at any time and any number of times. */
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
	/* What may happen so many times as there is budget. */
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

#define BACK(w) (&(w)->end[XVBD_BACK])
#define FRONT(w) (&(w)->end[XVBD_FRONT])

/* Whether a machine is about to carry out a row, and which. */
static inline const struct xvbd_step *chosen(const struct end *e)
{
	return e->step >= ROW && e->step < SEEN ? &xvbd_handshake_table[e->step - ROW] : NULL;
}

static inline bool is_foreign(const union world *w, enum xvbd_role role)
{
	return role == XVBD_BACK ? w->foreign_b : w->foreign_f;
}

/* The ends: facts, looking, acting, xenbus taking them away (ends.c). */
unsigned int other_state(const union world *w, enum xvbd_role role);
unsigned int facts_of(const union world *w, enum xvbd_role role);
void write_state(union world *w, enum xvbd_role role, unsigned int state);
void switch_state(union world *w, enum xvbd_role role, unsigned int state);
void post_state(union world *w, unsigned int state);
void start_over(union world *w);
bool xenwatch_writes(union world *w);
bool compare(union world *w, bool begins);
void wake(union world *w, enum xvbd_role role);
void wake_watcher(union world *w);
void drop_disk(union world *w);
void look(union world *w, enum xvbd_role role);
void act(union world *w, enum xvbd_role role);
void act_failing(union world *w, enum xvbd_role role, bool holding);
void left(union world *w, enum xvbd_role role);

/* The ends that are not ours: what the kernel's own drivers do (foreign.c). */
void foreign_look(union world *w, enum xvbd_role role);
void foreign_act(union world *w, enum xvbd_role role);
void foreign_bind(union world *w, enum xvbd_role role);
void foreign_resume(union world *w);

/* Whether what the front has published can be mapped (ends.c). */
bool rings_are_there(const union world *w);
/* The back's driver has left: what of it goes with it (ends.c). */
void forget_back(union world *w);

/* The toolstack and whole domains; false if it cannot happen now (domains.c). */
bool tool_goes(union world *w, enum move move);
void die(union world *w);
bool resume(union world *w);
bool crash_back(union world *w);
bool replant(union world *w);
bool plant(union world *w);
bool follow(union world *w);

/* Everybody (world.c). */
enum ends { OURS, FOREIGN_FRONT, FOREIGN_BACK, BOTH_ENDS };

union world world_start(unsigned int budget, enum ends foreign);
/* Make @move. Return: false if it cannot happen now. */
bool world_move(const union world *before, enum move move, union world *after);

#endif /* EXPLORE_WORLD_H */

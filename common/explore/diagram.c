// SPDX-License-Identifier: GPL-2.0
#include "diagram.h"
#include "sketch.h"

enum { TOOLSTACK, HOTPLUG, BACKEND, FRONTEND, COLUMNS };

static const int width[COLUMNS] = { 22, 14, 29, 29 };

/* Column and text of each move. The table gives the text of a driver's own steps. */
static const struct {
	u8 column;
	const char *text;
} told[MOVES] = {
	[TAKEN_B] = { BACKEND, "xenbus removes it" },
	[TAKEN_F] = { FRONTEND, "xenbus removes it" },
	[LEFT_B] = { BACKEND, "driver has left" },
	[LEFT_F] = { FRONTEND, "driver has left" },
	[SCRIPT_STARTS] = { HOTPLUG, "starts" },
	[SCRIPT_NAMES] = { HOTPLUG, "names device" },
	[SCRIPT_FAILS] = { HOTPLUG, "fails" },
	[HIDE_ENDS] = { FRONTEND, "disk is drained" },
	[HIDE_ENDS_ALONE] = { FRONTEND, "disk has nothing to drain" },
	[TOOL_REMOVES] = { TOOLSTACK, "removes directories" },
	[TIMEOUT] = { TOOLSTACK, "waits no longer" },
	[LOADER_COMES] = { FRONTEND, "boot loader" },
	[LOADER_GOES] = { FRONTEND, "boot loader" },
	[BIND_B] = { BACKEND, "driver loaded" },
	[BIND_F] = { FRONTEND, "driver loaded" },
	[BIND_FOREIGN_B] = { BACKEND, "kernel's own driver loaded" },
	[REPLANT] = { TOOLSTACK, "back anew elsewhere" },
	[PLANT] = { TOOLSTACK, "gives the back its state" },
	[WRITE_F] = { FRONTEND, "(xenwatch)" },
	[COMPARE] = { FRONTEND, "xenbus reads the state" },
	[COMPARED] = { FRONTEND, "and the back's number" },
	[ATTACH_AGAIN] = { BACKEND, "tries again" },
	[FOLLOW] = { FRONTEND, "reads who its back is" },
	[CRASH_B] = { BACKEND, "domain dies" },
	[SPURIOUS_B] = { BACKEND, "spurious event" },
	[SPURIOUS_F] = { FRONTEND, "spurious event" },
	[USER_OPENS] = { FRONTEND, "a user opens the disk" },
	[USER_CLOSES] = { FRONTEND, "the user closes it" },
	[DETACH] = { TOOLSTACK, "detach, offline" },
	[FORCE] = { TOOLSTACK, "forced detach" },
	[DESTROY] = { TOOLSTACK, "destroys the domain" },
	[CRASH_F] = { FRONTEND, "domain dies" },
	[OFFLINE] = { TOOLSTACK, "goes offline" },
	[ONLINE] = { TOOLSTACK, "goes online" },
	[RENAME] = { HOTPLUG, "renames device" },
	[UNBIND_B] = { BACKEND, "driver is unloaded" },
	[UNBIND_F] = { FRONTEND, "driver is unloaded" },
	[RESUME] = { FRONTEND, "resumes" },
	[BREAK_B] = { BACKEND, "finds ring broken" },
	[BREAK_F] = { FRONTEND, "finds ring broken" },
	[GIVE_UP] = { FRONTEND, "has waited too long" },
};

static unsigned int shown(const struct end *e)
{
	return e->dir ? e->shown : XSPLIT_UNKNOWN;
}

/* An action of the table, and the state after it. */
static void tell_act(char *cell, const struct xsplit_step *step, const struct end *after,
		     bool fails)
{
	unsigned int state = after->next ? after->next : after->state;
	const char *action = step->action ? xsplit_action_name(step->action) : "";

	if (fails)
		snprintf(cell, CELL, "%s fails -> %s", action, state_names[state]);
	else if (step->next)
		snprintf(cell, CELL, "%s%s-> %s", action, *action ? " " : "",
			 state_names[state]);
	else
		snprintf(cell, CELL, "%s", action);
}

/* A change of an end's state by another program, in the column of that end. */
static void tell_changes(char cells[COLUMNS][CELL], const union world *before,
			 const union world *after)
{
	unsigned int role;

	for (role = XSPLIT_BACK; role <= XSPLIT_FRONT; role++) {
		const struct end *was = &before->end[role], *is = &after->end[role];
		char *cell = cells[BACKEND + role];
		size_t len = strlen(cell);

		if (shown(was) == shown(is))
			continue;
		if (!is->dir)
			snprintf(cell + len, CELL - len, "%s(directory gone)", len ? " " : "");
		else
			snprintf(cell + len, CELL - len, "%s-> %s", len ? " " : "",
				 state_names[is->shown]);
	}
}

static bool tell_own(char cells[COLUMNS][CELL], const union world *w, u8 move, u8 next)
{
	enum xsplit_role role = move == LOOK_F || move == ACT_F || move == FAIL_F ||
				move == FAIL_HOLDING_F;
	const struct end *before = &w[0].end[role], *after = &w[1].end[role];
	char *cell = cells[BACKEND + role];

	switch (move) {
	case LOOK_B:
	case LOOK_F:
		if (is_foreign(w, role))
			return false;
		/*
		 * Print a look only if another move comes between the look and
		 * the action.
		 */
		if (!chosen(after) || next == ACT_B + role || next == FAIL_B + 2 * role ||
		    next == FAIL_HOLDING_B + 2 * role)
			return false;
		snprintf(cell, CELL, "sees %s", state_names[shown(&w[1].end[!role])]);
		return true;
	case ACT_B:
	case ACT_F:
		if (before->step >= SEEN) {
			snprintf(cell, CELL, "(saw %s)", state_names[before->step - SEEN]);
			tell_changes(cells, &w[0], &w[1]);
			return true;
		}
		tell_act(cell, chosen(before), after,
			 chosen(before)->next &&
				 (after->next ? after->next : after->state) !=
					 (unsigned int)chosen(before)->next);
		return true;
	case FAIL_B:
	case FAIL_F:
	case FAIL_HOLDING_B:
	case FAIL_HOLDING_F:
		tell_act(cell, chosen(before), after, true);
		return true;
	default:
		snprintf(cells[told[move].column], CELL, "%s", told[move].text);
		tell_changes(cells, &w[0], &w[1]);
		return true;
	}
}

/* A look after which the end does nothing. */
static bool is_idle_look(const union world *w, u8 move)
{
	return (move == LOOK_B || move == LOOK_F) && w[1].end[move - LOOK_B].step < ROW;
}

static void print_end(const char *name, const struct end *e, bool runs, const char *more)
{
	printf("# %s: %s%s%s%s%s\n", name, runs ? "" : "no driver, ", state_names[shown(e)],
	       e->state != shown(e) && runs ? ", believes " : "",
	       e->state != shown(e) && runs ? state_names[e->state] : "", more);
}

static void print_last(const union world *w)
{
	char more[128];

	snprintf(more, sizeof(more), "%s%s%s%s", BACK(w)->linked ? ", holds device and rings" : "",
		 w->failed ? ", has failed" : "", w->online ? ", online" : ", offline",
		 w->device ? ", device named" : "");
	print_end("Backend", BACK(w), BACK(w)->bound, more);
	snprintf(more, sizeof(more), "%s%s%s%s%s%s", FRONT(w)->linked ? ", holds rings" : "",
		 w->disk ? ", disk shown" :
		 w->made ? ", disk made" :
			   "",
		 w->parked ? ", parked" : "", w->users ? ", in use" : "",
		 w->leaving ? ", being taken away" : "", w->broken ? ", broken" : "");
	print_end("Frontend", FRONT(w), FRONT(w)->bound, more);
}

void diagram_part(const union world *worlds, const u8 *moves, unsigned int nr)
{
	char cells[COLUMNS][CELL];
	unsigned int i, next;

	for (i = 0; i < nr; i++) {
		for (next = i + 1; next < nr && is_idle_look(worlds + next, moves[next]);)
			next++;
		memset(cells, 0, sizeof(cells));
		if (tell_own(cells, worlds + i, moves[i], next < nr ? moves[next] : MOVES))
			print_cells("# ", cells, width, COLUMNS);
	}
}

void diagram(const union world *worlds, const u8 *moves, unsigned int nr)
{
	char cells[COLUMNS][CELL] = { "Toolstack", "Hotplug", "Backend", "Frontend" };

	print_cells("# ", cells, width, COLUMNS);
	memset(cells, 0, sizeof(cells));
	snprintf(cells[TOOLSTACK], CELL, "attach, online");
	snprintf(cells[BACKEND], CELL, "%s", state_names[worlds->end[XSPLIT_BACK].shown]);
	snprintf(cells[FRONTEND], CELL, "%s", state_names[worlds->end[XSPLIT_FRONT].shown]);
	print_cells("# ", cells, width, COLUMNS);
	diagram_part(worlds, moves, nr);
	print_last(worlds + nr);
}

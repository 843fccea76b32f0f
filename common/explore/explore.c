// SPDX-License-Identifier: GPL-2.0
/*
 * Visits every world that can be reached, breadth first. So the first path to a
 * violation is a shortest one.
 */
#include <getopt.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/tap.h"
#include "diagram.h"
#include "properties.h"
#include "reached.h"

static struct {
	u32 at[PROPERTIES]; /* world in which the property was first violated, or before it */
	u8 move[PROPERTIES]; /* move that violated it; MOVES: the world itself does */
	unsigned int mask;
} found;

/* From this number of disturbances on, every row of the table is needed. */
#define NEEDED_BUDGET 3

static bool row_taken[128];

/* Worlds that follow each other without end. */
static u32 *cycle, cycle_length;

static void note(u32 at, u8 move)
{
	unsigned int i;

	violated &= ~found.mask;
	for (i = 0; i < PROPERTIES; i++) {
		if (!(violated & BIT(i)))
			continue;
		found.at[i] = at;
		found.move[i] = move;
	}
	found.mask |= violated;
	violated = 0;
}

static void note_row(const union world *w, unsigned int move)
{
	const struct xsplit_step *step = NULL;

	if (move == ACT_B || move == ACT_F)
		step = chosen(&w->end[move - ACT_B]);
	if (step)
		row_taken[step - xsplit_handshake_table] = true;
}

static void expand(u32 at)
{
	union world before = reached.world[at], after;
	bool rests = true;
	unsigned int move;

	for (move = 0; move < MOVES; move++) {
		if (!world_move(&before, move, &after)) {
			violated = 0;
			continue;
		}
		rests &= move >= OWN_MOVES;
		reached.transitions++;
		note_row(&before, move);
		check_world(&after);
		if (violated)
			note(at, move);
		reached_add(&after, at, move);
	}
	if (rests) {
		check_rest(&before);
		note(at, MOVES);
	}
}

static void print_way(u32 at, u8 move)
{
	unsigned int nr = 0, i;
	union world *worlds;
	u8 *moves;
	u32 s;

	for (s = at; s; s = reached.parent[s])
		nr++;
	worlds = calloc(nr + 2, sizeof(*worlds));
	moves = calloc(nr + 2, 1);
	if (!worlds || !moves)
		exit(2);
	for (s = at, i = nr; i; s = reached.parent[s], i--) {
		worlds[i] = reached.world[s];
		moves[i - 1] = reached.move[s];
	}
	worlds[0] = reached.world[0];
	if (move < MOVES) {
		moves[nr] = move;
		world_move(&worlds[nr], move, &worlds[nr + 1]);
		nr++;
	}
	diagram(worlds, moves, nr);
	free(worlds);
	free(moves);
}

static u8 move_between(const union world *before, const union world *after)
{
	union world w;
	u8 move;

	for (move = 0; move < OWN_MOVES; move++)
		if (world_move(before, move, &w) && !memcmp(&w, after, sizeof(w)))
			break;
	return move;
}

static void print_round(void)
{
	union world *worlds = calloc(cycle_length + 1, sizeof(*worlds));
	u8 *moves = calloc(cycle_length, 1);
	u32 i;

	if (!worlds || !moves)
		exit(2);
	for (i = 0; i <= cycle_length; i++)
		worlds[i] = reached.world[cycle[i % cycle_length]];
	for (i = 0; i < cycle_length; i++)
		moves[i] = move_between(&worlds[i], &worlds[i + 1]);
	diag("and then for ever:");
	diagram_part(worlds, moves, cycle_length);
	free(worlds);
	free(moves);
}

static void verdicts(unsigned int budget, unsigned int foreign)
{
	unsigned int i;

	for (i = 0; i < PROPERTIES; i++) {
		if (!(found.mask & BIT(i))) {
			tap_ok(true, "%s", property_text[i]);
			continue;
		}
		tap_ok(false, "%s", property_text[i]);
		diag("the shortest way to it:");
		print_way(found.at[i], found.move[i]);
		if (i == NO_LIVELOCK)
			print_round();
	}
	/* Some rows are needed only after two or three disturbances. */
	if (budget < NEEDED_BUDGET || foreign != FOREIGN_BACK)
		return;
	for (i = 0; i < xsplit_handshake_rows; i++) {
		const struct xsplit_step *s = &xsplit_handshake_table[i];

		if (s->action || s->next)
			tap_ok(row_taken[i], "needed: %s", s->why);
	}
}

static const char *const who[] = {
	[OURS] = "both ends ours",
	[FOREIGN_FRONT] = "the kernel's own front",
	[FOREIGN_BACK] = "the kernel's own back or ours, in turns",
	[BOTH_ENDS] = "the kernel's own front; its back or ours, in turns",
};

int main(int argc, char **argv)
{
	clock_t start = clock();
	unsigned int budget = 3, foreign = OURS;
	union world first;
	u32 at;
	int c;

	while ((c = getopt(argc, argv, "n:c:bf")) != -1) {
		switch (c) {
		case 'n':
			budget = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			explored = class_find(optarg);
			break;
		case 'b':
			foreign |= FOREIGN_BACK;
			break;
		case 'f':
			foreign |= FOREIGN_FRONT;
			break;
		default:
			explored = NULL;
		}
		if (!explored) {
			fprintf(stderr, "usage: explore [-n DISTURBANCES] [-c KIND] [-b] [-f]\n"
					"-c: of a class, as in common/classes: script (default) or plain\n"
					"-b: the back's driver may be the kernel's own, and change\n"
					"-f: the front's driver is the kernel's own\n");
			return 2;
		}
	}
	first = world_start(budget > 7 ? 7 : budget, foreign);
	reached_add(&first, 0, MOVES);
	for (at = 0; reached_has(at); at++)
		expand(at);
	cycle_length = reached_cycle(&cycle);
	if (cycle_length) {
		violated = BIT(NO_LIVELOCK);
		note(cycle[0], MOVES);
	}
	verdicts(budget, foreign);
	diag("class %s, %s, at most %u disturbances: %u states, %llu transitions, %.1f s",
	     explored->name, who[foreign], budget, reached.nr,
	     (unsigned long long)reached.transitions,
	     (double)(clock() - start) / CLOCKS_PER_SEC);
	free(cycle);
	return tap_done();
}

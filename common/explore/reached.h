/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPLORE_REACHED_H
#define EXPLORE_REACHED_H

#include "world.h"

/**
 * struct reached - every world found so far, in the order in which it was found
 * @world:       the worlds
 * @parent:      index of the world from which each was first reached
 * @move:        the move that leads there from @parent
 * @nr:          number of worlds
 * @room:        number of worlds that fit the arrays
 * @slot:        hash table: index of a world + 1, or 0
 * @mask:        size of the hash table - 1
 * @transitions: number of moves made so far
 */
struct reached {
	union world *world;
	u32 *parent;
	u8 *move;
	u32 nr, room;
	u32 *slot;
	u32 mask;
	u64 transitions;
};

extern struct reached reached;

/* Add a world unless it is known, soon: reached_has() waits for it. @parent never decreases. */
void reached_add(const union world *w, u32 parent, u8 move);
/* Whether there is a world with the index @at. */
bool reached_has(u32 at);
/**
 * reached_cycle() - find a cycle of moves that happen by themselves
 * @cycle: result: indices of its worlds, in order; the caller frees it
 *
 * Return: number of worlds in the cycle, 0 if there is none.
 */
u32 reached_cycle(u32 **cycle);

#endif /* EXPLORE_REACHED_H */

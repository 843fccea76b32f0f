/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPLORE_REACHED_H
#define EXPLORE_REACHED_H

#include "world.h"

/**
 * struct reached - every world found so far, in the order in which it was
 * @parent: the world that it was first reached from
 * @move:   and how
 * @slot:   hash table of indices + 1
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

/* Keep a world unless it is known. */
void reached_add(const union world *w, u32 parent, u8 move);
/* Find a known world. */
u32 reached_find(const union world *w);
/**
 * reached_cycle() - look for a cycle of moves that happen by themselves
 * @cycle: result, its worlds in order; the caller frees it
 *
 * Return: how many there are, 0 for no cycle.
 */
u32 reached_cycle(u32 **cycle);

#endif /* EXPLORE_REACHED_H */

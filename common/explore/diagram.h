/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPLORE_DIAGRAM_H
#define EXPLORE_DIAGRAM_H

#include "world.h"

/**
 * diagram() - print a sequence of moves as a sequence diagram, time downwards
 * @worlds: @nr + 1 worlds
 * @moves:  @moves[i] leads from @worlds[i] to @worlds[i + 1]
 * @nr:     number of moves
 */
void diagram(const union world *worlds, const u8 *moves, unsigned int nr);
/* The same for moves in the middle of a sequence: without head and last state. */
void diagram_part(const union world *worlds, const u8 *moves, unsigned int nr);

#endif /* EXPLORE_DIAGRAM_H */

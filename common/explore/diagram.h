/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPLORE_DIAGRAM_H
#define EXPLORE_DIAGRAM_H

#include "world.h"

/**
 * diagram() - print a course of events as a sequence diagram, time downwards
 * @worlds: @nr + 1 of them
 * @moves:  the one that leads from each to the next
 */
void diagram(const union world *worlds, const u8 *moves, unsigned int nr);
/* The same, of events in the middle: no head, no end. */
void diagram_part(const union world *worlds, const u8 *moves, unsigned int nr);

#endif /* EXPLORE_DIAGRAM_H */

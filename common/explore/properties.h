/* SPDX-License-Identifier: GPL-2.0 */
/* Properties that must hold in every world that can be reached. */
#ifndef EXPLORE_PROPERTIES_H
#define EXPLORE_PROPERTIES_H

#include "world.h"

enum property {
	NO_DEADLOCK,
	NO_LIVELOCK,
	CLOSES_END,
	CONNECTED_WITH_BOTH,
	ONCE,
	NOTHING_LEFT,
	KILLED_FOR_CAUSE,
	LET_GO_CONNECTED,
	CLOSED_HOLDS_NOTHING,
	RINGS_KEPT,
	NEVER_REPLACED,
	PROPERTIES,
};

extern const char *const property_text[PROPERTIES];

/* The properties that the last moves violated: one bit for each. */
extern unsigned int violated;

static inline void check(bool good, enum property property)
{
	if (!good)
		violated |= BIT(property);
}

/* A machine is about to carry out @step. Check that it may, in the current world. */
void check_choice(const union world *w, enum xsplit_role role, const struct xsplit_step *step);
/* Check a world at any moment. */
void check_world(const union world *w);
/* Check a world in which no move happens by itself any more. */
void check_rest(const union world *w);

#endif /* EXPLORE_PROPERTIES_H */

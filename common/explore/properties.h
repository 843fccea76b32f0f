/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must hold in every world that can be reached.
 */
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

/* The properties that the last moves have violated, one bit each. */
extern unsigned int violated;

static inline void check(bool good, enum property property)
{
	if (!good)
		violated |= BIT(property);
}

/* A machine is about to carry out @step: may it, as the world is now? */
void check_choice(const union world *w, enum xvbd_role role, const struct xvbd_step *step);
/* A world in any moment. */
void check_world(const union world *w);
/* A world in which nothing happens by itself any more. */
void check_rest(const union world *w);

#endif /* EXPLORE_PROPERTIES_H */

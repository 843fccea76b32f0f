// SPDX-License-Identifier: GPL-2.0
#include "turn.h"

bool xvbd_turn_take(struct xvbd_turns *turns, struct xvbd_turn *me, struct xvbd_turn **drain)
{
	*drain = NULL;
	if (me->fenced)
		return false;
	*drain = turns->now;
	if (turns->now)
		turns->now->fenced = true;
	me->before = turns->now;
	turns->now = me;
	return true;
}

struct xvbd_turn *xvbd_turn_leave(struct xvbd_turns *turns, struct xvbd_turn *me, bool served)
{
	struct xvbd_turn **link = &turns->now;

	while (*link && *link != me)
		link = &(*link)->before;
	/* A later disk has served and left, and so has cut @me off. */
	if (!*link)
		return NULL;
	*link = served ? NULL : me->before;
	me->before = NULL;
	if (link != &turns->now || !turns->now)
		return NULL;
	turns->now->fenced = false;
	return turns->now;
}

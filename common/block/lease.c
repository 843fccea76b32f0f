// SPDX-License-Identifier: GPL-2.0
#include "lease.h"

bool xvbd_lease_take(struct xvbd_leases *leases, struct xvbd_lease *me, struct xvbd_lease **drain)
{
	*drain = NULL;
	if (me->fenced)
		return false;
	*drain = leases->holder;
	if (leases->holder)
		leases->holder->fenced = true;
	me->before = leases->holder;
	leases->holder = me;
	return true;
}

struct xvbd_lease *xvbd_lease_release(struct xvbd_leases *leases, struct xvbd_lease *me,
				      bool served)
{
	struct xvbd_lease **link = &leases->holder;

	while (*link && *link != me)
		link = &(*link)->before;
	/* A later disk has served and left, and so has cut @me off. */
	if (!*link)
		return NULL;
	*link = served ? NULL : me->before;
	me->before = NULL;
	if (link != &leases->holder || !leases->holder)
		return NULL;
	leases->holder->fenced = false;
	return leases->holder;
}

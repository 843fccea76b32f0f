// SPDX-License-Identifier: GPL-2.0
#include <linux/ratelimit.h>

#include "compat.h"
#include "machine.h"

/* The longest path through the table has fewer steps. */
#define MAX_STEPS 16

/*
 * Write the chosen state, and return whether the machine can run. A removed
 * device does not write: it only releases its resources.
 */
static bool is_settled(struct xsplit_machine *m)
{
	if (READ_ONCE(m->next) == XenbusStateUnknown || m->facts(m) & XSPLIT_F_REMOVED)
		return true;
	if (m->role == XSPLIT_BACK)
		return xsplit_write_state(m);
	m->call_xenwatch(m);
	return false;
}

void xsplit_machine_run(struct xsplit_machine *m)
{
	struct xenbus_device *dev = m->dev;
	enum xenbus_state own;
	enum xsplit_state next;
	unsigned int i;
	int err;

	for (i = 0; i < MAX_STEPS; i++) {
		enum xenbus_state other;
		const struct xsplit_step *step;
		unsigned int facts;

		if (!is_settled(m))
			return;
		own = READ_ONCE(dev->state);
		other = xsplit_read_state(dev, m->otherend);
		facts = m->facts(m);
		step = xsplit_handshake(m->role, own, other, facts);
		if (!step)
			return;
		dev_dbg(&dev->dev, "%s, other end %s, facts %#x: %s, then %s (%s)\n",
			xenbus_strstate(own), xenbus_strstate(other), facts,
			xsplit_action_name(step->action),
			step->next ? xenbus_strstate((enum xenbus_state)step->next) : "stay",
			step->why);
		err = m->actions[step->action] ? m->actions[step->action](m) : 0;
		if (err == -EAGAIN)
			continue;
		if (err == -EINPROGRESS)
			return;
		next = err ? xsplit_failed(step) : step->next;
		if (next)
			xsplit_switch_state(m, (enum xenbus_state)next);
		if (step->action == XSPLIT_A_UNREGISTER)
			return;
	}
	dev_err_ratelimited(&dev->dev, "handshake does not come to rest\n");
}

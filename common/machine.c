// SPDX-License-Identifier: GPL-2.0
#include <linux/ratelimit.h>

#include "compat.h"
#include "machine.h"

/* More steps than the longest path through the table has. */
#define MAX_STEPS 16

void xvbd_machine_run(struct xvbd_machine *m)
{
	struct xenbus_device *dev = m->dev;
	unsigned int i;
	int err;

	for (i = 0; i < MAX_STEPS; i++) {
		enum xenbus_state other = xvbd_read_state(dev, m->otherend);
		unsigned int facts = m->facts(m);
		const struct xvbd_step *step = xvbd_handshake(m->role, dev->state, other, facts);

		if (!step)
			return;
		dev_dbg(&dev->dev, "%s, other end %s, facts %#x: %s, then %s (%s)\n",
			xenbus_strstate(dev->state), xenbus_strstate(other), facts,
			xvbd_action_name(step->action),
			step->next ? xenbus_strstate((enum xenbus_state)step->next) : "stay",
			step->why);
		err = m->actions[step->action] ? m->actions[step->action](m) : 0;
		if (err == -EAGAIN)
			continue;
		if (err)
			xenbus_switch_state(dev, (enum xenbus_state)xvbd_failed(step));
		else if (step->next)
			xenbus_switch_state(dev, (enum xenbus_state)step->next);
		if (step->action == XVBD_A_UNREGISTER)
			return;
	}
	dev_err_ratelimited(&dev->dev, "handshake does not come to rest\n");
}

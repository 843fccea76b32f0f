/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs the handshake table for a xenbus device.
 */
#ifndef XVBD_MACHINE_H
#define XVBD_MACHINE_H

#include <xen/xenbus.h>

#include "handshake.h"

/**
 * struct xvbd_machine - one end's handshake
 * @role:     which rows of the table are its own
 * @dev:      the device; its cached state is the own state
 * @otherend: directory of the other end
 * @facts:    what holds now, a mask of enum xvbd_fact
 * @actions:  by enum xvbd_action, NULL where this end has nothing to do; return
 *            0; -EAGAIN to have the table looked at again; or another negative
 *            errno after xvbd_tell(), and the device goes to Closing
 */
struct xvbd_machine {
	enum xvbd_role role;
	struct xenbus_device *dev;
	const char *otherend;
	unsigned int (*facts)(struct xvbd_machine *m);
	int (*const *actions)(struct xvbd_machine *m);
};

/**
 * xvbd_machine_run() - step through the table until it says wait
 * @m: the machine
 *
 * Sleeps: the states are in the store. The caller sees to it that a machine
 * runs once at a time, and not in a callback of xenwatch, which other devices
 * wait behind.
 */
void xvbd_machine_run(struct xvbd_machine *m);

#endif /* XVBD_MACHINE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs the handshake table for a xenbus device.
 */
#ifndef XVBD_MACHINE_H
#define XVBD_MACHINE_H

#include <xen/xenbus.h>

#include "handshake.h"

struct xvbd_machine;
typedef int (*xvbd_action_fn)(struct xvbd_machine *m);

/**
 * struct xvbd_machine - one end's handshake
 * @role:     which rows of the table are its own
 * @dev:      the device, with the own state
 * @otherend: directory of the other end
 * @next:     the state that the machine has chosen and that is not written yet, or Unknown
 * @facts:    what holds now, a mask of enum xvbd_fact
 * @actions:  by enum xvbd_action, NULL where this end has nothing to do; return
 *            0; -EAGAIN to have the table looked at again; -EINPROGRESS if it cannot be
 *            done now, and the action sees to it that the machine runs again; or another
 *            negative errno after xvbd_tell(), and the device goes to Closing
 * @call:     front: have xvbd_write_state() called in xenwatch, and then the machine run
 * @again:    the state could not be written: try again in a moment. The front uses @call for
 *            it, the back runs the machine
 * @replaced: back: the directory belongs to another device now, and nothing was written: ask
 *            xenbus to unregister this device. NULL in a front: xenbus removes or resumes it
 *
 * The back writes its state where the machine runs, in a work item. The front writes it in
 * xenwatch, because Linux 7.0 and later checks the state there. The check runs when anything
 * in the front's directory changes. If the store says Initialising, but @dev->state or the
 * number of the back differ, xenbus concludes that tools have made a new directory: it removes
 * the device, and the driver probes a new one. A front of ours that reconnects goes back to
 * Initialising too. While it writes this in xenwatch, the check cannot run.
 *
 * Xenbus itself writes Closing when the system shuts down: the disk is given up.
 */
struct xvbd_machine {
	enum xvbd_role role;
	struct xenbus_device *dev;
	const char *otherend;
	unsigned int next;
	unsigned int (*facts)(struct xvbd_machine *m);
	const xvbd_action_fn *actions;
	void (*call)(struct xvbd_machine *m);
	void (*again)(struct xvbd_machine *m);
	void (*replaced)(struct xvbd_machine *m);
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

/**
 * xvbd_state() - the own state, or the one that is about to be written
 * @m: the machine
 */
enum xenbus_state xvbd_state(const struct xvbd_machine *m);

/**
 * xvbd_switch_state() - change the own state
 * @m:     the machine
 * @state: new state
 *
 * Call it where the machine runs, or before it can run. The next run writes the state first.
 */
void xvbd_switch_state(struct xvbd_machine *m, enum xenbus_state state);

/**
 * xvbd_start_over() - write Initialising, also if that is the own state
 * @m: the machine
 *
 * As xvbd_switch_state().
 */
void xvbd_start_over(struct xvbd_machine *m);

/**
 * xvbd_write_state() - write the state that the machine has chosen, if there is one
 * @m: the machine
 *
 * Sleeps. A front calls it in xenwatch only. It writes nothing if the directory is gone, and
 * nothing if the directory belongs to another device: then it calls @replaced.
 *
 * Return: true if nothing is left to be written: the machine can run.
 */
bool xvbd_write_state(struct xvbd_machine *m);

/**
 * xvbd_is_replaced() - whether tools have made the directory anew for another device
 * @m: the machine
 *
 * True if the store says Initialising while the device is in a later state: tools have removed
 * the directory and made a new one before xenbus noticed. For a back only. Sleeps.
 */
bool xvbd_is_replaced(const struct xvbd_machine *m);

/**
 * xvbd_announce_replacement() - have xenbus look at the directory again
 * @m: the machine of a device that xenbus is unregistering
 *
 * Xenbus has ignored the new directory as long as it had the old device. Writing the state
 * once more makes it look. May be called in xenwatch. Sleeps.
 *
 * Return: true if the directory has been made anew, and has been announced.
 */
bool xvbd_announce_replacement(const struct xvbd_machine *m);

/**
 * xvbd_fail() - say what is wrong and begin an orderly close, outside an action
 * @m:   the machine, whose device gets an error node, and which switches to Closing
 * @err: negative errno
 * @fmt: as of xvbd_tell()
 *
 * As xvbd_switch_state().
 */
__printf(3, 4) void xvbd_fail(struct xvbd_machine *m, int err, const char *fmt, ...);

#endif /* XVBD_MACHINE_H */

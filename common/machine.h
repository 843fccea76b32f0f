/* SPDX-License-Identifier: GPL-2.0 */
/* Runs the handshake table for a xenbus device. */
#ifndef XSPLIT_MACHINE_H
#define XSPLIT_MACHINE_H

#include <xen/xenbus.h>

#include "handshake.h"

struct xsplit_machine;
typedef int (*xsplit_action_fn)(struct xsplit_machine *m);

/**
 * struct xsplit_machine - the handshake of one end
 * @role:     selects the rows of the table
 * @dev:      the device; it has this end's state
 * @otherend: path of the other end's directory
 * @next:     the state that the machine has chosen but not written yet, or
 *            Unknown
 * @facts:    returns what is true now, a mask of enum xsplit_fact
 * @actions:  indexed by enum xsplit_action; NULL: this end has nothing to do. An
 *            action returns 0; or -EAGAIN: read the table again; or
 *            -EINPROGRESS: the action cannot be done now, and the action makes
 *            the machine run again later; or another negative errno after
 *            xsplit_dev_error(): the machine switches to the state of xsplit_failed()
 * @call_xenwatch: front: make xenwatch call xsplit_write_state() and then run
 *            the machine
 * @retry_write: the state could not be written: try again soon. The frontend
 *            then uses @call_xenwatch, the backend runs the machine
 * @replaced: back: the directory now belongs to another device, and nothing was
 *            written: ask xenbus to unregister this device. NULL in a frontend:
 *            xenbus removes or resumes it
 *
 * The backend writes its state where the machine runs, in a work item. The
 * frontend writes its state in xenwatch, because xenbus of Linux 7.0 and later
 * checks the state there. The check runs when anything in the frontend's
 * directory changes. If the store says Initialising, but @dev->state or the
 * domain id of the backend differ, xenbus concludes that the tools have made a
 * new directory. Then it removes the device and probes a new one. A frontend of
 * ours that reconnects also goes back to Initialising. While it writes this in
 * xenwatch, the check cannot run.
 *
 * Xenbus itself writes Closing when the system shuts down: then the disk is
 * closed.
 */
struct xsplit_machine {
	enum xsplit_role role;
	struct xenbus_device *dev;
	const char *otherend;
	unsigned int next;
	unsigned int (*facts)(struct xsplit_machine *m);
	const xsplit_action_fn *actions;
	void (*call_xenwatch)(struct xsplit_machine *m);
	void (*retry_write)(struct xsplit_machine *m);
	void (*replaced)(struct xsplit_machine *m);
};

/**
 * xsplit_machine_run() - take steps until the table says wait
 * @m: the machine
 *
 * A machine must not run twice at the same time: the caller ensures this.
 *
 * Context: Process context. Sleeps, because the states are in xenstore. Not in
 * a callback of xenwatch, because the other devices wait for xenwatch.
 */
void xsplit_machine_run(struct xsplit_machine *m);

/**
 * xsplit_state() - the state of this end, or the chosen state if it is not
 * written yet
 * @m: the machine
 *
 * Context: Any context. Does not read the store.
 *
 * Return: the state.
 */
enum xenbus_state xsplit_state(const struct xsplit_machine *m);

/**
 * xsplit_switch_state() - choose a new state of this end
 * @m:     the machine
 * @state: the new state
 *
 * The next run of the machine writes the state first.
 *
 * Context: Where the machine runs, or before it can run. Does not sleep.
 */
void xsplit_switch_state(struct xsplit_machine *m, enum xenbus_state state);

/**
 * xsplit_start_over() - choose Initialising, even if it is the current state
 * @m: the machine
 *
 * Context: As xsplit_switch_state().
 */
void xsplit_start_over(struct xsplit_machine *m);

/**
 * xsplit_write_state() - write the state that the machine has chosen, if there is
 * one
 * @m: the machine
 *
 * Writes nothing if the directory is gone. Writes nothing either if the
 * directory belongs to another device, or if a frontend's directory names
 * another backend: then it calls @replaced, if there is one, and the state
 * stays chosen.
 *
 * Context: Sleeps. A frontend calls it in xenwatch only.
 *
 * Return: true if no state is left to write: the machine can run.
 */
bool xsplit_write_state(struct xsplit_machine *m);

/**
 * xsplit_is_replaced() - whether the tools have replaced the directory
 * @m: the machine of a backend
 *
 * The tools have removed the directory and made a new one for another device,
 * before xenbus noticed. Then the store says Initialising while the device is
 * in a later state.
 *
 * Context: Sleeps.
 *
 * Return: true if the directory belongs to another device.
 */
bool xsplit_is_replaced(const struct xsplit_machine *m);

/**
 * xsplit_announce_replacement() - make xenbus look at the directory again
 * @m: the machine of a device that xenbus unregisters
 *
 * Xenbus ignores the new directory as long as it has the old device. Writing
 * the state once more fires the watch of xenbus.
 *
 * Context: Sleeps. May be called in xenwatch.
 *
 * Return: true if the directory is a new one and this function has announced
 * it.
 */
bool xsplit_announce_replacement(const struct xsplit_machine *m);

/**
 * xsplit_machine_fail() - report an error outside an action, and close
 * @m:   the machine; its device gets an error node, and the machine switches to
 *       Closing
 * @err: negative errno
 * @fmt: format of the message, as for xsplit_dev_error()
 *
 * Context: As xsplit_switch_state(), but sleeps.
 */
__printf(3, 4) void xsplit_machine_fail(struct xsplit_machine *m, int err, const char *fmt, ...);

#endif /* XSPLIT_MACHINE_H */

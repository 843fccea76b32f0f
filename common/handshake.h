/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The xenbus handshake of a split driver, as a table.
 *
 * A driver collects its own state, the state of the other end and a few facts.
 * It passes them to the table, and the table returns the next action. The table
 * knows no class, and the driver knows nothing about the order of events. Each
 * end takes steps until the table says wait.
 *
 * Source: xen/include/public/io/xenbus.h, and what libxl does as the toolstack
 * and as the caller of the hotplug script.
 *
 * Pure: no allocation, no lock, no xenbus.
 */
#ifndef XSPLIT_HANDSHAKE_H
#define XSPLIT_HANDSHAKE_H

#include "types.h"

/* Same values as enum xenbus_state. */
enum xsplit_state {
	XSPLIT_UNKNOWN,
	XSPLIT_INITIALISING,
	XSPLIT_INITWAIT,
	XSPLIT_INITIALISED,
	XSPLIT_CONNECTED,
	XSPLIT_CLOSING,
	XSPLIT_CLOSED,
	XSPLIT_STATES,
};

enum xsplit_role { XSPLIT_BACK, XSPLIT_FRONT };

/* Facts that a driver adds to the two states. */
enum xsplit_fact {
	XSPLIT_F_RESOURCE = BIT(0), /* back: the hotplug script has written physical-device */
	XSPLIT_F_ONLINE = BIT(1), /* the backend's directory says: this device is wanted */
	XSPLIT_F_LINKED = BIT(2), /* front: it has rings; back: it has the device or rings */
	XSPLIT_F_SHOWN = BIT(3), /* front: users can see the device */
	XSPLIT_F_BUSY = BIT(4), /* front: the device is open, or its removal has begun */
	XSPLIT_F_BROKEN = BIT(5), /* front: the device can no longer serve its users */
	XSPLIT_F_PARKED = BIT(6), /* front: the requests of its users wait for rings */
	XSPLIT_F_STALE = BIT(7), /* front: the rings belong to an earlier backend */
	XSPLIT_F_FAILED = BIT(8), /* back: could not serve; cleared when the frontend closes */
	XSPLIT_F_CHANGED = BIT(9), /* the other end or a tool wrote a value, or a retry is due */
	XSPLIT_F_REMOVED = BIT(10), /* xenbus has removed the device from the driver */
	XSPLIT_F_NO_REJOIN = BIT(11), /* front: the backend has no feature-rejoin */
	XSPLIT_F_UNPUBLISHED = BIT(12), /* front: probed, and has published nothing yet */
	XSPLIT_F_BACK_GONE = BIT(13), /* front: the backend's directory is gone */
};

enum xsplit_action {
	XSPLIT_A_NONE,
	XSPLIT_A_OFFER, /* back: publish the features that can be negotiated */
	XSPLIT_A_PUBLISH, /* front: make rings and event channels, and publish them */
	XSPLIT_A_CONNECT, /* back: open the device and map the rings; front: make the device */
	XSPLIT_A_ATTACH, /* back: the same, with rings that another driver has served */
	XSPLIT_A_RECONFIGURE, /* back: follow changed settings under the front */
	XSPLIT_A_REFRESH, /* front: read the device's properties again */
	XSPLIT_A_SHOW, /* front: make the device visible to users */
	XSPLIT_A_PARK, /* front: stop the users' requests, including those in flight */
	XSPLIT_A_RECONNECT, /* front: read the device's properties from the new backend */
	XSPLIT_A_UNPARK, /* front: let the stopped requests continue */
	XSPLIT_A_REFUSE, /* front: report that the device is in use and stays */
	XSPLIT_A_HIDE, /* front: begin to remove the idle device: drain its requests */
	XSPLIT_A_KILL, /* front: remove the device at once, and fail the requests in flight */
	XSPLIT_A_UNLINK, /* release rings and event channels; back: the device, too */
	XSPLIT_A_UNREGISTER, /* back: ask xenbus to unregister the device */
	XSPLIT_ACTIONS,
};

/**
 * struct xsplit_step - one row of the table
 * @role:   the end that the row is for
 * @own:    bit mask of this end's states in which the row applies
 * @other:  bit mask of the other end's states in which the row applies
 * @need:   bit mask of facts that must be true
 * @absent: bit mask of facts that must be false
 * @action: what to do first; if it fails, see xsplit_failed()
 * @next:   state to switch to after the action, or XSPLIT_UNKNOWN: keep the state
 * @why:    the reason, as text for people
 */
struct xsplit_step {
	enum xsplit_role role;
	u16 own;
	u16 other;
	u16 need;
	u16 absent;
	enum xsplit_action action;
	enum xsplit_state next;
	const char *why;
};

/**
 * xsplit_handshake() - find the next step
 * @role:  the end that takes the step
 * @own:   its state
 * @other: the other end's state in xenstore
 * @facts: bit mask of enum xsplit_fact
 *
 * A state that the protocol does not define counts as XSPLIT_UNKNOWN.
 *
 * Context: Any context.
 *
 * Return: the first row that applies, or NULL: wait for the next event.
 */
const struct xsplit_step *xsplit_handshake(enum xsplit_role role, unsigned int own,
					   unsigned int other, unsigned int facts);

/*
 * The state after an action that failed. Closing asks the other end to close.
 * After a failed attach the backend stays in InitWait: the frontend is
 * connected, and continues to wait for a backend.
 */
static inline enum xsplit_state xsplit_failed(const struct xsplit_step *step)
{
	return step->action == XSPLIT_A_ATTACH ? XSPLIT_INITWAIT : XSPLIT_CLOSING;
}

/**
 * xsplit_action_name() - name of an action, for a log line
 * @action: the action
 *
 * Context: Any context.
 *
 * Return: a constant string.
 */
const char *xsplit_action_name(enum xsplit_action action);

/* The whole table, for tools that check it or draw it. */
extern const struct xsplit_step xsplit_handshake_table[];
extern const unsigned int xsplit_handshake_rows;

#endif /* XSPLIT_HANDSHAKE_H */

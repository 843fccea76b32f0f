/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The xenbus handshake of a split driver, as a table.
 *
 * A driver collects its own state, the state of the other end and a few facts.
 * It passes them to the table, and the table returns the next action. The table
 * knows nothing about blocks, and the driver knows nothing about the order of
 * events. Each end takes steps until the table says wait.
 *
 * Source: xen/include/public/io/xenbus.h, and what libxl does as the toolstack
 * and as the caller of the hotplug script.
 *
 * Pure: no allocation, no lock, no xenbus.
 */
#ifndef XVBD_HANDSHAKE_H
#define XVBD_HANDSHAKE_H

#include "types.h"

/* Same values as enum xenbus_state. */
enum xvbd_state {
	XVBD_UNKNOWN,
	XVBD_INITIALISING,
	XVBD_INITWAIT,
	XVBD_INITIALISED,
	XVBD_CONNECTED,
	XVBD_CLOSING,
	XVBD_CLOSED,
	XVBD_STATES,
};

enum xvbd_role { XVBD_BACK, XVBD_FRONT };

/* Facts that a driver adds to the two states. */
enum xvbd_fact {
	XVBD_F_DEVICE = BIT(0), /* back: the hotplug script has written physical-device */
	XVBD_F_ONLINE = BIT(1), /* the backend's directory says: this device is wanted */
	XVBD_F_LINKED = BIT(2), /* front: it has rings; back: it has the device or rings */
	XVBD_F_DISK = BIT(3), /* front: users can see the disk */
	XVBD_F_BUSY = BIT(4), /* front: the disk is open, or its removal has begun */
	XVBD_F_BROKEN = BIT(5), /* front: the disk can no longer serve its users */
	XVBD_F_PARKED = BIT(6), /* front: the requests of the disk wait for rings */
	XVBD_F_STALE = BIT(7), /* front: the rings belong to an earlier backend */
	XVBD_F_FAILED = BIT(8), /* back: could not serve; cleared when the frontend closes */
	XVBD_F_NEWS = BIT(9), /* the other end or a tool wrote a value, or a retry is due */
	XVBD_F_REMOVED = BIT(10), /* xenbus has removed the device from the driver */
	XVBD_F_PLAIN = BIT(11), /* front: the backend does not notice a frontend that starts over */
	XVBD_F_FRESH = BIT(12), /* front: probed, and has published nothing yet */
	XVBD_F_NOWHERE = BIT(13), /* front: the backend's directory is gone */
};

enum xvbd_action {
	XVBD_A_NONE,
	XVBD_A_OFFER, /* back: publish the features that can be negotiated */
	XVBD_A_PUBLISH, /* front: make rings and event channels, and publish them */
	XVBD_A_CONNECT, /* back: open the device and map the rings; front: make the disk */
	XVBD_A_ATTACH, /* back: the same, with rings that another driver has served */
	XVBD_A_RECONFIGURE, /* back: change to another device, mode, size or cgroup */
	XVBD_A_REFRESH, /* front: read the disk's properties again */
	XVBD_A_SHOW, /* front: make the disk visible to users */
	XVBD_A_PARK, /* front: stop the disk's requests, including those in flight */
	XVBD_A_REJOIN, /* front: read the disk's properties from the new backend */
	XVBD_A_UNPARK, /* front: let the stopped requests continue */
	XVBD_A_REFUSE, /* front: report that the disk is in use and stays */
	XVBD_A_HIDE, /* front: begin to remove the idle disk: drain its requests */
	XVBD_A_KILL, /* front: remove the disk at once, and fail the requests in flight */
	XVBD_A_UNLINK, /* release rings and event channels; back: the device, too */
	XVBD_A_UNREGISTER, /* back: ask xenbus to unregister the device */
	XVBD_ACTIONS,
};

/**
 * struct xvbd_step - one row of the table
 * @role:   the end that the row is for
 * @own:    bit mask of this end's states in which the row applies
 * @other:  bit mask of the other end's states in which the row applies
 * @need:   bit mask of facts that must be true
 * @absent: bit mask of facts that must be false
 * @action: what to do first; if it fails, see xvbd_failed()
 * @next:   state to switch to after the action, or XVBD_UNKNOWN: keep the state
 * @why:    the reason, as text for people
 */
struct xvbd_step {
	enum xvbd_role role;
	u16 own;
	u16 other;
	u16 need;
	u16 absent;
	enum xvbd_action action;
	enum xvbd_state next;
	const char *why;
};

/**
 * xvbd_handshake() - find the next step
 * @role:  the end that takes the step
 * @own:   its state
 * @other: the other end's state in xenstore
 * @facts: bit mask of enum xvbd_fact
 *
 * A state that the protocol does not define counts as XVBD_UNKNOWN.
 *
 * Context: Any context.
 *
 * Return: the first row that applies, or NULL: wait for the next event.
 */
const struct xvbd_step *xvbd_handshake(enum xvbd_role role, unsigned int own,
				       unsigned int other, unsigned int facts);

/*
 * The state after an action that failed. Closing asks the other end to close.
 * After a failed attach the backend stays in InitWait: the frontend is
 * connected, and continues to wait for a backend.
 */
static inline enum xvbd_state xvbd_failed(const struct xvbd_step *step)
{
	return step->action == XVBD_A_ATTACH ? XVBD_INITWAIT : XVBD_CLOSING;
}

/**
 * xvbd_action_name() - name of an action, for a log line
 * @action: the action
 *
 * Context: Any context.
 *
 * Return: a constant string.
 */
const char *xvbd_action_name(enum xvbd_action action);

/* The whole table, for tools that check it or draw it. */
extern const struct xvbd_step xvbd_handshake_table[];
extern const unsigned int xvbd_handshake_rows;

#endif /* XVBD_HANDSHAKE_H */

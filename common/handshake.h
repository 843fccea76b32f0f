/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The xenbus handshake of a split driver, as a table.
 *
 * A driver gathers what it knows - its own state, the other end's state, a few
 * facts - and asks the table what to do. The table knows nothing about blocks;
 * the driver knows nothing about orders of events. Both ends step until the
 * table says wait.
 *
 * Source: xen/include/public/io/xenbus.h; the roles of toolstack and hotplug
 * script as libxl plays them.
 *
 * Pure: no allocation, no lock, no xenbus.
 */
#ifndef XVBD_HANDSHAKE_H
#define XVBD_HANDSHAKE_H

#include "types.h"

/* Numbered as enum xenbus_state. */
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

/* What a driver knows beside the two states. */
enum xvbd_fact {
	XVBD_F_DEVICE = BIT(0), /* back: the hotplug script has named the device */
	XVBD_F_ONLINE = BIT(1), /* the toolstack wants this device, the back's directory says */
	XVBD_F_LINKED = BIT(2), /* rings and event channels are held */
	XVBD_F_DISK = BIT(3), /* front: the device is shown to its users */
	XVBD_F_BUSY = BIT(4), /* front: somebody has it open, or it is being taken away */
	XVBD_F_BROKEN = BIT(5), /* front: the disk cannot serve its users any more */
	XVBD_F_PARKED = BIT(6), /* front: the disk's requests wait for rings */
	XVBD_F_STALE = BIT(7), /* front: the rings are of the life before a resume */
	XVBD_F_FAILED = BIT(8), /* back: could not connect; since then the front is the same */
	XVBD_F_NEWS = BIT(9), /* the other end, or a tool, wrote something while connected */
	XVBD_F_REMOVED = BIT(10), /* xenbus has taken the device from the driver */
	XVBD_F_PLAIN = BIT(11), /* front: a back that does not see a front start over */
	XVBD_F_FRESH = BIT(12), /* front: probed, and nothing published yet */
	XVBD_F_NOWHERE = BIT(13), /* front: the back's directory is gone */
};

enum xvbd_action {
	XVBD_A_NONE,
	XVBD_A_OFFER, /* back: publish what can be negotiated */
	XVBD_A_PUBLISH, /* front: make rings and event channels, publish them */
	XVBD_A_CONNECT, /* back: open the device, map the rings; front: make the disk */
	XVBD_A_ATTACH, /* back: the same, with rings that another driver has served */
	XVBD_A_RECONFIGURE, /* back: another device, mode or size */
	XVBD_A_REFRESH, /* front: see what the disk is now */
	XVBD_A_SHOW, /* front: let users see the disk */
	XVBD_A_PARK, /* front: hold the disk's requests, those in flight too */
	XVBD_A_REJOIN, /* front: see what the disk is with this back */
	XVBD_A_UNPARK, /* front: let the held requests go */
	XVBD_A_REFUSE, /* front: say that the disk is in use and stays */
	XVBD_A_HIDE, /* front: begin to take the idle disk away, draining it */
	XVBD_A_KILL, /* front: take the disk away at once, failing what is in flight */
	XVBD_A_UNLINK, /* give up rings, event channels and, at the back, the device */
	XVBD_A_UNREGISTER, /* back: the device is done with */
	XVBD_ACTIONS,
};

/**
 * struct xvbd_step - one row of the table
 * @role:   whose row
 * @own:    bit mask of own states in which it applies
 * @other:  bit mask of the other end's states
 * @need:   facts that must hold
 * @absent: facts that must not hold
 * @action: what to do first; if it fails, see xvbd_failed()
 * @next:   state to switch to after that, or XVBD_UNKNOWN to stay
 * @why:    the reason, for people
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
 * xvbd_handshake() - what to do now
 * @role:  which end asks
 * @own:   its state
 * @other: the other end's state as the store shows it
 * @facts: bit mask of enum xvbd_fact
 *
 * Return: the first row that applies, or NULL: wait for the next event.
 */
const struct xvbd_step *xvbd_handshake(enum xvbd_role role, unsigned int own,
				       unsigned int other, unsigned int facts);

/*
 * Where a failed action leads: the other end is asked to close, unless it is a
 * connected front that waits for a back, and goes on waiting.
 */
static inline enum xvbd_state xvbd_failed(const struct xvbd_step *step)
{
	return step->action == XVBD_A_ATTACH ? XVBD_INITWAIT : XVBD_CLOSING;
}

const char *xvbd_action_name(enum xvbd_action action);

/* The whole table, for a proof or a picture of it. */
extern const struct xvbd_step xvbd_handshake_table[];
extern const unsigned int xvbd_handshake_rows;

#endif /* XVBD_HANDSHAKE_H */

// SPDX-License-Identifier: GPL-2.0
#include "handshake.h"

#define S(state) BIT(XVBD_##state)
#define ANY (BIT(XVBD_STATES) - 1)
#define UP (S(INITIALISING) | S(INITWAIT) | S(INITIALISED) | S(CONNECTED))
#define OPEN (UP | S(CLOSING))
#define GONE (S(CLOSED) | S(UNKNOWN))

#define DEVICE XVBD_F_DEVICE
#define ONLINE XVBD_F_ONLINE
#define LINKED XVBD_F_LINKED
#define DISK XVBD_F_DISK
#define BUSY XVBD_F_BUSY
#define REMOVED XVBD_F_REMOVED
#define BROKEN XVBD_F_BROKEN
#define PARKED XVBD_F_PARKED
#define STALE XVBD_F_STALE
#define FAILED XVBD_F_FAILED
#define NEWS XVBD_F_NEWS
#define PLAIN XVBD_F_PLAIN
#define FRESH XVBD_F_FRESH
#define NOWHERE XVBD_F_NOWHERE

#define STAY XVBD_UNKNOWN
#define B XVBD_BACK
#define F XVBD_FRONT

/*
 * The order of the rows matters: the first row that applies is taken. First
 * come the rows for removal, then those for the loss of the other end, then the
 * normal course.
 */
const struct xvbd_step xvbd_handshake_table[] = {
	/* clang-format off */
	/* role own                     other                need     absent   action             next */
	{ B, ANY,                       ANY,                 REMOVED | LINKED, 0, XVBD_A_UNLINK,  STAY,
	  "xenbus took the device away: give everything back" },
	{ B, ANY,                       ANY,                 REMOVED, 0,       XVBD_A_NONE,       STAY,
	  "removed and empty" },

	{ B, S(CLOSING),                ANY & ~S(CONNECTED), FAILED | LINKED, 0, XVBD_A_UNLINK,   STAY,
	  "cannot serve, and the front has seen it: there is nothing to wait for" },
	{ B, S(INITWAIT),               ANY,                 FAILED | LINKED, 0, XVBD_A_UNLINK,   STAY,
	  "cannot take over the rings of another driver: leave them" },
	{ B, S(INITWAIT),               S(CONNECTED),        FAILED | NEWS | DEVICE | ONLINE, LINKED, XVBD_A_ATTACH, XVBD_CONNECTED,
	  "a while has passed since that failed, or a tool has named a device: try once more" },
	{ B, S(INITWAIT),               S(CONNECTED),        FAILED | ONLINE, LINKED, XVBD_A_NONE, STAY,
	  "could not take over the rings: the front keeps its disk, so wait" },
	{ B, S(CLOSING) | S(INITWAIT),  ANY,                 FAILED,  LINKED,  XVBD_A_NONE,       XVBD_CLOSED,
	  "could not serve, and holds nothing: closed" },
	{ B, S(INITIALISING),           UP,                  ONLINE,  0,       XVBD_A_OFFER,      XVBD_INITWAIT,
	  "probed: offer what can be negotiated, wait for the hotplug script" },
	{ B, S(CLOSED),                 S(INITIALISING),     ONLINE,  FAILED,  XVBD_A_OFFER,      XVBD_INITWAIT,
	  "the front starts over, as after a boot loader: start over with it" },
	{ B, S(CLOSED),                 S(INITIALISING),     ONLINE | NEWS, 0, XVBD_A_OFFER,      XVBD_INITWAIT,
	  "another device has been named since one failed: try that" },

	{ B, ANY,                       GONE | S(INITIALISING), LINKED, 0,     XVBD_A_UNLINK,     STAY,
	  "the front has let go, vanished or started over: let go of rings and device" },
	{ B, OPEN,                      GONE,                0,       LINKED,  XVBD_A_NONE,       XVBD_CLOSED,
	  "nothing is held any more: closed" },
	{ B, S(CONNECTED) | S(CLOSING), S(INITIALISING),     0,       LINKED,  XVBD_A_NONE,       XVBD_CLOSED,
	  "the front has started over unseen: be closed, and then do so too" },
	{ B, OPEN,                      S(CLOSING),          0,       LINKED,  XVBD_A_NONE,       XVBD_CLOSED,
	  "the front is closing, and nothing is held: nobody would serve what it waits for" },
	{ B, OPEN,                      UP,                  0, ONLINE | LINKED, XVBD_A_NONE,      XVBD_CLOSED,
	  "taken offline before anything was served: nothing to wait for" },
	{ B, S(CONNECTED),              UP,                  LINKED,  ONLINE,  XVBD_A_NONE,       XVBD_CLOSING,
	  "taken offline: ask the front to close, whoever has overwritten the tools' wish" },
	{ B, S(CLOSED),                 S(UNKNOWN),          0,       0,       XVBD_A_UNREGISTER, STAY,
	  "the front's directory is gone: so is this device" },
	{ B, S(CLOSED),                 ANY,                 0,       ONLINE,  XVBD_A_UNREGISTER, STAY,
	  "closed for good" },

	{ B, S(INITWAIT),               S(INITIALISED),      DEVICE | ONLINE, LINKED, XVBD_A_CONNECT, XVBD_CONNECTED,
	  "device and rings are both known: connect" },
	{ B, S(INITWAIT),               S(CONNECTED),        DEVICE | ONLINE, LINKED, XVBD_A_ATTACH, XVBD_CONNECTED,
	  "another driver has left a front its rings: go on where they stand" },
	{ B, S(CONNECTED),              S(INITIALISED) | S(CONNECTED), LINKED | NEWS, 0, XVBD_A_RECONFIGURE, STAY,
	  "a tool wants another device, mode or size: change to it under the front" },
	{ B, UP,                        S(CLOSING),          0,       0,       XVBD_A_NONE,       XVBD_CLOSING,
	  "the front is closing: follow, serve it until it is done" },

	{ F, ANY,                       ANY,                 REMOVED | DISK, 0, XVBD_A_KILL,      STAY,
	  "xenbus took the device away: so goes the disk" },
	{ F, ANY,                       ANY,                 REMOVED | LINKED, 0, XVBD_A_UNLINK,  STAY,
	  "no disk uses the rings any more" },
	{ F, ANY,                       ANY,                 REMOVED, 0,       XVBD_A_NONE,       STAY,
	  "removed and empty" },

	{ F, ANY,                       ANY,                 BROKEN | DISK, 0, XVBD_A_KILL,       STAY,
	  "this end found the other broken: nobody can be served" },

	{ F, ANY,                       ANY,                 STALE | DISK, PARKED, XVBD_A_PARK,   STAY,
	  "woken up elsewhere: hold the requests until there are rings again" },
	{ F, ANY,                       ANY,                 STALE | LINKED, 0, XVBD_A_UNLINK,    STAY,
	  "the rings stayed behind with the former back" },

	{ F, S(INITIALISING),           S(CONNECTED) | S(CLOSING), PARKED | PLAIN, 0, XVBD_A_NONE, XVBD_CLOSED,
	  "a back has taken up rings that are given up: have it let go of them" },
	{ F, S(CLOSED),                 GONE | S(INITIALISING) | S(INITWAIT), PARKED | LINKED | ONLINE, NOWHERE, XVBD_A_UNLINK, STAY,
	  "it has let go" },
	{ F, S(CLOSED),                 GONE | S(INITIALISING) | S(INITWAIT), PARKED | ONLINE, LINKED | NOWHERE, XVBD_A_NONE, XVBD_INITIALISING,
	  "it has let go, and the disk is wanted: start over" },
	{ F, S(INITIALISING),           S(CONNECTED) | S(CLOSING), PLAIN, DISK, XVBD_A_NONE,      XVBD_CLOSED,
	  "the back has not seen that the rings of before are gone: let it" },
	{ F, S(CLOSED),                 S(CLOSED) | S(INITIALISING) | S(INITWAIT), PLAIN | FRESH | ONLINE, 0, XVBD_A_NONE, XVBD_INITIALISING,
	  "it has seen it: start" },
	{ F, S(INITIALISING),           UP & ~S(CONNECTED),  LINKED,  0,       XVBD_A_UNLINK,     STAY,
	  "a former attempt has left rings: begin anew" },
	{ F, S(INITIALISING),           S(INITWAIT) | S(INITIALISED), 0, LINKED, XVBD_A_PUBLISH,  XVBD_INITIALISED,
	  "the back has made its offer: answer with rings" },
	{ F, S(INITIALISED),            S(CONNECTED),        LINKED | PARKED, 0, XVBD_A_REJOIN,   XVBD_CONNECTED,
	  "a back serves the rings of a disk that has users" },
	{ F, S(INITIALISED),            S(CONNECTED),        LINKED,  DISK,    XVBD_A_CONNECT,    XVBD_CONNECTED,
	  "the back serves the rings: read what the disk is" },
	{ F, S(CONNECTED),              S(CONNECTED),        LINKED | PARKED, 0, XVBD_A_UNPARK,   STAY,
	  "both connected again: let the held requests go" },
	{ F, S(CONNECTED),              S(CONNECTED),        LINKED,  DISK | BROKEN, XVBD_A_SHOW, STAY,
	  "both connected: the disk can be read, show it" },

	{ F, S(CONNECTED),              S(CONNECTED),        DISK | NEWS, PARKED, XVBD_A_REFRESH, STAY,
	  "the back says Connected once more: the disk has changed" },

	{ F, S(CONNECTED),              S(UNKNOWN),          DISK | ONLINE | NOWHERE, PARKED, XVBD_A_PARK, XVBD_CLOSED,
	  "the back's domain has died: the tools will name another back" },
	{ F, S(CONNECTED),              GONE,                DISK | ONLINE, PARKED, XVBD_A_PARK,  XVBD_INITIALISING,
	  "the back's driver has left a disk that is wanted: it will be back" },
	{ F, S(CLOSING),                GONE,                DISK,    0,       XVBD_A_KILL,       STAY,
	  "the back is gone while closing: nothing in flight will be answered" },
	{ F, ANY,                       GONE,                DISK,    ONLINE,  XVBD_A_KILL,       XVBD_CLOSING,
	  "the back is gone for good: nothing in flight will be answered" },
	{ F, ANY,                       S(CLOSING),          DISK | PARKED, ONLINE, XVBD_A_KILL,  XVBD_CLOSING,
	  "taken offline while no back serves it: none will come" },
	{ F, UP,                        S(UNKNOWN),          PARKED | NOWHERE, 0, XVBD_A_NONE,    XVBD_CLOSED,
	  "the back has gone before it served: the tools will name another" },
	{ F, ANY,                       S(CLOSED),           LINKED | PARKED, 0, XVBD_A_UNLINK,   STAY,
	  "the back has let go of the rings, and the disk holds its requests" },
	{ F, ANY,                       GONE,                LINKED,  DISK,    XVBD_A_UNLINK,     STAY,
	  "the back has let go of the rings: take them back" },
	{ F, S(INITIALISED) | S(CONNECTED), GONE,            PARKED,  LINKED,  XVBD_A_NONE,       XVBD_INITIALISING,
	  "ready to start over as soon as a back offers" },
	{ F, S(INITIALISED) | S(CONNECTED), S(CLOSING),      PARKED,  0,       XVBD_A_NONE,       XVBD_INITIALISING,
	  "this back could not serve the disk: wait for one that can" },

	{ F, S(INITIALISED) | S(CONNECTED), UP,              0,       LINKED,  XVBD_A_NONE,       XVBD_INITIALISING,
	  "the rings are given up and a back is there again: begin anew" },

	{ F, S(CONNECTED),              S(CLOSING),          DISK | BUSY, PARKED, XVBD_A_REFUSE,  XVBD_CLOSING,
	  "asked to close while in use: stay until the last user is gone" },
	{ F, S(CONNECTED) | S(CLOSING), S(CLOSING),          DISK,    BUSY | PARKED, XVBD_A_HIDE, XVBD_CLOSING,
	  "asked to close and nobody uses the disk: begin to take it away" },
	{ F, S(CLOSING),                UP | S(CLOSING),     DISK | PARKED, 0, XVBD_A_KILL,       STAY,
	  "this end could not go on with the disk: nobody else will" },
	{ F, OPEN & ~S(INITIALISING),   S(CLOSING) | GONE,   0,       DISK,    XVBD_A_NONE,       XVBD_CLOSED,
	  "no disk any more: closed; the back may still read the rings" },
	{ F, S(INITIALISING),           S(CLOSING),          0,       DISK | ONLINE, XVBD_A_NONE, XVBD_CLOSED,
	  "the back leaves before anything was set up: closed" },
	{ F, S(CLOSING),                UP,                  0,       DISK,    XVBD_A_NONE,       XVBD_CLOSED,
	  "this end leaves and has no disk any more: closed" },
	/* clang-format on */
};

const unsigned int xvbd_handshake_rows = ARRAY_SIZE(xvbd_handshake_table);

const struct xvbd_step *xvbd_handshake(enum xvbd_role role, unsigned int own,
				       unsigned int other, unsigned int facts)
{
	const struct xvbd_step *s;

	/* A state that the protocol does not define counts as Unknown. */
	if (own >= XVBD_STATES)
		own = XVBD_UNKNOWN;
	if (other >= XVBD_STATES)
		other = XVBD_UNKNOWN;

	for (s = xvbd_handshake_table; s < xvbd_handshake_table + xvbd_handshake_rows; s++) {
		if (s->role != role || !(s->own & BIT(own)) || !(s->other & BIT(other)))
			continue;
		if ((facts & s->need) != s->need || (facts & s->absent))
			continue;
		if (s->action == XVBD_A_NONE && s->next == STAY)
			return NULL;
		return s;
	}
	return NULL;
}

const char *xvbd_action_name(enum xvbd_action action)
{
	static const char *const names[XVBD_ACTIONS] = {
		[XVBD_A_NONE] = "none",		[XVBD_A_OFFER] = "offer",
		[XVBD_A_PUBLISH] = "publish",	[XVBD_A_CONNECT] = "connect",
		[XVBD_A_ATTACH] = "attach",	[XVBD_A_SHOW] = "show",		[XVBD_A_REFUSE] = "refuse",
		[XVBD_A_RECONFIGURE] = "reconfigure", [XVBD_A_REFRESH] = "refresh",
		[XVBD_A_PARK] = "park",		[XVBD_A_REJOIN] = "rejoin",
		[XVBD_A_UNPARK] = "unpark",
		[XVBD_A_HIDE] = "hide",		[XVBD_A_KILL] = "kill",
		[XVBD_A_UNLINK] = "unlink",	[XVBD_A_UNREGISTER] = "unregister",
	};

	return (unsigned int)action < XVBD_ACTIONS ? names[action] : "?";
}

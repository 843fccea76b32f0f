// SPDX-License-Identifier: GPL-2.0
#include "handshake.h"

#define S(state) BIT(XSPLIT_##state)
#define ANY (BIT(XSPLIT_STATES) - 1)
#define UP (S(INITIALISING) | S(INITWAIT) | S(INITIALISED) | S(CONNECTED))
#define OPEN (UP | S(CLOSING))
#define GONE (S(CLOSED) | S(UNKNOWN))

#define RESOURCE XSPLIT_F_RESOURCE
#define ONLINE XSPLIT_F_ONLINE
#define LINKED XSPLIT_F_LINKED
#define SHOWN XSPLIT_F_SHOWN
#define BUSY XSPLIT_F_BUSY
#define REMOVED XSPLIT_F_REMOVED
#define BROKEN XSPLIT_F_BROKEN
#define PARKED XSPLIT_F_PARKED
#define STALE XSPLIT_F_STALE
#define FAILED XSPLIT_F_FAILED
#define CHANGED XSPLIT_F_CHANGED
#define NO_REJOIN XSPLIT_F_NO_REJOIN
#define UNPUBLISHED XSPLIT_F_UNPUBLISHED
#define BACK_GONE XSPLIT_F_BACK_GONE

#define STAY XSPLIT_UNKNOWN
#define B XSPLIT_BACK
#define F XSPLIT_FRONT

/*
 * The order of the rows matters: the first row that applies is taken. First
 * come the rows for removal, then those for the loss of the other end, then the
 * normal course.
 */
const struct xsplit_step xsplit_handshake_table[] = {
	/* clang-format off */
	/* role own                     other                need     absent   action             next */
	{ B, ANY,                       ANY,                 REMOVED | LINKED, 0, XSPLIT_A_UNLINK,  STAY,
	  "xenbus took the device away: give everything back" },
	{ B, ANY,                       ANY,                 REMOVED, 0,       XSPLIT_A_NONE,       STAY,
	  "removed and empty" },

	{ B, S(CLOSING),                ANY & ~S(CONNECTED), FAILED | LINKED, 0, XSPLIT_A_UNLINK,   STAY,
	  "cannot serve, and the front has seen it: there is nothing to wait for" },
	{ B, S(INITWAIT),               ANY,                 FAILED | LINKED, 0, XSPLIT_A_UNLINK,   STAY,
	  "cannot take over the rings of another driver: leave them" },
	{ B, S(INITWAIT),               S(CONNECTED),        FAILED | CHANGED | RESOURCE | ONLINE, LINKED, XSPLIT_A_ATTACH, XSPLIT_CONNECTED,
	  "a while has passed since that failed, or a tool has named a resource: try once more" },
	{ B, S(INITWAIT),               S(CONNECTED),        FAILED | ONLINE, LINKED, XSPLIT_A_NONE, STAY,
	  "could not take over the rings: the front keeps its device, so wait" },
	{ B, S(CLOSING) | S(INITWAIT),  ANY,                 FAILED,  LINKED,  XSPLIT_A_NONE,       XSPLIT_CLOSED,
	  "could not serve, and holds nothing: closed" },
	{ B, S(INITIALISING),           UP,                  ONLINE,  0,       XSPLIT_A_OFFER,      XSPLIT_INITWAIT,
	  "probed: offer what can be negotiated, wait for the hotplug script" },
	{ B, S(CLOSED),                 S(INITIALISING),     ONLINE,  FAILED,  XSPLIT_A_OFFER,      XSPLIT_INITWAIT,
	  "the front starts over, as after a boot loader: start over with it" },
	{ B, S(CLOSED),                 S(INITIALISING),     ONLINE | CHANGED, 0, XSPLIT_A_OFFER,      XSPLIT_INITWAIT,
	  "another resource has been named since one failed: try that" },

	{ B, ANY,                       GONE | S(INITIALISING), LINKED, 0,     XSPLIT_A_UNLINK,     STAY,
	  "the front has let go, vanished or started over: let go of rings and device" },
	{ B, OPEN,                      GONE,                0,       LINKED,  XSPLIT_A_NONE,       XSPLIT_CLOSED,
	  "nothing is held any more: closed" },
	{ B, S(CONNECTED) | S(CLOSING), S(INITIALISING),     0,       LINKED,  XSPLIT_A_NONE,       XSPLIT_CLOSED,
	  "the front has started over unseen: be closed, and then do so too" },
	{ B, OPEN,                      S(CLOSING),          0,       LINKED,  XSPLIT_A_NONE,       XSPLIT_CLOSED,
	  "the front is closing, and nothing is held: nobody would serve what it waits for" },
	{ B, OPEN,                      UP,                  0, ONLINE | LINKED, XSPLIT_A_NONE,      XSPLIT_CLOSED,
	  "taken offline before anything was served: nothing to wait for" },
	{ B, S(CONNECTED),              UP,                  LINKED,  ONLINE,  XSPLIT_A_NONE,       XSPLIT_CLOSING,
	  "taken offline: ask the front to close, whoever has overwritten the tools' wish" },
	{ B, S(CLOSED),                 S(UNKNOWN),          0,       0,       XSPLIT_A_UNREGISTER, STAY,
	  "the front's directory is gone: so is this device" },
	{ B, S(CLOSED),                 ANY,                 0,       ONLINE,  XSPLIT_A_UNREGISTER, STAY,
	  "closed for good" },

	{ B, S(INITWAIT),               S(INITIALISED),      RESOURCE | ONLINE, LINKED, XSPLIT_A_CONNECT, XSPLIT_CONNECTED,
	  "resource and rings are both known: connect" },
	{ B, S(INITWAIT),               S(CONNECTED),        RESOURCE | ONLINE, LINKED, XSPLIT_A_ATTACH, XSPLIT_CONNECTED,
	  "another driver has left a front its rings: go on where they stand" },
	{ B, S(CONNECTED),              S(INITIALISED) | S(CONNECTED), LINKED | CHANGED, 0, XSPLIT_A_RECONFIGURE, STAY,
	  "the tools have changed its settings: follow them under the front" },
	{ B, UP,                        S(CLOSING),          0,       0,       XSPLIT_A_NONE,       XSPLIT_CLOSING,
	  "the front is closing: follow, serve it until it is done" },

	{ F, ANY,                       ANY,                 REMOVED | SHOWN, 0, XSPLIT_A_KILL,      STAY,
	  "xenbus has removed the device: end all requests" },
	{ F, ANY,                       ANY,                 REMOVED | LINKED, 0, XSPLIT_A_UNLINK,  STAY,
	  "the device is removed and has no users: release the rings" },
	{ F, ANY,                       ANY,                 REMOVED, 0,       XSPLIT_A_NONE,       STAY,
	  "removed and empty" },

	{ F, ANY,                       ANY,                 BROKEN | SHOWN, 0, XSPLIT_A_KILL,       STAY,
	  "this end found the other broken: nobody can be served" },

	{ F, ANY,                       ANY,                 STALE | SHOWN, PARKED, XSPLIT_A_PARK,   STAY,
	  "woken up elsewhere: hold the requests until there are rings again" },
	{ F, ANY,                       ANY,                 STALE | LINKED, 0, XSPLIT_A_UNLINK,    STAY,
	  "the rings stayed behind with the former back" },

	{ F, S(INITIALISING),           S(CONNECTED) | S(CLOSING), PARKED | NO_REJOIN, 0, XSPLIT_A_NONE, XSPLIT_CLOSED,
	  "a back has taken up rings that are given up: have it let go of them" },
	{ F, S(CLOSED),                 GONE | S(INITIALISING) | S(INITWAIT), PARKED | LINKED | ONLINE, BACK_GONE, XSPLIT_A_UNLINK, STAY,
	  "it has let go" },
	{ F, S(CLOSED),                 GONE | S(INITIALISING) | S(INITWAIT), PARKED | ONLINE, LINKED | BACK_GONE, XSPLIT_A_NONE, XSPLIT_INITIALISING,
	  "it has let go, and the device is wanted: start over" },
	{ F, S(INITIALISING),           S(CONNECTED) | S(CLOSING), NO_REJOIN, SHOWN, XSPLIT_A_NONE,      XSPLIT_CLOSED,
	  "the back has not seen that the rings of before are gone: let it" },
	{ F, S(CLOSED),                 S(CLOSED) | S(INITIALISING) | S(INITWAIT), NO_REJOIN | UNPUBLISHED | ONLINE, 0, XSPLIT_A_NONE, XSPLIT_INITIALISING,
	  "it has seen it: start" },
	{ F, S(INITIALISING),           UP & ~S(CONNECTED),  LINKED,  0,       XSPLIT_A_UNLINK,     STAY,
	  "a former attempt has left rings: begin anew" },
	{ F, S(INITIALISING),           S(INITWAIT) | S(INITIALISED), 0, LINKED, XSPLIT_A_PUBLISH,  XSPLIT_INITIALISED,
	  "the back has made its offer: answer with rings" },
	{ F, S(INITIALISED),            S(CONNECTED),        LINKED | PARKED, 0, XSPLIT_A_RECONNECT,   XSPLIT_CONNECTED,
	  "a back serves the rings of a device that has users" },
	{ F, S(INITIALISED),            S(CONNECTED),        LINKED,  SHOWN,    XSPLIT_A_CONNECT,    XSPLIT_CONNECTED,
	  "the back serves the rings: read what the device is" },
	{ F, S(CONNECTED),              S(CONNECTED),        LINKED | PARKED, 0, XSPLIT_A_UNPARK,   STAY,
	  "both connected again: let the held requests go" },
	{ F, S(CONNECTED),              S(CONNECTED),        LINKED,  SHOWN | BROKEN, XSPLIT_A_SHOW, STAY,
	  "both connected: the device can be used, show it" },

	{ F, S(CONNECTED),              S(CONNECTED),        SHOWN | CHANGED, PARKED, XSPLIT_A_REFRESH, STAY,
	  "the back says Connected once more: the device has changed" },

	{ F, S(CONNECTED),              S(UNKNOWN),          SHOWN | ONLINE | BACK_GONE, PARKED, XSPLIT_A_PARK, XSPLIT_CLOSED,
	  "the back's domain has died: the tools will name another back" },
	{ F, S(CONNECTED),              GONE,                SHOWN | ONLINE, PARKED, XSPLIT_A_PARK,  XSPLIT_INITIALISING,
	  "the back's driver has left a device that is wanted: it will be back" },
	{ F, S(CLOSING),                GONE,                SHOWN,    0,       XSPLIT_A_KILL,       STAY,
	  "the back is gone while closing: nothing in flight will be answered" },
	{ F, ANY,                       GONE,                SHOWN,    ONLINE,  XSPLIT_A_KILL,       XSPLIT_CLOSING,
	  "the back is gone for good: nothing in flight will be answered" },
	{ F, ANY,                       S(CLOSING),          SHOWN | PARKED, ONLINE, XSPLIT_A_KILL,  XSPLIT_CLOSING,
	  "taken offline while no back serves it: none will come" },
	{ F, UP,                        S(UNKNOWN),          PARKED | BACK_GONE, 0, XSPLIT_A_NONE,    XSPLIT_CLOSED,
	  "the back has gone before it served: the tools will name another" },
	{ F, ANY,                       S(CLOSED),           LINKED | PARKED, 0, XSPLIT_A_UNLINK,   STAY,
	  "the back has released the rings: release them here, and keep the requests" },
	{ F, ANY,                       GONE,                LINKED,  SHOWN,    XSPLIT_A_UNLINK,     STAY,
	  "the back has let go of the rings: take them back" },
	{ F, S(INITIALISED) | S(CONNECTED), GONE,            PARKED,  LINKED,  XSPLIT_A_NONE,       XSPLIT_INITIALISING,
	  "ready to start over as soon as a back offers" },
	{ F, S(INITIALISED) | S(CONNECTED), S(CLOSING),      PARKED,  0,       XSPLIT_A_NONE,       XSPLIT_INITIALISING,
	  "this back could not serve the device: wait for one that can" },

	{ F, S(INITIALISED) | S(CONNECTED), UP,              0,       LINKED,  XSPLIT_A_NONE,       XSPLIT_INITIALISING,
	  "the rings are given up and a back is there again: begin anew" },

	{ F, S(CONNECTED),              S(CLOSING),          SHOWN | BUSY, PARKED, XSPLIT_A_REFUSE,  XSPLIT_CLOSING,
	  "asked to close while in use: stay until the last user is gone" },
	{ F, S(CONNECTED) | S(CLOSING), S(CLOSING),          SHOWN,    BUSY | PARKED, XSPLIT_A_HIDE, XSPLIT_CLOSING,
	  "asked to close, and the device has no users: begin to remove it" },
	{ F, S(CLOSING),                UP | S(CLOSING),     SHOWN | PARKED, 0, XSPLIT_A_KILL,       STAY,
	  "this end has failed, and no back will serve the device: end all requests" },
	{ F, OPEN & ~S(INITIALISING),   S(CLOSING) | GONE,   0,       SHOWN,    XSPLIT_A_NONE,       XSPLIT_CLOSED,
	  "no device any more: closed; the back may still read the rings" },
	{ F, S(INITIALISING),           S(CLOSING),          0,       SHOWN | ONLINE, XSPLIT_A_NONE, XSPLIT_CLOSED,
	  "the back leaves before anything was set up: closed" },
	{ F, S(CLOSING),                UP,                  0,       SHOWN,    XSPLIT_A_NONE,       XSPLIT_CLOSED,
	  "this end leaves and has no device any more: closed" },
	/* clang-format on */
};

const unsigned int xsplit_handshake_rows = ARRAY_SIZE(xsplit_handshake_table);

const struct xsplit_step *xsplit_handshake(enum xsplit_role role, unsigned int own,
					   unsigned int other, unsigned int facts)
{
	const struct xsplit_step *s;

	/* A state that the protocol does not define counts as Unknown. */
	if (own >= XSPLIT_STATES)
		own = XSPLIT_UNKNOWN;
	if (other >= XSPLIT_STATES)
		other = XSPLIT_UNKNOWN;

	for (s = xsplit_handshake_table; s < xsplit_handshake_table + xsplit_handshake_rows; s++) {
		if (s->role != role || !(s->own & BIT(own)) || !(s->other & BIT(other)))
			continue;
		if ((facts & s->need) != s->need || (facts & s->absent))
			continue;
		if (s->action == XSPLIT_A_NONE && s->next == STAY)
			return NULL;
		return s;
	}
	return NULL;
}

const char *xsplit_action_name(enum xsplit_action action)
{
	static const char *const names[XSPLIT_ACTIONS] = {
		[XSPLIT_A_NONE] = "none",	 [XSPLIT_A_OFFER] = "offer",
		[XSPLIT_A_PUBLISH] = "publish",	 [XSPLIT_A_CONNECT] = "connect",
		[XSPLIT_A_ATTACH] = "attach",	 [XSPLIT_A_SHOW] = "show",
		[XSPLIT_A_REFUSE] = "refuse",	 [XSPLIT_A_RECONFIGURE] = "reconfigure",
		[XSPLIT_A_REFRESH] = "refresh",	 [XSPLIT_A_PARK] = "park",
		[XSPLIT_A_RECONNECT] = "reconnect", [XSPLIT_A_UNPARK] = "unpark",
		[XSPLIT_A_HIDE] = "hide",	 [XSPLIT_A_KILL] = "kill",
		[XSPLIT_A_UNLINK] = "unlink",	 [XSPLIT_A_UNREGISTER] = "unregister",
	};

	return (unsigned int)action < XSPLIT_ACTIONS ? names[action] : "?";
}

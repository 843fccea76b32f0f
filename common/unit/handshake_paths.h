/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The paths of handshake_test.c: for a series of events, the expected steps.
 * handshake_test.c defines the events.
 */
#define UP "B offer InitWait, F publish Initialised, B connect Connected, " \
	   "F connect Connected, F show"

static const struct path {
	const char *name;
	event events[20];
	const char *trace;
	unsigned int back, front; /* states at the end */
} paths[] = {
	{ "script before rings", { back, script, back, front, settle }, UP,
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "rings before script", { back, front, back, front, script, settle }, UP,
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "script before the back is probed", { script, settle }, UP,
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "front looks before the back is there", { front, back, front, script, settle }, UP,
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "no script", { settle }, "B offer InitWait, F publish Initialised",
	  XVBD_INITWAIT, XVBD_INITIALISED },

	{ "detach", { script, settle, detach, settle, hidden, settle },
	  UP ", B Closing, F hide Closing, F Closed, B unlink, B Closed, "
	  "B unregister, F unlink",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "detach, the back sees only the end of it",
	  { script, settle, detach, front, hidden, front, settle },
	  UP ", F hide Closing, F Closed, B unlink, B Closed, B unregister, F unlink",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "detach, in use", { script, settle, open_disk, detach, settle, settle },
	  UP ", B Closing, F refuse Closing",
	  XVBD_CLOSING, XVBD_CLOSING },
	{ "detach, in use, then released",
	  { script, settle, open_disk, detach, settle, close_disk, settle, hidden, settle },
	  UP ", B Closing, F refuse Closing, F hide Closing, F Closed, "
	  "B unlink, B Closed, B unregister, F unlink",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "detach before the script is done", { settle, detach, settle },
	  "B offer InitWait, F publish Initialised, B Closed, B unregister, "
	  "F unlink, F Closed",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "detach before the disk is shown", { back, front, script, back, detach, settle },
	  "B offer InitWait, F publish Initialised, B connect Connected, "
	  "B Closing, F Closed, B unlink, B Closed, B unregister, F unlink",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "detach before the front has looked", { back, detach, front, settle },
	  "B offer InitWait, F Closed, B Closed, B unregister", XVBD_CLOSED, XVBD_CLOSED },
	{ "offline before the front comes", { back, offline, settle },
	  "B offer InitWait, B Closed, B unregister", XVBD_CLOSED, XVBD_INITIALISING },
	{ "offline before the back is probed", { offline, settle },
	  "B Closed, B unregister", XVBD_CLOSED, XVBD_INITIALISING },

	{ "front closes on an error", { script, settle, ring_breaks, front, settle },
	  UP ", F kill, F Closed, B unlink, B Closed, F unlink", XVBD_CLOSED, XVBD_CLOSED },
	{ "front closes on an error, in use",
	  { script, settle, open_disk, ring_breaks, front, settle },
	  UP ", F kill, F Closed, B unlink, B Closed, F unlink", XVBD_CLOSED, XVBD_CLOSED },
	{ "ring broken, and the back looks first",
	  { script, settle, open_disk, ring_breaks, back, front, settle },
	  UP ", B Closing, F kill, F Closed, B unlink, B Closed, F unlink",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "back closes on an error", { script, settle, back_fails, settle, hidden, settle },
	  UP ", F hide Closing, F Closed, B unlink, B Closed, F unlink", XVBD_CLOSED, XVBD_CLOSED },
	{ "back cannot open the device", { back_cannot_open, script, settle },
	  "B offer InitWait, F publish Initialised, B connect fails Closing, "
	  "B unlink, B Closed, F unlink, F Closed",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "front cannot read what the disk is", { front_cannot_read, script, settle },
	  "B offer InitWait, F publish Initialised, B connect Connected, F connect fails Closing, "
	  "F Closed, B unlink, B Closed, F unlink", XVBD_CLOSED, XVBD_CLOSED },

	{ "forced detach", { script, settle, open_disk, front_deleted, back_deleted, front_removed,
			     back_removed, settle },
	  UP ", B unlink, F kill, F unlink", XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the front's directory vanishes",
	  { script, settle, front_deleted, back, front_removed, settle },
	  UP ", B unlink, B Closed, B unregister, F kill, F unlink",
	  XVBD_CLOSED, XVBD_CONNECTED },
	{ "the guest dies", { script, settle, offline, front_deleted, back },
	  UP ", B unlink, B Closed, B unregister", XVBD_CLOSED, XVBD_CONNECTED },
	{ "the back's directory vanishes", { script, settle, open_disk, back_deleted, front },
	  UP ", F kill Closing, F unlink, F Closed", XVBD_CONNECTED, XVBD_CLOSED },

	{ "boot loader hands over",
	  { script, back, loader_initialised, back, loader_connected, back, loader_closed, back,
	    front_probed, settle },
	  "B offer InitWait, B connect Connected, B unlink, B Closed, " UP,
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the front's driver is loaded again",
	  { script, settle, ring_breaks, front, settle, front_probed, settle },
	  UP ", F kill, F Closed, B unlink, B Closed, F unlink, " UP,
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the front starts over unseen", { script, settle, front_probed, settle },
	  UP ", B unlink, B Closed, " UP, XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the front starts over, the back having seen it close",
	  { script, settle, ring_breaks, front, back_fails, front_probed, settle },
	  UP ", F kill, F Closed, B unlink, B Closed, " UP, XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the front starts over, and sees the back still closing",
	  { script, settle, ring_breaks, front, back_fails, front_probed, front, settle },
	  UP ", F kill, F Closed, B unlink, B Closed, " UP, XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the front starts over unseen, offline",
	  { script, settle, offline, front_probed, settle },
	  UP ", B unlink, B Closed, B unregister", XVBD_CLOSED, XVBD_INITIALISING },
	{ "ring broken, the back finds it", { script, settle, open_disk, back_ring_breaks, settle },
	  UP ", F refuse Closing, B unlink, B Closed, F kill, F unlink, F Closed",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "another device, under the front",
	  { script, settle, renamed, back, back_says_more, settle },
	  UP ", B reconfigure, F refresh",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "taken offline alone", { script, settle, offline, settle, hidden, settle },
	  UP ", B Closing, F hide Closing, F Closed, B unlink, B Closed, "
	  "B unregister, F unlink",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "offline, seen by a front with rings", { settle, offline, settle },
	  "B offer InitWait, F publish Initialised, B Closed, B unregister, "
	  "F unlink, F Closed",
	  XVBD_CLOSED, XVBD_CLOSED },

	{ "the back's driver is replaced, in use",
	  { script, settle, open_disk, back_unloaded, settle },
	  UP ", F park Initialising, F unlink, B offer InitWait, "
	  "F publish Initialised, B connect Connected, F rejoin Connected, "
	  "F unpark",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the back's driver is unloaded before the disk is shown",
	  { script, back, front, back, back_unloaded, settle },
	  "B offer InitWait, F publish Initialised, B connect Connected, "
	  "F unlink, F Closed",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "the new back cannot open the device, then another one",
	  { script, settle, open_disk, back_unloaded, back_cannot_open, settle, renamed, settle },
	  UP ", F park Initialising, F unlink, B offer InitWait, "
	  "F publish Initialised, B connect fails Closing, B unlink, "
	  "B Closed, F unlink, F Initialising, B offer InitWait, "
	  "F publish Initialised, B connect Connected, F rejoin Connected, "
	  "F unpark",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the new back fails, and the front sees it closing",
	  { script, settle, open_disk, back_unloaded, front, back, front, back_fails, front,
	    settle },
	  UP ", F park Initialising, F unlink, B offer InitWait, "
	  "F publish Initialised, F Initialising, B Closed, "
	  "B offer InitWait, F unlink, F publish Initialised, "
	  "B connect Connected, F rejoin Connected, F unpark",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the front finds a disk of another kind",
	  { script, settle, open_disk, back_unloaded, front_cannot_read, settle },
	  UP ", F park Initialising, F unlink, B offer InitWait, "
	  "F publish Initialised, B connect Connected, "
	  "F rejoin fails Closing, F kill, F Closed, B unlink, B Closed, "
	  "F unlink",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "resumed elsewhere, in use",
	  { script, settle, open_disk, resumed, front, settle, script, settle },
	  UP ", F park, F unlink, B offer InitWait, F publish Initialised, "
	  "B connect Connected, F rejoin Connected, F unpark",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "resumed before the disk is shown", { back, front, resumed, script, settle },
	  "B offer InitWait, F publish Initialised, B offer InitWait, "
	  "F unlink, F publish Initialised, B connect Connected, "
	  "F connect Connected, F show",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the back's domain dies, and comes again as another",
	  { script, settle, open_disk, back_domain_dies, settle, moved, settle, script, settle },
	  UP ", F park Closed, B offer InitWait, F unlink, F publish Initialised, "
	  "B connect Connected, F rejoin Connected, F unpark",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the domain that came dies, too, before it served",
	  { script, settle, open_disk, back_domain_dies, settle, moved, settle, back_domain_dies,
	    settle },
	  UP ", F park Closed, B offer InitWait, F unlink, F publish Initialised, F Closed",
	  XVBD_INITWAIT, XVBD_CLOSED },
	{ "the back's directory is made anew in the same place",
	  { script, settle, open_disk, back_domain_dies, settle, back_half_made, front },
	  UP ", F park Closed, F unlink, F Initialising", XVBD_CONNECTED, XVBD_INITIALISING },
	{ "detached while parked",
	  { script, settle, open_disk, resumed, front, detach, front, settle },
	  UP ", F park, F unlink, F kill Closing, F Closed, B Closed, B unregister",
	  XVBD_CLOSED, XVBD_CLOSED },
	{ "the back vanishes while a close waits for the last user",
	  { script, settle, open_disk, detach, settle, back_deleted, front },
	  UP ", B Closing, F refuse Closing, F kill, F unlink, F Closed",
	  XVBD_CLOSING, XVBD_CLOSED },
	{ "a back is there again before the front has closed",
	  { back, front, back_unloaded, front_sees_back_again, front, settle },
	  "B offer InitWait, F publish Initialised, F Initialising, "
	  "F publish Initialised",
	  XVBD_INITWAIT, XVBD_INITIALISED },
	{ "the front closes before it is served", { settle, ring_breaks, settle },
	  "B offer InitWait, F publish Initialised, B Closed, F unlink, F Closed",
	  XVBD_CLOSED, XVBD_CLOSED },

	{ "the kernel's own back is replaced by ours",
	  { script, settle, open_disk, back_taken_over, settle },
	  UP ", B offer InitWait, B attach Connected", XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the same, and ours cannot open the device",
	  { script, settle, open_disk, back_taken_over, back_cannot_open, settle },
	  UP ", B offer InitWait, B attach fails InitWait, B unlink", XVBD_INITWAIT,
	  XVBD_CONNECTED },
	{ "the same, and then a device is named that ours can open",
	  { script, settle, open_disk, back_taken_over, back_cannot_open, settle, renamed, settle },
	  UP ", B offer InitWait, B attach fails InitWait, B unlink, B attach Connected",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "the same, and the tools want the disk away",
	  { script, settle, open_disk, back_taken_over, back_cannot_open, settle, offline, settle },
	  UP ", B offer InitWait, B attach fails InitWait, B unlink, B Closed, B unregister, "
	  "F kill Closing, F unlink, F Closed", XVBD_CLOSED, XVBD_CLOSED },
	{ "a plain back takes up rings that are given up",
	  { script, settle, open_disk, plain_back_on_dead_rings, front, back_unloaded, front,
	    settle },
	  UP ", F Closed, F unlink, F Initialising, B offer InitWait, "
	  "F publish Initialised, B connect Connected, F rejoin Connected, F unpark",
	  XVBD_CONNECTED, XVBD_CONNECTED },
	{ "a plain back has not seen that the front's driver was replaced",
	  { script, settle, front_probed_plain, front, back_unloaded, front, settle },
	  UP ", F Closed, F Initialising, " UP, XVBD_CONNECTED, XVBD_CONNECTED },
};

// SPDX-License-Identifier: GPL-2.0
/*
 * How the states of the two ends get into the store.
 *
 * A frontend's state changes while xenwatch compares it with the store, as
 * Linux 7.0 and later do, and while the tools move the disk to another backend.
 * Xenwatch compares in two steps, and anything may happen between them. Each
 * sequence of events runs once for every choice of three places in it: one for
 * each of the two steps, and one where the tools write.
 */
#include "machine.h"
#include "store.h"
#include "tap.h"

#define OLD_BACK 2
#define NEW_BACK 3
#define NEVER (~0u)

static struct {
	int state, backend;
} store, began, written;

static struct xenbus_device dev;
static struct xsplit_machine m;

/* State of the driver outside the machine. */
static bool called, resumed, replaced;
static unsigned int tries_again;

static int next_error; /* error of the next transaction */
static bool told;

static unsigned int now, read_at, compare_at, move_at;
static int seen_state;
static bool in_xenwatch, comparing, taken, moved;

/* The tools wait until the frontend is Closed, that is without a backend. */
static void tools(void)
{
	if (now < move_at || moved || store.state != XenbusStateClosed)
		return;
	moved = true;
	store.backend = NEW_BACK;
	called = true;
}

static void xenwatch_compares(void)
{
	if (in_xenwatch)
		return;
	if (now == read_at) {
		seen_state = store.state;
		comparing = true;
	}
	if (!comparing || now < compare_at)
		return;
	taken |= seen_state == XenbusStateInitialising &&
		 (seen_state != (int)dev.state || store.backend != dev.otherend_id);
	comparing = false;
}

/* A point between any two steps of the driver: the others may act here. */
static void place(void)
{
	tools();
	xenwatch_compares();
	now++;
}

int xsplit_transaction_now(struct xenbus_device *d, xsplit_transaction_fn body, const void *arg)
{
	int err = next_error;

	next_error = 0;
	if (err)
		return err;
	do {
		place();
		began = written = store;
		place();
		err = body(d, (struct xenbus_transaction){ .id = 1 }, arg);
		place();
		if (err)
			return err;
	} while (memcmp(&began, &store, sizeof(store)));
	store = written;
	place();
	return 0;
}

int xsplit_transaction(struct xenbus_device *d, xsplit_transaction_fn body, const void *arg)
{
	return xsplit_transaction_now(d, body, arg);
}

#define GARBAGE 99

int xenbus_scanf(struct xenbus_transaction t, const char *dir, const char *node, const char *fmt,
		 ...)
{
	bool state = !strcmp(node, "state");
	va_list ap;

	place();
	if (state && written.state == GARBAGE)
		return -ERANGE;
	if (state && !written.state)
		return -ENOENT;
	va_start(ap, fmt);
	*va_arg(ap, int *) = state ? written.state : written.backend;
	va_end(ap);
	return 1;
}

int xenbus_printf(struct xenbus_transaction t, const char *dir, const char *node, const char *fmt,
		  ...)
{
	va_list ap;

	place();
	va_start(ap, fmt);
	written.state = va_arg(ap, int);
	va_end(ap);
	return 0;
}

void xsplit_dev_verror(struct xenbus_device *d, int err, const char *fmt, va_list ap)
{
	told = true;
}

enum xenbus_state xsplit_read_state(struct xenbus_device *d, const char *dir)
{
	return store.state;
}

static void try_again(struct xsplit_machine *machine)
{
	tries_again++;
}

static void be_replaced(struct xsplit_machine *machine)
{
	replaced = true;
}

static void begin(enum xsplit_role role, int state)
{
	dev = (struct xenbus_device){ .nodename = "device/vbd/51728", .otherend_id = OLD_BACK,
				      .state = state };
	m = (struct xsplit_machine){ .role = role,
				     .dev = &dev,
				     .retry_write = try_again,
				     .replaced = role == XSPLIT_BACK ? be_replaced : NULL };
	store.state = state;
	store.backend = OLD_BACK;
	replaced = false;
	called = resumed = told = taken = comparing = in_xenwatch = moved = false;
	tries_again = now = 0;
	next_error = 0;
}

/* Like directory_changed() of the frontend. */
static void xenwatch_is_called(void)
{
	called = false;
	in_xenwatch = true;
	if (store.backend != dev.otherend_id) {
		dev.otherend_id = store.backend;
		dev.state = XenbusStateInitialising;
		resumed = true;
	}
	if (!resumed)
		xsplit_write_state(&m);
	in_xenwatch = false;
}

/* Xenwatch does one thing at a time. The machine runs again when xenwatch is done. */
static void let_xenwatch_run(void)
{
	place();
	while (comparing)
		place();
	while (called)
		xenwatch_is_called();
	if (resumed) {
		resumed = false;
		xsplit_start_over(&m);
		called = true;
		let_xenwatch_run();
	}
}

static void go(enum xenbus_state state)
{
	xsplit_switch_state(&m, state);
	called = m.next;
	let_xenwatch_run();
}

static void attach(void)
{
	begin(XSPLIT_FRONT, XenbusStateInitialising);
	go(XenbusStateInitialised);
	go(XenbusStateConnected);
}

static void reconnect(void)
{
	attach();
	go(XenbusStateInitialising);
	go(XenbusStateInitialised);
	go(XenbusStateConnected);
	go(XenbusStateInitialising);
}

static void close_and_bind(void)
{
	begin(XSPLIT_FRONT, XenbusStateClosed);
	go(XenbusStateInitialising);
	go(XenbusStateClosed);
	go(XenbusStateInitialising);
}

/*
 * A resume: the directories are new before the guest runs again. The work item
 * does not run meanwhile.
 */
static void wake_up(void)
{
	attach();
	while (comparing)
		place();
	store.state = dev.state = XenbusStateInitialising;
	store.backend = dev.otherend_id = OLD_BACK + 2;
	resumed = true;
	moved = true;
	let_xenwatch_run();
	go(XenbusStateInitialised);
}

/* The backend's domain dies while the backend serves the disk. */
static void move(void)
{
	begin(XSPLIT_FRONT, XenbusStateConnected);
	go(XenbusStateClosed);
	let_xenwatch_run();
	go(XenbusStateInitialised);
}

/* The backend's domain dies while the frontend starts over. */
static void move_early(void)
{
	begin(XSPLIT_FRONT, XenbusStateConnected);
	go(XenbusStateInitialising);
	go(XenbusStateClosed);
	let_xenwatch_run();
	go(XenbusStateInitialised);
}

/* The backend's domain dies just after the offer: the frontend has chosen to start over. */
static void move_late(void)
{
	begin(XSPLIT_FRONT, XenbusStateClosed);
	go(XenbusStateInitialising);
	let_xenwatch_run();
	go(XenbusStateInitialised);
}

static void never_taken(const char *what, void (*course)(void))
{
	unsigned int end, bad = 0, wrong = 0;

	read_at = compare_at = move_at = NEVER;
	course();
	end = now + 8;
	for (read_at = 0; read_at < end; read_at++)
		for (compare_at = read_at; compare_at < end; compare_at++)
			for (move_at = 0; move_at <= end; move_at++) {
				course();
				bad += taken;
				wrong += m.next || (int)dev.state != store.state || told ||
					 tries_again;
			}
	read_at = compare_at = move_at = NEVER;
	is(bad, 0, "%s: not taken for another device, in any of %u places", what, end);
	is(wrong, 0, "%s: store and xenbus have the state, without a complaint", what);
}

static void errors(void)
{
	begin(XSPLIT_FRONT, XenbusStateConnected);
	next_error = -ENOSPC;
	go(XenbusStateClosing);
	ok(store.state == XenbusStateConnected && dev.state == XenbusStateConnected &&
		   xsplit_state(&m) == XenbusStateClosing && tries_again == 1,
	   "a state that could not be written is not taken for written, and is tried again");
	ok(xsplit_write_state(&m) && store.state == XenbusStateClosing &&
		   dev.state == XenbusStateClosing && !m.next,
	   "then it is written");

	begin(XSPLIT_FRONT, XenbusStateConnected);
	store.state = XenbusStateUnknown;
	go(XenbusStateClosing);
	ok(store.state == XenbusStateUnknown && dev.state == XenbusStateClosing && !m.next &&
	   !tries_again, "a directory that is gone is not made again");

	begin(XSPLIT_FRONT, XenbusStateConnected);
	store.state = GARBAGE;
	go(XenbusStateClosing);
	is(store.state, XenbusStateClosing, "what is no number is overwritten");
}

static void not_ours(void)
{
	begin(XSPLIT_FRONT, XenbusStateConnected);
	store.state = XenbusStateInitialising;
	go(XenbusStateClosing);
	ok(store.state == XenbusStateInitialising && m.next && !tries_again,
	   "a front's directory that the tools have made anew is left alone");

	begin(XSPLIT_FRONT, XenbusStateConnected);
	store.state = XenbusStateClosed;
	store.backend = NEW_BACK;
	m.next = XenbusStateConnected;
	ok(!xsplit_write_state(&m) && store.state == XenbusStateClosed && !tries_again,
	   "a front's directory that names another back is left alone");
}

static void back(void)
{
	begin(XSPLIT_BACK, XenbusStateConnected);
	store.state = XenbusStateClosing;
	store.backend = NEW_BACK; /* the key has no meaning in a backend's directory */
	xsplit_switch_state(&m, XenbusStateClosed);
	ok(xsplit_write_state(&m) && store.state == XenbusStateClosed &&
		   dev.state == XenbusStateClosed,
	   "a back's state is written over the tools' Closing");
	ok(!replaced && !xsplit_is_replaced(&m) && !xsplit_announce_replacement(&m),
	   "its directory is its own");

	/*
	 * If xenbus cannot map the rings, it writes Closing. The backend keeps
	 * InitWait, and leaves the rings to another backend.
	 */
	begin(XSPLIT_BACK, XenbusStateInitWait);
	store.state = dev.state = XenbusStateClosing;
	xsplit_switch_state(&m, XenbusStateInitWait);
	ok(xsplit_write_state(&m) && store.state == XenbusStateInitWait &&
		   dev.state == XenbusStateInitWait,
	   "what xenbus has written is overwritten");
}

static void back_made_anew(void)
{
	begin(XSPLIT_BACK, XenbusStateConnected);
	store.state = XenbusStateInitialising;
	xsplit_switch_state(&m, XenbusStateClosed);
	ok(!xsplit_write_state(&m) && store.state == XenbusStateInitialising &&
		   dev.state == XenbusStateConnected && !tries_again,
	   "a back's directory that the tools have made anew is left alone");
	ok(replaced && xsplit_is_replaced(&m), "and the old device is unregistered");
	now = 0;
	ok(xsplit_announce_replacement(&m) && store.state == XenbusStateInitialising && now,
	   "and the new directory is announced");

	begin(XSPLIT_BACK, XenbusStateInitialising);
	ok(!xsplit_is_replaced(&m) && !xsplit_announce_replacement(&m),
	   "one that has not begun yet is not taken for made anew");

	begin(XSPLIT_BACK, XenbusStateConnected);
	store.state = XenbusStateUnknown;
	ok(!xsplit_is_replaced(&m) && !xsplit_announce_replacement(&m), "nor is one that is gone");
}

static void of_xenbus(void)
{
	begin(XSPLIT_FRONT, XenbusStateConnected);
	store.state = dev.state = XenbusStateClosing;
	is(xsplit_state(&m), XenbusStateClosing, "what xenbus has written is the state");
	xsplit_machine_fail(&m, -EPROTO, "no more");
	ok(told && !m.next, "who fails while closing goes on closing");
	m.next = XenbusStateConnected;
	is(xsplit_state(&m), XenbusStateConnected, "what is to be written is the state");
}

int main(void)
{
	never_taken("attach", attach);
	never_taken("reconnect", reconnect);
	never_taken("close and bind", close_and_bind);
	never_taken("wake up", wake_up);
	never_taken("move", move);
	never_taken("move while starting over", move_early);
	never_taken("move before starting over", move_late);
	errors();
	not_ours();
	back();
	back_made_anew();
	of_xenbus();
	return tap_done();
}

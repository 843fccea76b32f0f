/* SPDX-License-Identifier: GPL-2.0 */
/* The part of xenbus that state.c needs. state_test.c implements the store. */
#ifndef FAKE_XENBUS_H
#define FAKE_XENBUS_H

#define __printf(a, b) __attribute__((format(printf, a, b)))
#define __scanf(a, b) __attribute__((format(scanf, a, b)))

enum xenbus_state {
	XenbusStateUnknown,
	XenbusStateInitialising,
	XenbusStateInitWait,
	XenbusStateInitialised,
	XenbusStateConnected,
	XenbusStateClosing,
	XenbusStateClosed,
};

struct xenbus_device {
	const char *nodename;
	int otherend_id;
	enum xenbus_state state;
};

struct xenbus_watch;

struct xenbus_transaction {
	int id;
};

__scanf(4, 5) int xenbus_scanf(struct xenbus_transaction t, const char *dir, const char *node,
			       const char *fmt, ...);
__printf(4, 5) int xenbus_printf(struct xenbus_transaction t, const char *dir, const char *node,
				 const char *fmt, ...);
unsigned int xenbus_read_unsigned(const char *dir, const char *node, unsigned int otherwise);

/* Declared in compat.h. */
enum xenbus_state xsplit_read_state(struct xenbus_device *dev, const char *dir);

#endif

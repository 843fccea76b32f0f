/* SPDX-License-Identifier: GPL-2.0 */
/* Xenstore and xenbus, as <xen/xenbus.h> of Linux 6.1 has them. */
#ifndef SIM_XENBUS_H
#define SIM_XENBUS_H

#include "device.h"

enum xenbus_state {
	XenbusStateUnknown,
	XenbusStateInitialising,
	XenbusStateInitWait,
	XenbusStateInitialised,
	XenbusStateConnected,
	XenbusStateClosing,
	XenbusStateClosed,
	XenbusStateReconfiguring,
	XenbusStateReconfigured,
};

struct xenbus_transaction {
	u32 id;
};
#define XBT_NIL ((struct xenbus_transaction){ 0 })

struct xenbus_watch {
	struct xenbus_watch *next;
	int domain;
	const char *node;
	unsigned int nr_pending;
	bool (*will_handle)(struct xenbus_watch *watch, const char *path, const char *token);
	void (*callback)(struct xenbus_watch *watch, const char *path, const char *token);
};

struct xenbus_device {
	const char *devicetype;
	const char *nodename;
	const char *otherend;
	int otherend_id;
	struct xenbus_watch otherend_watch;
	struct device dev;
	enum xenbus_state state;
};
#define to_xenbus_device(d) container_of(d, struct xenbus_device, dev)

struct xenbus_device_id {
	char devicetype[32];
};

struct xenbus_driver {
	const char *name;
	const struct xenbus_device_id *ids;
	bool allow_rebind;
	bool not_essential;
	int (*probe)(struct xenbus_device *dev, const struct xenbus_device_id *id);
	void (*otherend_changed)(struct xenbus_device *dev, enum xenbus_state state);
	void (*remove)(struct xenbus_device *dev);
	int (*suspend)(struct xenbus_device *dev);
	int (*resume)(struct xenbus_device *dev);
	int (*is_ready)(struct xenbus_device *dev);
	void (*reclaim_memory)(struct xenbus_device *dev);
};

int xenbus_register_frontend(struct xenbus_driver *driver);
int xenbus_register_backend(struct xenbus_driver *driver);
void xenbus_unregister_driver(struct xenbus_driver *driver);
int xenbus_dev_resume(struct device *dev);

int xenbus_transaction_start(struct xenbus_transaction *t);
int xenbus_transaction_end(struct xenbus_transaction t, int abort);
void *xenbus_read(struct xenbus_transaction t, const char *dir, const char *node,
		  unsigned int *len);
int xenbus_write(struct xenbus_transaction t, const char *dir, const char *node, const char *text);
int xenbus_exists(struct xenbus_transaction t, const char *dir, const char *node);
int xenbus_rm(struct xenbus_transaction t, const char *dir, const char *node);
char **xenbus_directory(struct xenbus_transaction t, const char *dir, const char *node,
			unsigned int *num);
int xenbus_scanf(struct xenbus_transaction t, const char *dir, const char *node, const char *fmt,
		 ...) __attribute__((format(scanf, 4, 5)));
int xenbus_printf(struct xenbus_transaction t, const char *dir, const char *node, const char *fmt,
		  ...) __printf(4, 5);
unsigned int xenbus_read_unsigned(const char *dir, const char *node, unsigned int fallback);
int register_xenbus_watch(struct xenbus_watch *watch);
void unregister_xenbus_watch(struct xenbus_watch *watch);
enum xenbus_state xenbus_read_driver_state(const char *dir);
int xenbus_switch_state(struct xenbus_device *dev, enum xenbus_state state);
const char *xenbus_strstate(enum xenbus_state state);
#define XENBUS_EXIST_ERR(err) ((err) == -ENOENT || (err) == -ERANGE)

#endif /* SIM_XENBUS_H */

// SPDX-License-Identifier: GPL-2.0
/* Xenbus of each domain: devices, drivers, states. As drivers/xen/xenbus of Linux 6.1. */
#include <stdlib.h>

#include "world.h"

struct bus_device {
	struct xenbus_device xdev; /* first */
	struct bus_device *next;
	enum sim_domain domain;
	struct xenbus_driver *driver;
	char type[32];
};
struct bus {
	struct xenbus_driver *driver;
	struct bus_device *devices;
	struct xenbus_watch watch;
	const char *dir;
	unsigned int
		depth; /* number of slashes in the path of a device's directory */
	const char *otherend, *otherend_id;
};

static struct bus buses[SIM_DOMAINS] = {
	[SIM_BACK] = { .dir = "backend",
		       .depth = 3,
		       .otherend = "frontend",
		       .otherend_id = "frontend-id" },
	[SIM_FRONT] = { .dir = "device",
			.depth = 2,
			.otherend = "backend",
			.otherend_id = "backend-id" },
};
static int back_domid;

int sim_domid(enum sim_domain domain)
{
	return domain == SIM_FRONT ? 1 : back_domid;
}

void sim_set_back_domid(int domid)
{
	back_domid = domid;
}

char *sim_absolute(char *path, enum sim_domain domain, const char *relative)
{
	if (*relative == '/' || domain == SIM_TOOLS)
		snprintf(path, SIM_PATH_MAX, "%s", relative);
	else if (!*relative)
		snprintf(path, SIM_PATH_MAX, "/local/domain/%d",
			 sim_domid(domain));
	else
		snprintf(path, SIM_PATH_MAX, "/local/domain/%d/%s",
			 sim_domid(domain), relative);
	return path;
}

static struct bus_device *to_bus_device(struct xenbus_device *xdev)
{
	return container_of(xdev, struct bus_device, xdev);
}

static bool matches(const struct bus_device *d,
		    const struct xenbus_driver *driver)
{
	return driver && !strcmp(driver->ids[0].devicetype, d->type);
}

enum xenbus_state xenbus_read_driver_state(const char *dir)
{
	return xenbus_read_unsigned(dir, "state", XenbusStateUnknown);
}

const char *xenbus_strstate(enum xenbus_state state)
{
	static const char *const names[] = {
		"Unknown",     "Initialising",	"InitWait",
		"Initialised", "Connected",	"Closing",
		"Closed",      "Reconfiguring", "Reconfigured",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "INVALID";
}

int xenbus_switch_state(struct xenbus_device *dev, enum xenbus_state state)
{
	struct xenbus_transaction t;
	int shown, err;

	if (state == dev->state)
		return 0;
	do {
		err = xenbus_transaction_start(&t);
		if (err)
			return 0;
		if (xenbus_scanf(t, dev->nodename, "state", "%d", &shown) !=
		    1) {
			xenbus_transaction_end(t, 1);
			break;
		}
		xenbus_printf(t, dev->nodename, "state", "%d", state);
		err = xenbus_transaction_end(t, 0);
	} while (err == -EAGAIN);
	dev->state = state;
	return 0;
}

static void otherend_changed(struct xenbus_watch *watch, const char *path,
			     const char *token)
{
	struct xenbus_device *dev =
		container_of(watch, struct xenbus_device, otherend_watch);
	struct bus_device *d = to_bus_device(dev);

	(void)token;
	/* An event of the otherend before a resume. */
	if (!dev->otherend ||
	    strncmp(dev->otherend, path, strlen(dev->otherend)))
		return;
	if (d->driver && d->driver->otherend_changed)
		d->driver->otherend_changed(
			dev, xenbus_read_driver_state(dev->otherend));
}

static bool backend_will_handle(struct xenbus_watch *watch, const char *path,
				const char *token)
{
	(void)path;
	(void)token;
	return watch->nr_pending == 0;
}

static void unwatch_otherend(struct xenbus_device *dev)
{
	if (!dev->otherend_watch.node)
		return;
	unregister_xenbus_watch(&dev->otherend_watch);
	kfree(dev->otherend_watch.node);
	dev->otherend_watch.node = NULL;
}

static void forget_otherend(struct xenbus_device *dev)
{
	kfree(dev->otherend);
	dev->otherend = NULL;
}

static int talk_to_otherend(struct xenbus_device *dev)
{
	const struct bus *bus = &buses[to_bus_device(dev)->domain];
	char *name;

	unwatch_otherend(dev);
	forget_otherend(dev);
	name = xenbus_read(XBT_NIL, dev->nodename, bus->otherend, NULL);
	if (IS_ERR(name))
		return PTR_ERR(name);
	dev->otherend = name;
	dev->otherend_id =
		xenbus_read_unsigned(dev->nodename, bus->otherend_id, 0);
	return xenbus_exists(XBT_NIL, dev->otherend, "") ? 0 : -ENOENT;
}

static int watch_otherend(struct xenbus_device *dev)
{
	struct xenbus_watch *watch = &dev->otherend_watch;

	watch->node =
		kasprintf(GFP_KERNEL | __GFP_NOFAIL, "%s/state", dev->otherend);
	if (!watch->node)
		return -ENOMEM;
	watch->callback = otherend_changed;
	watch->will_handle = to_bus_device(dev)->domain == SIM_BACK ?
				     backend_will_handle :
				     NULL;
	return register_xenbus_watch(watch);
}

/* With the lock of the device. */
static void bind_device(struct bus_device *d, struct xenbus_driver *driver)
{
	struct xenbus_device *dev = &d->xdev;
	int err;

	if (d->driver || !matches(d, driver))
		return;
	err = talk_to_otherend(dev);
	if (err) {
		xenbus_switch_state(dev, XenbusStateClosing);
		return;
	}
	err = driver->probe(dev, driver->ids);
	if (err) {
		sim_say("%s: probe fails: %d", dev->nodename, err);
		forget_otherend(dev);
		return;
	}
	d->driver = driver;
	watch_otherend(dev);
}

static void unbind_device(struct bus_device *d)
{
	struct xenbus_device *dev = &d->xdev;
	struct xenbus_driver *driver = d->driver;

	if (!driver)
		return;
	unwatch_otherend(dev);
	driver->remove(dev);
	d->driver = NULL;
	forget_otherend(dev);
	if (!driver->allow_rebind ||
	    xenbus_read_driver_state(dev->nodename) == XenbusStateClosing)
		xenbus_switch_state(dev, XenbusStateClosed);
}

static void release_device(struct device *dev)
{
	struct bus_device *d = to_bus_device(to_xenbus_device(dev));

	if (d->driver)
		sim_problem("%s is released while it has a driver",
			    d->xdev.nodename);
	forget_otherend(&d->xdev);
	kfree(d->xdev.nodename);
	kfree(d);
}

struct device *get_device(struct device *dev)
{
	dev->references++;
	return dev;
}

void put_device(struct device *dev)
{
	if (!--dev->references)
		dev->release(dev);
}

void device_unregister(struct device *dev)
{
	struct bus_device *d = to_bus_device(to_xenbus_device(dev)), **p;

	for (p = &buses[d->domain].devices; *p && *p != d; p = &(*p)->next)
		;
	if (!*p) {
		sim_problem("%s is unregistered twice", d->xdev.nodename);
		return;
	}
	*p = d->next;
	sim_xenwatch_wants(&dev->mutex);
	device_lock(dev);
	sim_xenwatch_wants(NULL);
	unbind_device(d);
	device_unlock(dev);
	put_device(dev);
}

static struct bus_device *find_device(struct bus *bus, const char *root)
{
	struct bus_device *d = bus->devices;

	while (d && strcmp(d->xdev.nodename, root))
		d = d->next;
	return d;
}

static void make_device(struct bus *bus, enum sim_domain domain,
			const char *root)
{
	struct bus_device *d;

	if (xenbus_read_driver_state(root) != XenbusStateInitialising)
		return;
	d = kzalloc(sizeof(*d), GFP_KERNEL | __GFP_NOFAIL);
	d->domain = domain;
	d->xdev.nodename = kstrdup(root, GFP_KERNEL | __GFP_NOFAIL);
	d->xdev.state = XenbusStateInitialising;
	d->xdev.dev.references = 1;
	d->xdev.dev.release = release_device;
	d->xdev.dev.name = d->xdev.nodename;
	mutex_init(&d->xdev.dev.mutex);
	sscanf(root + strlen(bus->dir) + 1, "%31[^/]", d->type);
	d->next = bus->devices;
	bus->devices = d;
	device_lock(&d->xdev.dev);
	bind_device(d, bus->driver);
	device_unlock(&d->xdev.dev);
}

/* As xenbus_dev_changed(): @path is a directory of a device, or something in it. */
static void bus_changed(struct xenbus_watch *watch, const char *path,
			const char *token)
{
	struct bus *bus = container_of(watch, struct bus, watch);
	char root[SIM_PATH_MAX];
	struct bus_device *d;
	unsigned int slashes = 0, i;

	(void)token;
	for (i = 0; path[i] && (path[i] != '/' || slashes < bus->depth); i++)
		slashes += path[i] == '/';
	if (slashes < bus->depth)
		return;
	snprintf(root, sizeof(root), "%.*s", (int)i, path);
	d = find_device(bus, root);
	if (!xenbus_exists(XBT_NIL, root, "")) {
		if (d)
			device_unregister(&d->xdev.dev);
	} else if (!d) {
		make_device(bus, watch->domain, root);
	}
}

void sim_start_bus(enum sim_domain domain)
{
	enum sim_domain was = sim_enter(domain);
	struct bus *bus = &buses[domain];

	bus->watch.node = bus->dir;
	bus->watch.callback = bus_changed;
	register_xenbus_watch(&bus->watch);
	sim_enter(was);
}

void sim_stop_bus(enum sim_domain domain)
{
	struct bus *bus = &buses[domain];

	if (bus->watch.node)
		unregister_xenbus_watch(&bus->watch);
	bus->watch.node = NULL;
}

/* The domain is gone, and xenbus with it. */
void sim_drop_devices(enum sim_domain domain)
{
	enum sim_domain was = sim_enter(domain);

	while (buses[domain].devices)
		device_unregister(&buses[domain].devices->xdev.dev);
	sim_enter(was);
}

/*
 * The device after @d, which is put; NULL: the first one. If @d has been unregistered meanwhile,
 * what was after it may be gone too: begin anew.
 */
static struct bus_device *next_device(struct bus *bus, struct bus_device *d)
{
	struct bus_device *next = bus->devices;

	if (d && find_device(bus, d->xdev.nodename) == d)
		next = d->next;
	if (next)
		get_device(&next->xdev.dev);
	if (d)
		put_device(&d->xdev.dev);
	return next;
}

void sim_bind_all(enum sim_domain domain)
{
	struct bus *bus = &buses[domain];
	enum sim_domain was = sim_enter(domain);
	struct bus_device *d = NULL;

	while ((d = next_device(bus, d))) {
		device_lock(&d->xdev.dev);
		if (find_device(bus, d->xdev.nodename) == d)
			bind_device(d, bus->driver);
		device_unlock(&d->xdev.dev);
	}
	sim_enter(was);
}

void sim_unbind_all(enum sim_domain domain)
{
	struct bus *bus = &buses[domain];
	enum sim_domain was = sim_enter(domain);
	struct bus_device *d = NULL;

	while ((d = next_device(bus, d))) {
		device_lock(&d->xdev.dev);
		unbind_device(d);
		device_unlock(&d->xdev.dev);
	}
	sim_enter(was);
}

static int register_driver(enum sim_domain domain, struct xenbus_driver *driver)
{
	if (sim_memory_short && !sim_random(16))
		return -ENOMEM;
	if (sim_domain() != domain)
		sim_problem("a driver is registered in the wrong domain");
	buses[domain].driver = driver;
	sim_bind_all(domain);
	return 0;
}

int xenbus_register_frontend(struct xenbus_driver *driver)
{
	return register_driver(SIM_FRONT, driver);
}

int xenbus_register_backend(struct xenbus_driver *driver)
{
	return register_driver(SIM_BACK, driver);
}

void xenbus_unregister_driver(struct xenbus_driver *driver)
{
	enum sim_domain domain = sim_domain();

	if (buses[domain].driver != driver)
		sim_problem("a driver is unregistered that is not registered");
	sim_unbind_all(domain);
	buses[domain].driver = NULL;
}

int xenbus_dev_resume(struct device *dev)
{
	struct xenbus_device *xdev = to_xenbus_device(dev);
	struct bus_device *d = to_bus_device(xdev);
	int err;

	if (!d->driver)
		return 0;
	err = talk_to_otherend(xdev);
	if (err)
		return err;
	xdev->state = XenbusStateInitialising;
	if (d->driver->resume)
		err = d->driver->resume(xdev);
	return err ?: watch_otherend(xdev);
}

void sim_resume_devices(void)
{
	enum sim_domain was = sim_enter(SIM_FRONT);
	struct bus_device *d;

	for (d = buses[SIM_FRONT].devices; d; d = d->next) {
		device_lock(&d->xdev.dev);
		xenbus_dev_resume(&d->xdev.dev);
		device_unlock(&d->xdev.dev);
	}
	sim_enter(was);
}

void sim_end_bus(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(buses); i++) {
		if (buses[i].driver)
			sim_problem("a driver is left registered");
		if (buses[i].devices)
			sim_problem("the device %s is left",
				    buses[i].devices->xdev.nodename);
		buses[i].driver = NULL;
		buses[i].devices = NULL;
	}
}

// SPDX-License-Identifier: GPL-2.0
#include "compat.h"
#include "machine.h"
#include "store.h"

/*
 * Whether the tools have named another backend, and xenbus has not read its
 * name yet. Xenbus will resume the device, and then the driver starts over.
 * Until then the driver writes nothing for that backend.
 */
static bool has_another_back(struct xenbus_device *dev, struct xenbus_transaction xbt)
{
	int id;

	return xenbus_scanf(xbt, dev->nodename, "backend-id", "%d", &id) == 1 &&
	       id != dev->otherend_id;
}

/*
 * Whether the tools have removed the directory and made a new one for another
 * device, and xenbus has not noticed. Since Linux 7.0 xenbus then unregisters a
 * frontend by itself. A backend must ask for it.
 */
static bool is_replaced(const struct xsplit_machine *m, int shown)
{
	return (m->role == XSPLIT_BACK || XSPLIT_FRONT_IS_REPLACED) &&
	       shown == XenbusStateInitialising && m->dev->state != XenbusStateInitialising;
}

bool xsplit_is_replaced(const struct xsplit_machine *m)
{
	return is_replaced(m, xsplit_read_state(m->dev, m->dev->nodename));
}

static int touch_state(struct xenbus_device *dev, struct xenbus_transaction xbt, const void *arg)
{
	int shown;

	if (xenbus_scanf(xbt, dev->nodename, "state", "%d", &shown) != 1 || !is_replaced(arg, shown))
		return -ENOENT;
	return xenbus_printf(xbt, dev->nodename, "state", "%u", shown);
}

bool xsplit_announce_replacement(const struct xsplit_machine *m)
{
	return !xsplit_transaction_now(m->dev, touch_state, m);
}

struct change {
	const struct xsplit_machine *m;
	unsigned int state;
};

static int write_state(struct xenbus_device *dev, struct xenbus_transaction xbt, const void *arg)
{
	const struct change *c = arg;
	int shown, err = xenbus_scanf(xbt, dev->nodename, "state", "%d", &shown);

	/*
	 * Overwrite a state that is not a number. Do not make a directory again
	 * that is gone.
	 */
	if (err == -ERANGE)
		shown = XenbusStateUnknown;
	else if (err != 1)
		return err;
	if (is_replaced(c->m, shown) || (c->m->role == XSPLIT_FRONT && has_another_back(dev, xbt)))
		return -ESTALE;
	return xenbus_printf(xbt, dev->nodename, "state", "%u", c->state);
}

bool xsplit_write_state(struct xsplit_machine *m)
{
	struct change c = { .m = m, .state = READ_ONCE(m->next) };
	int err;

	if (c.state == XenbusStateUnknown)
		return true;
	if (m->role == XSPLIT_FRONT)
		err = xsplit_transaction_now(m->dev, write_state, &c);
	else
		err = xsplit_transaction(m->dev, write_state, &c);
	if (err == -ESTALE) {
		if (m->replaced)
			m->replaced(m);
		return false;
	}
	if (err && !xsplit_is_gone(err)) {
		m->retry_write(m);
		return false;
	}
	WRITE_ONCE(m->dev->state, c.state);
	/*
	 * If the machine has chosen another state meanwhile, that state is
	 * still to be written.
	 */
	return cmpxchg(&m->next, c.state, XenbusStateUnknown) == c.state;
}

enum xenbus_state xsplit_state(const struct xsplit_machine *m)
{
	unsigned int next = smp_load_acquire(&m->next);

	return next == XenbusStateUnknown ? READ_ONCE(m->dev->state) : (enum xenbus_state)next;
}

void xsplit_switch_state(struct xsplit_machine *m, enum xenbus_state state)
{
	if (state != xsplit_state(m))
		WRITE_ONCE(m->next, state);
}

void xsplit_start_over(struct xsplit_machine *m)
{
	WRITE_ONCE(m->next, XenbusStateInitialising);
}

void xsplit_machine_fail(struct xsplit_machine *m, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	xsplit_dev_verror(m->dev, err, fmt, ap);
	va_end(ap);
	xsplit_switch_state(m, XenbusStateClosing);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions in what split drivers use of
 * xenbus. block/blkcompat.h has the differences of the block layer.
 *
 * probe.sh writes compat-config.h. It compiles the files of probe/ against the
 * kernel headers: a version number is not enough, because distributions
 * backport changes.
 */
#ifndef XSPLIT_COMPAT_H
#define XSPLIT_COMPAT_H

#include <xen/xenbus.h>

#include "compat-config.h"

/*
 * Since "xenbus: add xenbus_device parameter to xenbus_read_driver_state()"
 * (7.0) the caller passes the device that reads the state.
 */
static inline enum xenbus_state xsplit_read_state(struct xenbus_device *dev, const char *dir)
{
#ifdef XSPLIT_HAVE_READ_STATE_DEV
	return xenbus_read_driver_state(dev, dir);
#else
	return xenbus_read_driver_state(dir);
#endif
}

/*
 * Since "xen/xenbus: better handle backend crash" (7.0) xenbus removes a
 * frontend whose directory the tools have replaced, and probes it again. See
 * machine.h.
 */
#ifdef XSPLIT_HAVE_VANISHED
#define XSPLIT_FRONT_IS_REPLACED true
#else
#define XSPLIT_FRONT_IS_REPLACED false
#endif

/*
 * The kernel exports this function to modules, but declares it in a private
 * header of xenbus. "xenbus: Rename helpers to freeze/thaw/restore" (7.0)
 * renamed it.
 */
#ifdef XSPLIT_HAVE_XENBUS_RESTORE
int xenbus_dev_restore(struct device *dev);
#else
int xenbus_dev_resume(struct device *dev);
#endif

static inline void xsplit_dev_resume(struct xenbus_device *dev)
{
#ifdef XSPLIT_HAVE_XENBUS_RESTORE
	xenbus_dev_restore(&dev->dev);
#else
	xenbus_dev_resume(&dev->dev);
#endif
}

#endif /* XSPLIT_COMPAT_H */

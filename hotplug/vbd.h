/* SPDX-License-Identifier: GPL-2.0 */
/* Names of a virtual block device in xenstore and on the bus. */
#ifndef HOTPLUG_VBD_H
#define HOTPLUG_VBD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "store.h"

struct vbd {
	unsigned int domid;
	unsigned int devid;
	char path[STORE_PATH_MAX];	/* of its backend directory */
};

/*
 * Parse backend/vbd/DOMID/DEVID, with or without /local/domain/BACKEND/ before
 * it. Returns 0 or -EINVAL.
 */
int vbd_parse_path(struct vbd *vbd, const char *path);

/* Set @vbd to the vbd with these numbers that this domain serves. */
void vbd_name(struct vbd *vbd, unsigned int domid, unsigned int devid);

/* The same from the name on the bus. Returns 0 or -EINVAL. */
int vbd_parse_bus_name(struct vbd *vbd, const char *name);

/*
 * Read from sysfs which device a backend has open. @name is the vbd's name on the bus, and @root
 * the prefix of /sys. Returns false if no backend is bound, or if it has no device.
 */
bool vbd_read_device(const char *root, const char *name, dev_t *device);

/* Parse a decimal number in the valid range at *@s, and advance *@s. */
bool vbd_parse_domid(const char **s, unsigned int *domid);
bool vbd_parse_devid(const char **s, unsigned int *devid);

/*
 * Whether two vbds are the same disk of one VM in two domains: the VM is
 * migrating within this host, or one domain is the stub domain of the other,
 * with its device model. libxl writes the nodes "vm" and "target" of a domain;
 * the guest cannot.
 */
bool vbd_same_disk(struct store *s, const struct vbd *a, const struct vbd *b);

/*
 * Whether a toolstack runs the hotplug script for this vbd itself. libxl names the script in the
 * directory of the vbd. xenopsd does not; it has another directory for each disk, which only dom0
 * can read.
 */
bool vbd_has_owner(struct store *s, const struct vbd *vbd);
bool vbd_is_xenopsd(struct store *s, unsigned int domid, unsigned int devid);

/* Whether the vbd is closing or gone, so that its resources will soon be free. */
bool vbd_is_leaving(struct store *s, const struct vbd *vbd);

/* Writes "guest 5 as xvda", or the number if the store has no name. */
void vbd_describe(struct store *s, const struct vbd *vbd, char *text,
		  size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Which virtual block device: its names in xenstore and on the bus. */
#ifndef HOTPLUG_VBD_H
#define HOTPLUG_VBD_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

struct vbd {
	unsigned int domid;
	unsigned int devid;
	char path[STORE_PATH_MAX];	/* of its backend directory */
};

/*
 * @path is backend/vbd/DOMID/DEVID, alone or below /local/domain/BACKEND/.
 * 0, or -EINVAL for anything else.
 */
int vbd_parse_path(struct vbd *vbd, const char *path);

/* The vbd of these numbers that this domain serves. */
void vbd_name(struct vbd *vbd, unsigned int domid, unsigned int devid);

/* The same, by its name on the bus; 0 or -EINVAL. */
int vbd_parse_bus_name(struct vbd *vbd, const char *name);

/* A decimal number in range at *@s, which moves behind it. */
bool vbd_parse_domid(const char **s, unsigned int *domid);
bool vbd_parse_devid(const char **s, unsigned int *devid);

/*
 * The same disk of the same VM in two domains: the VM is migrating within this
 * host, or one is the stub domain of the other, in which its device model runs.
 * What a domain's "vm" and "target" nodes say is libxl's word, which the guest
 * can read and not write.
 */
bool vbd_same_disk(struct store *s, const struct vbd *a, const struct vbd *b);

/*
 * A toolstack takes care of the vbd: it runs a script of its own for it. libxl names the
 * script in the directory. xenopsd does not; it has a directory of its own for each disk, which
 * only dom0 can see.
 */
bool vbd_has_owner(struct store *s, const struct vbd *vbd);
bool vbd_is_xenopsd(struct store *s, unsigned int domid, unsigned int devid);

/* The vbd is closing or gone, so what it holds will soon be free. */
bool vbd_leaving(struct store *s, const struct vbd *vbd);

/* "guest 5 as xvda", or by number where the store has no name for it. */
void vbd_describe(struct store *s, const struct vbd *vbd, char *text,
		  size_t size);

#endif

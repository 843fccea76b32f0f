/* SPDX-License-Identifier: GPL-2.0 */
/* Which virtual block device: its names in xenstore, on the bus, on a loop device. */
#ifndef HOTPLUG_VBD_H
#define HOTPLUG_VBD_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

#define VBD_NAME_MAX 64

struct vbd {
	unsigned int domid;
	unsigned int devid;
	char path[STORE_PATH_MAX];	/* of its backend directory */
	char mark[VBD_NAME_MAX];	/* in lo_file_name of its loop device */
};

/*
 * @path is backend/vbd/DOMID/DEVID, alone or below /local/domain/BACKEND/.
 * 0, or -EINVAL for anything else.
 */
int vbd_parse_path(struct vbd *vbd, const char *path);

/* The vbd of this domain that a mark (a bus name) belongs to; 0 or -EINVAL. */
int vbd_parse_mark(struct vbd *vbd, const char *mark);
int vbd_parse_bus_name(struct vbd *vbd, const char *name);

/* The vbd is closing or gone, so what it holds will soon be free. */
bool vbd_leaving(struct store *s, const struct vbd *vbd);

/* "guest 5 as xvda", or by number where the store has no name for it. */
void vbd_describe(struct store *s, const struct vbd *vbd, char *text,
		  size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mark of a loop device, in its lo_file_name: which disk it was made for,
 * "xen-vbd:DOMID:DEVID". While a VM migrates within this host its disk has two
 * vbds, and so has the loop device: "xen-vbd:DOMID,DOMID:DEVID".
 */
#ifndef HOTPLUG_MARK_H
#define HOTPLUG_MARK_H

#include "vbd.h"

#define MARK_TEXT 64		/* LO_NAME_SIZE */
#define MARK_DOMAINS 4

struct mark {
	unsigned int domid[MARK_DOMAINS];
	int count;
	unsigned int devid;
};

/* 0, or -EINVAL: no mark of ours. */
int mark_parse(struct mark *m, const char *text);

/* A mark of no domain is "". */
void mark_format(const struct mark *m, char text[MARK_TEXT]);

bool mark_has(const struct mark *m, const struct vbd *vbd);

/* False if there is no room, or another disk's number. */
bool mark_add(struct mark *m, const struct vbd *vbd);

void mark_drop(struct mark *m, const struct vbd *vbd);

#endif

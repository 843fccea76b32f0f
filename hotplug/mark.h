/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mark of a loop device, in its lo_file_name: the vbd that it was made for,
 * "xen-vbd:DOMID:DEVID". While a VM migrates within this host, its disk has two
 * vbds that share the loop device: "xen-vbd:DOMID,DOMID:DEVID".
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

/* Returns 0, or -EINVAL if the text is not a mark of ours. */
int mark_parse(struct mark *m, const char *text);

/* A mark without domains is "". */
void mark_format(const struct mark *m, char text[MARK_TEXT]);

bool mark_has(const struct mark *m, const struct vbd *vbd);

/* Returns false if the mark is full or has another device number. */
bool mark_add(struct mark *m, const struct vbd *vbd);

void mark_drop(struct mark *m, const struct vbd *vbd);

#endif

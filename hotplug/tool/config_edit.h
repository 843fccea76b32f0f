/* SPDX-License-Identifier: GPL-2.0 */
/* Replaces a disk in libxl's record of a domain, which is JSON. */
#ifndef TOOL_CONFIG_EDIT_H
#define TOOL_CONFIG_EDIT_H

/*
 * Returns @text with @entry, an object, in its list of disks, in place of a
 * disk with the same number. The result is malloced; NULL if @text is not such
 * a record.
 */
char *config_edit(const char *text, unsigned int devid, const char *entry);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* libxl's record of a domain, which is JSON: one of its disks is replaced. */
#ifndef TOOL_CONFIG_EDIT_H
#define TOOL_CONFIG_EDIT_H

/*
 * @text with @entry, an object, in its list of disks instead of what is there of
 * the same number. Malloced; NULL: @text is nothing of that kind.
 */
char *config_edit(const char *text, unsigned int devid, const char *entry);

#endif

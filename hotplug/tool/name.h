/* SPDX-License-Identifier: GPL-2.0 */
/* Names and device numbers of virtual disks: see xen-vbd-interface(7). */
#ifndef TOOL_NAME_H
#define TOOL_NAME_H

#include <stdbool.h>

#define DOMID_MAX 0x7fefL
#define DISK_NAME_MAX 32

/* Accepts xvdb, xvdb1, hda, sda2, d5p1, or the number itself. */
bool disk_name_parse(const char *name, unsigned int *devid);

/* Parses a decimal number up to @max; returns -1 for any other text. */
long number_parse(const char *text, long max);

/* Writes a name that is parsed to this number, or the number if there is none. */
void disk_name_print(unsigned int devid, char name[DISK_NAME_MAX]);

#endif

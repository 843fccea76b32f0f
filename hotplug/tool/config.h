/* SPDX-License-Identifier: GPL-2.0 */
/* The record from which libxl makes a domain again after a save, a migration or a reboot. */
#ifndef TOOL_CONFIG_H
#define TOOL_CONFIG_H

#include "disk.h"

/*
 * Copy the disk from the toolstack's copy to libxl's record. If libxl did not
 * make the domain, do nothing. A failure is printed to standard error; the disk
 * works without.
 */
void config_save_disk(struct tool *t, const struct disk *d);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What libxl remembers of a domain, to make it again when it is saved, migrated or rebooted. */
#ifndef TOOL_CONFIG_H
#define TOOL_CONFIG_H

#include "disk.h"

/*
 * Have libxl remember the disk as it is in the toolstack's copy. Where no libxl
 * has the domain there is nothing to do. What fails is told on standard error:
 * the disk works without.
 */
void config_note(struct tool *t, const struct disk *d);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What a backend of this domain has counted, in sysfs. */
#ifndef TOOL_COUNTERS_H
#define TOOL_COUNTERS_H

#include "disk.h"

enum counter {
	READS,
	WRITES,
	FLUSHES,
	DISCARDS,
	READ_SECTORS,
	WRITE_SECTORS,
	OUT_OF_REQUESTS,
	COUNTERS
};

/* Their names for programs. */
extern const char *const counter_key[COUNTERS];

struct counters {
	unsigned long long of[COUNTERS];
};

/* False if no driver here has the disk. */
bool counters_read(struct tool *t, const struct disk *d, struct counters *c);

#endif

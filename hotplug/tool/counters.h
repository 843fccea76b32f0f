/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of the backends in this domain, from sysfs. */
#ifndef TOOL_COUNTERS_H
#define TOOL_COUNTERS_H

#include "disk.h"

enum counter {
	READS,
	WRITES,
	FLUSHES,
	DISCARDS,
	ZEROES,
	READ_SECTORS,
	WRITE_SECTORS,
	OUT_OF_REQUESTS,
	COUNTERS
};

/* Names of the counters in JSON. */
extern const char *const counter_key[COUNTERS];

struct counters {
	unsigned long long value[COUNTERS];
};

/* Returns false if no driver in this domain serves the disk. */
bool counters_read(struct tool *t, const struct disk *d, struct counters *c);

#endif

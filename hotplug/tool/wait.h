/* SPDX-License-Identifier: GPL-2.0 */
/* What a disk waits for, and waiting for it. */
#ifndef TOOL_WAIT_H
#define TOOL_WAIT_H

#include "disk.h"

struct waiting {
	const char *who;	/* "backend"; NULL: it waits for nothing */
	char text[512];		/* part of a sentence: "the backend in domain 0 to ..." */
};

void disk_describe_wait(struct tool *t, const struct disk *d, struct waiting *w);

/*
 * Call @done after each change of the disk, and at least once a second, until it
 * does not return 0; that is the result. Returns 0 after a timeout. Prints what
 * the disk waits for.
 */
int disk_wait(struct tool *t, const struct disk *d,
	      int (*done)(struct tool *t, const struct disk *d, void *arg),
	      void *arg);

#endif

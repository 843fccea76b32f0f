/* SPDX-License-Identifier: GPL-2.0 */
/* What a disk waits for and by whom it is to be done; and waiting for that. */
#ifndef TOOL_WAIT_H
#define TOOL_WAIT_H

#include "disk.h"

struct waiting {
	const char *who;	/* "backend"; NULL: it waits for nothing */
	char text[512];		/* a sentence's part: "the backend in domain 0 to ..." */
};

void disk_waiting(struct tool *t, const struct disk *d, struct waiting *w);

/*
 * Look at a disk at every change of it until @done is not 0, which is the
 * result, or the time is over, which is 0. Shows what is waited for.
 */
int disk_wait(struct tool *t, const struct disk *d,
	      int (*done)(struct tool *t, const struct disk *d, void *arg),
	      void *arg);

#endif

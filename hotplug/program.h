/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another program, run under a deadline, with whom one talks in lines.
 *
 * Between the two stands a small process of our own, the keeper: should this
 * program be killed, it ends the other one and waits until that is gone. It
 * keeps the lock until then, so whoever gets the lock meets nobody at work.
 */
#ifndef HOTPLUG_PROGRAM_H
#define HOTPLUG_PROGRAM_H

#include <stddef.h>

#include "deadline.h"

#define PROGRAM_LINE_MAX 5000

struct program {
	const char *path;
	const char *argument;
	char *const *environment;
	int lock;	/* a descriptor that the keeper holds open, or -1 */
	/*
	 * A line of its standard output. What is put into @answer is sent to
	 * its standard input. -1: it is to be ended.
	 */
	int (*line)(void *arg, const char *line, char *answer, size_t size);
	void *arg;
	/* the last line that it wrote to its standard error */
	char complaint[PROGRAM_LINE_MAX];
};

enum program_end {
	PROGRAM_EXITED,		/* with the status in *status */
	PROGRAM_KILLED,		/* by the signal in *status */
	PROGRAM_LATE,		/* it was ended after @ms, or by a cancel */
	PROGRAM_STOPPED,	/* it was ended because @line said so */
	PROGRAM_FAILED,		/* it was not run: the errno is in *status */
};

enum program_end program_run(struct program *p, struct deadline *d, int64_t ms,
			     int *status);

#endif

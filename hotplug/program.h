/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs another program under a deadline and exchanges lines with it.
 *
 * A small process of our own, the keeper, is between the two. If this program
 * is killed, the keeper ends the other program and waits until it is gone. It
 * holds the lock until then, so the next owner of the lock finds no program at
 * work.
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
	int lock;	/* descriptor that the keeper holds open, or -1 */
	/*
	 * Called for each line of its standard output. @answer is sent to its
	 * standard input. Returns -1 to end the program.
	 */
	int (*handle_line)(void *arg, const char *line, char *answer, size_t size);
	void *arg;
	/* last line of its standard error */
	char last_error[PROGRAM_LINE_MAX];
};

enum program_end {
	PROGRAM_EXITED,		/* with the status in *status */
	PROGRAM_KILLED,		/* by the signal in *status */
	PROGRAM_LATE,		/* ended after @ms, or by a cancel */
	PROGRAM_STOPPED,	/* ended because @handle_line returned -1 */
	PROGRAM_FAILED,		/* not run: the errno is in *status */
};

enum program_end program_run(struct program *p, struct deadline *d, int64_t ms,
			     int *status);

#endif

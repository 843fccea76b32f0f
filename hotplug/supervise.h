/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTPLUG_SUPERVISE_H
#define HOTPLUG_SUPERVISE_H

#include "deadline.h"

/*
 * Run @work in a thread. SIGTERM, SIGINT and SIGHUP cancel the deadline. The
 * work must notice a cancel and the end of its time, and undo what it did.
 * Returns 0 and the result of @work; or -1 if @work does not return within a
 * grace period: then it hangs in the kernel, and only the end of the process
 * can end it.
 */
int supervise(struct deadline *d, int (*work)(void *arg), void *arg,
	      int *result);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTPLUG_SUPERVISE_H
#define HOTPLUG_SUPERVISE_H

#include "deadline.h"

/*
 * Run @work in a thread. SIGTERM, SIGINT and SIGHUP cancel the deadline; the
 * work is expected to notice that, or that its time is over, and to undo what
 * it did. 0 with its result, or -1 if it does not come back within a grace
 * period: it hangs in the kernel, and only the end of the process ends it.
 */
int supervise(struct deadline *d, int (*work)(void *arg), void *arg,
	      int *result);

#endif

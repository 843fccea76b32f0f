/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The time the agent has, and the name of what it is doing with it. One
 * thread works against a deadline; another may cancel it or read the step.
 */
#ifndef HOTPLUG_DEADLINE_H
#define HOTPLUG_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
	int64_t started;
	int64_t expires;
	int cancel_fd;		/* readable once cancelled */
	pthread_mutex_t lock;	/* guards the two below */
	bool cancelled;
	char step[256];
};

/* Milliseconds of a clock that never goes back. */
int64_t now_ms(void);

int deadline_init(struct deadline *d, int64_t ms);
void deadline_destroy(struct deadline *d);

/* Begin anew, also after a cancel. Only for the thread that works against it. */
void deadline_renew(struct deadline *d, int64_t ms);

/* Milliseconds left, 0 when it is over. */
int64_t deadline_left(struct deadline *d);

bool deadline_over(struct deadline *d);

/* Name what comes next. 0, or -1 if there is no time for it. */
int deadline_step(struct deadline *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sleep, but not beyond the deadline. 0, or -1 if it is over. */
int deadline_sleep(struct deadline *d, int64_t ms);

void deadline_cancel(struct deadline *d);
bool deadline_cancelled(struct deadline *d);

/* Why it is over: "gave up after 25 s while ..." or "told to stop while ...". */
void deadline_reason(struct deadline *d, char *text, size_t size);

#endif

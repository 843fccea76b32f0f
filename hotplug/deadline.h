/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The deadline of the agent, and the name of its current step. One thread works
 * against a deadline. Another thread may cancel it or read the step.
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
	int cancel_fd;		/* readable after a cancel */
	pthread_mutex_t lock;	/* protects the next two */
	bool cancelled;
	char step[256];
};

/* Monotonic clock, in ms. */
int64_t now_ms(void);

int deadline_init(struct deadline *d, int64_t ms);
void deadline_destroy(struct deadline *d);

/* Start again, also after a cancel. Only for the thread that works against the deadline. */
void deadline_renew(struct deadline *d, int64_t ms);

/* Time left in ms; 0 if the deadline is over. */
int64_t deadline_left(struct deadline *d);

bool deadline_over(struct deadline *d);

/* Set the name of the next step. Returns 0, or -1 if the deadline is over. */
int deadline_step(struct deadline *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sleep @ms, but at most until the deadline. Returns 0, or -1 if the deadline is over. */
int deadline_sleep(struct deadline *d, int64_t ms);

void deadline_cancel(struct deadline *d);
bool deadline_cancelled(struct deadline *d);

/* Why it is over: "gave up after 25 s while ..." or "stopped by a signal while ...". */
void deadline_reason(struct deadline *d, char *text, size_t size);

#endif

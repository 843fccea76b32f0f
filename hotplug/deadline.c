// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int deadline_init(struct deadline *d, int64_t ms)
{
	d->started = now_ms();
	d->expires = d->started + ms;
	d->cancelled = false;
	snprintf(d->step, sizeof(d->step), "starting");
	pthread_mutex_init(&d->lock, NULL);
	d->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return d->cancel_fd < 0 ? -errno : 0;
}

void deadline_destroy(struct deadline *d)
{
	close(d->cancel_fd);
	pthread_mutex_destroy(&d->lock);
}

bool deadline_cancelled(struct deadline *d)
{
	bool c;

	pthread_mutex_lock(&d->lock);
	c = d->cancelled;
	pthread_mutex_unlock(&d->lock);
	return c;
}

int64_t deadline_left(struct deadline *d)
{
	int64_t left = d->expires - now_ms();

	return left < 0 || deadline_cancelled(d) ? 0 : left;
}

bool deadline_over(struct deadline *d)
{
	return deadline_left(d) == 0;
}

int deadline_step(struct deadline *d, const char *fmt, ...)
{
	va_list args;

	if (deadline_over(d))
		return -1;
	pthread_mutex_lock(&d->lock);
	va_start(args, fmt);
	vsnprintf(d->step, sizeof(d->step), fmt, args);
	va_end(args);
	pthread_mutex_unlock(&d->lock);
	return 0;
}

int deadline_sleep(struct deadline *d, int64_t ms)
{
	struct pollfd p = { .fd = d->cancel_fd, .events = POLLIN };
	int64_t left = deadline_left(d);

	poll(&p, 1, (int)(ms < left ? ms : left));
	return deadline_over(d) ? -1 : 0;
}

void deadline_cancel(struct deadline *d)
{
	pthread_mutex_lock(&d->lock);
	d->cancelled = true;
	pthread_mutex_unlock(&d->lock);
	eventfd_write(d->cancel_fd, 1);
}

void deadline_renew(struct deadline *d, int64_t ms)
{
	eventfd_t events;

	pthread_mutex_lock(&d->lock);
	d->started = now_ms();
	d->expires = d->started + ms;
	d->cancelled = false;
	eventfd_read(d->cancel_fd, &events);
	pthread_mutex_unlock(&d->lock);
}

void deadline_reason(struct deadline *d, char *text, size_t size)
{
	long long seconds = (d->expires - d->started + 999) / 1000;

	pthread_mutex_lock(&d->lock);
	if (d->cancelled)
		snprintf(text, size, "stopped by a signal while %s", d->step);
	else
		snprintf(text, size, "gave up after %lld s while %s", seconds,
			 d->step);
	pthread_mutex_unlock(&d->lock);
}

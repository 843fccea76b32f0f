// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "supervise.h"

#define GRACE_MS 2000
#define DONE SIGUSR1

struct worker {
	pthread_t thread, supervisor;
	int (*work)(void *arg);
	void *arg;
	int result;
};

static void *run_work(void *arg)
{
	struct worker *w = arg;

	w->result = w->work(w->arg);
	pthread_kill(w->supervisor, DONE);
	return NULL;
}

/* Returns the next signal of @set, or -1 after @ms without one. */
static int wait_for_signal(const sigset_t *set, int64_t ms)
{
	int64_t until = now_ms() + ms;
	int64_t left = ms;
	struct timespec ts;
	int sig;

	do {
		ts.tv_sec = left / 1000;
		ts.tv_nsec = left % 1000 * 1000000;
		sig = sigtimedwait(set, NULL, &ts);
		left = until - now_ms();
	} while (sig < 0 && errno == EINTR && left > 0);
	return sig;
}

int supervise(struct deadline *d, int (*work)(void *arg), void *arg,
	      int *result)
{
	/* static: a worker that hangs uses it after this call */
	static struct worker w;
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, DONE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	w = (struct worker){ .work = work, .arg = arg,
			     .supervisor = pthread_self() };
	if (pthread_create(&w.thread, NULL, run_work, &w)) {
		*result = work(arg);
		return 0;
	}
	sig = wait_for_signal(&set, deadline_left(d) + GRACE_MS);
	if (sig > 0 && sig != DONE) {
		deadline_cancel(d);
		sigdelset(&set, SIGTERM);
		sigdelset(&set, SIGINT);
		sigdelset(&set, SIGHUP);
		sig = wait_for_signal(&set, GRACE_MS);
	}
	if (sig != DONE)
		return -1;
	pthread_join(w.thread, NULL);
	*result = w.result;
	return 0;
}

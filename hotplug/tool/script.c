// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script.h"

#define TICK_MS 20
#define TERM_MS 1500		/* between SIGTERM and SIGKILL */

/* Runs in the child: set what a hotplug script expects of its caller. */
static void exec_script(const struct disk *d, const char *script, const char *action)
{
	const char *path = strstr(d->back, "backend/");
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);		/* Ctrl-C must not reach the script */
	dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	setenv("script", script, 1);
	setenv("XENBUS_TYPE", d->kind, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	setenv("XENBUS_PATH", path, 1);
	execl(script, script, action, NULL);
	_exit(127);
}

/* Returns the process that has changed its state, 0 while none has, or -1. */
static pid_t poll_script(pid_t pid, int *status)
{
	pid_t ended;

	do
		ended = waitpid(pid, status, WNOHANG);
	while (ended < 0 && errno == EINTR);
	return ended;
}

static void end_script(pid_t pid, int *status)
{
	int64_t since = now_ms();

	kill(-pid, SIGTERM);
	while (poll_script(pid, status) == 0) {
		if (now_ms() - since > TERM_MS)
			kill(-pid, SIGKILL);
		usleep(TICK_MS * 1000);
	}
}

static bool wait_script(struct tool *t, pid_t pid, bool limited, int *status)
{
	pid_t ended;

	while ((ended = poll_script(pid, status)) == 0) {
		if (limited && deadline_sleep(&t->deadline, TICK_MS)) {
			end_script(pid, status);
			return false;
		}
		if (!limited)
			usleep(TICK_MS * 1000);
	}
	if (ended < 0)
		*status = 127 << 8;
	return true;
}

int script_run(struct tool *t, const struct disk *d, const char *script, const char *action)
{
	int status;
	pid_t pid;

	signal(SIGCHLD, SIG_DFL);	/* if it were ignored, waitpid() would have no status */
	pid = fork();
	if (pid == 0)
		exec_script(d, script, action);
	if (pid < 0)
		return 127;
	setpgid(pid, pid);		/* whoever comes first: its group must exist for a kill() */
	if (!wait_script(t, pid, !strcmp(action, "add"), &status))
		return SCRIPT_LATE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *script_of(struct tool *t, const struct disk *d)
{
	char *script = store_read(t->store, d->back, "script");

	return script ? script : store_read(t->store, d->copy, "script");
}

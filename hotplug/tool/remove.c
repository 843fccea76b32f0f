// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "remove.h"
#include "throttle.h"
#include "wait.h"

#define ELSEWHERE_MS 10000	/* for the script in another domain, as in xl */
#define OTHER_MS 2000		/* until a program has removed its directory */

struct request {
	const struct disk *disk;
	bool force;
};

static int write_request(struct store *s, void *arg)
{
	const struct request *r = arg;
	const struct disk *d = r->disk;
	int err = 0;

	if (r->force) {
		err = s->ops->remove(s, d->front);
		if (err == -ENOENT)
			err = 0;
	}
	if (err || !store_exists(s, d->back))
		return err;
	err = store_write(s, d->back, "online", "0");
	if (!err && store_read_number(s, d->back, "state", 0) != STATE_CLOSED)
		err = store_write(s, d->back, "state", "5");
	return err;
}

int disk_ask_to_close(struct tool *t, const struct disk *d, bool force)
{
	struct request r = { .disk = d, .force = force };
	int err;

	if (force)
		throttle_lift(t, d);
	err = store_transaction(t->store, write_request, &r);
	return err ? disk_store_failed(t, d, err) : 0;
}

/* Without a driver, no resource is in use. The link exists while a driver is bound. */
static bool has_driver(struct tool *t, const struct disk *d)
{
	char path[512];

	snprintf(path, sizeof(path),
		 "%s/sys/bus/xen-backend/devices/vbd-%u-%u/driver", t->root,
		 d->domid, d->devid);
	return access(path, F_OK) == 0;
}

int disk_is_closed(struct tool *t, const struct disk *d, void *unused)
{
	unsigned int state = disk_ends(t, d).back;

	(void)unused;
	if (!disk_is_vbd(d))
		return state == STATE_CLOSED || !store_exists(t->store, d->back);
	return state == STATE_CLOSED || state == STATE_UNKNOWN ||
	       (d->here && !has_driver(t, d));
}

/* Runs in the child: set what a hotplug script expects of its caller. */
static void exec_script(const struct disk *d, const char *script)
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
	setenv("XENBUS_TYPE", "vbd", 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	setenv("XENBUS_PATH", path, 1);
	execl(script, script, "remove", NULL);
	_exit(127);
}

/* Returns the exit status; 127 if it cannot be run, 128 + N after signal N. */
static int run_script(const struct disk *d, const char *script)
{
	int status;
	pid_t pid;

	signal(SIGCHLD, SIG_DFL);	/* if it were ignored, waitpid() would have no status */
	pid = fork();
	if (pid == 0)
		exec_script(d, script);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	if (pid < 0)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A disk without a script was made by hand: release what the agent has attached. */
static int release_by_agent(struct tool *t, const struct disk *d)
{
	struct job job;
	int err;

	disk_job(t, d, &job);
	err = agent_remove(&job);
	if (err)
		t->failure = job.failure;
	return err;
}

static int release_in_this_domain(struct tool *t, const struct disk *d)
{
	char *script = store_read(t->store, d->back, "script");
	int status;

	if (!script)
		script = store_read(t->store, d->copy, "script");
	if (!script)
		return release_by_agent(t, d);
	status = run_script(d, script);
	if (status)
		fail_detail(&t->failure, MSG_NO_SCRIPT, d->label,
			    "%s ended with status %d", script, status);
	free(script);
	return status ? -1 : 0;
}

static int is_dir_gone(struct tool *t, const struct disk *d, void *unused)
{
	(void)unused;
	return !store_exists(t->store, d->back);
}

/* xl devd in the other domain runs the script, and then removes the directory. */
static int release_in_other_domain(struct tool *t, const struct disk *d)
{
	int64_t end = now_ms() + ELSEWHERE_MS;

	if (t->deadline.expires < end)
		t->deadline.expires = end;
	if (disk_wait(t, d, is_dir_gone, NULL) > 0)
		return 0;
	return fail_detail(&t->failure, MSG_NO_SCRIPT, d->label,
			   "in domain %u has not removed it (does xl devd run there?)",
			   d->backend);
}

/*
 * A disk of another program has no script. QEMU removes its directory a moment
 * after it has written Closed, and closes the target then.
 */
static int release_other_kind(struct tool *t, const struct disk *d)
{
	t->deadline.expires = now_ms() + OTHER_MS;
	return disk_wait(t, d, is_dir_gone, NULL) < 0 ? -1 : 0;
}

/* A backend of another kind that has not closed may still use its directory: keep it. */
static bool is_other_active(struct store *s, const struct disk *d)
{
	return !disk_is_vbd(d) && store_exists(s, d->back) &&
	       store_read_number(s, d->back, "state", 0) != STATE_CLOSED;
}

static int remove_dirs(struct store *s, void *arg)
{
	const struct disk *d = arg;
	char top[STORE_PATH_MAX];
	int err;

	if (is_other_active(s, d))
		return -EBUSY;
	snprintf(top, sizeof(top), "/local/domain/%u/device", d->domid);
	err = store_prune(s, top, d->front);
	if (err)
		return err;
	snprintf(top, sizeof(top), "/local/domain/%u/backend", d->backend);
	err = store_prune(s, top, d->back);
	if (err)
		return err;
	snprintf(top, sizeof(top), "/libxl/%u/device", d->domid);
	return store_prune(s, top, d->copy);
}

int disk_fail_not_closed(struct tool *t, const struct disk *d)
{
	char program[KIND_TEXT_MAX + 32];

	disk_describe_backend(d, program, sizeof(program));
	return fail_detail(&t->failure, MSG_OTHER_LIVES, d->label,
			   "%s has not closed it and may still use its target: if that program has ended, run xenstore-rm %s",
			   program, d->back);
}

/* If the program does not remove its directory, there is nothing to wait for. */
static int release_target(struct tool *t, const struct disk *d)
{
	if (!disk_is_vbd(d) && !backend_removes(d->kind))
		return 0;
	if (!d->here)
		return release_in_other_domain(t, d);
	return disk_is_vbd(d) ? release_in_this_domain(t, d) : release_other_kind(t, d);
}

/*
 * The backend has written Closed, but it has not yet removed its directory and
 * closed the target.
 */
static void print_late(struct tool *t, const struct disk *d)
{
	char program[KIND_TEXT_MAX + 32];

	if (!t->progress)
		return;
	disk_describe_backend(d, program, sizeof(program));
	fprintf(t->progress, "%s: removed, but %s may still have its target open\n", d->label,
		program);
	fflush(t->progress);
}

/* Remove the directories even if the script fails, as xl does. */
int disk_remove(struct tool *t, const struct disk *d)
{
	struct disk gone = *d;
	int failed, err;
	bool late;

	failed = release_target(t, d);
	late = backend_removes(d->kind) && !is_dir_gone(t, d, NULL);
	err = store_transaction(t->store, remove_dirs, &gone);
	if (err == -EBUSY)
		return disk_fail_not_closed(t, d);
	if (err)
		return disk_store_failed(t, d, err);
	if (late)
		print_late(t, d);
	disk_clear_errors(t, d);
	return failed;
}

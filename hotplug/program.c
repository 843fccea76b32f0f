// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

#define TERM_MS 1500		/* between SIGTERM and SIGKILL */
#define TICK_MS 20
#define DESCRIPTORS 1024	/* maximum of open descriptors of this program */
#define NOT_RUN 0x10000		/* the keeper reports an errno, not a wait status */

enum { IN, OUT, ERR, REPORT, LIFE, PIPES };

/* Buffer for partial lines. */
struct lines {
	char text[PROGRAM_LINE_MAX];
	size_t len;
};

struct run {
	struct program *program;
	int pipe[PIPES][2];	/* read end, write end */
	pid_t keeper;
	struct lines out, err;
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipes(struct run *r)
{
	int i;

	for (i = 0; i < PIPES; i++) {
		close_end(&r->pipe[i][0]);
		close_end(&r->pipe[i][1]);
	}
}

static int open_pipes(struct run *r)
{
	int i, err;

	memset(r->pipe, -1, sizeof(r->pipe));
	for (i = 0; i < PIPES; i++) {
		if (pipe2(r->pipe[i], O_CLOEXEC)) {
			err = errno;
			close_pipes(r);
			return err;
		}
	}
	return 0;
}

/* Runs in the child of the keeper; does not return. */
static void exec_program(struct run *r, pid_t keeper)
{
	char *const argv[] = { (char *)r->program->path,
			       (char *)r->program->argument, NULL };
	sigset_t none;
	int fd, err;

	/* If the keeper is killed, so is its child. It may have been killed before prctl(). */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(127);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(r->pipe[IN][0], STDIN_FILENO);
	dup2(r->pipe[OUT][1], STDOUT_FILENO);
	dup2(r->pipe[ERR][1], STDERR_FILENO);
	for (fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++)
		if (fd != r->pipe[REPORT][1])
			close(fd);
	execve(r->program->path, argv, r->program->environment);
	err = NOT_RUN | errno;
	if (write(r->pipe[REPORT][1], &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* Closes all descriptors that the keeper has inherited and does not need. */
static void close_unused(struct run *r)
{
	int fd;

	for (fd = 0; fd < DESCRIPTORS; fd++)
		if (fd != r->pipe[LIFE][0] && fd != r->pipe[REPORT][1] &&
		    fd != r->program->lock)
			close(fd);
}

/* If the parent has died or given up, its end of the pipe is closed. */
static bool is_orphaned(struct run *r, int ms)
{
	struct pollfd p = { .fd = r->pipe[LIFE][0] };

	return poll(&p, 1, ms) > 0;
}

/* The keeper. This program has threads, so use only functions that are safe after a fork. */
static void run_keeper(struct run *r)
{
	int64_t term_sent = 0;
	int status, killed = 0;
	pid_t keeper = getpid(), child;

	setsid();
	signal(SIGCHLD, SIG_DFL);	/* if it were ignored, waitpid() would have no status */
	child = fork();
	if (child == 0)
		exec_program(r, keeper);
	close_unused(r);
	if (child < 0)
		_exit(1);
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (!term_sent && !is_orphaned(r, TICK_MS))
			continue;
		if (!term_sent) {
			term_sent = now_ms();
			kill(-child, SIGTERM);
		}
		if (!killed && now_ms() - term_sent > TERM_MS)
			killed = !kill(-child, SIGKILL);
		poll(NULL, 0, TICK_MS);
	}
	if (write(r->pipe[REPORT][1], &status, sizeof(status)) < 0)
		_exit(1);
	_exit(0);
}

static int start_keeper(struct run *r)
{
	r->keeper = fork();
	if (r->keeper == 0)
		run_keeper(r);
	if (r->keeper < 0)
		return errno;
	close_end(&r->pipe[IN][0]);
	close_end(&r->pipe[OUT][1]);
	close_end(&r->pipe[ERR][1]);
	close_end(&r->pipe[REPORT][1]);
	close_end(&r->pipe[LIFE][0]);
	fcntl(r->pipe[OUT][0], F_SETFL, O_NONBLOCK);
	fcntl(r->pipe[ERR][0], F_SETFL, O_NONBLOCK);
	return 0;
}

static int handle_out_line(struct run *r, const char *line)
{
	char answer[PROGRAM_LINE_MAX] = "";

	if (r->program->handle_line(r->program->arg, line, answer, sizeof(answer)))
		return -1;
	/* If the program does not read the answer that it asked for, that is its fault. */
	if (*answer && write(r->pipe[IN][1], answer, strlen(answer)) < 0)
		return 0;
	return 0;
}

/* Copy each line to the log. */
static int handle_err_line(struct run *r, const char *line)
{
	fprintf(stderr, "%s\n", line);
	if (*line)
		snprintf(r->program->last_error, sizeof(r->program->last_error),
			 "%s", line);
	return 0;
}

static int split_lines(struct run *r, struct lines *l,
		       int (*handle)(struct run *r, const char *line))
{
	char *end;
	size_t used;

	while ((end = memchr(l->text, '\n', l->len))) {
		*end = '\0';
		if (handle(r, l->text))
			return -1;
		used = (size_t)(end - l->text) + 1;
		l->len -= used;
		memmove(l->text, end + 1, l->len);
	}
	return 0;
}

/* Reads all that is available; at @end also a last line without newline. */
static int read_lines(struct run *r, int fd, struct lines *l, bool end,
		      int (*handle)(struct run *r, const char *line))
{
	ssize_t n;

	for (;;) {
		if (l->len == sizeof(l->text) - 1)
			l->len = 0;	/* line too long: keep only its tail */
		n = read(fd, l->text + l->len, sizeof(l->text) - 1 - l->len);
		if (n <= 0)
			break;
		l->len += (size_t)n;
		if (split_lines(r, l, handle))
			return -1;
	}
	if (!end || !l->len)
		return 0;
	l->text[l->len] = '\0';
	return handle(r, l->text);
}

static int read_output(struct run *r, bool end)
{
	int stop = read_lines(r, r->pipe[OUT][0], &r->out, end, handle_out_line);

	read_lines(r, r->pipe[ERR][0], &r->err, end, handle_err_line);
	return stop;
}

static enum program_end decode_status(int report, int *status)
{
	if (report & NOT_RUN) {
		*status = report & ~NOT_RUN;
		return PROGRAM_FAILED;
	}
	*status = WIFSIGNALED(report) ? WTERMSIG(report) : WEXITSTATUS(report);
	return WIFSIGNALED(report) ? PROGRAM_KILLED : PROGRAM_EXITED;
}

static enum program_end exchange_lines(struct run *r, struct deadline *d, int64_t ms,
				       int *status)
{
	struct pollfd p[] = {
		{ .fd = r->pipe[REPORT][0], .events = POLLIN },
		{ .fd = r->pipe[OUT][0], .events = POLLIN },
		{ .fd = r->pipe[ERR][0], .events = POLLIN },
		{ .fd = d->cancel_fd, .events = POLLIN },
	};
	int64_t until = now_ms() + ms, left;
	bool cancelled = deadline_over(d);
	int report;

	for (;;) {
		left = until - now_ms();
		/*
		 * A cancel during the run ends it. A program started after a
		 * cancel may run: an undo.
		 */
		if (left <= 0 || (!cancelled && deadline_over(d)))
			return PROGRAM_LATE;
		poll(p, cancelled ? 3 : 4, (int)left);
		if (p[0].revents) {
			if (read(p[0].fd, &report, sizeof(report)) !=
			    sizeof(report))
				report = NOT_RUN | EAGAIN;
			return read_output(r, true) ? PROGRAM_STOPPED :
						      decode_status(report, status);
		}
		if (read_output(r, false))
			return PROGRAM_STOPPED;
		/* A daemon that the program has left behind may have closed these. */
		if ((p[1].revents & (POLLHUP | POLLIN)) == POLLHUP)
			p[1].fd = -1;
		if ((p[2].revents & (POLLHUP | POLLIN)) == POLLHUP)
			p[2].fd = -1;
	}
}

/* If the program hangs in the kernel, the keeper alone waits for it, with the lock. */
static void end_keeper(struct run *r)
{
	int64_t since = now_ms();

	close_pipes(r);
	while (waitpid(r->keeper, NULL, WNOHANG) == 0 &&
	       now_ms() - since < TERM_MS + 500)
		poll(NULL, 0, TICK_MS);
}

enum program_end program_run(struct program *p, struct deadline *d, int64_t ms,
			     int *status)
{
	struct run r = { .program = p };
	enum program_end how;

	p->last_error[0] = '\0';
	*status = open_pipes(&r);
	if (*status)
		return PROGRAM_FAILED;
	*status = start_keeper(&r);
	if (*status) {
		close_pipes(&r);
		return PROGRAM_FAILED;
	}
	how = exchange_lines(&r, d, ms, status);
	end_keeper(&r);
	return how;
}

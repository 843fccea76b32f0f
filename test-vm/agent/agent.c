// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's agent: process 1 of the guest. Runs commands and takes files that
 * dom0's "guest" tool sends over the PV console (frame.h). It touches no block
 * device itself, so it answers while disks hang.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"

#define DIR_PATH	"/run/agent"
#define JOBS_MAX	64
#define POLL_PATIENCE	300	/* ms that a poll without news is held back */
#define TICK		20	/* ms between looks for news */
#define TIMED_OUT	124

struct job {
	char id[FRAME_ID_MAX];	/* empty: slot unused */
	pid_t pid;		/* 0 once it has ended */
	int status;		/* as the shell tells it, valid once pid is 0 */
	long long deadline;	/* 0: none */
};

static struct job jobs[JOBS_MAX];
static struct frame parked;	/* a poll that waits for news; verb empty: none */
static long long parked_until;
static int console = -1;

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static struct job *find_job(const char *id)
{
	for (int i = 0; i < JOBS_MAX; i++)
		if (jobs[i].id[0] && !strcmp(jobs[i].id, id))
			return &jobs[i];
	return NULL;
}

static struct job *free_job(void)
{
	for (int i = 0; i < JOBS_MAX; i++)
		if (!jobs[i].id[0])
			return &jobs[i];
	for (int i = 0; i < JOBS_MAX; i++)	/* left behind by a client that died */
		if (!jobs[i].pid)
			return &jobs[i];
	return NULL;
}

static const char *path_of(const char *id, const char *suffix)
{
	static char path[64];

	snprintf(path, sizeof(path), DIR_PATH "/%s.%s", id, suffix);
	return path;
}

static void answer(const struct frame *to, const char *verb, long number,
		   const void *data, size_t len)
{
	static struct frame reply;
	static char line[FRAME_LINE_MAX];

	strcpy(reply.tag, to->tag);
	strcpy(reply.id, to->id);
	snprintf(reply.verb, sizeof(reply.verb), "%s", verb);
	reply.number = number;
	reply.len = len;
	if (len)
		memcpy(reply.data, data, len);
	frame_write_all(console, line, frame_encode(&reply, line));
}

static void become_shell(const char *command, int out)
{
	int null = open("/dev/null", O_RDONLY);

	setsid();
	signal(SIGPIPE, SIG_DFL);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void start_job(const struct frame *request)
{
	struct job *job = find_job(request->id);
	int out;

	if (job) {		/* repeated: the first answer was lost */
		answer(request, "ok", 0, NULL, 0);
		return;
	}
	job = free_job();
	out = open(path_of(request->id, "out"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	if (!job || out < 0) {
		answer(request, "full", 0, NULL, 0);
		return;
	}
	strcpy(job->id, request->id);
	job->status = 0;
	job->deadline = request->number ? now_ms() + request->number * 1000LL : 0;
	job->pid = fork();
	if (job->pid == 0)
		become_shell((const char *)request->data, out);
	close(out);
	if (job->pid < 0) {
		job->pid = 0;
		job->status = 126;
	}
	answer(request, "ok", 0, NULL, 0);
}

static void write_file(const struct frame *request)
{
	int fd = open(path_of(request->id, "put"), O_WRONLY | O_CREAT, 0600);
	ssize_t n = fd < 0 ? -1 : pwrite(fd, request->data, request->len, request->number);

	close(fd);
	answer(request, n == (ssize_t)request->len ? "ok" : "full", 0, NULL, 0);
}

static void drop_job(const struct frame *request)
{
	struct job *job = find_job(request->id);

	if (job && !job->pid)
		job->id[0] = '\0';
	unlink(path_of(request->id, "out"));
	unlink(path_of(request->id, "put"));
	answer(request, "ok", 0, NULL, 0);
}

/* Answers a poll if there is news, or if it must be answered; 0 if it was not. */
static int answer_poll(const struct frame *request, int must)
{
	static unsigned char data[FRAME_DATA_MAX];
	struct job *job = find_job(request->id);
	int fd, ended;
	ssize_t n;

	if (!job) {
		answer(request, "unknown", 0, NULL, 0);
		return 1;
	}
	ended = !job->pid;
	fd = open(path_of(request->id, "out"), O_RDONLY);
	n = fd < 0 ? 0 : pread(fd, data, sizeof(data), request->number);
	close(fd);
	if (n < 0)
		n = 0;
	if (ended && n < (ssize_t)sizeof(data))
		answer(request, "exited", job->status, data, n);
	else if (n || must)
		answer(request, "running", 0, data, n);
	else
		return 0;
	return 1;
}

static void handle(const struct frame *request)
{
	parked.verb[0] = '\0';	/* its client has given up */
	if (!strcmp(request->verb, "run")) {
		start_job(request);
	} else if (!strcmp(request->verb, "poll")) {
		if (!answer_poll(request, 0)) {
			parked = *request;
			parked_until = now_ms() + POLL_PATIENCE;
		}
	} else if (!strcmp(request->verb, "write")) {
		write_file(request);
	} else if (!strcmp(request->verb, "drop")) {
		drop_job(request);
	} else {
		answer(request, "unknown", 0, NULL, 0);
	}
}

static void read_console(void)
{
	static char line[FRAME_LINE_MAX];
	static struct frame request;
	static size_t used;
	char buf[4096];
	ssize_t n = read(console, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] == '\n') {
			line[used] = '\0';
			used = 0;
			if (!frame_decode(line, &request))
				handle(&request);
		} else if (buf[i] == '~') {	/* a new frame begins, whatever came before */
			used = 0;
			line[used++] = '~';
		} else if (used < sizeof(line) - 1 && buf[i]) {
			line[used++] = buf[i];
		}
	}
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < JOBS_MAX; i++) {
			if (!jobs[i].id[0] || jobs[i].pid != pid)
				continue;
			jobs[i].pid = 0;
			if (jobs[i].status != TIMED_OUT)
				jobs[i].status = WIFEXITED(status) ? WEXITSTATUS(status)
							: 128 + WTERMSIG(status);
		}
	}
}

/*
 * Ends what has outlived its time. One that hangs in the kernel cannot be
 * killed: it is told as timed out all the same.
 */
static void enforce_deadlines(void)
{
	long long now = now_ms();

	for (int i = 0; i < JOBS_MAX; i++) {
		struct job *job = &jobs[i];

		if (!job->id[0] || !job->pid || !job->deadline || now < job->deadline)
			continue;
		if (job->status != TIMED_OUT) {
			kill(-job->pid, SIGKILL);
			job->status = TIMED_OUT;
			job->deadline = now + 2000;
		} else {
			job->pid = 0;
		}
	}
}

static int anything_running(void)
{
	for (int i = 0; i < JOBS_MAX; i++)
		if (jobs[i].id[0] && jobs[i].pid)
			return 1;
	return 0;
}

static void on_child(int sig)
{
	(void)sig;	/* only has to interrupt poll() */
}

int main(void)
{
	struct pollfd in = { .events = POLLIN };
	struct sigaction child = { .sa_handler = on_child };

	mkdir(DIR_PATH, 0700);
	console = open("/dev/hvc0", O_RDWR | O_NOCTTY);
	if (console < 0 || frame_raw_tty(console)) {
		perror("agent: /dev/hvc0");
		return 1;
	}
	sigaction(SIGCHLD, &child, NULL);
	signal(SIGPIPE, SIG_IGN);
	in.fd = console;
	for (;;) {
		int timeout = parked.verb[0] ? TICK : anything_running() ? 500 : 5000;

		in.revents = 0;
		if (poll(&in, 1, timeout) > 0)
			read_console();
		reap();
		enforce_deadlines();
		if (parked.verb[0] && answer_poll(&parked, now_ms() >= parked_until))
			parked.verb[0] = '\0';
	}
}

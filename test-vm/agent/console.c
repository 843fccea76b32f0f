// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "frame.h"
#include "store.h"

#define TRY_MS		2500	/* patience for one answer, then ask again */

static const char *guest_name;
static int tty = -1;
/*
 * A program asks while it holds line_lock. It holds turn_lock while it waits for line_lock,
 * so that programs take turns.
 */
static int turn_lock = -1, line_lock = -1;
static char job_id[FRAME_ID_MAX];

void guest_die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "guest %s: ", guest_name ? guest_name : "?");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(DEAD);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int guest_slowness(void)
{
	const char *s = getenv("SLOW");

	return s && atoi(s) > 0 ? atoi(s) : 1;
}

static long long dead_after(void)
{
	const char *s = getenv("GUEST_DEAD_SECONDS");

	return (s ? atoi(s) : 20) * 1000LL;
}

static void random_id(char *id)
{
	unsigned char bytes[6];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		guest_die("no random bytes: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(id + 2 * i, "%02x", bytes[i]);
}

static void close_tty(void)
{
	if (tty >= 0)
		close(tty);
	tty = -1;
}

/* The console's terminal changes with the domain: after xl restore, or a reboot. */
static int open_tty(void)
{
	char path[256];

	if (tty >= 0)
		return 0;
	if (store_console_tty(guest_name, path, sizeof(path)))
		return -1;
	tty = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (tty >= 0 && frame_raw_tty(tty))
		close_tty();
	return tty < 0 ? -1 : 0;
}

/*
 * Whether a line answers the request. The request itself comes back as an echo
 * while the guest boots and its agent has not taken the terminal yet.
 */
static int is_answer(const char *line, const struct frame *request, struct frame *answer)
{
	return !frame_decode(line, answer) && !strcmp(answer->tag, request->tag) &&
	       strcmp(answer->verb, request->verb);
}

/* Waits for the answer to the request. 0, or -1 when there is none. */
static int read_answer(const struct frame *request, struct frame *answer)
{
	static char line[FRAME_LINE_MAX];
	long long until = now_ms() + TRY_MS;
	size_t used = 0;

	while (now_ms() < until) {
		struct pollfd in = { .fd = tty, .events = POLLIN };
		char buf[4096];
		ssize_t n;

		if (poll(&in, 1, until - now_ms()) <= 0)
			break;
		n = read(tty, buf, sizeof(buf));
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			close_tty();
			return -1;
		}
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] == '\n') {
				line[used] = '\0';
				used = 0;
				if (is_answer(line, request, answer))
					return 0;
			} else if (buf[i] == '~') {
				used = 0;
				line[used++] = '~';
			} else if (used < sizeof(line) - 1 && buf[i]) {
				line[used++] = buf[i];
			}
		}
	}
	return -1;
}

static int try_once(struct frame *request, struct frame *answer)
{
	static char line[FRAME_LINE_MAX];

	if (open_tty())
		return -1;
	random_id(request->tag);
	tcflush(tty, TCIFLUSH);
	if (frame_write_all(tty, "\n", 1) ||
	    frame_write_all(tty, line, frame_encode(request, line))) {
		close_tty();
		return -1;
	}
	return read_answer(request, answer);
}

/* Asks until there is an answer; gives up, and exits, when the agent seems dead. */
static void ask(struct frame *request, struct frame *answer)
{
	long long until = now_ms() + dead_after();

	for (;;) {
		int failed;

		flock(turn_lock, LOCK_EX);
		flock(line_lock, LOCK_EX);
		flock(turn_lock, LOCK_UN);
		failed = try_once(request, answer);
		flock(line_lock, LOCK_UN);
		if (!failed)
			return;
		if (now_ms() >= until)
			guest_die("its agent does not answer (%lld s)", dead_after() / 1000);
		close_tty();
		usleep(100 * 1000);
	}
}

static void request_simple(const char *verb, long number, const void *data, size_t len,
			   struct frame *answer)
{
	static struct frame request;

	snprintf(request.verb, sizeof(request.verb), "%s", verb);
	strcpy(request.id, job_id);
	request.number = number;
	request.len = len;
	if (len)
		memcpy(request.data, data, len);
	ask(&request, answer);
}

int guest_run(const char *command, long seconds, FILE *out)
{
	static struct frame answer;
	size_t len = strlen(command);
	long offset = 0, status;

	if (len > FRAME_DATA_MAX)
		guest_die("the command is longer than %d bytes: put it in a file", FRAME_DATA_MAX);
	request_simple("run", seconds, command, len, &answer);
	if (strcmp(answer.verb, "ok"))
		guest_die("the agent cannot start the command: %s", answer.verb);
	do {
		request_simple("poll", offset, NULL, 0, &answer);
		if (!strcmp(answer.verb, "unknown"))
			guest_die("the agent has forgotten the command (did the guest reboot?)");
		fwrite(answer.data, 1, answer.len, out);
		fflush(out);
		offset += answer.len;
	} while (strcmp(answer.verb, "exited"));
	status = answer.number;
	request_simple("drop", 0, NULL, 0, &answer);
	return status;
}

static int open_lock(const char *what)
{
	char path[128];
	int lock;

	snprintf(path, sizeof(path), "/run/guest/%s.%s", guest_name, what);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (lock < 0)
		guest_die("%s: %s", path, strerror(errno));
	return lock;
}

void guest_open(const char *name)
{
	char path[128];

	guest_name = name;
	if (strchr(name, '/') || strlen(name) > 64)
		guest_die("no such guest");
	mkdir("/run/guest", 0755);
	turn_lock = open_lock("turn");
	line_lock = open_lock("line");
	if (store_console_tty(name, path, sizeof(path)))
		guest_die("no such guest, or it has no console");
	random_id(job_id);
}

/* The guest reads a number of nodes as one file. */
static int fetch(const char *dir, int nodes, mode_t mode, const char *destination)
{
	char command[FRAME_DATA_MAX];
	size_t used = sprintf(command, "{ xenstore read -R");

	for (int i = 0; i < nodes; i++) {
		if (used > sizeof(command) - 2 * STORE_PATH_MAX - strlen(destination) * 2)
			guest_die("the file is too large");
		used += sprintf(command + used, " %s/%d", dir, i);
	}
	sprintf(command + used, " || echo; } | gunzip -c >'%s' && chmod %o '%s'", destination,
		mode & 0777, destination);
	return guest_run(command, 60L * guest_slowness(), stdout);
}

/* Lends the file to the guest, compressed; the number of nodes. */
static int lend(const char *source, const char *dir, const char *domid)
{
	char path[4200];
	FILE *in;
	int nodes;

	/* The harness has compressed what every test needs: that saves two programs. */
	snprintf(path, sizeof(path), "%s.gz", source);
	in = fopen(path, "r");
	if (in) {
		nodes = store_lend(dir, domid, in);
		fclose(in);
	} else {
		setenv("GUEST_PUT_SOURCE", source, 1);
		in = popen("exec gzip -nc <\"$GUEST_PUT_SOURCE\"", "r");
		if (!in)
			guest_die("cannot run gzip: %s", strerror(errno));
		nodes = store_lend(dir, domid, in);
		if (pclose(in))
			guest_die("gzip failed on %s", source);
	}
	if (nodes < 0)
		guest_die("xenstore does not take the file");
	return nodes;
}

/*
 * By way of xenstore: the console takes 25 KB a second, since xenconsoled limits the events
 * of each guest.
 */
int guest_put(const char *source, const char *destination)
{
	char dir[STORE_PATH_MAX - 12], domid[32];
	int status;
	struct stat st;

	if (strchr(destination, '\'') || strlen(destination) > 200)
		guest_die("a destination with a quote in it, or a long one, is not supported: %s",
			  destination);
	if (access(source, R_OK) || stat(source, &st))
		guest_die("cannot read %s: %s", source, strerror(errno));
	if (store_domid(guest_name, domid, sizeof(domid)))
		guest_die("no such guest");
	snprintf(dir, sizeof(dir), "/tool/test-vm/%s", job_id);
	status = fetch(dir, lend(source, dir, domid), st.st_mode, destination);
	store_remove(dir);
	return status;
}

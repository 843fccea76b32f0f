// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command in a guest, or puts a file into it, by way of the agent on the
 * guest's PV console (frame.h).
 *
 *   guest NAME [-t SECONDS] COMMAND...     SECONDS: 60 unless said, 0 for no limit
 *   guest-put NAME SOURCE DESTINATION
 *   guest-domid NAME       prints the domain's number
 *   store-read PATH...     prints values from xenstore, an empty line for none
 *
 * NAME is a domain's name or number. The exit status is the command's own; 124
 * if it ran out of time, 125 if the agent does not answer or there is no such
 * guest. Any number of these may run at once, for one guest too.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

#include "frame.h"
#include "store.h"

#define DEAD		125
#define TRY_MS		2500	/* patience for one answer, then ask again */
#define CHUNK		3000	/* bytes of a file in one request */

static const char *guest_name;
static int tty = -1;
/*
 * Who holds line_lock asks; who waits for it holds turn_lock, so that nobody asks
 * twice while another waits.
 */
static int turn_lock = -1, line_lock = -1;
static char job_id[FRAME_ID_MAX];

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *format, ...)
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

static long long dead_after(void)
{
	const char *s = getenv("GUEST_DEAD_SECONDS");

	return (s ? atoi(s) : 20) * 1000LL;
}

static void random_id(char *id)
{
	unsigned char bytes[6];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		die("no random bytes: %s", strerror(errno));
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
			die("its agent does not answer (%lld s)", dead_after() / 1000);
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

/* Runs the command, copies its output to stdout as it comes; its exit status. */
static int run(const char *command, long seconds)
{
	static struct frame answer;
	size_t len = strlen(command);
	long offset = 0, status;

	if (len > FRAME_DATA_MAX)
		die("the command is longer than %d bytes: put it in a file", FRAME_DATA_MAX);
	request_simple("run", seconds, command, len, &answer);
	if (strcmp(answer.verb, "ok"))
		die("the agent cannot start the command: %s", answer.verb);
	do {
		request_simple("poll", offset, NULL, 0, &answer);
		if (!strcmp(answer.verb, "unknown"))
			die("the agent has forgotten the command (did the guest reboot?)");
		fwrite(answer.data, 1, answer.len, stdout);
		fflush(stdout);
		offset += answer.len;
	} while (strcmp(answer.verb, "exited"));
	status = answer.number;
	request_simple("drop", 0, NULL, 0, &answer);
	return status;
}

static void send_compressed(const char *source)
{
	static struct frame answer;
	static char chunk[CHUNK];
	char command[4200];
	long offset = 0;
	size_t n;
	FILE *in;

	if (access(source, R_OK))
		die("cannot read %s: %s", source, strerror(errno));
	setenv("GUEST_PUT_SOURCE", source, 1);
	snprintf(command, sizeof(command), "exec gzip -nc <\"$GUEST_PUT_SOURCE\"");
	in = popen(command, "r");
	if (!in)
		die("cannot run gzip: %s", strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0) {
		request_simple("write", offset, chunk, n, &answer);
		if (strcmp(answer.verb, "ok"))
			die("no room for the file in the guest");
		offset += n;
	}
	if (pclose(in))
		die("gzip failed on %s", source);
}

static int put(const char *source, const char *destination)
{
	char command[FRAME_DATA_MAX];
	struct stat st;

	send_compressed(source);
	if (strchr(destination, '\''))
		die("a destination with a quote in it is not supported: %s", destination);
	if (stat(source, &st))
		die("cannot stat %s: %s", source, strerror(errno));
	snprintf(command, sizeof(command),
		 "gunzip -c </run/agent/%s.put >'%s' && chmod %o '%s'",
		 job_id, destination, st.st_mode & 0777, destination);
	return run(command, 60);
}

static void usage(void)
{
	fputs("usage: guest NAME [-t SECONDS] COMMAND...\n"
	      "       guest-put NAME SOURCE DESTINATION\n", stderr);
	exit(DEAD);
}

static int open_lock(const char *what)
{
	char path[128];
	int lock;

	snprintf(path, sizeof(path), "/run/guest/%s.%s", guest_name, what);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (lock < 0)
		die("%s: %s", path, strerror(errno));
	return lock;
}

static void open_guest(const char *name)
{
	char path[128];

	guest_name = name;
	if (strchr(name, '/') || strlen(name) > 64)
		die("no such guest");
	mkdir("/run/guest", 0755);
	turn_lock = open_lock("turn");
	line_lock = open_lock("line");
	if (store_console_tty(name, path, sizeof(path)))
		die("no such guest, or it has no console");
	random_id(job_id);
}

static int main_run(int argc, char **argv)
{
	static char command[FRAME_DATA_MAX + 2];
	long seconds = 60;
	int i = 2;

	if (argc > 4 && !strcmp(argv[2], "-t")) {
		seconds = atol(argv[3]);
		i = 4;
	}
	if (i >= argc)
		usage();
	for (; i < argc; i++) {
		size_t used = strlen(command);

		if (used + strlen(argv[i]) + 1 > FRAME_DATA_MAX)
			die("the command is longer than %d bytes: put it in a file",
			    FRAME_DATA_MAX);
		sprintf(command + used, "%s%s", used ? " " : "", argv[i]);
	}
	return run(command, seconds);
}

static int store_read(char **paths)
{
	int failed = 0;

	for (; *paths; paths++) {
		if (store_print(*paths)) {
			putchar('\n');
			failed = 1;
		}
	}
	return failed;
}

static int print_domid(const char *name)
{
	char domid[32];

	if (store_domid(name, domid, sizeof(domid)))
		return 1;
	puts(domid);
	return 0;
}

int main(int argc, char **argv)
{
	const char *self = strrchr(argv[0], '/');

	self = self ? self + 1 : argv[0];
	if (!strcmp(self, "store-read"))
		return store_read(argv + 1);
	if (argc == 2 && !strcmp(self, "guest-domid"))
		return print_domid(argv[1]);
	if (argc < 3)
		usage();
	signal(SIGPIPE, SIG_IGN);
	open_guest(argv[1]);
	if (!strcmp(self, "guest-put")) {
		if (argc != 4)
			usage();
		return put(argv[2], argv[3]);
	}
	return main_run(argc, argv);
}

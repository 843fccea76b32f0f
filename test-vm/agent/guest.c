// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command in a guest, or puts a file into it, by way of the agent on the
 * guest's PV console (frame.h).
 *
 *   guest NAME [-t SECONDS] COMMAND...     SECONDS: 60 unless said, 0 for no limit
 *   guest-put NAME SOURCE DESTINATION
 *   guest-domid NAME       prints the domain's number
 *   store-read PATH...     prints values from xenstore, an empty line for none
 *   store-wait SECONDS PATH VALUE...       waits until each node has its value; 1 if it
 *                          has not by then
 *
 * NAME is a domain's name or number. The exit status is the command's own; 124
 * if it ran out of time, 125 if the agent does not answer or there is no such
 * guest. Any number of these may run at once, for one guest too.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "frame.h"
#include "store.h"

#define WAIT_MS	30

static void usage(void)
{
	fputs("usage: guest NAME [-t SECONDS] COMMAND...\n"
	      "       guest-put NAME SOURCE DESTINATION\n", stderr);
	exit(DEAD);
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
			guest_die("the command is longer than %d bytes: put it in a file",
				  FRAME_DATA_MAX);
		sprintf(command + used, "%s%s", used ? " " : "", argv[i]);
	}
	return guest_run(command, seconds * guest_slowness(), stdout);
}

static int print_values(char **paths)
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

static int has_values(char **pairs)
{
	static char value[4097];

	for (; pairs[0] && pairs[1]; pairs += 2)
		if (store_read(pairs[0], value, sizeof(value)) || strcmp(value, pairs[1]))
			return 0;
	return 1;
}

static int wait_for_values(long seconds, char **pairs)
{
	struct timespec now, start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!has_values(pairs)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= start.tv_sec + seconds)
			return 1;
		usleep(WAIT_MS * 1000);
	}
	return 0;
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
		return print_values(argv + 1);
	if (argc > 3 && !strcmp(self, "store-wait"))
		return wait_for_values(atol(argv[1]), argv + 2);
	if (argc == 2 && !strcmp(self, "guest-domid"))
		return print_domid(argv[1]);
	if (argc < 3)
		usage();
	signal(SIGPIPE, SIG_IGN);
	guest_open(argv[1]);
	if (!strcmp(self, "guest-put")) {
		if (argc != 4)
			usage();
		return guest_put(argv[2], argv[3]);
	}
	return main_run(argc, argv);
}

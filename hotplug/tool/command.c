// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define SECONDS_MAX 1000000

static const struct command commands[] = {
	{ "attach", "DOMAIN TARGET [DISK]",
	  "attach a block device or image file, as DISK or the first free name",
	  command_attach, 2, 3, "rbntL", 30, false, false },
	{ "detach", "DOMAIN DISK", "detach a disk, whoever attached it",
	  command_detach, 2, 2, "ft", 10, false, false },
	{ "list", "[DOMAIN]", "the disks there are",
	  command_list, 0, 1, "j", 30, false, false },
	{ "status", "[DOMAIN [DISK]]",
	  "both ends, what they agreed on, what is waited for, counters",
	  command_status, 0, 2, "j", 30, false, false },
	{ "watch", "DOMAIN [DISK]", "draw the handshake as it happens",
	  command_watch, 0, 2, "blR", 0, true, true },
	{ "swap", "DOMAIN DISK TARGET", "put another device behind a disk in use",
	  command_swap, 3, 3, "t", 10, false, false },
	{ "resize", "DOMAIN DISK", "tell a guest that its disk's device has another size",
	  command_resize, 2, 2, "t", 10, false, false },
	{ "move", "DOMAIN DISK BACKEND",
	  "give a disk whose backend's domain has died a backend in domain BACKEND",
	  command_move, 3, 3, "t", 30, false, false },
	{ "limit", "DOMAIN DISK [LIMITS|none]",
	  "limit what a disk may do a second, or show its limits",
	  command_limit, 2, 3, "jt", 10, false, false },
	{ "top", "", "what the disks do, each second",
	  command_top, 0, 0, "jsc", 0, true, false },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option options[] = {
	{ "ro", no_argument, NULL, 'r' },
	{ "backend", required_argument, NULL, 'b' },
	{ "no-wait", no_argument, NULL, 'n' },
	{ "limit", required_argument, NULL, 'L' },
	{ "timeout", required_argument, NULL, 't' },
	{ "force", no_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "log", required_argument, NULL, 'l' },
	{ "record", no_argument, NULL, 'R' },
	{ "interval", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'c' },
	{ NULL, 0, NULL, 0 }
};

static const struct {
	char letter;
	const char *text;
} option_help[] = {
	{ 'r', "--ro               read-only" },
	{ 'b', "--backend DOMAIN   the domain that serves it (this one)" },
	{ 'n', "--no-wait          do not wait for the guest" },
	{ 'L', "--limit LIMITS     such as iops=1000,bps=50M" },
	{ 't', "--timeout SECONDS  give up after that" },
	{ 'f', "--force            fail the I/O in flight, whoever uses it" },
	{ 'j', "--json             for programs" },
	{ 'l', "--log FILE         draw a recording (-: from standard input)" },
	{ 'R', "--record           print the events that --log draws" },
	{ 's', "--interval SECONDS (1)" },
	{ 'c', "--count NUMBER     end after that many (never)" },
};

static void help_one(const struct command *c)
{
	size_t i;

	printf("vbd %s %s\n  %s\n", c->name, c->arguments, c->help);
	for (i = 0; i < sizeof(option_help) / sizeof(option_help[0]); i++)
		if (strchr(c->options, option_help[i].letter))
			printf("    %s\n", option_help[i].text);
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Of one command, if there is one of that name; else of all. */
static void help(const char *name)
{
	const struct command *c = name ? find(name) : NULL;
	size_t i;

	if (c)
		help_one(c);
	for (i = 0; !c && i < COMMANDS; i++)
		help_one(&commands[i]);
	if (!c)
		puts("TARGET is phy:DEVICE, file:IMAGE, or a path. DISK is a name (xvdb) or a number. See vbd(8).");
	exit(EXIT_DONE);
}

static bool parse_seconds(const char *text, long *n)
{
	char *end;

	*n = strtol(text, &end, 10);
	return *text && !*end && *n > 0 && *n <= SECONDS_MAX;
}

/* 0, or -1 if the option's argument makes no sense. */
static int take(struct options *o, int letter)
{
	switch (letter) {
	case 'r':
		o->read_only = true;
		return 0;
	case 'f':
		o->force = true;
		return 0;
	case 'n':
		o->no_wait = true;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'R':
		o->record = true;
		return 0;
	case 'b':
		o->backend = optarg;
		return 0;
	case 'l':
		o->log = optarg;
		return 0;
	case 'L':
		o->limits = optarg;
		return 0;
	case 's':
	case 't':
		return parse_seconds(optarg, &o->seconds) ? 0 : -1;
	case 'c':
		return parse_seconds(optarg, &o->count) ? 0 : -1;
	default:
		return -1;
	}
}

static int parse_options(const struct command *c, int argc, char **argv,
			 struct options *o, struct failure *f)
{
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (letter == 'h')
			help(c->name);
		if (letter == '?')
			return fail_detail(f, MSG_OPTION, c->name,
					   "there is no option %s, or it lacks its value",
					   argv[optind - 1]);
		if (!strchr(c->options, letter))
			return fail_detail(f, MSG_OPTION, c->name,
					   "it takes no option %s", argv[optind - 1]);
		if (take(o, letter))
			return fail_detail(f, MSG_OPTION, c->name,
					   "'%s' is no number from 1 to %d", optarg,
					   SECONDS_MAX);
	}
	return 0;
}

const struct command *command_parse(int argc, char **argv, struct options *o,
				    struct failure *f)
{
	const struct command *c;
	int i, count;

	if (argc < 2 || !strcmp(argv[1], "help") || !strcmp(argv[1], "--help") ||
	    !strcmp(argv[1], "-h"))
		help(argc > 2 ? argv[2] : NULL);
	c = find(argv[1]);
	if (!c) {
		fail_detail(f, MSG_COMMAND, argv[1], "there is no such command");
		return NULL;
	}
	if (parse_options(c, argc - 1, argv + 1, o, f))
		return NULL;
	count = argc - 1 - optind;
	if (count < c->min || count > c->max) {
		fail_detail(f, MSG_OPTION, c->name, "it takes the arguments %s",
			    *c->arguments ? c->arguments : "(none)");
		return NULL;
	}
	for (i = 0; i < count; i++)
		o->argument[i] = argv[1 + optind + i];
	return c;
}

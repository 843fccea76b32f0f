// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "version.h"

#define SECONDS_MAX 1000000
#define OPTIONS_MAX 32		/* per command line */

static const struct command commands[] = {
	{ "attach", "DOMAIN TARGET [DISK]",
	  "attach a block device or image file, as DISK or the first free name",
	  command_attach, 2, 3, "rSUbntL", 30, false, STORE_ALWAYS },
	{ "detach", "DOMAIN DISK", "detach a disk, also one that another program attached",
	  command_detach, 2, 2, "ft", 10, false, STORE_ALWAYS },
	{ "list", "[DOMAIN]", "list the disks",
	  command_list, 0, 1, "j", 30, false, STORE_ALWAYS },
	{ "status", "[DOMAIN [DISK]]",
	  "show both ends, negotiated keys, what the disk waits for, counters",
	  command_status, 0, 2, "j", 30, false, STORE_ALWAYS },
	{ "watch", "DOMAIN [DISK]", "draw the handshake as it happens",
	  command_watch, 0, 2, "blR", 0, true, STORE_UNLESS_LOG },
	{ "swap", "DOMAIN DISK TARGET", "put another device behind a disk in use",
	  command_swap, 3, 3, "t", 10, false, STORE_ALWAYS },
	{ "resize", "DOMAIN DISK", "tell a guest the new size of its disk",
	  command_resize, 2, 2, "t", 10, false, STORE_ALWAYS },
	{ "move", "DOMAIN DISK BACKEND",
	  "give a disk of a dead backend domain a new backend in domain BACKEND",
	  command_move, 3, 3, "t", 30, false, STORE_ALWAYS },
	{ "limit", "DOMAIN DISK [LIMITS|none]",
	  "limit the I/O of a disk per second, or show its limits",
	  command_limit, 2, 3, "jt", 10, false, STORE_ALWAYS },
	{ "top", "", "show the I/O of the disks each second",
	  command_top, 0, 0, "jsc", 0, true, STORE_ALWAYS },
	{ "new", "CLASS DOMAIN [id=N] [back=DOMAIN] [script=PATH] [KEY=VALUE...]",
	  "make a device of any class but vbd, with these keys; front.KEY=VALUE: the guest's",
	  command_new, 2, ARGUMENTS_MAX, "nt", 30, false, STORE_ALWAYS },
	{ "delete", "CLASS DOMAIN ID", "take a device of any class but vbd away again",
	  command_delete, 3, 3, "ft", 10, false, STORE_ALWAYS },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int run_help(struct tool *t);
static int run_version(struct tool *t);

static const struct command help_command = {
	"help", "[COMMAND]", "show the commands, or the options of one command",
	run_help, 0, 1, "", 0, true, STORE_NEVER
};

static const struct command version_command = {
	"version", "", "print the version",
	run_version, 0, 0, "", 0, true, STORE_NEVER
};

static const struct option options[] = {
	{ "ro", no_argument, NULL, 'r' },
	{ "share", no_argument, NULL, 'S' },
	{ "untrusted", no_argument, NULL, 'U' },
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
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static const struct {
	char letter;
	const char *text;
} option_help[] = {
	{ 'r', "--ro               read-only" },
	{ 'S', "--share            other guests may write to it, too (mode w!)" },
	{ 'U', "--untrusted        hide all memory of the guest but the data from the backend" },
	{ 'b', "--backend DOMAIN   the domain that serves it (default: this one)" },
	{ 'n', "--no-wait          do not wait for the guest" },
	{ 'L', "--limit LIMITS     such as iops=1000,bps=50M" },
	{ 't', "--timeout SECONDS  give up after that" },
	{ 'f', "--force            take it away at once: I/O in flight fails" },
	{ 'j', "--json             print JSON" },
	{ 'l', "--log FILE         draw a recording (-: from standard input)" },
	{ 'R', "--record           print the events that --log draws" },
	{ 's', "--interval SECONDS time between two outputs (default: 1)" },
	{ 'c', "--count NUMBER     end after that many outputs (default: never)" },
};

static void print_help(FILE *out, const struct command *c)
{
	size_t i;

	fprintf(out, "vbd %s %s\n  %s\n", c->name, c->arguments, c->help);
	for (i = 0; i < sizeof(option_help) / sizeof(option_help[0]); i++)
		if (strchr(c->options, option_help[i].letter))
			fprintf(out, "    %s\n", option_help[i].text);
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	if (!strcmp(name, help_command.name))
		return &help_command;
	return strcmp(name, version_command.name) ? NULL : &version_command;
}

static int fail_command(struct failure *f, const char *name)
{
	char all[256];
	size_t i, n = 0;

	for (i = 0; i < COMMANDS; i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", i ? ", " : "",
				      commands[i].name);
	return fail_detail(f, MSG_COMMAND, name, "there is no such command, only %s", all);
}

/* Shows the help of one command or of all. */
static int run_help(struct tool *t)
{
	const char *name = t->options.argument[0];
	const struct command *c = name ? find_command(name) : NULL;
	size_t i;

	if (name && !c)
		return fail_command(&t->failure, name);
	if (c) {
		print_help(t->out, c);
		return 0;
	}
	for (i = 0; i < COMMANDS; i++)
		print_help(t->out, &commands[i]);
	print_help(t->out, &help_command);
	print_help(t->out, &version_command);
	fputs("TARGET is phy:DEVICE, file:IMAGE, or a path. DISK is a name (xvdb) or a number. See vbd(8).\n",
	      t->out);
	return 0;
}

static int run_version(struct tool *t)
{
	fprintf(t->out, "vbd %s\n", VERSION);
	return 0;
}

/* Parses seconds with up to three decimals; returns milliseconds. */
static bool parse_seconds(const char *text, long *ms)
{
	size_t whole = strspn(text, "0123456789"), rest;
	const char *p = text + whole;
	long scale = 100;

	rest = *p == '.' ? strspn(p + 1, "0123456789") : 0;
	if (!(whole + rest) || whole > 7 || rest > 3 || p[rest ? rest + 1 : 0])
		return false;
	*ms = strtol(text, NULL, 10) * 1000;
	for (; rest; rest--, scale /= 10)
		*ms += (*++p - '0') * scale;
	return *ms > 0 && *ms <= SECONDS_MAX * 1000L;
}

static bool parse_count(const char *text, long *n)
{
	char *end;

	*n = strtol(text, &end, 10);
	return *text && !*end && *n > 0 && *n <= SECONDS_MAX;
}

/* An option of the command line. The command decides if it is allowed. */
struct given_option {
	int letter;
	const char *name, *value;
};

static int set_option(struct options *o, const struct given_option *g, const char *name,
		      struct failure *f)
{
	switch (g->letter) {
	case 'r':
		o->read_only = true;
		return 0;
	case 'S':
		o->share = true;
		return 0;
	case 'U':
		o->untrusted = true;
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
		o->backend = g->value;
		return 0;
	case 'l':
		o->log = g->value;
		return 0;
	case 'L':
		o->limits = g->value;
		return 0;
	case 'c':
		if (parse_count(g->value, &o->count))
			return 0;
		return fail_detail(f, MSG_OPTION, name, "'%s' is not a number from 1 to %d",
				   g->value, SECONDS_MAX);
	default:
		if (parse_seconds(g->value, &o->ms))
			return 0;
		return fail_detail(f, MSG_OPTION, name,
				   "'%s' is not a number of seconds from 0.001 to %d", g->value,
				   SECONDS_MAX);
	}
}

/* The first unknown option, or option without its value. */
struct bad_option {
	const char *word;
	bool no_value;
};

/* Collects the options from anywhere on the line. Then the arguments follow them. */
static int collect_options(int argc, char **argv, struct given_option *given,
			   struct bad_option *bad)
{
	int letter, index, count = 0;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":hV", options, &index)) != -1) {
		if (letter != '?' && letter != ':' && count < OPTIONS_MAX) {
			given[count].letter = letter;
			given[count].name = letter == 'h' || letter == 'V' ? "" :
					    options[index].name;
			given[count++].value = optarg;
		} else if (!bad->word) {
			bad->word = argv[optind - 1];
			bad->no_value = letter == ':';
		}
	}
	return count;
}

static bool is_given(const struct given_option *given, int count, int letter)
{
	int i;

	for (i = 0; i < count; i++)
		if (given[i].letter == letter)
			return true;
	return false;
}

static int set_options(const struct command *c, const struct given_option *given, int count,
		       struct options *o, struct failure *f)
{
	int i;

	for (i = 0; i < count; i++) {
		if (!strchr(c->options, given[i].letter))
			return fail_detail(f, MSG_OPTION, c->name, "it has no option --%s",
					   given[i].name);
		if (set_option(o, &given[i], c->name, f))
			return -1;
	}
	return 0;
}

static int set_arguments(const struct command *c, char **argument, int count,
			 struct options *o, struct failure *f)
{
	int i;

	if (count < c->min || count > c->max)
		return fail_detail(f, MSG_OPTION, c->name, "it takes the arguments %s",
				   *c->arguments ? c->arguments : "(none)");
	for (i = 0; i < count; i++)
		o->argument[i] = argument[i];
	return 0;
}

static int fail_option(struct failure *f, const struct command *c, const struct bad_option *bad)
{
	return fail_detail(f, c ? MSG_OPTION : MSG_COMMAND, c ? c->name : "vbd",
			   bad->no_value ? "the option %s needs a value" :
					   "there is no option %s", bad->word);
}

const struct command *command_parse(int argc, char **argv, struct options *o,
				    struct failure *f)
{
	struct given_option given[OPTIONS_MAX];
	const struct command *c;
	const char *name;
	struct bad_option bad = { 0 };
	int count = collect_options(argc, argv, given, &bad);

	if (is_given(given, count, 'V'))
		return &version_command;
	name = optind < argc ? argv[optind] : NULL;
	if (is_given(given, count, 'h') || (!name && !bad.word)) {
		/* Show the help of this command. */
		o->argument[0] = name && strcmp(name, help_command.name) ? name : NULL;
		return &help_command;
	}
	c = name ? find_command(name) : NULL;
	if (name && !c)
		fail_command(f, name);
	else if (bad.word)
		fail_option(f, c, &bad);
	else if (!set_options(c, given, count, o, f) &&
		 !set_arguments(c, argv + optind + 1, argc - optind - 1, o, f))
		return c;
	return NULL;
}

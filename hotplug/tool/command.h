/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of vbd and the command line. */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

#include "tool.h"

struct command {
	const char *name;
	const char *arguments;	/* as shown in the help */
	const char *help;
	int (*run)(struct tool *t);
	int min, max;		/* number of arguments */
	const char *options;	/* letters of its options */
	long seconds;		/* time limit without --timeout */
	bool endless;		/* the seconds are an interval, not a limit */
	enum { STORE_ALWAYS, STORE_UNLESS_LOG, STORE_NEVER } store;
};

/* Returns the command and its options, or NULL with the failure set. */
const struct command *command_parse(int argc, char **argv, struct options *o,
				    struct failure *f);

#endif

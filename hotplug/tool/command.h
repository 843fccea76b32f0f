/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of vbd and the command line. */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

#include "tool.h"

struct command {
	const char *name;
	const char *arguments;	/* as they are shown */
	const char *help;
	int (*run)(struct tool *t);
	int min, max;		/* arguments */
	const char *options;	/* letters of those it takes */
	long seconds;		/* it may take, if --timeout says nothing */
	bool endless;		/* the seconds given are an interval, not an end */
	enum { STORE_ALWAYS, STORE_UNLESS_LOG, STORE_NEVER } store;
};

/* The command and its options; NULL with the failure filled in. */
const struct command *command_parse(int argc, char **argv, struct options *o,
				    struct failure *f);

#endif

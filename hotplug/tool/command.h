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
	bool endless;		/* --seconds is an interval, not an end */
	bool offline;		/* --log needs no store */
};

/*
 * The command and its options; NULL with the failure filled in. Does not
 * return from a call for help.
 */
const struct command *command_parse(int argc, char **argv, struct options *o,
				    struct failure *f);

#endif

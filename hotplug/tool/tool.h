/* SPDX-License-Identifier: GPL-2.0 */
/* Common data of all commands of vbd. */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include <stdatomic.h>
#include <stdio.h>

#include "deadline.h"
#include "message.h"
#include "store.h"

#define ARGUMENTS_MAX 40	/* vbd new; the others take three at most */

/* The command line. Options that the command does not accept are not set. */
struct options {
	bool read_only, share, untrusted, force, no_wait, json, record;
	bool screen;		/* the output is a terminal */
	const char *backend;	/* NULL: this domain */
	const char *log;
	const char *limits;
	long ms;		/* 0: default of the command */
	long count;		/* 0: no limit */
	const char *argument[ARGUMENTS_MAX + 1];	/* NULL: not given */
};

struct tool {
	struct store *store;
	struct deadline deadline;
	struct failure failure;
	struct options options;
	const char *root;	/* prefix of /sys; "" on a real host */
	unsigned int domid;	/* the domain this runs in */
	atomic_bool undoing;	/* an interrupt must not stop it */
	FILE *out;		/* the result */
	FILE *progress;		/* what the command waits for; or NULL */
};

/* Start to undo, with a new deadline of @ms. An interrupt does not stop it. */
void tool_start_undo(struct tool *t, int64_t ms);

/* All return 0, or -1 with the failure set. */
int command_attach(struct tool *t);
int command_detach(struct tool *t);
int command_limit(struct tool *t);
int command_list(struct tool *t);
int command_status(struct tool *t);
int command_move(struct tool *t);
int command_watch(struct tool *t);
int command_swap(struct tool *t);
int command_resize(struct tool *t);
int command_top(struct tool *t);
int command_new(struct tool *t);
int command_delete(struct tool *t);

#endif

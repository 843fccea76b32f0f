/* SPDX-License-Identifier: GPL-2.0 */
/* Removes a disk, in the steps of a toolstack. */
#ifndef TOOL_REMOVE_H
#define TOOL_REMOVE_H

#include "disk.h"

/*
 * Ask both ends to close. With @force, remove the directory of the guest
 * without asking. Returns 0, or -1 with the failure set.
 */
int disk_ask_to_close(struct tool *t, const struct disk *d, bool force);

/* For disk_wait(): returns 1 once the backend has released the device. */
int disk_is_closed(struct tool *t, const struct disk *d, void *unused);

/* Set the failure for a disk of another kind that its backend has not closed. Returns -1. */
int disk_fail_not_closed(struct tool *t, const struct disk *d);

/*
 * Have the script release what it has attached for the disk, and remove all
 * directories. The backend must have released the device: if a backend of
 * another kind has not, all directories stay. Returns 0, or -1 with the failure
 * set.
 */
int disk_remove(struct tool *t, const struct disk *d);

/* Whether a driver of this domain is bound to the backend. */
bool disk_has_driver(struct tool *t, const struct disk *d);

/* A device of another class that no backend has taken yet: nobody has to close it. */
bool disk_is_unserved(struct tool *t, const struct disk *d);

struct undo {
	const char *what;		/* "the attach" */
	const char *interrupted;	/* the rest of the message after an interrupt */
	enum message late;		/* if the backend does not close it */
};

/*
 * Remove what was begun, with a deadline of its own. The failure of the command
 * is kept; a failure of the undo is only printed.
 */
void disk_undo(struct tool *t, const struct disk *d, const struct undo *u);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Reads lists of the kernel in /proc: mounts and swaps. */
#ifndef HOTPLUG_PROC_H
#define HOTPLUG_PROC_H

#include <stdbool.h>

/*
 * Call @match for each line of /proc/@file until it returns true. @match may
 * change the line. @root is the prefix of /proc. Returns whether a line matched.
 */
bool proc_find_line(const char *root, const char *file, bool (*match)(char *line, void *arg),
		    void *arg);

/* The kernel writes blanks and backslashes in a path as \ooo. Write them as they are. */
void proc_unescape(char *path);

#endif

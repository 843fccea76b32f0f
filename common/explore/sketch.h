/* SPDX-License-Identifier: GPL-2.0 */
/* Draws the sequence diagrams of the explorer's traces and of the document. */
#ifndef SKETCH_H
#define SKETCH_H

#include <stdio.h>

#include "handshake.h"

#define CELL 80 /* bytes of text in a column, with NUL */

static const char *const state_names[XSPLIT_STATES] = {
	"Unknown", "Initialising", "InitWait", "Initialised", "Connected", "Closing", "Closed",
};

/* Print one row of @nr columns, without spaces at its end. */
static inline void print_cells(const char *prefix, char (*cells)[CELL], const int *width, int nr)
{
	char line[256];
	int i, len = 0;

	for (i = 0; i < nr; i++)
		len += sprintf(line + len, "%-*.*s ", width[i], width[i], cells[i]);
	while (len && line[len - 1] == ' ')
		len--;
	printf("%s%.*s\n", prefix, len, line);
}

#endif /* SKETCH_H */

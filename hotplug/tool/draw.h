/* SPDX-License-Identifier: GPL-2.0 */
/* A handshake as a sequence diagram; time runs downwards. */
#ifndef TOOL_DRAW_H
#define TOOL_DRAW_H

#include "event.h"

/* Events of one writer with smaller gaps than this are one row, in ms. */
#define DRAW_GAP_MS 100

#define DRAW_TEXT_MAX 1024

struct draw {
	FILE *file;
	bool begun;
	unsigned int domid, devid;	/* of the disk of the last event */
	double last;
	/* keys of one writer in one directory that have no row yet */
	enum writer writer;
	bool back;
	double at;
	char text[DRAW_TEXT_MAX];
	/* first states of the two ends, without a row yet: they share one */
	int first[2];
	double first_at;
};

void draw_begin(struct draw *d, FILE *file);
void draw_event(struct draw *d, const struct event *e);

/* No event is expected for a while: draw the pending rows. */
void draw_flush(struct draw *d);

#endif

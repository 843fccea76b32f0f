/* SPDX-License-Identifier: GPL-2.0 */
/* A handshake as a sequence diagram, time downwards. */
#ifndef TOOL_DRAW_H
#define TOOL_DRAW_H

#include "event.h"

/* Events as close as this are one step, if they have one author. */
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
	/* first states of the two ends that have no row yet: they share one */
	int first[2];
	double first_at;
};

void draw_begin(struct draw *d, FILE *file);
void draw_event(struct draw *d, const struct event *e);

/* Nothing more comes for a while: show what is held back. */
void draw_flush(struct draw *d);

#endif

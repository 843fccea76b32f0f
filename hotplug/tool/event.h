/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One step of a handshake: a key of a disk's directories that has got a new
 * value. Seen in the store, or read from a recording, which is such a line:
 *
 *   SECONDS DOMID/DEVID WRITER DIRECTORY KEY VALUE
 *
 * DIRECTORY is backend or frontend. The store does not say who wrote; the
 * protocol gives each key one writer, but for "state", of which a toolstack
 * writes the first value of both ends and a backend's 5 together with
 * online = 0. The KEY "-" stands for a directory that has been removed.
 */
#ifndef TOOL_EVENT_H
#define TOOL_EVENT_H

#include <stdbool.h>
#include <stdio.h>

enum writer {
	BY_NOBODY,		/* it was there when the recording began */
	BY_TOOLSTACK,
	BY_HOTPLUG,
	BY_BACKEND,
	BY_FRONTEND,
	WRITERS
};

struct event {
	double at;		/* seconds since the first one */
	unsigned int domid, devid;
	enum writer writer;
	bool back;		/* whose directory */
	char key[64];
	char value[256];
};

/* All that has been seen, so that only news is an event. Begins as zeros. */
struct recorder {
	struct seen *seen;
	size_t count;
	bool offline;		/* what was said last of any disk */
	double started;
};

void recorder_end(struct recorder *r);

/*
 * What it means that @path has @value (NULL: it is gone) since @when, a time
 * in seconds; 0: it was so from the start. False if that is none of a disk's
 * keys, or no news.
 */
bool recorder_event(struct recorder *r, const char *path, const char *value,
		    double when, struct event *e);

/* The disk, directory and key ("" for the directory) of a path; else false. */
bool event_path(struct event *e, const char *path);

/* Whether anything of the directory is known. */
bool recorder_has(const struct recorder *r, const char *dir);

void event_print(FILE *f, const struct event *e);

/* False if the line is not one of event_print(). */
bool event_parse(struct event *e, const char *line);

#endif

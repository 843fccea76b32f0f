/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A step of a handshake: a key in a directory of a disk has a new value. Events come
 * from the store or from a recording, which has one such line for each:
 *
 *   SECONDS DOMID/DEVID WRITER DIRECTORY KEY VALUE
 *
 * DIRECTORY is backend or frontend. The store does not say who wrote a key, but in
 * the protocol each key has one writer, except "state": a toolstack writes the first
 * value of both ends, and the value 5 of a backend together with online = 0. The
 * KEY "-" means that the directory was removed.
 */
#ifndef TOOL_EVENT_H
#define TOOL_EVENT_H

#include <stdbool.h>
#include <stdio.h>

enum writer {
	BY_NOBODY,		/* existed when the recording began */
	BY_TOOLSTACK,
	BY_HOTPLUG,
	BY_BACKEND,
	BY_FRONTEND,
	WRITERS
};

struct event {
	double at;		/* seconds since the first event */
	unsigned int domid, devid;
	enum writer writer;
	bool back;		/* the directory is the backend's */
	char key[64];
	char value[256];
};

/* All values that have been seen, to detect changes. Must be zeroed first. */
struct recorder {
	struct seen *seen;
	size_t count;
	double started;
};

void recorder_end(struct recorder *r);

/*
 * Make an event of a new value at @path (NULL: removed). @when is the time in
 * seconds; 0 means that the value existed from the start. Returns false if the
 * path is not a key of a disk, or if the value has not changed.
 */
bool recorder_event(struct recorder *r, const char *path, const char *value,
		    double when, struct event *e);

/* Split a path into disk, directory and key ("" for the directory). Returns false for others. */
bool event_path(struct event *e, const char *path);

/* Whether any key of the directory has been seen. */
bool recorder_has(const struct recorder *r, const char *dir);

void event_print(FILE *f, const struct event *e);

/* Returns false if event_print() cannot have written the line. */
bool event_parse(struct event *e, const char *line);

#endif

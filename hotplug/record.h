/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record of what must be undone for a vbd: the node "hotplug-undo" in its
 * directory, "TYPE KEY DATA". Vbds with the same TYPE and KEY share the
 * storage.
 */
#ifndef HOTPLUG_RECORD_H
#define HOTPLUG_RECORD_H

#include "job.h"

#define RECORD_TYPE_MAX 32
#define RECORD_TEXT_MAX 1000

struct record {
	char type[RECORD_TYPE_MAX];
	char key[RECORD_TEXT_MAX];	/* no blanks */
	char data[RECORD_TEXT_MAX];
};

void record_start(struct record *r, const char *type);
bool record_set_key(struct record *r, const char *key);
bool record_set_data(struct record *r, const char *data);

/* "nbd:KEY", for a message. */
void record_describe(const struct record *r, char *text, size_t size);

/* Read the record of the job's vbd. Returns false if there is none. */
bool record_read(struct job *job, struct record *r);

/* Returns 0, or -1 with the failure set. If the directory is gone, it is not created. */
int record_write(struct job *job, const struct record *r);
void record_remove(struct job *job);

/* If another vbd has a record of this type and key, copy its data to @r and return true. */
bool record_find_sharer(struct job *job, struct record *r);

#endif

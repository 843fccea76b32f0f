/* SPDX-License-Identifier: GPL-2.0 */
/* A list of lines: what exists, a line each, worded for a person. */
#ifndef TEST_VM_LINES_H
#define TEST_VM_LINES_H

#include <stddef.h>

struct lines {
	char **line;
	size_t count, room;
};

__attribute__((format(printf, 2, 3)))
void lines_add(struct lines *list, const char *format, ...);

/* Adds "TEXT: N" for each different TEXT that was counted N times. */
void lines_add_counts(struct lines *list, struct lines *counted);

/* Adds each line of a text, which is changed, with prefix before it. */
void lines_add_text(struct lines *list, const char *prefix, char *text);

void lines_sort(struct lines *list);

void lines_free(struct lines *list);

/* All of a file, NUL terminated, for free(); NULL with errno. Files of /proc have no size. */
char *read_file(const char *path);

/* Adds the lines of a file; 0, or -1 if it cannot be read. */
int lines_read(struct lines *list, const char *path);

/* 0 or -1. */
int lines_write(const struct lines *list, const char *path);

/* Calls differs for each line that only one of two sorted lists has. */
void lines_compare(const struct lines *before, const struct lines *after,
		   void (*differs)(const char *line, int gone));

#endif

// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

static void add(struct lines *list, char *line)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 256;
		list->line = realloc(list->line, list->room * sizeof(*list->line));
	}
	if (!list->line || !line)
		abort();
	list->line[list->count++] = line;
}

void lines_add(struct lines *list, const char *format, ...)
{
	va_list args;
	char *line;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		abort();
	va_end(args);
	add(list, line);
}

void lines_add_counts(struct lines *list, struct lines *counted)
{
	size_t same;

	lines_sort(counted);
	for (size_t i = 0; i < counted->count; i += same) {
		for (same = 1; i + same < counted->count; same++)
			if (strcmp(counted->line[i], counted->line[i + same]))
				break;
		lines_add(list, "%s: %zu", counted->line[i], same);
	}
}

void lines_add_text(struct lines *list, const char *prefix, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")))
		if (*line)
			lines_add(list, "%s%s", prefix, line);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void lines_sort(struct lines *list)
{
	qsort(list->line, list->count, sizeof(*list->line), by_text);
}

void lines_free(struct lines *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->line[i]);
	free(list->line);
	memset(list, 0, sizeof(*list));
}

char *read_file(const char *path)
{
	size_t used = 0, room = 16384;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	do {
		text = realloc(text, used + room + 1);
		if (!text)
			abort();
		n = read(fd, text + used, room);
		if (n > 0)
			used += n;
	} while (n > 0);
	close(fd);
	text[used] = '\0';
	return text;
}

int lines_read(struct lines *list, const char *path)
{
	char *text = read_file(path);

	if (!text)
		return -1;
	lines_add_text(list, "", text);
	free(text);
	return 0;
}

int lines_write(const struct lines *list, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "%s\n", list->line[i]);
	return fclose(out) ? -1 : 0;
}

void lines_compare(const struct lines *before, const struct lines *after,
		   void (*differs)(const char *line, int gone))
{
	size_t a = 0, b = 0;

	while (a < before->count || b < after->count) {
		int order = a == before->count ? 1 : b == after->count ? -1 :
			    strcmp(before->line[a], after->line[b]);

		if (order < 0) {
			differs(before->line[a++], 1);
		} else if (order > 0) {
			differs(after->line[b++], 0);
		} else {
			a++;
			b++;
		}
	}
}

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_edit.h"
#include "name.h"

#define BLANKS " \t\r\n"

/*
 * All of these return what follows in the text. They accept NULL, and return
 * NULL if it is no JSON.
 */

static const char *skip_blanks(const char *s)
{
	return s ? s + strspn(s, BLANKS) : NULL;
}

static const char *skip_char(const char *s, char c)
{
	s = skip_blanks(s);
	return s && *s == c ? s + 1 : NULL;
}

static const char *skip_string(const char *s)
{
	if (!s || *s != '"')
		return NULL;
	for (s++; *s != '"'; s++)
		if (!*s || (*s == '\\' && !*++s))
			return NULL;
	return s + 1;
}

/* Brackets are only counted, not matched: libxl has written them. */
static const char *skip_value(const char *s)
{
	int depth = 0;

	do {
		s = skip_blanks(s);
		if (!s || !*s)
			return NULL;
		if (strchr("{[", *s)) {
			depth++;
			s++;
		} else if (strchr("}]", *s)) {
			depth--;
			s++;
		} else if (strchr(",:", *s)) {
			s++;
		} else {
			s = *s == '"' ? skip_string(s) :
			    s + strcspn(s, ",:{}[]\"" BLANKS);
		}
	} while (s && depth > 0);
	return depth ? NULL : s;
}

/* Returns the value of a member of the object at @s. */
static const char *find_member(const char *s, const char *name)
{
	size_t len = strlen(name);
	const char *key;

	s = skip_char(s, '{');
	for (; s; s = skip_char(skip_value(s), ',')) {
		key = skip_blanks(s);
		s = skip_blanks(skip_char(skip_string(key), ':'));
		if (s && !strncmp(key + 1, name, len) && key[len + 1] == '"')
			return s;
	}
	return NULL;
}

/* Whether the disk at @s has this device number. */
static bool has_number(const char *s, unsigned int devid)
{
	const char *vdev = find_member(s, "vdev"), *end = skip_string(vdev);
	char name[DISK_NAME_MAX];
	unsigned int is;

	if (!end || end - vdev - 2 >= DISK_NAME_MAX)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(end - vdev - 2), vdev + 1);
	return disk_name_parse(name, &is) && is == devid;
}

static void print_range(FILE *f, const char *from, const char *to)
{
	fwrite(from, 1, (size_t)(to - from), f);
}

/* Writes the list at @s with the new entry, and returns what follows the list. */
static const char *edit_list(FILE *f, const char *s, unsigned int devid,
			     const char *entry)
{
	const char *end;

	fprintf(f, "[ %s", entry);
	s = skip_blanks(skip_char(s, '['));
	while (s && *s != ']') {
		end = skip_value(s);
		if (!end)
			return NULL;
		if (!has_number(s, devid)) {
			fputs(", ", f);
			print_range(f, s, end);
		}
		s = skip_blanks(end);
		if (*s != ']')
			s = skip_blanks(skip_char(s, ','));
	}
	fputs(" ]", f);
	return s ? s + 1 : NULL;
}

/* The text has no list of disks: make it the first member. */
static void add_list(FILE *f, const char *text, const char *entry)
{
	const char *first = skip_char(text, '{');

	print_range(f, text, first);
	fprintf(f, " \"disks\": [ %s ]%s", entry,
		*skip_blanks(first) == '}' ? "" : ",");
	fputs(first, f);
}

char *config_edit(const char *text, unsigned int devid, const char *entry)
{
	const char *disks, *rest;
	char *edited = NULL;
	bool good = true;
	size_t size;
	FILE *f;

	if (!skip_char(text, '{') || !skip_value(text))
		return NULL;
	f = open_memstream(&edited, &size);
	if (!f)
		return NULL;
	disks = find_member(text, "disks");
	if (disks) {
		print_range(f, text, disks);
		rest = edit_list(f, disks, devid, entry);
		good = rest;
		fputs(good ? rest : "", f);
	} else {
		add_list(f, text, entry);
	}
	if (fclose(f) || !good) {
		free(edited);
		return NULL;
	}
	return edited;
}

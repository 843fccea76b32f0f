/* SPDX-License-Identifier: GPL-2.0 */
/* Writes JSON without a buffer. The output is valid whatever bytes a value has. */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdbool.h>
#include <stdio.h>

struct json {
	FILE *file;
	int depth;
	bool more;		/* a value precedes, at this depth */
};

/* @key: NULL in a list and at the top. @bracket: '{' or '['. */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
/* @text: NULL writes null. */
void json_string(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, long long n);
void json_bool(struct json *j, const char *key, bool yes);
/* Writes a number if the text is one, else a string. */
void json_value(struct json *j, const char *key, const char *text);

#endif

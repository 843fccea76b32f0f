/* SPDX-License-Identifier: GPL-2.0 */
/* JSON, written as it comes. Whatever the bytes of a value are, it is valid. */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdbool.h>
#include <stdio.h>

struct json {
	FILE *file;
	int depth;
	bool more;		/* something is before, at this depth */
};

/* @key: NULL in a list, and for what stands alone. @bracket: '{' or '['. */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
/* @text: NULL is null */
void json_string(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, long long n);
void json_bool(struct json *j, const char *key, bool yes);
/* A number where it is one, else a string. */
void json_value(struct json *j, const char *key, const char *text);

#endif

// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "json.h"

#define DIGITS_MAX 15		/* exact in every reader */

static void put_newline(struct json *j)
{
	int i;

	fputc('\n', j->file);
	for (i = 0; i < j->depth; i++)
		fputs("  ", j->file);
}

/* Returns the length of the UTF-8 character at @s; 0 if it is not valid. */
static int measure_character(const unsigned char *s)
{
	int i, len = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 :
		  *s >= 0xe0 && *s < 0xf0 ? 3 : *s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void put_text(struct json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int len;

	fputc('"', j->file);
	for (; *s; s += len ? len : 1) {
		len = measure_character(s);
		if (!len)
			fputs("\\ufffd", j->file);
		else if (*s == '"' || *s == '\\')
			fprintf(j->file, "\\%c", *s);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(j->file, "\\u%04x", *s);
		else
			fprintf(j->file, "%.*s", len, (const char *)s);
	}
	fputc('"', j->file);
}

static void begin_value(struct json *j, const char *key)
{
	if (j->more)
		fputc(',', j->file);
	if (j->depth)
		put_newline(j);
	j->more = true;
	if (key) {
		put_text(j, key);
		fputs(": ", j->file);
	}
}

void json_open(struct json *j, const char *key, char bracket)
{
	begin_value(j, key);
	fputc(bracket, j->file);
	j->depth++;
	j->more = false;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->more)
		put_newline(j);
	fputc(bracket, j->file);
	j->more = true;
	if (!j->depth) {
		fputc('\n', j->file);
		j->more = false;
	}
}

void json_string(struct json *j, const char *key, const char *text)
{
	begin_value(j, key);
	if (text)
		put_text(j, text);
	else
		fputs("null", j->file);
}

void json_number(struct json *j, const char *key, long long n)
{
	begin_value(j, key);
	fprintf(j->file, "%lld", n);
}

void json_bool(struct json *j, const char *key, bool yes)
{
	begin_value(j, key);
	fputs(yes ? "true" : "false", j->file);
}

void json_value(struct json *j, const char *key, const char *text)
{
	size_t len = strlen(text);
	bool plain = len && len <= DIGITS_MAX && strspn(text, "0123456789") == len &&
		     (*text != '0' || len == 1);

	if (!plain) {
		json_string(j, key, text);
		return;
	}
	begin_value(j, key);
	fputs(text, j->file);
}

// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "draw.h"

/* Start of the columns. The time is to the left of the first. */
enum { HOTPLUG = 11, BACKEND = 40, FRONTEND = 76, END = 105 };

#define VALUE_SHOWN 40
#define SEPARATOR ", "

/* Keys of a toolstack or a script that are shown. */
static const char *const shown[] = {
	"params", "mode", "online", "physical-device", "node",
	"hotplug-status",
};

/* The key says that the end does not have a feature. */
static bool is_absent(const struct event *e)
{
	return !strcmp(e->value, "0") && (!strncmp(e->key, "feature-", 8) ||
					  !strncmp(e->key, "discard-", 8));
}

static bool is_shown(const struct event *e)
{
	size_t i;

	if (is_absent(e))
		return false;
	if (e->writer == BY_BACKEND || e->writer == BY_FRONTEND)
		return true;
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (e->writer != BY_NOBODY && !strcmp(e->key, shown[i]))
			return true;
	return false;
}

struct row {
	char c[END + 1];
};

static void put_text(struct row *r, int at, int end, const char *text)
{
	while (*text && at < end)
		r->c[at++] = *text++;
}

static void fill_row(struct row *r, int at, int end, char c)
{
	while (at < end)
		r->c[at++] = c;
}

static void clear_row(struct row *r)
{
	fill_row(r, 0, END, ' ');
	r->c[HOTPLUG] = r->c[BACKEND] = r->c[FRONTEND] = '|';
	r->c[END] = '\0';
}

static void put_time(struct row *r, double at)
{
	char text[16];

	snprintf(text, sizeof(text), "%9.3f", at);
	put_text(r, 0, HOTPLUG - 1, text);
}

static void print_row(struct draw *d, struct row *r)
{
	int len = END;

	while (len && r->c[len - 1] == ' ')
		len--;
	fprintf(d->file, "%.*s\n", len, r->c);
	fflush(d->file);
}

/* Draws an arrow from @from to @to, with the text at @from. */
static void put_arrow(struct row *r, int from, int to, const char *text)
{
	int end = from + (int)strlen(text);

	r->c[from] = ' ';
	put_text(r, from, to > from ? to - 3 : END, text);
	if (to < from) {
		r->c[to + 1] = '<';
		fill_row(r, to + 2, from - 1, '-');
		return;
	}
	if (end > to - 3)
		end = to - 3;
	fill_row(r, end + 1, to - 1, '-');
	r->c[to - 1] = '>';
}

static void draw_rule(struct draw *d, double at, const char *text)
{
	struct row r;
	int end = HOTPLUG + (int)strlen(text) + 6;

	clear_row(&r);
	fill_row(&r, HOTPLUG, END, '=');
	put_time(&r, at);
	put_text(&r, HOTPLUG + 3, END - 3, " ");
	put_text(&r, HOTPLUG + 4, END - 3, text);
	if (end < END)
		r.c[end - 2] = ' ';
	print_row(d, &r);
}

/* Copies as many items of @text as fit into @width, and returns the rest. */
static const char *split_line(char *line, const char *text, int width)
{
	const char *next, *fits = NULL;
	int len;

	for (next = text; next; next = strstr(next + 1, SEPARATOR))
		if (next > text && next - text + 1 <= width)
			fits = next;
	if ((int)strlen(text) <= width)
		fits = text + strlen(text);
	len = fits ? (int)(fits - text) : width;
	if (!fits)
		fits = strstr(text, SEPARATOR);
	snprintf(line, DRAW_TEXT_MAX, "%.*s%s", len, text,
		 fits && *fits && len < width ? "," : "");
	return fits && *fits ? fits + strlen(SEPARATOR) : NULL;
}

/* Draws a list in its column; its last row has the arrow. */
static void draw_list(struct draw *d, int from, int to)
{
	int width = to > from ? to - from - 3 : END - from;
	const char *rest = d->text;
	char line[DRAW_TEXT_MAX];
	bool first = true;
	struct row r;

	while (rest) {
		rest = split_line(line, rest, width);
		clear_row(&r);
		if (first)
			put_time(&r, d->at);
		first = false;
		r.c[from] = ' ';
		if (rest)
			put_text(&r, from, from + width, line);
		else
			put_arrow(&r, from, to, line);
		print_row(d, &r);
	}
}

static void flush_text(struct draw *d)
{
	char text[DRAW_TEXT_MAX + 16];

	if (!*d->text)
		return;
	if (d->writer == BY_TOOLSTACK) {
		snprintf(text, sizeof(text), "toolstack: %s", d->text);
		draw_rule(d, d->at, text);
	} else if (d->writer == BY_HOTPLUG) {
		draw_list(d, HOTPLUG, BACKEND);
	} else {
		draw_list(d, d->back ? BACKEND : FRONTEND,
			  d->back ? FRONTEND : BACKEND);
	}
	*d->text = '\0';
}

static bool has_first_state(const struct draw *d)
{
	return d->first[0] >= 0 || d->first[1] >= 0;
}

static void flush_first_states(struct draw *d)
{
	struct row r;

	if (!has_first_state(d))
		return;
	clear_row(&r);
	put_time(&r, d->first_at);
	if (d->first[0] >= 0)
		put_text(&r, BACKEND, FRONTEND - 1, state_name((unsigned int)d->first[0]));
	if (d->first[1] >= 0)
		put_text(&r, FRONTEND, END, state_name((unsigned int)d->first[1]));
	print_row(d, &r);
	d->first[0] = d->first[1] = -1;
}

void draw_flush(struct draw *d)
{
	flush_text(d);
	flush_first_states(d);
}

void draw_begin(struct draw *d, FILE *file)
{
	struct row r;

	memset(d, 0, sizeof(*d));
	d->file = file;
	d->first[0] = d->first[1] = -1;
	clear_row(&r);
	put_text(&r, 2, HOTPLUG - 1, "seconds");
	put_text(&r, HOTPLUG, BACKEND, "Hotplug");
	put_text(&r, BACKEND, FRONTEND, "Backend");
	put_text(&r, FRONTEND, END, "Frontend");
	print_row(d, &r);
}

static void draw_state(struct draw *d, const struct event *e)
{
	unsigned int state = (unsigned int)atoi(e->value);
	struct row r;

	draw_flush(d);
	clear_row(&r);
	put_time(&r, e->at);
	put_arrow(&r, e->back ? BACKEND : FRONTEND, e->back ? FRONTEND : BACKEND,
		  state_name(state));
	print_row(d, &r);
}

/* States that existed before the recording, or that a toolstack has written first. */
static bool is_first_state(const struct event *e)
{
	return e->writer == BY_NOBODY ||
	       (e->writer == BY_TOOLSTACK && !strcmp(e->value, "1"));
}

static void draw_removed(struct draw *d, const struct event *e)
{
	struct row r;

	draw_flush(d);
	clear_row(&r);
	put_time(&r, e->at);
	put_text(&r, e->back ? BACKEND : FRONTEND, END, "(directory removed)");
	print_row(d, &r);
}

/* A message needs the whole width. */
static void draw_error(struct draw *d, const struct event *e)
{
	char text[sizeof(e->value) + 32];

	draw_flush(d);
	snprintf(text, sizeof(text), "hotplug script: %s", e->value);
	draw_rule(d, e->at, text);
}

static void add_text(struct draw *d, const struct event *e)
{
	size_t len;

	if (!is_shown(e))
		return;
	if (*d->text && (d->writer != e->writer || d->back != e->back))
		draw_flush(d);
	if (!*d->text)
		d->at = has_first_state(d) ? d->first_at : e->at;
	d->writer = e->writer;
	d->back = e->back;
	len = strlen(d->text);
	snprintf(d->text + len, sizeof(d->text) - len, "%s%s %.*s",
		 len ? SEPARATOR : "", e->key, VALUE_SHOWN, e->value);
}

/* Draws a rule when the next event is about another disk. */
static void draw_disk(struct draw *d, const struct event *e)
{
	char name[DISK_NAME_MAX], text[64];

	if (d->begun && d->domid == e->domid && d->devid == e->devid)
		return;
	if (d->begun)
		draw_flush(d);
	d->begun = true;
	d->domid = e->domid;
	d->devid = e->devid;
	disk_name_print(e->devid, name);
	snprintf(text, sizeof(text), "%s of domain %u", name, e->domid);
	draw_rule(d, e->at, text);
}

void draw_event(struct draw *d, const struct event *e)
{
	if (e->at - d->last > DRAW_GAP_MS / 1000.0)
		draw_flush(d);
	d->last = e->at;
	draw_disk(d, e);
	if (!strcmp(e->key, "-")) {
		draw_removed(d, e);
	} else if (!strcmp(e->key, "hotplug-error")) {
		draw_error(d, e);
	} else if (strcmp(e->key, "state")) {
		add_text(d, e);
	} else if (is_first_state(e)) {
		if (d->first[!e->back] >= 0)
			draw_flush(d);
		d->first[!e->back] = atoi(e->value);
		d->first_at = e->at;
	} else {
		draw_state(d, e);
	}
}

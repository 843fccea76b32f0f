// SPDX-License-Identifier: GPL-2.0
/*
 * Writes docs/handshake.md: the compiled table, and the recorded paths as
 * sequence diagrams. It replays each path against the table: a step that the
 * table would not take is an error.
 *
 *   document TEMPLATE RECORDING...
 *
 * The program replaces the template's lines @table back, @table front and
 * @paths.
 */
#include <stdlib.h>

#include "handshake.h"
#include "../unit/tap.h"
#include "sketch.h"

enum { TOOLS, HOTPLUG, BACK, FRONT, COLUMNS };

static const char *const columns[COLUMNS] = { "tools", "hotplug", "back", "front" };
static const char *const heads[COLUMNS] = { "Toolstack", "Hotplug", "Backend", "Frontend" };
static const int width[COLUMNS] = { 30, 18, 34, 30 };

static const struct {
	unsigned int fact;
	const char *name;
} facts[] = {
	{ XSPLIT_F_RESOURCE, "resource" }, { XSPLIT_F_ONLINE, "online" },
	{ XSPLIT_F_LINKED, "linked" }, { XSPLIT_F_SHOWN, "shown" },
	{ XSPLIT_F_BUSY, "busy" }, { XSPLIT_F_BROKEN, "broken" },
	{ XSPLIT_F_PARKED, "parked" }, { XSPLIT_F_STALE, "stale" },
	{ XSPLIT_F_FAILED, "failed" }, { XSPLIT_F_CHANGED, "changed" },
	{ XSPLIT_F_REMOVED, "removed" }, { XSPLIT_F_NO_REJOIN, "no rejoin" },
	{ XSPLIT_F_UNPUBLISHED, "unpublished" }, { XSPLIT_F_BACK_GONE, "back gone" },
};

/* What is known about an end at one moment of a path. */
struct end {
	int own; /* state in the driver; -1: not yet known */
	int shown; /* state in the store; -1: not yet known */
	unsigned int seen; /* mask of states that the other end may have seen since its last step */
};

static const char *file;
static unsigned int line_nr;

static void show(struct end *end, int state)
{
	end->seen = (end->shown < 0 ? 0 : end->seen) | BIT(state);
	end->shown = state;
}

static void wrong(const char *what, const char *text)
{
	fprintf(stderr, "%s:%u: %s: %s\n", file, line_nr, what, text);
	exit(1);
}

static int find(const char *const *names, int nr, const char *name)
{
	int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return i;
	wrong("nobody knows", name);
	return -1;
}

/* The rows of a role are numbered from 1: B1, F1. */
static unsigned int row_number(const struct xsplit_step *step)
{
	const struct xsplit_step *s;
	unsigned int nr = 1;

	for (s = xsplit_handshake_table; s < step; s++)
		nr += s->role == step->role;
	return nr;
}

static void print_states(unsigned int mask)
{
	const char *comma = "";
	unsigned int i, all = BIT(XSPLIT_STATES) - 1;

	if (mask == all) {
		printf(" any |");
		return;
	}
	for (i = 0; i < XSPLIT_STATES; i++) {
		if (!(mask & BIT(i)))
			continue;
		printf("%s %s", comma, i ? state_names[i] : "gone");
		comma = ",";
	}
	printf(" |");
}

static void print_facts(unsigned int mask)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(facts); i++) {
		if (!(mask & facts[i].fact))
			continue;
		printf("%s %s", comma, facts[i].name);
		comma = ",";
	}
	printf(" |");
}

static void print_table(enum xsplit_role role)
{
	const struct xsplit_step *s = xsplit_handshake_table;
	unsigned int i;

	printf("| | own state | the other's | if | if not | does | goes to | because |\n"
	       "|---|---|---|---|---|---|---|---|\n");
	for (i = 0; i < xsplit_handshake_rows; i++, s++) {
		if (s->role != role)
			continue;
		printf("| %c%u |", role == XSPLIT_BACK ? 'B' : 'F', row_number(s));
		print_states(s->own);
		print_states(s->other);
		print_facts(s->need);
		print_facts(s->absent);
		printf(" %s | %s | %s |\n", s->action ? xsplit_action_name(s->action) : "",
		       s->next ? state_names[s->next] : "", s->why);
	}
}

static void add(char *cell, const char *text)
{
	size_t len = strlen(cell);

	snprintf(cell + len, CELL - len, "%s%s", len ? " " : "", text);
}

/* event COLUMN TEXT|END STATE|END STATE */
static void take_event(struct end *ends, char *text)
{
	char cells[COLUMNS][CELL] = { "" }, *part, *rest = NULL, *words;
	int column;

	part = strtok_r(text, "|", &rest);
	words = strchr(part, ' ');
	if (words)
		*words++ = 0;
	column = find(columns, COLUMNS, part);
	if (words)
		add(cells[column], words);
	while ((part = strtok_r(NULL, "|", &rest))) {
		char *state = strchr(part, ' ');
		struct end *end;
		int who;

		if (!state)
			wrong("no state", part);
		*state++ = 0;
		who = find(columns, COLUMNS, part);
		if (who != BACK && who != FRONT)
			wrong("no end", part);
		end = &ends[who - BACK];
		show(end, find(state_names, XSPLIT_STATES, state));
		if (who == column || !strcmp(state, "Initialising"))
			end->own = find(state_names, XSPLIT_STATES, state);
		if (!strcmp(state, "Unknown")) {
			add(cells[who], "(directory gone)");
		} else {
			add(cells[who], "->");
			add(cells[who], state);
		}
	}
	print_cells("", cells, width, COLUMNS);
}

/* Check that the table returns the recorded action and state for the recorded input. */
static const struct xsplit_step *replayed(enum xsplit_role role, unsigned int own,
					  unsigned int other, unsigned int known,
					  const char *action, const char *next)
{
	const struct xsplit_step *s = xsplit_handshake(role, own, other, known);

	if (!s)
		wrong("the table says wait", action);
	if (strcmp(xsplit_action_name(s->action), action))
		wrong("the table says another action than", action);
	if (strcmp(s->next ? state_names[s->next] : "stay", next))
		wrong("the table leads elsewhere than to", next);
	return s;
}

/* step ROLE OWN OTHER FACTS ACTION NEXT [fails] */
static void take_step(struct end *ends, const char *text)
{
	char role_name[8], own_name[16], other_name[16], action[16], next[16], verdict[8] = "";
	char cells[COLUMNS][CELL] = { "" }, *cell;
	const struct xsplit_step *s;
	enum xsplit_role role;
	unsigned int known;
	int own, other, to;

	if (sscanf(text, "%7s %15s %15s %x %15s %15s %7s", role_name, own_name, other_name, &known,
		   action, next, verdict) < 6)
		wrong("not a step", text);
	role = find(columns + BACK, 2, role_name) ? XSPLIT_FRONT : XSPLIT_BACK;
	own = find(state_names, XSPLIT_STATES, own_name);
	other = find(state_names, XSPLIT_STATES, other_name);
	if (ends[role].own >= 0 && own != ends[role].own)
		wrong("it was in another state than", own_name);
	if (ends[!role].shown >= 0 && !(ends[!role].seen & BIT(other)))
		wrong("the other end has not been seen", other_name);
	s = replayed(role, own, other, known, action, next);
	to = *verdict ? (int)xsplit_failed(s) : s->next ? (int)s->next : own;

	cell = cells[BACK + role];
	sprintf(cell, "%c%u", role == XSPLIT_BACK ? 'B' : 'F', row_number(s));
	if (s->action)
		add(cell, action);
	if (*verdict)
		add(cell, "fails");
	if (to != own) {
		add(cell, "->");
		add(cell, state_names[to]);
	}
	print_cells("", cells, width, COLUMNS);
	ends[role].own = to;
	if (to != own)
		show(&ends[role], to);
	/* From now on it can see only the states that are shown from now on. */
	if (ends[!role].shown >= 0)
		ends[!role].seen = BIT(ends[!role].shown);
}

/* start BACK FRONT */
static void take_start(struct end *ends, const char *text)
{
	char names[2][16], cells[COLUMNS][CELL] = { "" };
	int i;

	if (sscanf(text, "%15s %15s", names[0], names[1]) != 2)
		wrong("not two states", text);
	for (i = 0; i < 2; i++) {
		ends[i].own = find(state_names, XSPLIT_STATES, names[i]);
		show(&ends[i], ends[i].own);
		add(cells[BACK + i], names[i]);
	}
	print_cells("", cells, width, COLUMNS);
}

static void draw(const char *path)
{
	char line[256], cells[COLUMNS][CELL];
	struct end ends[2] = { { -1, -1, 0 }, { -1, -1, 0 } };
	FILE *in = fopen(path, "r");
	bool first = true;
	int i;

	file = path;
	line_nr = 0;
	if (!in)
		wrong("cannot be read", path);
	while (fgets(line, sizeof(line), in)) {
		line_nr++;
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "title ", 6)) {
			printf("### %s\n\n```\n", line + 6);
			continue;
		}
		if (first)
			for (i = 0; i < COLUMNS; i++)
				strcpy(cells[i], heads[i]);
		if (first)
			print_cells("", cells, width, COLUMNS);
		first = false;
		if (!strncmp(line, "start ", 6))
			take_start(ends, line + 6);
		else if (!strncmp(line, "event ", 6))
			take_event(ends, line + 6);
		else if (!strncmp(line, "step ", 5))
			take_step(ends, line + 5);
		else
			wrong("neither event nor step", line);
	}
	fclose(in);
	if (first)
		wrong("nothing was recorded", path);
	printf("```\n");
}

int main(int argc, char **argv)
{
	char line[512];
	FILE *in = argc > 2 ? fopen(argv[1], "r") : NULL;
	int i;

	if (!in) {
		fprintf(stderr, "usage: document TEMPLATE RECORDING...\n");
		return 2;
	}
	while (fgets(line, sizeof(line), in)) {
		if (!strcmp(line, "@table back\n"))
			print_table(XSPLIT_BACK);
		else if (!strcmp(line, "@table front\n"))
			print_table(XSPLIT_FRONT);
		else if (strcmp(line, "@paths\n"))
			fputs(line, stdout);
		else
			for (i = 2; i < argc; i++) {
				printf("%s", i > 2 ? "\n" : "");
				draw(argv[i]);
			}
	}
	fclose(in);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Writes docs/xenstore.md: the compiled tables of keys and of operations.
 *
 *   reference TEMPLATE
 *
 * The program replaces the template's lines @keys back, @keys front, @keys
 * queue, @keys domain and @operations.
 */
#include <stdio.h>
#include <string.h>

#include "block/blkkeys.h"
#include "block/protocol.h"

/* A number with this maximum or a larger one is limited only by its type. */
#define BOUND 0xffffffffULL

static const struct place {
	const char *line;
	enum xsplit_key_dir dir;
	enum xsplit_key_scope scope;
} places[] = {
	{ "@keys back\n", XSPLIT_DIR_BACK, XSPLIT_SCOPE_DEVICE },
	{ "@keys front\n", XSPLIT_DIR_FRONT, XSPLIT_SCOPE_DEVICE },
	{ "@keys queue\n", XSPLIT_DIR_FRONT, XSPLIT_SCOPE_QUEUE },
	{ "@keys domain\n", XSPLIT_DIR_DOMAIN, XSPLIT_SCOPE_DEVICE },
};

static const char *const writers[XSPLIT_WRITERS] = {
	[XSPLIT_BY_NOBODY] = "nobody",	[XSPLIT_BY_TOOLSTACK] = "toolstack",
	[XSPLIT_BY_HOTPLUG] = "script", [XSPLIT_BY_BACK] = "back",
	[XSPLIT_BY_FRONT] = "front",
};

/* The form of a value, and whether its range follows in the document. */
static const struct {
	const char *text;
	bool ranged;
} types[XSPLIT_KEY_TYPES] = {
	[XSPLIT_KEY_TEXT] = { "text", false },
	[XSPLIT_KEY_NUMBER] = { "number", true },
	[XSPLIT_KEY_POWER] = { "power of two", true },
	[XSPLIT_KEY_DEVICE] = { "`MAJOR:MINOR`, hexadecimal", false },
	[XSPLIT_KEY_SEQUENCE] = { "`MAJOR:MINOR@SEQUENCE` or `SEQUENCE`, hexadecimal", false },
	[XSPLIT_KEY_MODE] = { "`r`, `w` or `w!`", false },
	[XSPLIT_KEY_DIRECTORY] = { "directory", false },
};

static void print_value(const struct xsplit_key *key)
{
	bool ranged = types[key->type].ranged;

	printf(" %s", types[key->type].text);
	if (ranged && key->max < BOUND)
		printf(", %llu to %llu", (unsigned long long)key->min, (unsigned long long)key->max);
	else if (ranged)
		printf(", from %llu", (unsigned long long)key->min);
	printf(" |");
}

static void print_absent(const struct xsplit_key *key)
{
	if (key->need == XSPLIT_KEY_REQUIRED)
		printf(" an error |");
	else if (!types[key->type].ranged || key->fallback == XSPLIT_ABSENT)
		printf(" |");
	else
		printf(" %llu%s |", (unsigned long long)key->fallback,
		       key->need == XSPLIT_KEY_HINT ? ", also if it cannot be used" : "");
}

static const char *life(const struct xsplit_key *key)
{
	switch (key->flags & (XSPLIT_KEY_REPUBLISHED | XSPLIT_KEY_WITHDRAWN)) {
	case XSPLIT_KEY_REPUBLISHED:
		return "the front publishes anew";
	case XSPLIT_KEY_WITHDRAWN:
		return "its driver leaves";
	case XSPLIT_KEY_REPUBLISHED | XSPLIT_KEY_WITHDRAWN:
		return "the front publishes anew, or leaves";
	default:
		return "";
	}
}

static void print_keys(const struct place *place)
{
	const struct xsplit_key *key;

	printf("| key | written by | value | if absent | stays until | agreed | meaning |\n"
	       "|---|---|---|---|---|---|---|\n");
	for (key = xvbd_keys; key < xvbd_keys + XVBD_ID_KEYS; key++) {
		if (key->dir != place->dir || key->scope != place->scope)
			continue;
		printf("| `%s%s` | %s |", key->name, key->flags & XSPLIT_KEY_NUMBERED ? "N" : "",
		       writers[key->writer]);
		print_value(key);
		print_absent(key);
		printf(" %s | %s%s | %s |\n", life(key),
		       key->flags & XSPLIT_KEY_NEGOTIATED ? "yes" : "",
		       key->flags & XSPLIT_KEY_FIXED ? "; fixed while the rings exist" : "",
		       key->doc);
	}
}

static const char *const data[] = {
	[XVBD_DATA_NONE] = "",
	[XVBD_DATA_READ] = "from the disk",
	[XVBD_DATA_WRITE] = "to the disk",
};

#define CLASS_NAME(id, file, what) [XVBD_COUNTS_##id] = what,
static const char *const classes[] = {
	[XVBD_COUNTS_NOTHING] = "",
	XVBD_OP_CLASSES(CLASS_NAME)
};

static const char *const refusals[] = {
	[XVBD_REFUSAL_ERROR] = "fails with an I/O error",
	[XVBD_REFUSAL_UNSUPPORTED] = "fails as not supported",
	[XVBD_REFUSAL_DONE] = "is done: there was nothing to flush",
};

static void print_offer(const struct xvbd_op_trait *t)
{
	if (t->feature < XVBD_BACK_KEYS)
		printf(" `%s`", xvbd_back_keys[t->feature].name);
	else
		printf(" every back");
	if (t->secure < XVBD_BACK_KEYS)
		printf("; its secure variant by `%s`", xvbd_back_keys[t->secure].name);
	printf(" |");
}

static void print_size(const struct xvbd_op_trait *t)
{
	printf("%s%s", t->has_length ? "a length" : "segments",
	       t->may_be_empty ? ", or none" : "");
	if (t->max_sectors)
		printf(", up to %u MiB", t->max_sectors >> 11);
}

static void print_operations(void)
{
	unsigned int op;

	printf("| number | operation | data | has | changes the disk | counts as | offered by | if it is refused, the request |\n"
	       "|---|---|---|---|---|---|---|---|\n");
	for (op = 0; op < XVBD_OP_COUNT; op++) {
		const struct xvbd_op_trait *t = xvbd_op_trait(op);

		if (!t)
			continue;
		printf("| %u | `%s` | %s | ", op, t->name, data[t->data]);
		print_size(t);
		printf(" | %s | %s%s |", t->changes ? "yes" : "", classes[t->class],
		       t->class == XVBD_COUNTS_FLUSH && t->data == XVBD_DATA_WRITE ?
			       "; with data also write" : "");
		print_offer(t);
		printf(" %s |\n", refusals[t->refusal]);
	}
}

static bool print_table(const char *line)
{
	const struct place *p;

	for (p = places; p < places + ARRAY_SIZE(places); p++) {
		if (strcmp(line, p->line))
			continue;
		print_keys(p);
		return true;
	}
	if (strcmp(line, "@operations\n"))
		return false;
	print_operations();
	return true;
}

int main(int argc, char **argv)
{
	FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[512];

	if (!in) {
		fprintf(stderr, "usage: reference TEMPLATE\n");
		return 2;
	}
	while (fgets(line, sizeof(line), in))
		if (!print_table(line))
			fputs(line, stdout);
	fclose(in);
	return 0;
}

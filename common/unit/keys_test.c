// SPDX-License-Identifier: GPL-2.0
/* Xenstore keys, with any text that another domain may have written. */
#include <stdlib.h>

#include "block/blkkeys.h"
#include "block/protocol.h"
#include "tap.h"

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aULL
#define OK XSPLIT_KEY_OK
#define MISSING XSPLIT_KEY_MISSING
#define MALFORMED XSPLIT_KEY_MALFORMED
#define RANGE XSPLIT_KEY_RANGE

#define TEST_KEY(text, is, needed, least, most, otherwise)                   \
	{                                                                    \
		.name = text, .type = is, .need = needed, .min = least,      \
		.max = most, .fallback = otherwise,                          \
	}
#define REQUIRED XSPLIT_KEY_REQUIRED

static const struct xsplit_key number = TEST_KEY("n", XSPLIT_KEY_NUMBER, REQUIRED, 10, 20, 0);
static const struct xsplit_key any = TEST_KEY("a", XSPLIT_KEY_NUMBER, REQUIRED, 0, ~0ULL, 0);
static const struct xsplit_key optional =
	TEST_KEY("o", XSPLIT_KEY_NUMBER, XSPLIT_KEY_OPTIONAL, 10, 20, 7);
static const struct xsplit_key power = TEST_KEY("p", XSPLIT_KEY_POWER, REQUIRED, 512, 4096, 0);
static const struct xsplit_key device = TEST_KEY("d", XSPLIT_KEY_DEVICE, REQUIRED, 0, ~0ULL, 0);
static const struct xsplit_key mode = TEST_KEY("m", XSPLIT_KEY_MODE, REQUIRED, 0, 2, 0);
static const struct xsplit_key text = TEST_KEY("t", XSPLIT_KEY_TEXT, REQUIRED, 0, ~0ULL, 0);
static const struct xsplit_key no_type = TEST_KEY("x", XSPLIT_KEY_TYPES, REQUIRED, 0, ~0ULL, 0);

#define DIGITS_64 "1234567890123456789012345678901234567890123456789012345678901234"
#define ZEROS_64 "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	const struct xsplit_key *key;
	const char *text;
	enum xsplit_key_verdict want;
	u64 value;
} rows[] = {
	{ &number, NULL, MISSING, 0 },
	{ &number, "10", OK, 10 },
	{ &number, "20", OK, 20 },
	{ &number, "9", RANGE, 0 },
	{ &number, "21", RANGE, 0 },
	{ &number, "0", RANGE, 0 },
	{ &number, "0012", OK, 12 },
	{ &number, "", MALFORMED, 0 },
	{ &number, " ", MALFORMED, 0 },
	{ &number, " 12", MALFORMED, 0 },
	{ &number, "12 ", MALFORMED, 0 },
	{ &number, "12\n", MALFORMED, 0 },
	{ &number, "-1", MALFORMED, 0 },
	{ &number, "-12", MALFORMED, 0 },
	{ &number, "+12", MALFORMED, 0 },
	{ &number, "0x10", MALFORMED, 0 },
	{ &number, "1e9", MALFORMED, 0 },
	{ &number, "12.0", MALFORMED, 0 },
	{ &number, "1f", MALFORMED, 0 },
	{ &number, "\xff\xfe", MALFORMED, 0 },
	{ &any, "0", OK, 0 },
	{ &any, "4294967296", OK, 1ULL << 32 },
	{ &any, "18014398509481984", OK, 1ULL << 54 },
	{ &any, "18446744073709551616", MALFORMED, 0 }, /* 2^64 */
	{ &any, "18446744073709551617", MALFORMED, 0 },
	{ &any, "18446744073709551628", MALFORMED, 0 }, /* 2^64 + 12 */
	{ &any, "184467440737095516160", MALFORMED, 0 },
	{ &any, DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64, MALFORMED, 0 },
	{ &any, ZEROS_64 ZEROS_64 "12", OK, 12 },

	{ &optional, NULL, OK, 7 },
	{ &optional, "10", OK, 10 },
	{ &optional, "7", RANGE, 0 },
	{ &optional, "", MALFORMED, 0 },

	{ &power, NULL, MISSING, 0 },
	{ &power, "512", OK, 512 },
	{ &power, "4096", OK, 4096 },
	{ &power, "256", RANGE, 0 },
	{ &power, "8192", RANGE, 0 },
	{ &power, "513", MALFORMED, 0 },
	{ &power, "768", MALFORMED, 0 },
	{ &power, "0", MALFORMED, 0 },
	{ &power, "0x200", MALFORMED, 0 },
	{ &power, "", MALFORMED, 0 },

	{ &device, NULL, MISSING, 0 },
	{ &device, "8:0", OK, 8ULL << 32 },
	{ &device, "fd:1f", OK, 0xfdULL << 32 | 0x1f },
	{ &device, "FD:1F", OK, 0xfdULL << 32 | 0x1f },
	{ &device, "fff:fffff", OK, 0xfffULL << 32 | 0xfffff },
	{ &device, "1000:0", MALFORMED, 0 },
	{ &device, "0:100000", MALFORMED, 0 },
	{ &device, "ffffffffffffffff:0", MALFORMED, 0 },
	{ &device, "10000000000000008:0", MALFORMED, 0 },
	{ &device, "8:10000000000000000", MALFORMED, 0 },
	{ &device, "", MALFORMED, 0 },
	{ &device, ":", MALFORMED, 0 },
	{ &device, "8", MALFORMED, 0 },
	{ &device, "8:", MALFORMED, 0 },
	{ &device, ":0", MALFORMED, 0 },
	{ &device, "8:0:1", MALFORMED, 0 },
	{ &device, "8::1", MALFORMED, 0 },
	{ &device, "8:0 ", MALFORMED, 0 },
	{ &device, "8: 0", MALFORMED, 0 },
	{ &device, "-8:0", MALFORMED, 0 },
	{ &device, "0x8:0", MALFORMED, 0 },
	{ &device, "g:0", MALFORMED, 0 },

	{ &mode, NULL, MISSING, 0 },
	{ &mode, "r", OK, 0 },
	{ &mode, "w", OK, 1 },
	{ &mode, "w!", OK, 2 },
	{ &mode, "rw!", OK, 2 },
	{ &mode, "r!", OK, 0 },
	{ &mode, "", MALFORMED, 0 },
	{ &mode, "x", MALFORMED, 0 },
	{ &mode, "W", MALFORMED, 0 },
	{ &mode, "!", MALFORMED, 0 },

	/* A text is not a number, even if it consists of digits. */
	{ &text, NULL, MISSING, 0 },
	{ &text, "1", MALFORMED, 0 },
	{ &no_type, "1", MALFORMED, 0 },
};

static void test_rows(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 value = UNTOUCHED;

		is(xsplit_key_parse(rows[i].key, rows[i].text, &value), rows[i].want,
		   "%s: \"%.40s\" is %s", rows[i].key->name, rows[i].text ?: "(absent)",
		   xsplit_key_verdict_text(rows[i].want));
		is(value, rows[i].want == OK ? rows[i].value : UNTOUCHED, "%s: \"%.40s\": value",
		   rows[i].key->name, rows[i].text ?: "(absent)");
	}
}

/* The lists of the table, as blkif.h and xenstore-paths define them. */
static const struct list {
	const char *name;
	unsigned int first, nr;
} lists[] = {
	{ "front", XSPLIT_ID_FRONT, XSPLIT_FRONT_KEYS },
	{ "front", XVBD_ID_FRONT, XVBD_FRONT_KEYS },
	{ "offer", XSPLIT_ID_OFFER, XSPLIT_OFFER_KEYS },
	{ "offer", XVBD_ID_OFFER, XVBD_OFFER_KEYS },
	{ "queue", XSPLIT_ID_EVENT_CHANNEL, 1 },
	{ "ring", XSPLIT_ID_RING_REF, 1 },
	{ "tool", XVBD_ID_TOOL, XVBD_TOOL_KEYS },
	{ "back", XVBD_ID_BACK, XVBD_BACK_KEYS },
	{ "own", XVBD_ID_OWN, XVBD_OWN_KEYS },
	{ "online", XSPLIT_ID_ONLINE, 1 },
};

static const struct {
	const char *table, *key, *text;
	enum xsplit_key_verdict want;
	u64 value;
} real[] = {
	{ "front", "multi-queue-num-queues", NULL, OK, 1 },
	{ "front", "multi-queue-num-queues", "0", RANGE, 0 },
	{ "front", "multi-queue-num-queues", "64", OK, 64 },
	{ "front", "multi-queue-num-queues", "65", RANGE, 0 },
	{ "front", "ring-page-order", NULL, OK, XSPLIT_ABSENT },
	{ "front", "ring-page-order", "0", OK, 0 },
	{ "front", "ring-page-order", "4", OK, 4 },
	{ "front", "ring-page-order", "5", RANGE, 0 },
	{ "front", "num-ring-pages", "16", OK, 16 },
	{ "front", "num-ring-pages", "0", MALFORMED, 0 },
	{ "front", "num-ring-pages", "3", MALFORMED, 0 },
	{ "front", "num-ring-pages", "32", RANGE, 0 },
	{ "front", "feature-persistent", NULL, OK, 0 },
	{ "front", "feature-persistent", "1", OK, 1 },
	{ "front", "feature-persistent", "yes", MALFORMED, 0 },
	{ "front", "persistent-segments", NULL, OK, XSPLIT_ABSENT },
	{ "front", "persistent-segments", "11", OK, 11 },
	{ "front", "persistent-segments", "0", RANGE, 0 },
	{ "offer", "max-ring-page-order", NULL, OK, 0 },
	{ "offer", "max-ring-page-order", "9", OK, 9 },
	{ "offer", "max-ring-pages", NULL, OK, 1 },
	{ "offer", "multi-queue-max-queues", NULL, OK, 1 },
	{ "offer", "multi-queue-max-queues", "0", RANGE, 0 },
	{ "offer", "persistent-segments", NULL, OK, 0 },
	{ "offer", "persistent-segments", "11", OK, 11 },
	{ "tool", "discard-enable", NULL, OK, 1 },
	{ "tool", "discard-enable", "0", OK, 0 },
	{ "tool", "discard-enable", "2", RANGE, 0 },
	{ "back", "feature-max-indirect-segments", NULL, OK, 0 },
	{ "back", "feature-max-indirect-segments", "256", OK, 256 },
	{ "back", "feature-max-indirect-segments", "-1", MALFORMED, 0 },
	{ "back", "feature-discard", "1", OK, 1 },
	{ "back", "discard-granularity", "4294967295", OK, 0xffffffff },
	{ "back", "discard-granularity", "4294967296", OK, 0 },
	{ "back", "discard-alignment", "some", OK, 0 },
	{ "own", "trusted", NULL, OK, 1 },
	{ "own", "trusted", "0", OK, 0 },
	{ "ring", "ring-ref", "8", OK, 8 },
	{ "ring", "ring-ref", "0", RANGE, 0 },
	{ "ring", "ring-ref", "4294967295", OK, 0xffffffff },
	{ "ring", "ring-ref", "4294967296", RANGE, 0 },
	{ "ring", "ring-ref", NULL, MISSING, 0 },
	{ "queue", "event-channel", "15", OK, 15 },
	{ "queue", "event-channel", "0", RANGE, 0 },
	{ "queue", "event-channel", "4294967296", RANGE, 0 },
	{ "queue", "event-channel", NULL, MISSING, 0 },
	{ "tool", "physical-device", "7:0", OK, 7ULL << 32 },
	{ "tool", "physical-device", NULL, MISSING, 0 },
	{ "tool", "mode", "w", OK, 1 },
	{ "tool", "mode", "w!", OK, 2 },
	{ "tool", "mode", NULL, MISSING, 0 },
	{ "back", "sectors", "2097152", OK, 2097152 },
	{ "back", "sectors", "18014398509481983", OK, (1ULL << 54) - 1 },
	{ "back", "sectors", "18014398509481984", RANGE, 0 },
	{ "back", "sectors", NULL, MISSING, 0 },
	{ "back", "sector-size", "512", OK, 512 },
	{ "back", "sector-size", "4096", OK, 4096 },
	{ "back", "sector-size", "256", RANGE, 0 },
	{ "back", "sector-size", "8192", RANGE, 0 },
	{ "back", "sector-size", "520", MALFORMED, 0 },
	{ "back", "sector-size", NULL, OK, 512 },
	{ "back", "physical-sector-size", "4096", OK, 4096 },
	{ "back", "physical-sector-size", "1048576", OK, 1 << 20 },
	{ "back", "physical-sector-size", "2097152", OK, 512 },
	{ "back", "physical-sector-size", "98304", OK, 512 },
	{ "back", "physical-sector-size", "3", OK, 512 },
	{ "back", "physical-sector-size", "256", OK, 512 },
	{ "back", "physical-sector-size", "", OK, 512 },
	{ "back", "physical-sector-size", NULL, OK, 512 },
	{ "back", "info", "4", OK, 4 },
	{ "back", "info", NULL, OK, 0 },
	{ "back", "feature-flush-cache", "1", OK, 1 },
	{ "back", "feature-flush-cache", "2", RANGE, 0 },
	{ "back", "feature-flush-cache", NULL, OK, 0 },
	{ "own", "virtual-device", "51712", OK, 51712 },
	{ "own", "virtual-device", "4294967296", RANGE, 0 },
	{ "own", "virtual-device", NULL, OK, XSPLIT_ABSENT },
	{ "own", "virtual-device-ext", NULL, OK, XSPLIT_ABSENT },
	{ "own", "virtual-device-ext", "268439552", OK, 268439552 },
	{ "own", "virtual-device-ext", "0x10000000", MALFORMED, 0 },
	{ "online", "online", NULL, OK, 1 },
	{ "online", "online", "0", OK, 0 },
};

static const struct xsplit_key *find(const char *name, const char *key)
{
	const struct list *l;
	unsigned int i;

	for (l = lists; l < lists + ARRAY_SIZE(lists); l++)
		for (i = l->first; i < l->first + l->nr; i++)
			if (!strcmp(l->name, name) && !strcmp(xvbd_keys[i].name, key))
				return &xvbd_keys[i];
	return NULL;
}

static void test_real_keys(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(real); i++) {
		const struct xsplit_key *key = find(real[i].table, real[i].key);
		u64 value = UNTOUCHED;

		if (!ok(key, "%s has %s", real[i].table, real[i].key))
			continue;
		is(xsplit_key_parse(key, real[i].text, &value), real[i].want, "%s: \"%s\" is %s",
		   key->name, real[i].text ?: "(absent)", xsplit_key_verdict_text(real[i].want));
		is(value, real[i].want == OK ? real[i].value : UNTOUCHED, "%s: \"%s\": value",
		   key->name, real[i].text ?: "(absent)");
	}
}

static bool is_number(const struct xsplit_key *key)
{
	return key->type == XSPLIT_KEY_NUMBER || key->type == XSPLIT_KEY_POWER;
}

/* The fallback of an absent key or of an invalid hint is a valid value. */
static bool has_fallback(const struct xsplit_key *key)
{
	return !is_number(key) || key->need == XSPLIT_KEY_REQUIRED ||
	       key->fallback == XSPLIT_ABSENT ||
	       (key->fallback >= key->min && key->fallback <= key->max);
}

/* The end that owns a directory writes there. The toolstack and the script may, too. */
static bool has_writer(const struct xsplit_key *key)
{
	switch (key->writer) {
	case XSPLIT_BY_TOOLSTACK:
		return true;
	case XSPLIT_BY_HOTPLUG:
	case XSPLIT_BY_BACK:
		return key->dir == XSPLIT_DIR_BACK;
	case XSPLIT_BY_FRONT:
		return key->dir == XSPLIT_DIR_FRONT;
	default:
		return false;
	}
}

/* Only drivers remove keys, and only keys that a driver has written. */
static bool has_life(const struct xsplit_key *key)
{
	if (key->flags & XSPLIT_KEY_REPUBLISHED && key->dir != XSPLIT_DIR_FRONT)
		return false;
	return !(key->flags & (XSPLIT_KEY_REPUBLISHED | XSPLIT_KEY_WITHDRAWN)) ||
	       key->writer == XSPLIT_BY_BACK || key->writer == XSPLIT_BY_FRONT;
}

static unsigned int count_equals(const struct xsplit_key *key)
{
	unsigned int i, nr = 0;

	for (i = 0; i < XVBD_ID_KEYS; i++)
		nr += xvbd_keys[i].dir == key->dir && !strcmp(xvbd_keys[i].name, key->name);
	return nr;
}

/* A row that is missing in the table has no name. */
static void test_table(void)
{
	const struct xsplit_key *key;

	for (key = xvbd_keys; key < xvbd_keys + XVBD_ID_KEYS; key++) {
		const char *name = key->name ?: "a row without a name";

		if (!ok(key->name && *key->name, "%s: has a row", name))
			continue;
		ok(key->min <= key->max, "%s: a range", name);
		ok(has_fallback(key), "%s: the default lies in the range", name);
		ok(has_writer(key), "%s: one writer, who may write there", name);
		ok(has_life(key), "%s: who removes it has written it", name);
		is(count_equals(key), 1, "%s: stands once in its directory", name);
		ok(key->doc && *key->doc, "%s: it is said what it means", name);
		ok(key->type != XSPLIT_KEY_DIRECTORY || key->flags & XSPLIT_KEY_NUMBERED,
		   "%s: a directory has a number", name);
		ok(!(key->flags & XSPLIT_KEY_FIXED) ||
		   (key >= xvbd_back_keys && key < xvbd_back_keys + XVBD_BACK_KEYS),
		   "%s: what is settled with the rings is read again", name);
		ok(key->scope == XSPLIT_SCOPE_DEVICE || key->flags & XSPLIT_KEY_REPUBLISHED,
		   "%s: keys of a queue go with it", name);
	}
	/*
	 * The block layer stores the size of a disk, in bytes, in a signed
	 * 64-bit number.
	 */
	ok(XVBD_MAX_DISK_SECTORS <= (u64)INT64_MAX >> XVBD_SECTOR_SHIFT,
	   "the bytes of the largest disk can be counted");
	ok(!strcmp(xsplit_key_verdict_text(XSPLIT_KEY_VERDICTS), "unknown"), "text of no verdict");
}

/* Every name that a driver writes fits, and is found again with the same key. */
static void test_name(const struct xsplit_key *key, int queue, int number)
{
	char name[XSPLIT_KEY_NAME_MAX], want[2 * XSPLIT_KEY_NAME_MAX] = "", digits[16] = "";

	if (queue != XSPLIT_NO_NUMBER)
		snprintf(want, sizeof(want), "queue-%d/", queue);
	if (number != XSPLIT_NO_NUMBER)
		snprintf(digits, sizeof(digits), "%d", number);
	strcat(want, key->name);
	strcat(want, digits);
	ok(xsplit_key_spell(key, queue, number, name) && !strcmp(name, want), "%s: spelled", want);
	if (queue != XSPLIT_NO_NUMBER ||
	    (number == XSPLIT_NO_NUMBER && key->type == XSPLIT_KEY_DIRECTORY))
		return;
	ok(xvbd_blkkey_find(key->dir, name) == key, "%s: found", want);
	ok(xsplit_key_is_stale(xvbd_keys, XVBD_ID_KEYS, name) ==
		   !!(key->flags & XSPLIT_KEY_REPUBLISHED) ||
	   key->dir != XSPLIT_DIR_FRONT, "%s: stale or not", want);
	ok(xvbd_blkkey_is_negotiated(key->dir, name) == !!(key->flags & XSPLIT_KEY_NEGOTIATED),
	   "%s: agreed or not", want);
}

static void test_names(void)
{
	const struct xsplit_key *key;
	int queue, last = XSPLIT_MAX_QUEUES - 1;

	for (key = xvbd_keys; key < xvbd_keys + XVBD_ID_KEYS; key++) {
		test_name(key, XSPLIT_NO_NUMBER, XSPLIT_NO_NUMBER);
		if (key->flags & XSPLIT_KEY_NUMBERED)
			test_name(key, XSPLIT_NO_NUMBER, last);
		for (queue = 0; key->scope == XSPLIT_SCOPE_QUEUE && queue <= last; queue += last) {
			test_name(key, queue, XSPLIT_NO_NUMBER);
			test_name(key, queue, XSPLIT_MAX_RING_PAGES);
		}
	}
}

#define MAX XSPLIT_KEY_NAME_MAX

static void test_long_name(void)
{
	static const struct {
		unsigned int len;
		int queue, number;
		bool fits;
	} names[] = {
		{ MAX - 1, -1, -1, true }, { MAX, -1, -1, false },
		{ MAX - 3, -1, 10, true }, { MAX - 2, -1, 10, false },
		{ MAX - 9, 7, -1, true },  { MAX - 8, 7, -1, false },
		{ MAX - 1, 7, 10, false }, { 4 * MAX, 7, 10, false },
	};
	char text[4 * XSPLIT_KEY_NAME_MAX + 1], *name = malloc(XSPLIT_KEY_NAME_MAX);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct xsplit_key key = { .name = text };

		memset(text, 'n', names[i].len);
		text[names[i].len] = 0;
		is(xsplit_key_spell(&key, names[i].queue, names[i].number, name), names[i].fits,
		   "a name of %u characters, %d, %d", names[i].len, names[i].queue,
		   names[i].number);
	}
	free(name);
}

static void test_unknown_names(void)
{
	static const char *const unknown[] = {
		"", "queue-", "queue-x", "queue-1x", "ring-refs", "ring-ref-0", "event-channel0",
		"states", "stat", "vm",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		ok(!xvbd_blkkey_find(XSPLIT_DIR_FRONT, unknown[i]), "\"%s\": unknown", unknown[i]);
		ok(!xsplit_key_is_stale(xvbd_keys, XVBD_ID_KEYS, unknown[i]), "\"%s\": stays", unknown[i]);
		ok(!xvbd_blkkey_is_negotiated(XSPLIT_DIR_FRONT, unknown[i]), "\"%s\": not agreed",
		   unknown[i]);
	}
	ok(!xvbd_blkkey_find(XSPLIT_DIR_BACK, "ring-ref"), "a key of the front's is none of the back's");
	ok(xvbd_blkkey_is_negotiated(XSPLIT_DIR_BACK, "feature-of-others"), "a feature of another driver");
}

static void test_diskseq(void)
{
	static const struct {
		const char *text;
		enum xsplit_key_verdict want;
		u64 seq;
	} texts[] = {
		{ "fd:1@2a", OK, 0x2a },
		{ "FD:01@2A", OK, 0x2a },
		{ "fd:1@0", OK, 0 },
		{ "fd:1@fffffffffffffff", OK, 0xfffffffffffffffULL },
		{ "00000000000002a4", OK, 0x2a4 },
		{ "2A", OK, 0x2a },
		{ "0fffffffffffffff", OK, 0xfffffffffffffffULL },
		{ "fd:2@2a", MISSING, 0 },
		{ "8:1@2a", MISSING, 0 },
		{ "1000000fd:1@2a", MALFORMED, 0 },
		{ "fc:100000001@2a", MALFORMED, 0 },
		{ "", MALFORMED, 0 },
		{ "fd:1", MALFORMED, 0 },
		{ "fd:1@", MALFORMED, 0 },
		{ "fd@1:2a", MALFORMED, 0 },
		{ "fd:1@2a ", MALFORMED, 0 },
		{ "fd:1@2a@1", MALFORMED, 0 },
		{ "fd:1@-1", MALFORMED, 0 },
		{ "fd:1@10000000000000000", MALFORMED, 0 },
		{ "10000000000000000", MALFORMED, 0 },
		{ "@2a", MALFORMED, 0 },
		{ "2a ", MALFORMED, 0 },
		{ "-2a", MALFORMED, 0 },
		{ "0x2a", MALFORMED, 0 },
		{ ":2a", MALFORMED, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		u64 seq = UNTOUCHED;

		is(xsplit_diskseq_parse(texts[i].text, 0xfdULL << 32 | 1, &seq), texts[i].want,
		   "diskseq: \"%s\" for fd:1", texts[i].text);
		is(seq, texts[i].want == OK ? texts[i].seq : UNTOUCHED, "diskseq: \"%s\": value",
		   texts[i].text);
	}
}

int main(void)
{
	test_rows();
	test_diskseq();
	test_real_keys();
	test_table();
	test_names();
	test_long_name();
	test_unknown_names();
	return tap_done();
}

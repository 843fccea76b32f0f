// SPDX-License-Identifier: GPL-2.0
/*
 * Keys of the store: whatever another domain may have written.
 */
#include "keys.h"
#include "protocol.h"
#include "tap.h"

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aULL
#define OK XVBD_KEY_OK
#define MISSING XVBD_KEY_MISSING
#define MALFORMED XVBD_KEY_MALFORMED
#define RANGE XVBD_KEY_RANGE

static const struct xvbd_key number = { "n", XVBD_KEY_NUMBER, true, 10, 20, 0 };
static const struct xvbd_key any = { "a", XVBD_KEY_NUMBER, true, 0, ~0ULL, 0 };
static const struct xvbd_key optional = { "o", XVBD_KEY_NUMBER, false, 10, 20, 7 };
static const struct xvbd_key power = { "p", XVBD_KEY_POWER, true, 512, 4096, 0 };
static const struct xvbd_key device = { "d", XVBD_KEY_DEVICE, true, 0, ~0ULL, 0 };
static const struct xvbd_key mode = { "m", XVBD_KEY_MODE, true, 0, 2, 0 };

#define DIGITS_64 "1234567890123456789012345678901234567890123456789012345678901234"
#define ZEROS_64 "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	const struct xvbd_key *key;
	const char *text;
	enum xvbd_key_verdict want;
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
};

static void test_rows(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 value = UNTOUCHED;

		is(xvbd_key_parse(rows[i].key, rows[i].text, &value), rows[i].want,
		   "%s: \"%.40s\" is %s", rows[i].key->name, rows[i].text ?: "(absent)",
		   xvbd_key_verdict_text(rows[i].want));
		is(value, rows[i].want == OK ? rows[i].value : UNTOUCHED, "%s: \"%.40s\": value",
		   rows[i].key->name, rows[i].text ?: "(absent)");
	}
}

/* Each table as blkif.h and xenstore-paths have it. */
static const struct table {
	const char *name;
	const struct xvbd_key *keys;
	unsigned int nr;
} tables[] = {
	{ "front", xvbd_front_keys, XVBD_FRONT_KEYS },
	{ "offer", xvbd_offer_keys, XVBD_OFFER_KEYS },
	{ "queue", &xvbd_event_channel_key, 1 },
	{ "ring", &xvbd_ring_ref_key, 1 },
	{ "tool", xvbd_tool_keys, XVBD_TOOL_KEYS },
	{ "back", xvbd_back_keys, XVBD_BACK_KEYS },
	{ "own", xvbd_own_keys, XVBD_OWN_KEYS },
};

static const struct {
	const char *table, *key, *text;
	enum xvbd_key_verdict want;
	u64 value;
} real[] = {
	{ "front", "multi-queue-num-queues", NULL, OK, 1 },
	{ "front", "multi-queue-num-queues", "0", RANGE, 0 },
	{ "front", "multi-queue-num-queues", "64", OK, 64 },
	{ "front", "multi-queue-num-queues", "65", RANGE, 0 },
	{ "front", "ring-page-order", NULL, OK, XVBD_ABSENT },
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
	{ "front", "persistent-segments", NULL, OK, XVBD_ABSENT },
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
	{ "back", "physical-sector-size", "2097152", OK, 0 },
	{ "back", "physical-sector-size", "98304", OK, 0 },
	{ "back", "physical-sector-size", "3", OK, 0 },
	{ "back", "physical-sector-size", "256", OK, 0 },
	{ "back", "physical-sector-size", "", OK, 0 },
	{ "back", "physical-sector-size", NULL, OK, 0 },
	{ "back", "info", "4", OK, 4 },
	{ "back", "info", NULL, OK, 0 },
	{ "back", "feature-flush-cache", "1", OK, 1 },
	{ "back", "feature-flush-cache", "2", RANGE, 0 },
	{ "back", "feature-flush-cache", NULL, OK, 0 },
	{ "own", "virtual-device", "51712", OK, 51712 },
	{ "own", "virtual-device", "4294967296", RANGE, 0 },
	{ "own", "virtual-device", NULL, OK, XVBD_ABSENT },
	{ "own", "virtual-device-ext", NULL, OK, XVBD_ABSENT },
	{ "own", "virtual-device-ext", "268439552", OK, 268439552 },
	{ "own", "virtual-device-ext", "0x10000000", MALFORMED, 0 },
};

static const struct xvbd_key *find(const char *table, const char *key)
{
	const struct table *t;
	unsigned int i;

	for (t = tables; t < tables + ARRAY_SIZE(tables); t++)
		for (i = 0; i < t->nr; i++)
			if (!strcmp(t->name, table) && !strcmp(t->keys[i].name, key))
				return &t->keys[i];
	return NULL;
}

static void test_real_keys(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(real); i++) {
		const struct xvbd_key *key = find(real[i].table, real[i].key);
		u64 value = UNTOUCHED;

		if (!ok(key, "%s has %s", real[i].table, real[i].key))
			continue;
		is(xvbd_key_parse(key, real[i].text, &value), real[i].want, "%s: \"%s\" is %s",
		   key->name, real[i].text ?: "(absent)", xvbd_key_verdict_text(real[i].want));
		is(value, real[i].want == OK ? real[i].value : UNTOUCHED, "%s: \"%s\": value",
		   key->name, real[i].text ?: "(absent)");
	}
}

/* A key that is read without a name or with an empty range is a hole in a table. */
static void test_tables(void)
{
	const struct table *t;
	unsigned int i;

	for (t = tables; t < tables + ARRAY_SIZE(tables); t++)
		for (i = 0; i < t->nr; i++)
			ok(t->keys[i].name && t->keys[i].min <= t->keys[i].max,
			   "%s key %u: a name and a range", t->name, i);
	/* The block layer counts bytes in a signed 64-bit number. */
	ok(XVBD_MAX_DISK_SECTORS <= (u64)INT64_MAX >> XVBD_SECTOR_SHIFT,
	   "the bytes of the largest disk can be counted");
	ok(!strcmp(xvbd_key_verdict_text(XVBD_KEY_VERDICTS), "unknown"), "text of no verdict");
}

static void test_diskseq(void)
{
	static const struct {
		const char *text;
		enum xvbd_key_verdict want;
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

		is(xvbd_diskseq_parse(texts[i].text, 0xfdULL << 32 | 1, &seq), texts[i].want,
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
	test_tables();
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0
/* Which requests and responses xvbd_request_check() and xvbd_response_check() accept. */
#include "block/protocol.h"
#include "tap.h"

#define TOP (~0ULL)
#define ALL 0xffffffff
#define RWF (BIT(XVBD_OP_READ) | BIT(XVBD_OP_WRITE) | BIT(XVBD_OP_FLUSH))
#define R XVBD_OP_READ
#define W XVBD_OP_WRITE
#define BARR XVBD_OP_BARRIER
#define FLUSH XVBD_OP_FLUSH
#define DISCARD XVBD_OP_DISCARD
#define ZEROES XVBD_OP_WRITE_ZEROES
#define OK XVBD_OK
#define BAD(field) XVBD_BAD_##field

/* All segments of a row are equal. The block size is 512 bytes if @block is 0. */
static const struct row {
	const char *name;
	u8 op, nr, first, last;
	u64 sector, nr_sectors, disk;
	u32 block;
	bool read_only;
	u32 ops;
	enum xvbd_verdict want;
} rows[] = {
	/* clang-format off */
	/* name                          op nr first last sector nr_sectors disk block ro ops */
	{ "read, first sector",            R, 1,  0, 0, 0,   0, 1000, 0, 0, RWF, OK },
	{ "read, last sector",             R, 1,  0, 0, 999, 0, 1000, 0, 0, RWF, OK },
	{ "read, one beyond",              R, 1,  0, 0, 1000, 0, 1000, 0, 0, RWF, BAD(SECTOR) },
	{ "read, two sectors, one beyond", R, 1,  0, 1, 999, 0, 1000, 0, 0, RWF, BAD(SECTOR) },
	{ "read, whole page up to the end",R, 1,  0, 7, 992, 0, 1000, 0, 0, RWF, OK },
	{ "read, sector 2^64-1",           R, 1,  0, 0, TOP, 0, 1000, 0, 0, RWF, BAD(SECTOR) },
	{ "read, sum wraps to 0",          R, 1,  0, 7, TOP - 7, 0, 1000, 0, 0, RWF, BAD(SECTOR) },
	{ "read, sum wraps to 80",         R, 11, 0, 7, TOP - 7, 0, 1000, 0, 0, RWF, BAD(SECTOR) },
	{ "read, disk of 2^64-1",          R, 1,  0, 0, TOP - 1, 0, TOP, 0, 0, RWF, OK },
	{ "read, beyond 2^64-1",           R, 1,  0, 0, TOP, 0, TOP, 0, 0, RWF, BAD(SECTOR) },
	{ "read, disk smaller than length",R, 11, 0, 7, 0, 0, 87, 0, 0, RWF, BAD(SECTOR) },
	{ "read, disk exactly the length", R, 11, 0, 7, 0, 0, 88, 0, 0, RWF, OK },
	{ "read, empty disk",              R, 1,  0, 0, 0, 0, 0, 0, 0, RWF, BAD(SECTOR) },
	{ "read, no segment",              R, 0,  0, 0, 0, 0, 1000, 0, 0, RWF, BAD(NR_SEGMENTS) },
	{ "read, 11 segments",             R, 11, 0, 7, 0, 0, 1000, 0, 0, RWF, OK },
	{ "read, 12 segments",             R, 12, 0, 7, 0, 0, 1000, 0, 0, RWF, BAD(NR_SEGMENTS) },
	{ "read, 255 segments",            R, 255, 0, 7, 0, 0, 1000, 0, 0, RWF, BAD(NR_SEGMENTS) },
	{ "read, first above last",        R, 1,  4, 3, 0, 0, 1000, 0, 0, RWF, BAD(SEGMENT) },
	{ "read, first 255, last 0",       R, 1,  255, 0, 0, 0, 1000, 0, 0, RWF, BAD(SEGMENT) },
	{ "read, first is last",           R, 1,  7, 7, 0, 0, 1000, 0, 0, RWF, OK },
	{ "read, last 8",                  R, 1,  0, 8, 0, 0, 1000, 0, 0, RWF, BAD(SEGMENT) },
	{ "read, first 8, last 8",         R, 1,  8, 8, 0, 0, 1000, 0, 0, RWF, BAD(SEGMENT) },
	{ "read, last 255",                R, 1,  0, 255, 0, 0, 1000, 0, 0, RWF, BAD(SEGMENT) },
	{ "read, read-only",               R, 1,  0, 0, 0, 0, 1000, 0, 1, RWF, OK },
	{ "write",                         W, 11, 0, 7, 912, 0, 1000, 0, 0, RWF, OK },
	{ "write, one beyond",             W, 11, 0, 7, 913, 0, 1000, 0, 0, RWF, BAD(SECTOR) },
	{ "write, no segment",             W, 0,  0, 0, 0, 0, 1000, 0, 0, RWF, BAD(NR_SEGMENTS) },
	{ "write, 12 segments",            W, 12, 0, 7, 0, 0, 1000, 0, 0, RWF, BAD(NR_SEGMENTS) },
	{ "write, first above last",       W, 1,  7, 0, 0, 0, 1000, 0, 0, RWF, BAD(SEGMENT) },
	{ "write, read-only",              W, 1,  0, 0, 0, 0, 1000, 0, 1, RWF, BAD(READ_ONLY) },
	{ "write, no segment, read-only",  W, 0,  0, 0, 0, 0, 1000, 0, 1, RWF, BAD(READ_ONLY) },

	{ "4096: a block",                 R, 1,  0, 7, 8, 0, 1000, 4096, 0, RWF, OK },
	{ "4096: last block",              W, 1,  0, 7, 992, 0, 1000, 4096, 0, RWF, OK },
	{ "4096: sector between blocks",   R, 1,  0, 7, 4, 0, 1000, 4096, 0, RWF, BAD(ALIGNMENT) },
	{ "4096: first inside a block",    R, 1,  4, 7, 8, 0, 1000, 4096, 0, RWF, BAD(ALIGNMENT) },
	{ "4096: last inside a block",     R, 1,  0, 3, 8, 0, 1000, 4096, 0, RWF, BAD(ALIGNMENT) },
	{ "4096: two halves of a block",   R, 2,  0, 3, 8, 0, 1000, 4096, 0, RWF, BAD(ALIGNMENT) },
	{ "4096: one beyond",              R, 1,  0, 7, 1000, 0, 1000, 4096, 0, RWF, BAD(SECTOR) },
	{ "1024: halves of a page",        R, 1,  2, 5, 6, 0, 1000, 1024, 0, RWF, OK },
	{ "1024: odd sector",              R, 1,  2, 5, 7, 0, 1000, 1024, 0, RWF, BAD(ALIGNMENT) },
	{ "1024: odd first",               R, 1,  1, 5, 6, 0, 1000, 1024, 0, RWF, BAD(ALIGNMENT) },

	{ "flush, empty",                  FLUSH, 0, 0, 0, 0, 0, 1000, 0, 0, RWF, OK },
	{ "flush, empty, sector 2^64-1",   FLUSH, 0, 0, 0, TOP, 0, 1000, 0, 0, RWF, OK },
	{ "flush, empty, read-only",       FLUSH, 0, 0, 0, 0, 0, 1000, 0, 1, RWF, OK },
	{ "flush, data",                   FLUSH, 1, 0, 7, 992, 0, 1000, 0, 0, RWF, OK },
	{ "flush, data, one beyond",       FLUSH, 1, 0, 7, 993, 0, 1000, 0, 0, RWF, BAD(SECTOR) },
	{ "flush, data, read-only",        FLUSH, 1, 0, 7, 0, 0, 1000, 0, 1, RWF, BAD(READ_ONLY) },
	{ "flush, data, bad segment",      FLUSH, 1, 0, 8, 0, 0, 1000, 0, 0, RWF, BAD(SEGMENT) },
	{ "flush, 12 segments",            FLUSH, 12, 0, 7, 0, 0, 1000, 0, 0, RWF, BAD(NR_SEGMENTS) },
	{ "flush, not offered",            FLUSH, 0, 0, 0, 0, 0, 1000, 0, 0, BIT(R), BAD(OPERATION) },
	{ "barrier, empty",                BARR, 0, 0, 0, 0, 0, 1000, 0, 0, ALL, OK },
	{ "barrier, empty, read-only",     BARR, 0, 0, 0, 0, 0, 1000, 0, 1, ALL, OK },
	{ "barrier, data, read-only",      BARR, 1, 0, 7, 0, 0, 1000, 0, 1, ALL, BAD(READ_ONLY) },
	{ "barrier, data, one beyond",     BARR, 1, 0, 7, 993, 0, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "barrier, not offered",          BARR, 0, 0, 0, 0, 0, 1000, 0, 0, RWF, BAD(OPERATION) },

	{ "discard, whole disk",           DISCARD, 0, 0, 0, 0, 1000, 1000, 0, 0, ALL, OK },
	{ "discard, one too long",         DISCARD, 0, 0, 0, 0, 1001, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "discard, last sector",          DISCARD, 0, 0, 0, 999, 1, 1000, 0, 0, ALL, OK },
	{ "discard, one beyond",           DISCARD, 0, 0, 0, 999, 2, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "discard, nothing",              DISCARD, 0, 0, 0, 0, 0, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "discard, 2^64-1",               DISCARD, 0, 0, 0, 0, TOP, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "discard, sum wraps to 1",       DISCARD, 0, 0, 0, 2, TOP, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "discard, sector 2^64-1",        DISCARD, 0, 0, 0, TOP, 1, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "discard, read-only",            DISCARD, 0, 0, 0, 0, 8, 1000, 0, 1, ALL, BAD(READ_ONLY) },
	{ "discard, half a 4096 block",    DISCARD, 0, 0, 0, 0, 4, 1000, 4096, 0, ALL, BAD(ALIGNMENT) },
	{ "discard, between 4096 blocks",  DISCARD, 0, 0, 0, 4, 8, 1000, 4096, 0, ALL, BAD(ALIGNMENT) },
	{ "discard, a 4096 block",         DISCARD, 0, 0, 0, 8, 8, 1000, 4096, 0, ALL, OK },
	{ "discard, not offered",          DISCARD, 0, 0, 0, 0, 8, 1000, 0, 0, RWF, BAD(OPERATION) },

	{ "zeroes, whole disk",            ZEROES, 0, 0, 0, 0, 1000, 1000, 0, 0, ALL, OK },
	{ "zeroes, one too long",          ZEROES, 0, 0, 0, 0, 1001, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "zeroes, one beyond",            ZEROES, 0, 0, 0, 999, 2, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "zeroes, nothing",               ZEROES, 0, 0, 0, 0, 0, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "zeroes, sum wraps to 1",        ZEROES, 0, 0, 0, 2, TOP, 1000, 0, 0, ALL, BAD(SECTOR) },
	{ "zeroes, read-only",             ZEROES, 0, 0, 0, 0, 8, 1000, 0, 1, ALL, BAD(READ_ONLY) },
	{ "zeroes, half a 4096 block",     ZEROES, 0, 0, 0, 0, 4, 1000, 4096, 0, ALL, BAD(ALIGNMENT) },
	{ "zeroes, between 4096 blocks",   ZEROES, 0, 0, 0, 4, 8, 1000, 4096, 0, ALL, BAD(ALIGNMENT) },
	{ "zeroes, a 4096 block",          ZEROES, 0, 0, 0, 8, 8, 1000, 4096, 0, ALL, OK },
	{ "zeroes, 32 MiB",                ZEROES, 0, 0, 0, 8, 65536, TOP, 0, 0, ALL, OK },
	{ "zeroes, more than 32 MiB",      ZEROES, 0, 0, 0, 8, 65537, TOP, 0, 0, ALL, BAD(LENGTH) },
	{ "discard, more than 32 MiB",     DISCARD, 0, 0, 0, 8, 65537, TOP, 0, 0, ALL, OK },
	{ "zeroes, not offered",           ZEROES, 0, 0, 0, 0, 8, 1000, 0, 0, 0x7f, BAD(OPERATION) },

	{ "operation 4",                   4, 1, 0, 0, 0, 0, 1000, 0, 0, RWF, BAD(OPERATION) },
	{ "operation 4, offered",          4, 1, 0, 0, 0, 0, 1000, 0, 0, ALL, BAD(OPERATION) },
	{ "operation 6, not offered",      6, 1, 0, 0, 0, 0, 1000, 0, 0, RWF, BAD(OPERATION) },
	{ "operation 7",                   7, 1, 0, 0, 0, 0, 1000, 0, 0, ALL, BAD(OPERATION) },
	{ "operation 32",                  32, 1, 0, 0, 0, 0, 1000, 0, 0, ALL, BAD(OPERATION) },
	{ "operation 255",                 255, 1, 0, 0, 0, 0, 1000, 0, 0, ALL, BAD(OPERATION) },
	{ "operation 255, read-only",      255, 1, 0, 0, 0, 0, 1000, 0, 1, ALL, BAD(OPERATION) },
	/* clang-format on */
};

static struct xvbd_request request_of(const struct row *r)
{
	struct xvbd_request req = {
		.operation = r->op, .nr_segments = r->nr,
		.sector = r->sector, .nr_sectors = r->nr_sectors,
	};
	unsigned int i;

	for (i = 0; i < XVBD_MAX_SEGMENTS; i++)
		req.seg[i] = (struct xvbd_segment){ 1, r->first, r->last };
	return req;
}

static struct xvbd_geometry disk_of(const struct row *r)
{
	return (struct xvbd_geometry){
		.sectors = r->disk,
		.align_mask = r->block ? r->block / 512 - 1 : 0,
		.read_only = r->read_only,
		.ops = r->ops,
	};
}

static void test_requests(void)
{
	const struct row *r;

	for (r = rows; r < rows + ARRAY_SIZE(rows); r++) {
		struct xvbd_request req = request_of(r);
		struct xvbd_geometry geo = disk_of(r);

		is(xvbd_request_check(&req, req.seg, &geo), r->want, "%s: %s", r->name,
		   xvbd_verdict_text(r->want));
	}
}

/* An invalid segment is found at any position, unless nr_segments excludes it. */
static void test_each_segment(void)
{
	struct xvbd_geometry geo = { .sectors = 1000, .ops = RWF };
	unsigned int i;

	for (i = 0; i < XVBD_MAX_SEGMENTS; i++) {
		struct xvbd_request req = request_of(&rows[0]);

		req.seg[i].last_sect = 8;
		req.nr_segments = XVBD_MAX_SEGMENTS;
		is(xvbd_request_check(&req, req.seg, &geo), XVBD_BAD_SEGMENT, "segment %u is bad", i);
		req.nr_segments = i;
		is(xvbd_request_check(&req, req.seg, &geo), i ? XVBD_OK : XVBD_BAD_NR_SEGMENTS,
		   "segment %u is not counted", i);
		req.nr_segments = 11;
		req.seg[i] = (struct xvbd_segment){ 1, 2, 5 };
		is(xvbd_request_sectors(&req, req.seg), 14, "segment %u counts in the length", i);
	}
}

/* Indirect requests: only reads and writes, with at most the offered number of segments. */
static const struct {
	const char *name;
	u8 op;
	u16 nr;
	u32 ops;
	bool read_only;
	enum xvbd_verdict want;
} indirect[] = {
	/* clang-format off */
	{ "one segment",         R, 1,   ALL, 0, OK },
	{ "the limit",           W, 256, ALL, 0, OK },
	{ "one above the limit", W, 257, ALL, 0, BAD(NR_SEGMENTS) },
	{ "65535 segments",      R, 65535, ALL, 0, BAD(NR_SEGMENTS) },
	{ "no segment",          R, 0,   ALL, 0, BAD(NR_SEGMENTS) },
	{ "never offered",       R, 1,   RWF, 0, BAD(OPERATION) },
	{ "write, read-only",    W, 1,   ALL, 1, BAD(READ_ONLY) },
	{ "flush",               FLUSH, 1, ALL, 0, BAD(OPERATION) },
	{ "barrier",             BARR, 1, ALL, 0, BAD(OPERATION) },
	{ "discard",             DISCARD, 1, ALL, 0, BAD(OPERATION) },
	{ "zeroes",              ZEROES, 1, ALL, 0, BAD(OPERATION) },
	{ "indirect indirect",   XVBD_OP_INDIRECT, 1, ALL, 0, BAD(OPERATION) },
	{ "operation 255",       255, 1, ALL, 0, BAD(OPERATION) },
	/* clang-format on */
};

static void test_indirect(void)
{
	static struct xvbd_segment seg[256];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seg); i++)
		seg[i] = (struct xvbd_segment){ 1, 0, 7 };
	for (i = 0; i < ARRAY_SIZE(indirect); i++) {
		struct xvbd_geometry geo = { .sectors = 2048, .ops = indirect[i].ops,
					     .read_only = indirect[i].read_only,
					     .max_segments = 256 };
		struct xvbd_request req = { .operation = indirect[i].op, .indirect = true,
					    .nr_segments = indirect[i].nr };

		is(xvbd_request_check(&req, seg, &geo), indirect[i].want, "indirect, %s: %s",
		   indirect[i].name, xvbd_verdict_text(indirect[i].want));
		if (indirect[i].want != OK)
			continue;
		seg[req.nr_segments - 1].last_sect = 8;
		is(xvbd_request_check(&req, seg, &geo), BAD(SEGMENT), "indirect, %s: last is bad",
		   indirect[i].name);
		seg[req.nr_segments - 1].last_sect = 7;
		geo.sectors = req.nr_segments * 8 - 1;
		is(xvbd_request_check(&req, seg, &geo), BAD(SECTOR), "indirect, %s: one beyond",
		   indirect[i].name);
	}
}

static void test_secure(void)
{
	struct xvbd_geometry geo = { .sectors = 1000, .ops = ALL };
	struct xvbd_request req = { .operation = DISCARD, .flags = 1, .nr_sectors = 8 };

	is(xvbd_request_check(&req, NULL, &geo), BAD(OPERATION), "secure discard, not offered");
	geo.secure = true;
	is(xvbd_request_check(&req, NULL, &geo), OK, "secure discard, offered");
	geo.secure = false;
	req.flags = 0xfe;
	is(xvbd_request_check(&req, NULL, &geo), OK, "discard, flags that Xen does not define");
	req = (struct xvbd_request){ .operation = FLUSH, .flags = 2 };
	is(xvbd_request_check(&req, NULL, &geo), BAD(OPERATION), "flush, a flag");
}

/* Only the flag NO_UNMAP, which is bit 1; not even a discard's flag. */
static void test_zeroes_flags(void)
{
	struct xvbd_geometry geo = { .sectors = 1000, .ops = ALL, .secure = true };
	struct xvbd_request req = { .operation = ZEROES, .nr_sectors = 8 };
	unsigned int flags;

	for (flags = 0; flags < 256; flags++) {
		req.flags = flags;
		is(xvbd_request_check(&req, NULL, &geo), flags & ~2 ? BAD(OPERATION) : OK,
		   "zeroes, flags %u", flags);
	}
}

static void test_responses(void)
{
	static const struct {
		const char *name;
		bool inflight;
		u8 sent, answered;
		s16 status;
		enum xvbd_verdict want;
	} responses[] = {
		{ "okay", true, W, W, 0, XVBD_OK },
		{ "error", true, W, W, -1, XVBD_OK },
		{ "not supported", true, DISCARD, DISCARD, -2, XVBD_OK },
		{ "id not in flight", false, R, R, 0, XVBD_BAD_ID },
		{ "id not in flight, all wrong", false, R, W, 7, XVBD_BAD_ID },
		{ "wrong operation", true, R, W, 0, XVBD_BAD_RSP_OPERATION },
		{ "operation 255", true, R, 255, 0, XVBD_BAD_RSP_OPERATION },
		{ "status 1", true, R, R, 1, XVBD_BAD_STATUS },
		{ "status -3", true, R, R, -3, XVBD_BAD_STATUS },
		{ "status 32767", true, R, R, INT16_MAX, XVBD_BAD_STATUS },
		{ "status -32768", true, R, R, INT16_MIN, XVBD_BAD_STATUS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(responses); i++) {
		struct xvbd_response rsp = { 1, responses[i].answered, responses[i].status };

		is(xvbd_response_check(&rsp, responses[i].inflight, responses[i].sent),
		   responses[i].want, "response: %s", responses[i].name);
	}
}

static void test_verdicts(void)
{
	unsigned int v;

	for (v = 0; v < XVBD_VERDICTS; v++) {
		int want = v == XVBD_OK ? XVBD_RSP_OKAY :
			   v == XVBD_BAD_OPERATION ? XVBD_RSP_EOPNOTSUPP : XVBD_RSP_ERROR;

		is(xvbd_verdict_status(v), want, "status of \"%s\"", xvbd_verdict_text(v));
	}
	is(xvbd_verdict_status(XVBD_VERDICTS), XVBD_RSP_ERROR, "status of no verdict");
	ok(!strcmp(xvbd_verdict_text(-1), "unknown"), "text of no verdict");
}

int main(void)
{
	test_requests();
	test_each_segment();
	test_indirect();
	test_secure();
	test_zeroes_flags();
	test_responses();
	test_verdicts();
	return tap_done();
}

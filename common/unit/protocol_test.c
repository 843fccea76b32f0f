// SPDX-License-Identifier: GPL-2.0
/*
 * The layouts of slots, compared with the numbers of
 * xen/include/public/io/blkif.h and with the structs that a compiler makes of
 * it.
 */
#include <stdlib.h>

#include "block/protocol.h"
#include "tap.h"

/*
 * The public structs. The ABIs differ in the alignment of a 64-bit field: 4
 * bytes on 32-bit x86, 8 elsewhere.
 */
struct abi_segment {
	u32 gref;
	u8 first_sect, last_sect;
};

#define DEFINE_ABI(abi, u64_of_abi) \
	struct abi##_rw { \
		u8 operation, nr_segments; \
		u16 handle; \
		u64_of_abi id, sector; \
		struct abi_segment seg[11]; \
	}; \
	struct abi##_discard { \
		u8 operation, flag; \
		u16 handle; \
		u64_of_abi id, sector, nr_sectors; \
	}; \
	struct abi##_indirect { \
		u8 operation, indirect_op; \
		u16 nr_segments; \
		u64_of_abi id, sector; \
		u16 handle; \
		u32 grefs[8]; \
	}; \
	struct abi##_response { \
		u64_of_abi id; \
		u8 operation; \
		int16_t status; \
	}

typedef u64 u64_by_4 __attribute__((aligned(4)));
typedef u64 u64_by_8 __attribute__((aligned(8)));

DEFINE_ABI(x86_64, u64_by_8);
DEFINE_ABI(x86_32, u64_by_4);
DEFINE_ABI(arm, u64_by_8);

#define STRUCT_ROW(abi) \
	{ \
		#abi "-abi", sizeof(struct abi##_rw), sizeof(struct abi##_response), \
			offsetof(struct abi##_rw, id), offsetof(struct abi##_rw, sector), \
			offsetof(struct abi##_rw, seg), offsetof(struct abi##_indirect, grefs), \
	}

static const struct xvbd_layout by_compiler[XVBD_ABI_COUNT] = {
	[XVBD_ABI_X86_64] = STRUCT_ROW(x86_64),
	[XVBD_ABI_X86_32] = STRUCT_ROW(x86_32),
	[XVBD_ABI_ARM] = STRUCT_ROW(arm),
};

/* name, slot, response, id, sector, body, indirect references */
static const struct xvbd_layout by_hand[XVBD_ABI_COUNT] = {
	[XVBD_ABI_X86_64] = { "x86_64-abi", 112, 16, 8, 16, 24, 28 },
	[XVBD_ABI_X86_32] = { "x86_32-abi", 108, 12, 4, 12, 20, 24 },
	[XVBD_ABI_ARM] = { "arm-abi", 112, 16, 8, 16, 24, 28 },
};

static bool same_layout(const struct xvbd_layout *a, const struct xvbd_layout *b)
{
	return !strcmp(a->name, b->name) && a->slot_size == b->slot_size &&
	       a->rsp_size == b->rsp_size && a->id == b->id && a->sector == b->sector &&
	       a->body == b->body && a->indirect == b->indirect;
}

static void test_layouts(void)
{
	unsigned int i;

	for (i = 0; i < XVBD_ABI_COUNT; i++) {
		const struct xvbd_layout *l = &xvbd_layouts[i];

		ok(same_layout(l, &by_hand[i]), "%s: numbers of the public header", l->name);
		ok(same_layout(l, &by_compiler[i]), "%s: structs of the public header", l->name);
		ok(xvbd_layout_find(l->name) == l, "%s is found by name", l->name);
		ok(l->slot_size <= XVBD_SLOT_MAX, "%s: fits the largest slot", l->name);
	}
	ok(xvbd_layout_find(NULL) == xvbd_native, "no name: native");
	ok(!xvbd_layout_find(""), "an empty name is none");
	ok(!xvbd_layout_find("x86_64"), "a short name is none");
	ok(!xvbd_layout_find("x86_64-abi "), "a long name is none");
}

static bool has_length(u8 op)
{
	return op == XVBD_OP_DISCARD || op == XVBD_OP_WRITE_ZEROES;
}

/* The bytes of a field differ, so that a wrong offset is found. */
static struct xvbd_request sample(u8 op, u8 nr)
{
	struct xvbd_request req = {
		.operation = op, .nr_segments = nr, .handle = 0xca01,
		.id = 0x1112131415161718, .sector = 0x2122232425262728,
		.nr_sectors = has_length(op) ? 0x3132333435363738 : 0,
		.flags = has_length(op) ? 0x91 : 0,
	};
	unsigned int i;

	for (i = 0; i < nr; i++)
		req.seg[i] = (struct xvbd_segment){ 0x41424340 + i, i % 4, 4 + i % 4 };
	return req;
}

static struct xvbd_request indirect_sample(u8 op, u16 nr)
{
	struct xvbd_request req = sample(op, 0);
	unsigned int i;

	req.indirect = true;
	req.nr_segments = nr;
	for (i = 0; i < xvbd_indirect_pages(nr); i++)
		req.page_gref[i] = 0x61626364 + i;
	return req;
}

static bool same_request(const struct xvbd_request *a, const struct xvbd_request *b)
{
	unsigned int i;

	for (i = 0; a->indirect && i < xvbd_indirect_pages(a->nr_segments); i++)
		if (a->page_gref[i] != b->page_gref[i])
			return false;
	for (i = 0; !a->indirect && i < a->nr_segments && i < XVBD_MAX_SEGMENTS; i++)
		if (a->seg[i].gref != b->seg[i].gref ||
		    a->seg[i].first_sect != b->seg[i].first_sect ||
		    a->seg[i].last_sect != b->seg[i].last_sect)
			return false;
	return a->operation == b->operation && a->nr_segments == b->nr_segments &&
	       a->handle == b->handle && a->id == b->id && a->sector == b->sector &&
	       a->nr_sectors == b->nr_sectors && a->indirect == b->indirect &&
	       a->flags == b->flags;
}

static const struct {
	u8 op, nr;
} shapes[] = {
	{ XVBD_OP_READ, 1 },  { XVBD_OP_READ, 11 },  { XVBD_OP_WRITE, 1 },
	{ XVBD_OP_WRITE, 11 }, { XVBD_OP_BARRIER, 0 }, { XVBD_OP_BARRIER, 3 },
	{ XVBD_OP_FLUSH, 0 }, { XVBD_OP_FLUSH, 11 }, { XVBD_OP_DISCARD, 0 },
	{ XVBD_OP_WRITE_ZEROES, 0 },
};

/* The request ends at the end of its buffer, so that one byte too many is found. */
static void test_round_trip(const struct xvbd_layout *l)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct xvbd_request in = sample(shapes[i].op, shapes[i].nr), out;
		unsigned int size = has_length(shapes[i].op) ? 8 : 8 * shapes[i].nr;
		u8 *slot = malloc(l->body + size);

		memset(&out, 0xee, sizeof(out));
		is(xvbd_request_encode(l, &in, slot), l->body + size,
		   "%s: op %u, %u segments: size", l->name, in.operation, in.nr_segments);
		xvbd_request_decode(l, slot, &out);
		ok(same_request(&in, &out), "%s: op %u, %u segments: round trip", l->name,
		   in.operation, in.nr_segments);
		free(slot);
	}
}

static void test_indirect_round_trip(const struct xvbd_layout *l)
{
	static const u16 counts[] = { 1, 11, 256, 512, 513, 4096 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct xvbd_request in = indirect_sample(XVBD_OP_WRITE, counts[i]), out;
		unsigned int size = l->indirect + 4 * xvbd_indirect_pages(counts[i]);
		u8 *slot = malloc(size);

		memset(&out, 0xee, sizeof(out));
		is(xvbd_request_encode(l, &in, slot), size, "%s: indirect, %u segments: size",
		   l->name, counts[i]);
		xvbd_request_decode(l, slot, &out);
		ok(same_request(&in, &out), "%s: indirect, %u segments: round trip", l->name,
		   counts[i]);
		free(slot);
	}
}

static void test_segment_alone(void)
{
	const struct xvbd_segment in = { 0x71727374, 3, 6 };
	struct { struct abi_segment seg; } want, found;
	struct xvbd_segment out;

	memset(&want, 0, sizeof(want));
	memset(&found, 0xaa, sizeof(found));
	want.seg = (struct abi_segment){ in.gref, in.first_sect, in.last_sect };
	xvbd_segment_encode(&in, &found);
	ok(sizeof(want) == XVBD_SEGMENT_SIZE && !memcmp(&want, &found, sizeof(want)),
	   "a segment of an indirect page, as the struct");
	xvbd_segment_decode(&found, &out);
	ok(out.gref == in.gref && out.first_sect == in.first_sect && out.last_sect == in.last_sect,
	   "a segment of an indirect page, round trip");
}

/* The encoded slot equals the struct of the ABI, with 0 in all padding. */
#define TEST_STRUCT(abi, layout) \
	do { \
		struct xvbd_request rw = sample(XVBD_OP_WRITE, 11); \
		struct xvbd_request dis = sample(XVBD_OP_DISCARD, 0); \
		struct xvbd_request ind = indirect_sample(XVBD_OP_READ, 4096); \
		struct xvbd_response rsp = { 0x5152535455565758, XVBD_OP_WRITE, -1 }; \
		struct abi##_rw want, found; \
		struct abi##_discard want_dis, found_dis; \
		struct abi##_indirect want_ind, found_ind; \
		struct abi##_response want_rsp, found_rsp; \
		unsigned int i; \
\
		memset(&want, 0, sizeof(want)); \
		memset(&want_dis, 0, sizeof(want_dis)); \
		memset(&want_rsp, 0, sizeof(want_rsp)); \
		memset(&want_ind, 0, sizeof(want_ind)); \
		memset(&found_ind, 0xaa, sizeof(found_ind)); \
		memset(&found, 0xaa, sizeof(found)); \
		memset(&found_dis, 0xaa, sizeof(found_dis)); \
		memset(&found_rsp, 0xaa, sizeof(found_rsp)); \
		want.operation = rw.operation; \
		want.nr_segments = rw.nr_segments; \
		want.handle = want_dis.handle = rw.handle; \
		want.id = want_dis.id = want_ind.id = rw.id; \
		want.sector = want_dis.sector = want_ind.sector = rw.sector; \
		want_ind.operation = XVBD_OP_INDIRECT; \
		want_ind.indirect_op = ind.operation; \
		want_ind.nr_segments = ind.nr_segments; \
		want_ind.handle = ind.handle; \
		for (i = 0; i < 8; i++) \
			want_ind.grefs[i] = ind.page_gref[i]; \
		for (i = 0; i < 11; i++) { \
			want.seg[i].gref = rw.seg[i].gref; \
			want.seg[i].first_sect = rw.seg[i].first_sect; \
			want.seg[i].last_sect = rw.seg[i].last_sect; \
		} \
		want_dis.operation = dis.operation; \
		want_dis.nr_sectors = dis.nr_sectors; \
		want_dis.flag = dis.flags; \
		want_rsp.id = rsp.id; \
		want_rsp.operation = rsp.operation; \
		want_rsp.status = rsp.status; \
		xvbd_request_encode(layout, &rw, &found); \
		xvbd_request_encode(layout, &dis, &found_dis); \
		xvbd_request_encode(layout, &ind, &found_ind); \
		xvbd_response_encode(layout, &rsp, &found_rsp); \
		ok(!memcmp(&want, &found, sizeof(want)), #abi ": write, as the struct"); \
		ok(!memcmp(&want_dis, &found_dis, sizeof(want_dis)), \
		   #abi ": discard, as the struct"); \
		ok(!memcmp(&want_ind, &found_ind, offsetof(struct abi##_indirect, grefs[8])), \
		   #abi ": indirect, as the struct"); \
		ok(!memcmp(&want_rsp, &found_rsp, sizeof(want_rsp)), \
		   #abi ": response, as the struct"); \
	} while (0)

static void test_structs(void)
{
	TEST_STRUCT(x86_64, &xvbd_layouts[XVBD_ABI_X86_64]);
	TEST_STRUCT(x86_32, &xvbd_layouts[XVBD_ABI_X86_32]);
	TEST_STRUCT(arm, &xvbd_layouts[XVBD_ABI_ARM]);
}

static void test_arbitrary_bytes(const struct xvbd_layout *l)
{
	u8 *slot = malloc(l->slot_size);
	struct xvbd_request req;
	unsigned int fill, nr, op;
	bool kept = true, length = true, indirect = true;

	for (fill = 0; fill < 256; fill += 85) {
		memset(slot, fill, l->slot_size);
		for (op = 0; op < 256; op++)
			for (nr = 0; nr < 256; nr++) {
				slot[0] = op;
				slot[1] = nr;
				xvbd_request_decode(l, slot, &req);
				kept &= op == XVBD_OP_DISCARD || op == XVBD_OP_INDIRECT ||
					req.nr_segments == (op <= XVBD_OP_FLUSH ? nr : 0);
				indirect &= req.indirect == (op == XVBD_OP_INDIRECT);
				indirect &= !req.indirect || req.nr_segments == fill * 257;
				length &= !has_length(op) || !req.nr_segments;
				length &= !req.flags || (has_length(op) && req.flags == nr);
			}
	}
	ok(kept, "%s: any bytes decode, the segment count as written", l->name);
	ok(indirect, "%s: an indirect request counts in 16 bits", l->name);
	ok(length, "%s: flags are not segments, and only with a length", l->name);
	free(slot);
}

/* XSA-216: no earlier content of a slot reaches the other end. */
static void test_response(const struct xvbd_layout *l)
{
	static const struct xvbd_response all[] = {
		{ 0, 0, 0 },
		{ ~0ULL, 255, -1 },
		{ 0x8000000000000001, XVBD_OP_DISCARD, -2 },
		{ 1, XVBD_OP_FLUSH, INT16_MAX },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		u8 *slot = malloc(l->rsp_size), padding = 0;
		struct xvbd_response out;

		memset(slot, 0xaa, l->rsp_size);
		xvbd_response_encode(l, &all[i], slot);
		xvbd_response_decode(l, slot, &out);
		ok(out.id == all[i].id && out.operation == all[i].operation &&
		   out.status == all[i].status, "%s: response %u: round trip", l->name, i);
		padding |= slot[9];
		for (j = 12; j < l->rsp_size; j++)
			padding |= slot[j];
		is(padding, 0, "%s: response %u: padding is zero", l->name, i);
		free(slot);
	}
}

int main(void)
{
	unsigned int i;

	test_layouts();
	test_structs();
	test_segment_alone();
	for (i = 0; i < XVBD_ABI_COUNT; i++) {
		test_indirect_round_trip(&xvbd_layouts[i]);
		test_round_trip(&xvbd_layouts[i]);
		test_arbitrary_bytes(&xvbd_layouts[i]);
		test_response(&xvbd_layouts[i]);
	}
	return tap_done();
}

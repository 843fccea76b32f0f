// SPDX-License-Identifier: GPL-2.0
/*
 * The table of operations: each row is complete, and an operation without a row
 * is refused.
 */
#include <stdlib.h>

#include "block/protocol.h"
#include "tap.h"

#define ALL 0xffffffff

/* The operations, as blkif.h defines them; 16 is ours. */
static const struct {
	u8 op;
	const char *name;
	enum xvbd_op_data data;
	enum xvbd_op_class class;
	enum xvbd_op_refusal refusal;
	bool has_length, may_be_empty, changes;
	const char *feature, *secure;
} known[] = {
	{ 0, "READ", XVBD_DATA_READ, XVBD_COUNTS_READ, XVBD_REFUSAL_ERROR, false, false, false,
	  NULL, NULL },
	{ 1, "WRITE", XVBD_DATA_WRITE, XVBD_COUNTS_WRITE, XVBD_REFUSAL_ERROR, false, false, true,
	  NULL, NULL },
	{ 2, "WRITE_BARRIER", XVBD_DATA_WRITE, XVBD_COUNTS_FLUSH, XVBD_REFUSAL_DONE, false, true,
	  true, "feature-barrier", NULL },
	{ 3, "FLUSH_DISKCACHE", XVBD_DATA_WRITE, XVBD_COUNTS_FLUSH, XVBD_REFUSAL_DONE, false, true,
	  true, "feature-flush-cache", NULL },
	{ 5, "DISCARD", XVBD_DATA_NONE, XVBD_COUNTS_DISCARD, XVBD_REFUSAL_UNSUPPORTED, true, false,
	  true, "feature-discard", "discard-secure" },
	{ 16, "WRITE_ZEROES", XVBD_DATA_NONE, XVBD_COUNTS_ZEROES, XVBD_REFUSAL_UNSUPPORTED, true,
	  false, true, "feature-write-zeroes", NULL },
};

static bool is_known(unsigned int op)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].op == op)
			return true;
	return false;
}

static bool is_key(u8 key, const char *name)
{
	return name ? key < XVBD_BACK_KEYS && !strcmp(xvbd_back_keys[key].name, name) :
		      key >= XVBD_BACK_KEYS;
}

static void test_known(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const struct xvbd_op_trait *t = xvbd_op_trait(known[i].op);
		const char *name = known[i].name;

		if (!ok(t, "%s: has a row", name))
			continue;
		ok(!strcmp(t->name, name), "%s: its name", name);
		is(t->data, known[i].data, "%s: which way its data goes", name);
		is(t->class, known[i].class, "%s: as what it is counted", name);
		is(t->refusal, known[i].refusal, "%s: what it means that it is refused", name);
		is(t->has_length, known[i].has_length, "%s: whether it has a length", name);
		is(t->may_be_empty, known[i].may_be_empty, "%s: whether it may be empty", name);
		is(t->changes, known[i].changes, "%s: whether it changes the disk", name);
		ok(is_key(t->feature, known[i].feature), "%s: the key that offers it", name);
		ok(is_key(t->secure, known[i].secure), "%s: the key of its secure variant", name);
		is(xvbd_op_reads(known[i].op), known[i].data == XVBD_DATA_READ, "%s: reads", name);
	}
}

/* Properties of every operation, also of a future one. */
static void test_rows(void)
{
	unsigned int op;

	for (op = 0; op < 256; op++) {
		const struct xvbd_op_trait *t = xvbd_op_trait(op);

		ok(!t == !is_known(op), "operation %u: a row, or none", op);
		if (!t)
			continue;
		ok(!(t->has_length && t->data), "%s: a length, or segments", t->name);
		ok(t->class != XVBD_COUNTS_NOTHING, "%s: is counted", t->name);
		ok(t->data != XVBD_DATA_WRITE || t->changes, "%s: who writes changes", t->name);
		ok((t->feature == XVBD_OP_ALWAYS) == (t->refusal == XVBD_REFUSAL_ERROR),
		   "%s: what each back does none may refuse", t->name);
		/*
		 * Only a flush may succeed without being done: for others that
		 * would lose data.
		 */
		ok(t->refusal != XVBD_REFUSAL_DONE || t->class == XVBD_COUNTS_FLUSH,
		   "%s: only a flush is done where it is refused", t->name);
		ok(t->feature <= XVBD_OP_ALWAYS, "%s: a key offers it, or all have it", t->name);
		ok(t->secure < XVBD_BACK_KEYS || t->secure == XVBD_OP_NEVER,
		   "%s: a key offers its secure variant, or there is none", t->name);
	}
	is(XVBD_REFUSAL_ERROR, 0, "a row that does not say what a refusal means: an error");
	is(XVBD_COUNTS_NOTHING, 0, "a row that does not say as what it is counted: as nothing");
}

/* No byte of the slot is read as a segment or as a length. */
static void test_unknown(const struct xvbd_layout *l, u8 op)
{
	struct xvbd_request req = { .operation = op, .nr_segments = 1, .nr_sectors = 8, .id = 7,
				    .seg[0] = { 1, 0, 7 } };
	struct xvbd_geometry geo = { .sectors = 1000, .ops = ALL, .secure = true,
				     .max_segments = 256 };
	u8 *slot = malloc(l->body);

	is(xvbd_request_check(&req, req.seg, &geo), XVBD_BAD_OPERATION, "%s: op %u: refused",
	   l->name, op);
	is(xvbd_request_encode(l, &req, slot), l->body, "%s: op %u: only its head is written",
	   l->name, op);
	slot = realloc(slot, l->slot_size);
	memset(slot + l->body, 0xff, l->slot_size - l->body);
	slot[1] = 255;
	xvbd_request_decode(l, slot, &req);
	ok(req.operation == op && req.id == 7 && !req.nr_segments && !req.nr_sectors &&
	   !req.flags && !req.indirect, "%s: op %u: only its head is read", l->name, op);
	ok(!xvbd_op_trait(op) && !xvbd_op_reads(op), "op %u: not known", op);
	is(xvbd_request_sectors(&req, req.seg), 0, "%s: op %u: no sectors", l->name, op);
	req.indirect = true;
	is(xvbd_request_check_head(&req, &geo), XVBD_BAD_OPERATION, "%s: op %u: nor indirect",
	   l->name, op);
	free(slot);
}

int main(void)
{
	static const u8 unknown[] = { XVBD_OP_RESERVED, 7, 15, XVBD_OP_COUNT, XVBD_OP_COUNT + 1,
				      31, 32, 127, 255 };
	unsigned int i, j;

	test_known();
	test_rows();
	for (i = 0; i < XVBD_ABI_COUNT; i++)
		for (j = 0; j < ARRAY_SIZE(unknown); j++)
			test_unknown(&xvbd_layouts[i], unknown[j]);
	return tap_done();
}

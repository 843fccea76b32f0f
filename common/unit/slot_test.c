// SPDX-License-Identifier: GPL-2.0
/*
 * Which bytes of a slot in shared memory are read, and how often: each one once at most, and only
 * those that hold something (XSA-155).
 */
#include "types.h"

static const u8 *slot_start;
static unsigned char reads[112];

static void note_read(const void *from, size_t size)
{
	for (size_t i = (const u8 *)from - slot_start; size--; i++)
		reads[i]++;
}

#undef XSPLIT_READ
#define XSPLIT_READ(type, from) \
	({ type v_; note_read(from, sizeof(v_)); memcpy(&v_, from, sizeof(v_)); v_; })

#include "block/protocol.c"
#include "tap.h"

static bool all_once;

/* Return: the bytes up to the last one that was read. */
static unsigned int bytes_read(void)
{
	unsigned int i, end = 0;

	for (i = 0; i < sizeof(reads); i++) {
		if (reads[i])
			end = i + 1;
		all_once &= reads[i] <= 1;
	}
	return end;
}

static unsigned int decode_bytes(const struct xvbd_layout *l, u8 op, u16 nr)
{
	u8 slot[XVBD_SLOT_MAX] = { op, op == XVBD_OP_INDIRECT ? XVBD_OP_READ : nr };
	struct xvbd_request req;

	if (op == XVBD_OP_INDIRECT)
		memcpy(slot + 2, &nr, sizeof(nr));
	slot_start = slot;
	memset(reads, 0, sizeof(reads));
	xvbd_request_decode(l, slot, &req);
	return bytes_read();
}

/* Two bytes of padding end a segment. */
static unsigned int want_bytes(const struct xvbd_layout *l, u8 op, u16 nr)
{
	if (op == XVBD_OP_DISCARD || op == XVBD_OP_WRITE_ZEROES)
		return l->body + 8;
	if (op <= XVBD_OP_FLUSH && nr && nr <= XVBD_MAX_SEGMENTS)
		return l->body + 8 * nr - 2;
	return l->body;
}

static void test_direct(const struct xvbd_layout *l)
{
	unsigned int op, nr;
	bool good = true;

	all_once = true;
	for (op = 0; op < 256; op++)
		for (nr = 0; nr < 256; nr++)
			good &= op == XVBD_OP_INDIRECT ||
				decode_bytes(l, op, nr) == want_bytes(l, op, nr);
	ok(good, "%s: nothing is read behind the segments or the length", l->name);
	ok(all_once, "%s: no byte is read twice", l->name);
}

static void test_indirect(const struct xvbd_layout *l)
{
	unsigned int nr;
	bool good = true;

	all_once = true;
	for (nr = 0; nr < 65536; nr++) {
		unsigned int pages = (nr + 511) / 512;
		unsigned int want = l->body + 2u;

		if (pages && pages <= 8)
			want = l->indirect + 4 * pages;
		good &= decode_bytes(l, XVBD_OP_INDIRECT, nr) == want;
	}
	ok(good, "%s: indirect: nothing is read behind the pages", l->name);
	ok(all_once, "%s: indirect: no byte is read twice", l->name);
}

static void test_response(const struct xvbd_layout *l)
{
	u8 slot[16] = {};
	struct xvbd_response rsp;

	slot_start = slot;
	memset(reads, 0, sizeof(reads));
	all_once = true;
	xvbd_response_decode(l, slot, &rsp);
	is(bytes_read(), 12, "%s: a response has 12 bytes", l->name);
	ok(all_once, "%s: response: no byte is read twice", l->name);
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < XVBD_ABI_COUNT; i++) {
		test_direct(&xvbd_layouts[i]);
		test_indirect(&xvbd_layouts[i]);
		test_response(&xvbd_layouts[i]);
	}
	return tap_done();
}

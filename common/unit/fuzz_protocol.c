// SPDX-License-Identifier: GPL-2.0
/*
 * Random slots, responses and ring indices, compared with an oracle that uses
 * 128-bit numbers.
 */
#include <assert.h>
#include "block/blkring.h"

/* Most segments of an indirect request: the disks of this test offer no more. */
#define SEGS 31

struct input {
	u64 sectors;
	u32 ops;
	u32 prod, cons, theirs;
	u8 abi : 2, align : 2, read_only : 1, inflight : 1, secure : 1;
	u8 tame, shift, sent, max_segs, slot[XVBD_SLOT_MAX];
	u8 page[SEGS * XVBD_SEGMENT_SIZE];
};

/* A discard, or our write zeroes. */
static bool has_length(u8 op)
{
	return op == 5 || op == 16;
}

/* The first check refuses almost all random bytes, so make many inputs plausible. */
static void tame(struct input *in, const struct xvbd_layout *l)
{
	unsigned int i;

	in->slot[0] &= 23;
	in->slot[0] &= in->slot[0] & 16 ? 16 : 7;
	in->slot[1] &= in->slot[0] == 6 ? 1 : 15;
	in->slot[2] &= in->slot[0] == 6 ? SEGS : 255;
	in->slot[3] &= in->slot[0] == 6 ? 0 : 255;
	for (i = l->body + 4; !has_length(in->slot[0]) && i + 1 < l->slot_size; i += 8) {
		in->slot[i] &= in->tame >> 5;
		in->slot[i + 1] = (in->slot[i + 1] | in->tame >> 5) & 7;
	}
	for (i = 4; i < sizeof(in->page); i += 8) {
		in->page[i] &= in->tame >> 5;
		in->page[i + 1] = (in->page[i + 1] | in->tame >> 5) & 7;
	}
	memset(in->slot + l->sector + 2, 0, in->tame & 6);
	memset(in->slot + l->body + 2, 0, has_length(in->slot[0]) ? in->tame & 6 : 0);
	in->ops |= in->tame | in->tame << 10;
	in->sectors >>= in->shift % 64;
	in->prod = in->cons + in->prod % 64 - 32;
	in->theirs = in->cons + in->theirs % 128 - 64;
}

static bool oracle(const struct input *in, const struct xvbd_layout *l,
		   const struct xvbd_geometry *g)
{
	unsigned __int128 sector = 0, len = 0, block = g->align_mask + 1;
	const u8 *p = in->slot;
	bool indirect = p[0] == 6;
	unsigned int i, op = indirect ? p[1] : p[0], nr = p[0] < 4 ? p[1] : 0;

	memcpy(&sector, p + l->sector, 8);
	memcpy(&len, p + l->body, !indirect && has_length(op) ? 8 : 0);
	if (indirect)
		nr = p[2] | p[3] << 8;
	if ((op > 5 && op != 16) || op == 4 || !(g->ops >> op & 1))
		return false;
	if ((op == 5 && p[1] & 1 && !g->secure) || (op == 16 && p[1] & 253))
		return false;
	if (indirect && (op > 1 || !(g->ops >> 6 & 1)))
		return false;
	if (!nr && (op == 2 || op == 3))
		return true;
	if (nr > (indirect ? g->max_segments : 11) || (g->read_only && op))
		return false;
	p = indirect ? in->page : p + l->body;
	for (i = 0; i < nr; len += p[5] - p[4] + 1, i++, p += 8)
		if (p[4] > p[5] || p[5] > 7 || p[4] % block || (p[5] + 1) % block)
			return false;
	if (op == 16 && len > 65536)
		return false;
	return len && sector % block == 0 && len % block == 0 && sector + len <= g->sectors;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { 0 };

	memcpy(&in, data, size < sizeof(in) ? size : sizeof(in));
	const struct xvbd_layout *l = &xvbd_layouts[in.abi % XVBD_ABI_COUNT];
	if (in.tame & 1)
		tame(&in, l);
	struct xvbd_geometry geo = { in.sectors, (1 << in.align) - 1, in.read_only, in.ops,
				     in.secure, in.max_segs % (SEGS + 1) };
	struct xvbd_segment seg[SEGS];
	unsigned int i;
	struct xsplit_sring words = { .req_prod = in.theirs, .rsp_prod = in.theirs };
	struct xsplit_ring r = { &words, l->slot_size, 32, in.prod, in.prod, in.cons };
	u32 n = in.theirs - in.cons, ahead = in.prod - in.cons;
	struct xvbd_response rsp;
	struct xvbd_request req;

	xvbd_request_decode(l, in.slot, &req);
	for (i = 0; i < SEGS; i++)
		xvbd_segment_decode(in.page + i * XVBD_SEGMENT_SIZE, &seg[i]);
	assert((xvbd_request_check(&req, req.indirect ? seg : req.seg, &geo) == XVBD_OK) ==
	       oracle(&in, l, &geo));
	xvbd_response_decode(l, in.slot, &rsp);
	assert((xvbd_response_check(&rsp, in.inflight, in.sent) == XVBD_OK) ==
	       ((in.inflight) && in.slot[8] == in.sent && rsp.status <= 0 && rsp.status >= -2));
	assert(ahead > 32 || xsplit_front_pending(&r) == (n <= ahead ? (int)n : -1));
	assert(-ahead > 32 || xsplit_back_pending(&r) == (n <= 32 + ahead ? (int)n : -1));
	return 0;
}

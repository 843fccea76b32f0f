// SPDX-License-Identifier: GPL-2.0
#include "protocol.h"

/* Offsets that are the same in every layout. */
enum { OFF_OPERATION = 0, OFF_NR_SEGMENTS = 1, OFF_HANDLE = 2, OFF_PAD = 4 };
enum { RSP_ID = 0, RSP_OPERATION = 8, RSP_PAD = 9, RSP_STATUS = 10, RSP_END = 12 };
enum { SEG_GREF = 0, SEG_FIRST = 4, SEG_LAST = 5 };
/*
 * What stands at offset 1 and 2 instead, in requests with a length and in
 * indirect requests.
 */
enum { OFF_FLAGS = 1, OFF_INDIRECT_OP = 1, OFF_INDIRECT_NR = 2 };

/*
 * A compiler for 32-bit x86 aligns a 64-bit field to 4 bytes, every other
 * compiler to 8. This is the only difference between the layouts. So the fields
 * before the segments have padding at OFF_PAD at most, and two bytes of it
 * behind the handle of an indirect request.
 */
const struct xvbd_layout xvbd_layouts[XVBD_ABI_COUNT] = {
	[XVBD_ABI_X86_64] = { "x86_64-abi", 112, 16, 8, 16, 24, 28 },
	[XVBD_ABI_X86_32] = { "x86_32-abi", 108, 12, 4, 12, 20, 24 },
	[XVBD_ABI_ARM] = { "arm-abi", 112, 16, 8, 16, 24, 28 },
};

static const struct {
	const char *text;
	s16 status;
} verdicts[XVBD_VERDICTS] = {
	[XVBD_OK] = { "no fault", XVBD_RSP_OKAY },
	[XVBD_BAD_OPERATION] = { "operation: not offered", XVBD_RSP_EOPNOTSUPP },
	[XVBD_BAD_READ_ONLY] = { "operation: the disk is read-only", XVBD_RSP_ERROR },
	[XVBD_BAD_NR_SEGMENTS] = { "nr_segments: out of range", XVBD_RSP_ERROR },
	[XVBD_BAD_SEGMENT] = { "segment: sectors outside its page", XVBD_RSP_ERROR },
	[XVBD_BAD_ALIGNMENT] = { "sector_number or segment: not aligned to the sector size",
				 XVBD_RSP_ERROR },
	[XVBD_BAD_SECTOR] = { "sector_number: beyond the end of the disk", XVBD_RSP_ERROR },
	[XVBD_BAD_LENGTH] = { "nr_sectors: above the limit of the operation", XVBD_RSP_ERROR },
	[XVBD_BAD_ID] = { "id: no such request in flight", XVBD_RSP_ERROR },
	[XVBD_BAD_RSP_OPERATION] = { "operation: not that of the request", XVBD_RSP_ERROR },
	[XVBD_BAD_STATUS] = { "status: unknown", XVBD_RSP_ERROR },
};

/* A row without a name is not an operation. */
const struct xvbd_op_trait xvbd_op_traits[XVBD_OP_COUNT] = {
	[XVBD_OP_READ] = {
		.name = "READ", .data = XVBD_DATA_READ, .class = XVBD_COUNTS_READ,
		.refusal = XVBD_REFUSAL_ERROR,
		.feature = XVBD_OP_ALWAYS, .secure = XVBD_OP_NEVER,
	},
	[XVBD_OP_WRITE] = {
		.name = "WRITE", .data = XVBD_DATA_WRITE, .class = XVBD_COUNTS_WRITE,
		.refusal = XVBD_REFUSAL_ERROR, .changes = true,
		.feature = XVBD_OP_ALWAYS, .secure = XVBD_OP_NEVER,
	},
	[XVBD_OP_BARRIER] = {
		.name = "WRITE_BARRIER", .data = XVBD_DATA_WRITE, .class = XVBD_COUNTS_FLUSH,
		.refusal = XVBD_REFUSAL_DONE, .may_be_empty = true, .changes = true,
		.feature = XVBD_BACK_BARRIER, .secure = XVBD_OP_NEVER,
	},
	[XVBD_OP_FLUSH] = {
		.name = "FLUSH_DISKCACHE", .data = XVBD_DATA_WRITE, .class = XVBD_COUNTS_FLUSH,
		.refusal = XVBD_REFUSAL_DONE, .may_be_empty = true, .changes = true,
		.feature = XVBD_BACK_FLUSH_CACHE, .secure = XVBD_OP_NEVER,
	},
	[XVBD_OP_DISCARD] = {
		.name = "DISCARD", .data = XVBD_DATA_NONE, .class = XVBD_COUNTS_DISCARD,
		.refusal = XVBD_REFUSAL_UNSUPPORTED, .has_length = true, .changes = true,
		.feature = XVBD_BACK_DISCARD, .secure = XVBD_BACK_DISCARD_SECURE,
		/* blkif.h does not say that the other bits are 0: ignore them. */
		.flags = XVBD_FLAGS_ANY,
	},
	[XVBD_OP_WRITE_ZEROES] = {
		.name = "WRITE_ZEROES", .data = XVBD_DATA_NONE, .class = XVBD_COUNTS_ZEROES,
		.refusal = XVBD_REFUSAL_UNSUPPORTED, .has_length = true, .changes = true,
		.feature = XVBD_BACK_WRITE_ZEROES, .secure = XVBD_OP_NEVER,
		.flags = XVBD_FLAG_NO_UNMAP, .max_sectors = XVBD_MAX_ZEROES,
	},
};

#define GET(type, slot, off) XSPLIT_READ(type, (const u8 *)(slot) + (off))
#define PUT(type, slot, off, val) \
	({ type v_ = (val); memcpy((u8 *)(slot) + (off), &v_, sizeof(v_)); })

const struct xvbd_layout *xvbd_layout_find(const char *name)
{
	unsigned int i;

	if (!name)
		return xvbd_native;
	for (i = 0; i < XVBD_ABI_COUNT; i++)
		if (!strcmp(name, xvbd_layouts[i].name))
			return &xvbd_layouts[i];
	return NULL;
}

void xvbd_segment_decode(const void *from, struct xvbd_segment *seg)
{
	seg->gref = GET(u32, from, SEG_GREF);
	seg->first_sect = GET(u8, from, SEG_FIRST);
	seg->last_sect = GET(u8, from, SEG_LAST);
}

/* A number above the limit is refused, so nothing of such a request is needed. */
static unsigned int segments_in_slot(const struct xvbd_request *req)
{
	return req->nr_segments <= XVBD_MAX_SEGMENTS ? req->nr_segments : 0;
}

static unsigned int pages_in_slot(const struct xvbd_request *req)
{
	unsigned int nr = xvbd_indirect_pages(req->nr_segments);

	return nr <= XVBD_MAX_INDIRECT_PAGES ? nr : 0;
}

/*
 * The fields after the fixed ones depend on the operation. The fixed ones were read already, each
 * once: @second is the byte at offset 1, and @third the two bytes at offset 2.
 */
static void decode_indirect(const struct xvbd_layout *l, const void *slot, u8 second, u16 third,
			    struct xvbd_request *req)
{
	unsigned int i;

	req->indirect = true;
	req->operation = second;
	req->nr_segments = third;
	req->handle = GET(u16, slot, l->body);
	for (i = 0; i < pages_in_slot(req); i++)
		req->page_gref[i] = GET(u32, slot, l->indirect + i * sizeof(u32));
}

static void decode_data(const struct xvbd_layout *l, const void *slot, struct xvbd_request *req)
{
	const u8 *from = (const u8 *)slot + l->body;
	unsigned int i;

	for (i = 0; i < segments_in_slot(req); i++, from += XVBD_SEGMENT_SIZE)
		xvbd_segment_decode(from, &req->seg[i]);
}

void xvbd_request_decode(const struct xvbd_layout *l, const void *slot,
			 struct xvbd_request *req)
{
	u8 first = GET(u8, slot, OFF_OPERATION);
	u8 second = GET(u8, slot, OFF_NR_SEGMENTS);
	u16 third = GET(u16, slot, OFF_HANDLE);
	const struct xvbd_op_trait *trait = xvbd_op_trait(first);

	req->operation = first;
	req->indirect = false;
	req->flags = 0;
	req->nr_segments = 0;
	req->handle = third;
	req->id = GET(u64, slot, l->id);
	req->sector = GET(u64, slot, l->sector);
	req->nr_sectors = 0;

	if (first == XVBD_OP_INDIRECT) {
		decode_indirect(l, slot, second, third, req);
	} else if (trait && trait->has_length) {
		req->flags = second;
		req->nr_sectors = GET(u64, slot, l->body);
	} else if (trait && trait->data) {
		req->nr_segments = second;
		decode_data(l, slot, req);
	}
}

/* Return: the offset of the first byte behind what was written. */
static unsigned int encode_length(const struct xvbd_layout *l, const struct xvbd_head *head,
				  void *slot)
{
	PUT(u8, slot, OFF_FLAGS, head->flags);
	PUT(u64, slot, l->body, head->nr_sectors);
	return l->body + sizeof(u64);
}

static unsigned int encode_indirect(const struct xvbd_layout *l, const struct xvbd_head *head,
				    void *slot)
{
	PUT(u8, slot, OFF_OPERATION, XVBD_OP_INDIRECT);
	PUT(u8, slot, OFF_INDIRECT_OP, head->operation);
	PUT(u16, slot, OFF_INDIRECT_NR, head->nr_segments);
	PUT(u16, slot, l->body, head->handle);
	PUT(u16, slot, l->body + sizeof(u16), 0);
	return l->indirect;
}

unsigned int xvbd_head_encode(const struct xvbd_layout *l, const struct xvbd_head *head, void *slot)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(head->operation);

	PUT(u8, slot, OFF_OPERATION, head->operation);
	PUT(u8, slot, OFF_NR_SEGMENTS, 0);
	PUT(u16, slot, OFF_HANDLE, head->handle);
	if (l->id > OFF_PAD)
		PUT(u32, slot, OFF_PAD, 0);
	PUT(u64, slot, l->id, head->id);
	PUT(u64, slot, l->sector, head->sector);

	if (head->indirect)
		return encode_indirect(l, head, slot);
	if (trait && trait->has_length)
		return encode_length(l, head, slot);
	if (trait && trait->data)
		PUT(u8, slot, OFF_NR_SEGMENTS, head->nr_segments);
	return l->body;
}

unsigned int xvbd_request_encode(const struct xvbd_layout *l,
				 const struct xvbd_request *req, void *slot)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(req->operation);
	const struct xvbd_head head = {
		.operation = req->operation,
		.indirect = req->indirect,
		.flags = req->flags,
		.nr_segments = req->nr_segments,
		.handle = req->handle,
		.id = req->id,
		.sector = req->sector,
		.nr_sectors = req->nr_sectors,
	};
	unsigned int i, off = xvbd_head_encode(l, &head, slot);

	if (req->indirect) {
		for (i = 0; i < pages_in_slot(req); i++, off += sizeof(u32))
			PUT(u32, slot, off, req->page_gref[i]);
	} else if (trait && trait->data) {
		for (i = 0; i < segments_in_slot(req); i++, off += XVBD_SEGMENT_SIZE)
			xvbd_segment_encode(&req->seg[i], (u8 *)slot + off);
	}
	return off;
}

void xvbd_response_decode(const struct xvbd_layout *l, const void *slot,
			  struct xvbd_response *rsp)
{
	(void)l;
	rsp->id = GET(u64, slot, RSP_ID);
	rsp->operation = GET(u8, slot, RSP_OPERATION);
	rsp->status = GET(s16, slot, RSP_STATUS);
}

void xvbd_response_encode(const struct xvbd_layout *l,
			  const struct xvbd_response *rsp, void *slot)
{
	PUT(u64, slot, RSP_ID, rsp->id);
	PUT(u8, slot, RSP_OPERATION, rsp->operation);
	PUT(u8, slot, RSP_PAD, 0);
	PUT(s16, slot, RSP_STATUS, rsp->status);
	if (l->rsp_size > RSP_END)
		PUT(u32, slot, RSP_END, 0);
}

static enum xvbd_verdict check_segments(const struct xvbd_segment *seg, unsigned int nr,
					const struct xvbd_geometry *geo)
{
	const struct xvbd_segment *s;

	for (s = seg; s < seg + nr; s++) {
		if (s->first_sect > s->last_sect || s->last_sect >= XVBD_SECTORS_PER_PAGE)
			return XVBD_BAD_SEGMENT;
		if ((s->first_sect | (s->last_sect + 1u)) & geo->align_mask)
			return XVBD_BAD_ALIGNMENT;
	}
	return XVBD_OK;
}

u64 xvbd_request_sectors(const struct xvbd_request *req, const struct xvbd_segment *seg)
{
	u64 sum = req->nr_sectors;
	unsigned int i;

	for (i = 0; i < req->nr_segments; i++)
		sum += seg[i].last_sect - seg[i].first_sect + 1u;
	return sum;
}

/* Whether the backend has offered what the request asks for. */
static bool offered(const struct xvbd_request *req, const struct xvbd_geometry *geo)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(req->operation);

	/*
	 * Refuse an unknown operation even if its bit in @ops is set: it cannot
	 * be validated.
	 */
	if (!trait || !(geo->ops & BIT(req->operation)))
		return false;
	if (req->flags & ~trait->flags)
		return false;
	if (req->flags & XVBD_FLAG_SECURE && (!geo->secure || trait->secure == XVBD_OP_NEVER))
		return false;
	if (!req->indirect)
		return true;
	/* Only reads and writes may be indirect. */
	return (geo->ops & BIT(XVBD_OP_INDIRECT)) && trait->data && !trait->may_be_empty;
}

enum xvbd_verdict xvbd_request_check_head(const struct xvbd_request *req,
					  const struct xvbd_geometry *geo)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(req->operation);

	if (!trait || !offered(req, geo))
		return XVBD_BAD_OPERATION;

	/* An empty flush changes nothing, so a read-only disk accepts it. */
	if (trait->changes && geo->read_only && !(trait->may_be_empty && !req->nr_segments))
		return XVBD_BAD_READ_ONLY;
	if (req->nr_segments > (req->indirect ? geo->max_segments : XVBD_MAX_SEGMENTS))
		return XVBD_BAD_NR_SEGMENTS;
	if (trait->data && !req->nr_segments && !trait->may_be_empty)
		return XVBD_BAD_NR_SEGMENTS;
	return XVBD_OK;
}

enum xvbd_verdict xvbd_request_check(const struct xvbd_request *req,
				     const struct xvbd_segment *seg,
				     const struct xvbd_geometry *geo)
{
	enum xvbd_verdict v = xvbd_request_check_head(req, geo);
	u64 len, max;

	if (v != XVBD_OK)
		return v;
	/* Only a request without a length can be empty: a length of 0 is an error. */
	if (!xvbd_op_traits[req->operation].has_length && !req->nr_segments)
		return XVBD_OK;
	v = check_segments(seg, req->nr_segments, geo);
	if (v != XVBD_OK)
		return v;
	len = xvbd_request_sectors(req, seg);
	if ((req->sector | len) & geo->align_mask)
		return XVBD_BAD_ALIGNMENT;
	if (!len || len > geo->sectors || req->sector > geo->sectors - len)
		return XVBD_BAD_SECTOR;
	max = xvbd_op_traits[req->operation].max_sectors;
	return max && len > max ? XVBD_BAD_LENGTH : XVBD_OK;
}

s16 xvbd_verdict_status(enum xvbd_verdict v)
{
	return (unsigned int)v < XVBD_VERDICTS ? verdicts[v].status : XVBD_RSP_ERROR;
}

const char *xvbd_verdict_text(enum xvbd_verdict v)
{
	return (unsigned int)v < XVBD_VERDICTS ? verdicts[v].text : "unknown";
}

enum xvbd_verdict xvbd_response_check(const struct xvbd_response *rsp,
				      bool inflight, u8 op)
{
	if (!inflight)
		return XVBD_BAD_ID;
	if (rsp->operation != op)
		return XVBD_BAD_RSP_OPERATION;
	if (rsp->status > XVBD_RSP_OKAY || rsp->status < XVBD_RSP_EOPNOTSUPP)
		return XVBD_BAD_STATUS;
	return XVBD_OK;
}

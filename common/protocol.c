// SPDX-License-Identifier: GPL-2.0
#include "protocol.h"

/* In every layout. */
enum { OFF_OPERATION = 0, OFF_NR_SEGMENTS = 1, OFF_HANDLE = 2 };
enum { RSP_ID = 0, RSP_OPERATION = 8, RSP_STATUS = 10 };
enum { SEG_GREF = 0, SEG_FIRST = 4, SEG_LAST = 5, SEG_SIZE = 8 };

/*
 * A 32-bit x86 compiler aligns a 64-bit field to 4 bytes, every other to 8:
 * that is the whole difference between the layouts.
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
	[XVBD_BAD_ID] = { "id: no such request in flight", XVBD_RSP_ERROR },
	[XVBD_BAD_RSP_OPERATION] = { "operation: not that of the request", XVBD_RSP_ERROR },
	[XVBD_BAD_STATUS] = { "status: unknown", XVBD_RSP_ERROR },
};

/* What an operation is, apart from its number. */
enum { OP_DATA = 1, OP_MAY_BE_EMPTY = 2, OP_CHANGES = 4, OP_LENGTH = 8 };

static const u8 op_traits[XVBD_OP_COUNT] = {
	[XVBD_OP_READ] = OP_DATA,
	[XVBD_OP_WRITE] = OP_DATA | OP_CHANGES,
	[XVBD_OP_BARRIER] = OP_DATA | OP_CHANGES | OP_MAY_BE_EMPTY,
	[XVBD_OP_FLUSH] = OP_DATA | OP_CHANGES | OP_MAY_BE_EMPTY,
	[XVBD_OP_DISCARD] = OP_LENGTH | OP_CHANGES,
};

#define GET(type, slot, off) ({ type v_; memcpy(&v_, (const u8 *)(slot) + (off), sizeof(v_)); v_; })
#define PUT(type, slot, off, val) \
	({ type v_ = (val); memcpy((u8 *)(slot) + (off), &v_, sizeof(v_)); })

const struct xvbd_layout *xvbd_layout_find(const char *name)
{
	unsigned int i;

	if (!name)
		return &xvbd_layouts[XVBD_ABI_NATIVE];
	for (i = 0; i < XVBD_ABI_COUNT; i++)
		if (!strcmp(name, xvbd_layouts[i].name))
			return &xvbd_layouts[i];
	return NULL;
}

static unsigned int segments_in_slot(const struct xvbd_request *req)
{
	return req->nr_segments < XVBD_MAX_SEGMENTS ? req->nr_segments : XVBD_MAX_SEGMENTS;
}

void xvbd_request_decode(const struct xvbd_layout *l, const void *slot,
			 struct xvbd_request *req)
{
	unsigned int i, off;

	req->operation = GET(u8, slot, OFF_OPERATION);
	req->nr_segments = GET(u8, slot, OFF_NR_SEGMENTS);
	req->handle = GET(u16, slot, OFF_HANDLE);
	req->id = GET(u64, slot, l->id);
	req->sector = GET(u64, slot, l->sector);
	req->nr_sectors = 0;

	if (req->operation == XVBD_OP_DISCARD) {
		/* The byte that counts segments elsewhere holds flags here. */
		req->nr_segments = 0;
		req->nr_sectors = GET(u64, slot, l->body);
		return;
	}
	for (i = 0, off = l->body; i < segments_in_slot(req); i++, off += SEG_SIZE) {
		req->seg[i].gref = GET(u32, slot, off + SEG_GREF);
		req->seg[i].first_sect = GET(u8, slot, off + SEG_FIRST);
		req->seg[i].last_sect = GET(u8, slot, off + SEG_LAST);
	}
}

unsigned int xvbd_request_encode(const struct xvbd_layout *l,
				 const struct xvbd_request *req, void *slot)
{
	unsigned int i, off = l->body;

	memset(slot, 0, l->body);
	PUT(u8, slot, OFF_OPERATION, req->operation);
	PUT(u8, slot, OFF_NR_SEGMENTS, req->nr_segments);
	PUT(u16, slot, OFF_HANDLE, req->handle);
	PUT(u64, slot, l->id, req->id);
	PUT(u64, slot, l->sector, req->sector);

	if (req->operation == XVBD_OP_DISCARD) {
		PUT(u64, slot, off, req->nr_sectors);
		return off + sizeof(u64);
	}
	for (i = 0; i < segments_in_slot(req); i++, off += SEG_SIZE) {
		PUT(u32, slot, off + SEG_GREF, req->seg[i].gref);
		PUT(u8, slot, off + SEG_FIRST, req->seg[i].first_sect);
		PUT(u8, slot, off + SEG_LAST, req->seg[i].last_sect);
		PUT(u16, slot, off + SEG_LAST + 1, 0);
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
	memset(slot, 0, l->rsp_size);
	PUT(u64, slot, RSP_ID, rsp->id);
	PUT(u8, slot, RSP_OPERATION, rsp->operation);
	PUT(s16, slot, RSP_STATUS, rsp->status);
}

static enum xvbd_verdict check_segments(const struct xvbd_request *req,
					const struct xvbd_geometry *geo)
{
	unsigned int i;

	for (i = 0; i < req->nr_segments; i++) {
		const struct xvbd_segment *s = &req->seg[i];

		if (s->first_sect > s->last_sect || s->last_sect >= XVBD_SECTORS_PER_PAGE)
			return XVBD_BAD_SEGMENT;
		if ((s->first_sect | (s->last_sect + 1u)) & geo->align_mask)
			return XVBD_BAD_ALIGNMENT;
	}
	return XVBD_OK;
}

u64 xvbd_request_sectors(const struct xvbd_request *req)
{
	u64 sum = req->nr_sectors;
	unsigned int i;

	for (i = 0; i < req->nr_segments; i++)
		sum += req->seg[i].last_sect - req->seg[i].first_sect + 1u;
	return sum;
}

enum xvbd_verdict xvbd_request_check(const struct xvbd_request *req,
				     const struct xvbd_geometry *geo)
{
	enum xvbd_verdict v;
	u64 len;
	u8 traits;

	if (req->operation >= XVBD_OP_COUNT || !(geo->ops & BIT(req->operation)))
		return XVBD_BAD_OPERATION;
	traits = op_traits[req->operation];
	if (!traits)
		return XVBD_BAD_OPERATION; /* offered or not, it cannot be judged */

	/* An empty flush changes nothing: a read-only disk answers it. */
	if ((traits & OP_CHANGES) && geo->read_only &&
	    !((traits & OP_MAY_BE_EMPTY) && !req->nr_segments))
		return XVBD_BAD_READ_ONLY;
	if (req->nr_segments > XVBD_MAX_SEGMENTS)
		return XVBD_BAD_NR_SEGMENTS;
	if ((traits & OP_DATA) && !req->nr_segments)
		return (traits & OP_MAY_BE_EMPTY) ? XVBD_OK : XVBD_BAD_NR_SEGMENTS;

	v = check_segments(req, geo);
	if (v != XVBD_OK)
		return v;
	len = xvbd_request_sectors(req);
	if ((req->sector | len) & geo->align_mask)
		return XVBD_BAD_ALIGNMENT;
	if (!len || len > geo->sectors || req->sector > geo->sectors - len)
		return XVBD_BAD_SECTOR;
	return XVBD_OK;
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

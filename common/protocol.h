/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block interface on the wire: three layouts of one protocol.
 *
 * Source: xen/include/public/io/blkif.h and its text on sector units of
 * 2024-09-12. Everything here is pure: bytes in, a verdict out; no allocation,
 * no lock, no shared memory. A caller copies a slot out of the ring once and
 * hands the copy in.
 */
#ifndef XVBD_PROTOCOL_H
#define XVBD_PROTOCOL_H

#include "blkkeys.h"
#include "types.h"

#define XVBD_SECTOR_SHIFT 9 /* the protocol counts in 512-byte units, always */
#define XVBD_PAGE_SHIFT 12 /* a grant is 4 KiB on every architecture */
#define XVBD_SECTORS_PER_PAGE (1u << (XVBD_PAGE_SHIFT - XVBD_SECTOR_SHIFT))
#define XVBD_MAX_SEGMENTS 11 /* direct segments in one slot */
#define XVBD_MAX_INDIRECT_PAGES 8
#define XVBD_SEGMENTS_PER_PAGE 512 /* in a page of an indirect request */
#define XVBD_SEGMENT_SIZE 8 /* bytes of one segment, in a slot or such a page */
#define XVBD_SLOT_MAX 112 /* the largest slot of the three layouts */

/* The block layer counts a disk's bytes in a signed 64-bit number. */
#define XVBD_MAX_DISK_SECTORS ((1ULL << (63 - XVBD_SECTOR_SHIFT)) - 1)

enum xvbd_op {
	XVBD_OP_READ = 0,
	XVBD_OP_WRITE = 1,
	XVBD_OP_BARRIER = 2,
	XVBD_OP_FLUSH = 3,
	XVBD_OP_RESERVED = 4,
	XVBD_OP_DISCARD = 5,
	XVBD_OP_INDIRECT = 6,
	XVBD_OP_COUNT,
};

/* Which way data goes. */
enum xvbd_op_data {
	XVBD_DATA_NONE,
	XVBD_DATA_READ, /* from the disk to the guest */
	XVBD_DATA_WRITE, /* from the guest to the disk */
};

/* As what an operation is counted. */
enum xvbd_op_class {
	XVBD_COUNTS_NOTHING,
	XVBD_COUNTS_READ,
	XVBD_COUNTS_WRITE,
	XVBD_COUNTS_FLUSH,
	XVBD_COUNTS_DISCARD,
};

/* What it is to a front that the other end answers "not supported". No default is success. */
enum xvbd_op_refusal {
	XVBD_REFUSAL_ERROR, /* an I/O error: no back may refuse it */
	XVBD_REFUSAL_UNSUPPORTED, /* the request fails as not supported */
	XVBD_REFUSAL_DONE, /* it is done: the other end has flushed all it can */
};

/* In place of a key: every back has the operation, or none has it. */
#define XVBD_OP_ALWAYS XVBD_BACK_KEYS
#define XVBD_OP_NEVER (XVBD_BACK_KEYS + 1)

/**
 * struct xvbd_op_trait - what an operation is, apart from its number
 * @name:         as blkif.h has it
 * @data:         which way the data of its segments goes
 * @class:        as what it is counted
 * @refusal:      what "not supported" means for it
 * @has_length:   it has a number of sectors in place of segments
 * @may_be_empty: it means something without data, too
 * @changes:      it changes the disk, unless it is empty
 * @feature:      the key that offers it, by XVBD_BACK_*, or XVBD_OP_ALWAYS
 * @secure:       the key that offers its secure variant, or XVBD_OP_NEVER
 */
struct xvbd_op_trait {
	const char *name;
	enum xvbd_op_data data;
	enum xvbd_op_class class;
	enum xvbd_op_refusal refusal;
	bool has_length;
	bool may_be_empty;
	bool changes;
	u8 feature;
	u8 secure;
};

extern const struct xvbd_op_trait xvbd_op_traits[XVBD_OP_COUNT];

/**
 * xvbd_op_trait() - look an operation up
 * @op: enum xvbd_op, or whatever the other end wrote
 *
 * Return: what it is, or NULL: no request can ask for it. XVBD_OP_INDIRECT is a form of a
 * request that asks for another operation.
 */
static inline const struct xvbd_op_trait *xvbd_op_trait(u8 op)
{
	return op < XVBD_OP_COUNT && xvbd_op_traits[op].name ? &xvbd_op_traits[op] : NULL;
}

/* Whether an operation brings data from the disk to the guest. */
static inline bool xvbd_op_reads(u8 op)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(op);

	return trait && trait->data == XVBD_DATA_READ;
}

enum xvbd_status {
	XVBD_RSP_OKAY = 0,
	XVBD_RSP_ERROR = -1,
	XVBD_RSP_EOPNOTSUPP = -2,
};

/* Bits of the backend's "info" key. */
#define XVBD_INFO_CDROM BIT(0)
#define XVBD_INFO_REMOVABLE BIT(1)
#define XVBD_INFO_READONLY BIT(2)

/**
 * struct xvbd_layout - where the fields of a slot lie in one ABI
 * @name:      value of the front's "protocol" key
 * @slot_size: bytes from one slot of the ring to the next
 * @rsp_size:  bytes of a response
 * @id:        offset of the 64-bit request id
 * @sector:    offset of the 64-bit sector number
 * @body:      offset of what follows: segments, a discard's length
 * @indirect:  offset of the indirect page references
 *
 * The operation (u8), segment count (u8) and handle (u16) lie at 0, 1 and 2 in
 * every layout, and a response is id, operation, status at 0, 8 and 10.
 */
struct xvbd_layout {
	const char *name;
	u8 slot_size;
	u8 rsp_size;
	u8 id;
	u8 sector;
	u8 body;
	u8 indirect;
};

enum xvbd_abi { XVBD_ABI_X86_64, XVBD_ABI_X86_32, XVBD_ABI_ARM, XVBD_ABI_COUNT };

extern const struct xvbd_layout xvbd_layouts[XVBD_ABI_COUNT];

/* The layout of the kernel that this is compiled for. */
#if defined(__aarch64__) || defined(__arm__)
#define XVBD_ABI_NATIVE XVBD_ABI_ARM
#elif defined(__i386__)
#define XVBD_ABI_NATIVE XVBD_ABI_X86_32
#else
#define XVBD_ABI_NATIVE XVBD_ABI_X86_64
#endif

/**
 * xvbd_layout_find() - the layout that a "protocol" key names
 * @name: the key's value, or NULL where the front wrote none (which means
 *        the native layout)
 *
 * Return: the layout, or NULL for a name that no layout has.
 */
const struct xvbd_layout *xvbd_layout_find(const char *name);

/**
 * struct xvbd_segment - one piece of a request's data
 * @gref:       the front's grant reference of the page
 * @first_sect: first 512-byte unit in the page
 * @last_sect:  last 512-byte unit in the page, inclusive
 */
struct xvbd_segment {
	u32 gref;
	u8 first_sect;
	u8 last_sect;
};

/**
 * struct xvbd_request - a request decoded from, or to be encoded into, a slot
 * @operation:   enum xvbd_op, or whatever the other end wrote; of an indirect
 *               request the operation that it carries, which the response names
 * @indirect:    the segments are not in @seg but in pages that @page_gref names
 * @secure:      a discard after which the data cannot be had back
 * @nr_segments: number of segments
 * @handle:      the front's virtual device number; informative
 * @id:          opaque, echoed in the response
 * @sector:      first sector on the disk, 512-byte units
 * @nr_sectors:  length of a discard, 512-byte units
 * @seg:         the data of a request that is not indirect
 * @page_gref:   xvbd_indirect_pages() grants of pages full of segments
 */
struct xvbd_request {
	u8 operation;
	bool indirect;
	bool secure;
	u16 nr_segments;
	u16 handle;
	u64 id;
	u64 sector;
	u64 nr_sectors;
	struct xvbd_segment seg[XVBD_MAX_SEGMENTS];
	u32 page_gref[XVBD_MAX_INDIRECT_PAGES];
};

/* Pages that the segments of an indirect request take. */
static inline unsigned int xvbd_indirect_pages(unsigned int nr_segments)
{
	return (nr_segments + XVBD_SEGMENTS_PER_PAGE - 1) / XVBD_SEGMENTS_PER_PAGE;
}

/**
 * struct xvbd_response - a response decoded from, or to be encoded into, a slot
 * @id:        the request's
 * @operation: the request's
 * @status:    enum xvbd_status, or whatever the other end wrote
 */
struct xvbd_response {
	u64 id;
	u8 operation;
	s16 status;
};

/**
 * struct xvbd_geometry - what a request is held against
 * @sectors:    size of the disk, 512-byte units
 * @align_mask: logical block size in 512-byte units, less one
 * @read_only:  writes and discards are refused
 * @ops:        bit mask (by enum xvbd_op) of the operations that were offered
 * @secure:     secure discard was offered
 * @max_segments: of an indirect request
 */
struct xvbd_geometry {
	u64 sectors;
	u32 align_mask;
	bool read_only;
	u32 ops;
	bool secure;
	u16 max_segments;
};

enum xvbd_verdict {
	XVBD_OK,
	XVBD_BAD_OPERATION, /* unknown, or never offered */
	XVBD_BAD_READ_ONLY, /* changes a disk that is read-only */
	XVBD_BAD_NR_SEGMENTS, /* none where data is needed, or above the limit */
	XVBD_BAD_SEGMENT, /* first above last, or last beyond the page */
	XVBD_BAD_ALIGNMENT, /* not a multiple of the logical block size */
	XVBD_BAD_SECTOR, /* reaches beyond the end of the disk */
	XVBD_BAD_ID, /* response: no such request is in flight */
	XVBD_BAD_RSP_OPERATION, /* response: not the request's operation */
	XVBD_BAD_STATUS, /* response: not a status of the protocol */
	XVBD_VERDICTS,
};

/**
 * xvbd_request_decode() - read a private copy of a slot
 * @l:    layout of the ring
 * @slot: the copy, @l->slot_size bytes; no alignment needed
 * @req:  result; any byte string decodes, validation is another step
 *
 * @req->nr_segments keeps what the slot said, whatever the limit; no more of
 * @req->seg and @req->page_gref is filled in than there is. An operation that is not
 * known has no segments and no length.
 */
void xvbd_request_decode(const struct xvbd_layout *l, const void *slot,
			 struct xvbd_request *req);

/**
 * xvbd_request_encode() - write a slot
 * @l:    layout of the ring
 * @req:  a request that xvbd_request_check() would pass
 * @slot: where to; every byte that the request uses is written, padding as zero. Of an
 *        operation that is not known only the head is
 *
 * Return: the number of bytes written.
 */
unsigned int xvbd_request_encode(const struct xvbd_layout *l,
				 const struct xvbd_request *req, void *slot);

/**
 * xvbd_segment_decode() - read one segment of a private copy of an indirect page
 * @from: XVBD_SEGMENT_SIZE bytes; no alignment needed
 * @seg:  result
 *
 * Segments look alike in every layout.
 */
void xvbd_segment_decode(const void *from, struct xvbd_segment *seg);

/* Write one segment to @to, padding as zero. */
void xvbd_segment_encode(const struct xvbd_segment *seg, void *to);

void xvbd_response_decode(const struct xvbd_layout *l, const void *slot,
			  struct xvbd_response *rsp);

/**
 * xvbd_response_encode() - write a response slot, padding as zero
 * @l:    layout of the ring
 * @rsp:  the response
 * @slot: where to
 *
 * Nothing that the slot or the stack held before reaches the other end
 * (XSA-216).
 */
void xvbd_response_encode(const struct xvbd_layout *l,
			  const struct xvbd_response *rsp, void *slot);

/**
 * xvbd_request_check_head() - judge all of a request but its data
 * @req: a private copy
 * @geo: the disk as it is now
 *
 * After XVBD_OK, @req->nr_segments is one that the disk has offered: the
 * segments of an indirect request may be fetched.
 */
enum xvbd_verdict xvbd_request_check_head(const struct xvbd_request *req,
					  const struct xvbd_geometry *geo);

/**
 * xvbd_request_check() - hold a decoded request against the disk
 * @req: a private copy
 * @seg: its @req->nr_segments segments, a private copy: @req->seg, or what the
 *       indirect pages held; unused where there are more than the disk offered
 * @geo: the disk as it is now
 *
 * Every operation, discard included, is checked for range and for writing to a
 * read-only disk (CVE-2013-2140). No sum can wrap. An empty flush has no range:
 * its sector means nothing, and Linux fronts leave 2^64-1 there.
 *
 * Return: XVBD_OK, or the verdict that names the first offending field.
 */
enum xvbd_verdict xvbd_request_check(const struct xvbd_request *req,
				     const struct xvbd_segment *seg,
				     const struct xvbd_geometry *geo);

/**
 * xvbd_request_sectors() - length of a checked request's data, 512-byte units
 * @req: the request
 * @seg: as of xvbd_request_check()
 */
u64 xvbd_request_sectors(const struct xvbd_request *req, const struct xvbd_segment *seg);

/**
 * xvbd_verdict_status() - the status that answers a request with this verdict
 * @v: the verdict
 *
 * Return: the status; of no verdict an error.
 */
s16 xvbd_verdict_status(enum xvbd_verdict v);

/**
 * xvbd_verdict_text() - the offending field and why, for a log line
 * @v: the verdict
 *
 * Return: the text.
 */
const char *xvbd_verdict_text(enum xvbd_verdict v);

/**
 * xvbd_response_check() - hold a decoded response against its request
 * @rsp:      a private copy
 * @inflight: whether a request with this id is with the other end
 * @op:       operation that was sent under this id; unused if not @inflight
 */
enum xvbd_verdict xvbd_response_check(const struct xvbd_response *rsp,
				      bool inflight, u8 op);

#endif /* XVBD_PROTOCOL_H */

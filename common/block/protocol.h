/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block protocol on the ring: one protocol, three layouts of a slot.
 *
 * Source: xen/include/public/io/blkif.h, with its text on sector units of
 * 2024-09-12. The code is pure: it decodes or encodes bytes and returns a
 * verdict. It does not allocate, lock, or touch shared memory. The caller
 * copies each slot out of the ring once, and passes the copy.
 */
#ifndef XVBD_PROTOCOL_H
#define XVBD_PROTOCOL_H

#include "blkkeys.h"
#include "types.h"

#define XVBD_SECTOR_SHIFT 9 /* the protocol always counts in 512-byte units */
#define XVBD_PAGE_SHIFT 12 /* a grant covers 4 KiB on every architecture */
#define XVBD_SECTORS_PER_PAGE (1u << (XVBD_PAGE_SHIFT - XVBD_SECTOR_SHIFT))
#define XVBD_MAX_SEGMENTS 11 /* segments in the slot itself */
#define XVBD_MAX_INDIRECT_PAGES 8
#define XVBD_SEGMENTS_PER_PAGE 512 /* segments in one page of an indirect request */
#define XVBD_SEGMENT_SIZE 8 /* bytes of one segment, in a slot or in such a page */
#define XVBD_SLOT_MAX 112 /* bytes of the largest slot of the three layouts */

/* The block layer stores the size of a disk, in bytes, in a signed 64-bit number. */
#define XVBD_MAX_DISK_SECTORS ((1ULL << (63 - XVBD_SECTOR_SHIFT)) - 1)

enum xvbd_op {
	XVBD_OP_READ = 0,
	XVBD_OP_WRITE = 1,
	XVBD_OP_BARRIER = 2,
	XVBD_OP_FLUSH = 3,
	XVBD_OP_RESERVED = 4,
	XVBD_OP_DISCARD = 5,
	XVBD_OP_INDIRECT = 6,
	/*
	 * Ours. blkif.h numbers its operations in sequence and has 0 to 6, and no driver is known
	 * to use another number. 16 leaves room for nine more of Xen's. Requests are only sent
	 * to a backend with the key "feature-write-zeroes". If Xen once gives that key to
	 * another number, each end refuses the number of the other as not supported.
	 */
	XVBD_OP_WRITE_ZEROES = 16,
	XVBD_OP_COUNT,
};

/* The direction of the data. */
enum xvbd_op_data {
	XVBD_DATA_NONE,
	XVBD_DATA_READ, /* from the disk to the guest */
	XVBD_DATA_WRITE, /* from the guest to the disk */
};

/*
 * The statistics counters of operations: XVBD_COUNTS_*, the name in sysfs, what is counted. xentop
 * depends on the first four names.
 */
#define XVBD_OP_CLASSES(row) \
	row(READ, rd_req, "read") \
	row(WRITE, wr_req, "write") \
	row(FLUSH, f_req, "flush") \
	row(DISCARD, ds_req, "discard") \
	row(ZEROES, wz_req, "write zeroes")

#define XVBD_OP_CLASS(id, file, what) XVBD_COUNTS_##id,
enum xvbd_op_class {
	XVBD_COUNTS_NOTHING,
	XVBD_OP_CLASSES(XVBD_OP_CLASS)
	XVBD_OP_CLASS_COUNT,
};

/*
 * What the frontend does when the backend answers "not supported". The default,
 * 0, is an error and never success.
 */
enum xvbd_op_refusal {
	XVBD_REFUSAL_ERROR, /* an I/O error: a backend must not refuse the operation */
	XVBD_REFUSAL_UNSUPPORTED, /* the request fails as not supported */
	XVBD_REFUSAL_DONE, /* success: the backend has flushed all that it can */
};

/*
 * Used in place of a key. ALWAYS: every backend has the operation. NEVER: no
 * backend has it.
 */
#define XVBD_OP_ALWAYS XVBD_BACK_KEYS
#define XVBD_OP_NEVER (XVBD_BACK_KEYS + 1)

/*
 * Most sectors of one WRITE_ZEROES: 32 MiB. A disk may zero as slowly as it writes, and a backend
 * that pauses waits for the requests in flight.
 */
#define XVBD_MAX_ZEROES (1u << 16)

/* Flags of a request that has a length. Each bit has one meaning, in every operation. */
#define XVBD_FLAG_SECURE BIT(0) /* discard: make the data unrecoverable */
#define XVBD_FLAG_NO_UNMAP BIT(1) /* write zeroes: the disk's space must stay allocated */
#define XVBD_FLAGS_ANY 0xff

/**
 * struct xvbd_op_trait - properties of an operation
 * @name:         the name in blkif.h
 * @data:         direction of the data in its segments
 * @class:        its statistics counter
 * @refusal:      what the answer "not supported" means
 * @has_length:   it has a number of sectors instead of segments
 * @may_be_empty: it is also valid without data
 * @changes:      it changes the disk, unless it is empty
 * @feature:      the key that offers it, as XVBD_BACK_*, or XVBD_OP_ALWAYS
 * @secure:       the key that offers its secure variant, or XVBD_OP_NEVER
 * @max_sectors:  its greatest length, in 512-byte units; 0: the size of the disk
 * @flags:        the flags that a request may have, XVBD_FLAG_*; one with another is refused
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
	u8 flags;
	u32 max_sectors;
};

extern const struct xvbd_op_trait xvbd_op_traits[XVBD_OP_COUNT];

/**
 * xvbd_op_trait() - look up the properties of an operation
 * @op: enum xvbd_op, or any value that the other end wrote
 *
 * Context: Any context.
 *
 * Return: the properties, or NULL if no request can carry out @op.
 * XVBD_OP_INDIRECT has no properties: it is another form of a request, and that
 * request names its operation.
 */
static inline const struct xvbd_op_trait *xvbd_op_trait(u8 op)
{
	return op < XVBD_OP_COUNT && xvbd_op_traits[op].name ? &xvbd_op_traits[op] : NULL;
}

/* Whether an operation moves data from the disk to the guest. */
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

/* Bits of the backend's key "info". */
#define XVBD_INFO_CDROM BIT(0)
#define XVBD_INFO_REMOVABLE BIT(1)
#define XVBD_INFO_READONLY BIT(2)

/**
 * struct xvbd_layout - offsets of the fields of a slot in one ABI
 * @name:      value of the frontend's key "protocol"
 * @slot_size: bytes from one slot of the ring to the next
 * @rsp_size:  bytes of a response
 * @id:        offset of the 64-bit request id, in bytes
 * @sector:    offset of the 64-bit sector number, in bytes
 * @body:      offset of the segments, or of the length, in bytes
 * @indirect:  offset of the grant references of the indirect pages, in bytes
 *
 * Some offsets are the same in every layout. In a request, operation (u8),
 * number of segments (u8) and handle (u16) are at 0, 1 and 2. In a response,
 * id, operation and status are at 0, 8 and 10.
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

/* The layout of the kernel that this code is compiled for. */
#if defined(__aarch64__) || defined(__arm__)
#define XVBD_ABI_NATIVE XVBD_ABI_ARM
#elif defined(__i386__)
#define XVBD_ABI_NATIVE XVBD_ABI_X86_32
#else
#define XVBD_ABI_NATIVE XVBD_ABI_X86_64
#endif
#define xvbd_native (&xvbd_layouts[XVBD_ABI_NATIVE])

/**
 * xvbd_layout_find() - find the layout that a key "protocol" names
 * @name: the value of the key, or NULL if the frontend wrote none: then the
 *        layout is that of this kernel
 *
 * Context: Any context.
 *
 * Return: the layout, or NULL if no layout has this name.
 */
const struct xvbd_layout *xvbd_layout_find(const char *name);

/**
 * struct xvbd_segment - one part of a request's data, within one page
 * @gref:       the frontend's grant reference of the page
 * @first_sect: first 512-byte unit in the page
 * @last_sect:  last 512-byte unit in the page, inclusive
 */
struct xvbd_segment {
	u32 gref;
	u8 first_sect;
	u8 last_sect;
};

/**
 * struct xvbd_request - a request outside the ring, decoded or to be encoded
 * @operation:   enum xvbd_op, or any value that the other end wrote. In an
 *               indirect request: the operation that it carries. The response
 *               contains the same value
 * @indirect:    the segments are not in @seg, but in the pages of @page_gref
 * @flags:       bits XVBD_FLAG_*, of a request with a length; else 0
 * @nr_segments: number of segments
 * @handle:      the frontend's virtual device number; informative
 * @id:          opaque number, returned in the response
 * @sector:      first sector on the disk, in 512-byte units
 * @nr_sectors:  length of a request that has one, in 512-byte units; else 0
 * @seg:         the segments of a request that is not indirect
 * @page_gref:   grant references of the pages of segments;
 *               xvbd_indirect_pages() of them are valid
 */
struct xvbd_request {
	u8 operation;
	bool indirect;
	u8 flags;
	u16 nr_segments;
	u16 handle;
	u64 id;
	u64 sector;
	u64 nr_sectors;
	struct xvbd_segment seg[XVBD_MAX_SEGMENTS];
	u32 page_gref[XVBD_MAX_INDIRECT_PAGES];
};

/**
 * struct xvbd_head - a request outside the ring, to be encoded without its segments
 * @operation:   enum xvbd_op; in an indirect request: the operation that it carries
 * @indirect:    the segments are in pages of their own
 * @flags:       bits XVBD_FLAG_*, of a request with a length; else 0
 * @nr_segments: number of segments
 * @handle:      the frontend's virtual device number; informative
 * @id:          opaque number, returned in the response
 * @sector:      first sector on the disk, in 512-byte units
 * @nr_sectors:  length of a request that has one, in 512-byte units; else 0
 */
struct xvbd_head {
	u8 operation;
	bool indirect;
	u8 flags;
	u16 nr_segments, handle;
	u64 id, sector, nr_sectors;
};

/* Number of pages that the segments of an indirect request need. */
static inline unsigned int xvbd_indirect_pages(unsigned int nr_segments)
{
	return (nr_segments + XVBD_SEGMENTS_PER_PAGE - 1) / XVBD_SEGMENTS_PER_PAGE;
}

/**
 * struct xvbd_response - a response outside the ring, decoded or to be encoded
 * @id:        id of the request
 * @operation: operation of the request
 * @status:    enum xvbd_status, or any value that the other end wrote
 */
struct xvbd_response {
	u64 id;
	u8 operation;
	s16 status;
};

/**
 * struct xvbd_geometry - the properties of a disk that requests must fit
 * @sectors:      size of the disk, in 512-byte units
 * @align_mask:   logical block size in 512-byte units, minus one
 * @read_only:    operations that change the disk are refused
 * @ops:          bit mask (by enum xvbd_op) of the operations that the backend
 *                offered
 * @secure:       the backend offered secure discard
 * @max_segments: most segments of an indirect request
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
	XVBD_BAD_OPERATION, /* unknown, or not offered */
	XVBD_BAD_READ_ONLY, /* changes a read-only disk */
	XVBD_BAD_NR_SEGMENTS, /* none but data is needed, or above the limit */
	XVBD_BAD_SEGMENT, /* first above last, or last outside the page */
	XVBD_BAD_ALIGNMENT, /* not a multiple of the logical block size */
	XVBD_BAD_SECTOR, /* beyond the end of the disk */
	XVBD_BAD_LENGTH, /* longer than a request of this operation may be */
	XVBD_BAD_ID, /* response: no such request is in flight */
	XVBD_BAD_RSP_OPERATION, /* response: another operation than the request */
	XVBD_BAD_STATUS, /* response: the protocol has no such status */
	XVBD_VERDICTS,
};

/**
 * xvbd_request_decode() - decode a slot
 * @l:    layout of the ring
 * @slot: the slot, at any alignment. It may be in shared memory: the function reads each byte
 *        once, and only those that the request uses (XSA-155)
 * @req:  result, for any content of the slot; xvbd_request_check() validates it
 *
 * @req->nr_segments is the number in the slot, even if it is above the limit. Then no segment and
 * no page is read, and the entries of @req->seg or @req->page_gref are not set. A direct request
 * with an unknown operation has no segments and no length.
 *
 * Context: Any context.
 */
void xvbd_request_decode(const struct xvbd_layout *l, const void *slot,
			 struct xvbd_request *req);

/**
 * xvbd_request_encode() - write a request into a slot
 * @l:    layout of the ring
 * @req:  a request that xvbd_request_check() accepts
 * @slot: the slot, at any alignment. The function writes every byte that the
 *        request uses, and writes 0 to padding. Of an unknown operation it
 *        writes only the head
 *
 * Context: Any context.
 *
 * Return: number of bytes written.
 */
unsigned int xvbd_request_encode(const struct xvbd_layout *l,
				 const struct xvbd_request *req, void *slot);

/**
 * xvbd_head_encode() - write a request into a slot, except for its segments
 * @l:    layout of the ring
 * @head: all of the request but its segments
 * @slot: the slot, at any alignment; padding gets 0
 *
 * Context: Any context.
 *
 * Return: the offset of the segments, in bytes; in an indirect request, that of
 * the references of their pages, as u32.
 */
unsigned int xvbd_head_encode(const struct xvbd_layout *l, const struct xvbd_head *head,
			      void *slot);

/**
 * xvbd_segment_decode() - decode one segment
 * @from: XVBD_SEGMENT_SIZE bytes, at any alignment. They may be in shared memory: each byte is
 *        read once, at most
 * @seg:  result
 *
 * A segment has the same form in every layout.
 *
 * Context: Any context.
 */
void xvbd_segment_decode(const void *from, struct xvbd_segment *seg);

/**
 * xvbd_segment_encode() - write one segment
 * @seg: the segment
 * @to:  XVBD_SEGMENT_SIZE bytes, at any alignment; padding gets 0
 *
 * Context: Any context.
 */
static inline void xvbd_segment_encode(const struct xvbd_segment *seg, void *to)
{
	const u8 sects[] = { seg->first_sect, seg->last_sect, 0, 0 };

	memcpy(to, &seg->gref, sizeof(seg->gref));
	memcpy((u8 *)to + sizeof(seg->gref), sects, sizeof(sects));
}

/**
 * xvbd_response_decode() - decode a response
 * @l:    layout of the ring
 * @slot: the slot, at any alignment. It may be in shared memory: each byte is read once, at most
 * @rsp:  result; xvbd_response_check() validates it later
 *
 * Context: Any context.
 */
void xvbd_response_decode(const struct xvbd_layout *l, const void *slot,
			  struct xvbd_response *rsp);

/**
 * xvbd_response_encode() - write a response into a slot
 * @l:    layout of the ring
 * @rsp:  the response
 * @slot: the slot; @l->rsp_size bytes are written, padding gets 0
 *
 * No earlier content of the slot or of the stack reaches the other end
 * (XSA-216).
 *
 * Context: Any context.
 */
void xvbd_response_encode(const struct xvbd_layout *l,
			  const struct xvbd_response *rsp, void *slot);

/**
 * xvbd_request_check_head() - validate a request except for its segments
 * @req: a private copy
 * @geo: the current properties of the disk
 *
 * After XVBD_OK, @req->nr_segments is within the limit that the backend
 * offered: the caller may fetch the segments of an indirect request.
 *
 * Context: Any context.
 *
 * Return: XVBD_OK, or the verdict that names the first invalid field.
 */
enum xvbd_verdict xvbd_request_check_head(const struct xvbd_request *req,
					  const struct xvbd_geometry *geo);

/**
 * xvbd_request_check() - validate a decoded request against the disk
 * @req: a private copy
 * @seg: a private copy of its @req->nr_segments segments: @req->seg, or the
 *       content of the indirect pages. Not read if there are more segments than
 *       the backend offered
 * @geo: the current properties of the disk
 *
 * Every operation, also discard, is checked for its range and for a change of a
 * read-only disk (CVE-2013-2140). No sum can overflow. An empty flush has no
 * range: its sector has no meaning, and Linux frontends send 2^64-1.
 *
 * Context: Any context.
 *
 * Return: XVBD_OK, or the verdict that names the first invalid field.
 */
enum xvbd_verdict xvbd_request_check(const struct xvbd_request *req,
				     const struct xvbd_segment *seg,
				     const struct xvbd_geometry *geo);

/**
 * xvbd_request_sectors() - length of the data of a valid request
 * @req: the request
 * @seg: its segments, as in xvbd_request_check()
 *
 * Context: Any context.
 *
 * Return: the length, in 512-byte units.
 */
u64 xvbd_request_sectors(const struct xvbd_request *req, const struct xvbd_segment *seg);

/**
 * xvbd_verdict_status() - status of the response to a request with this verdict
 * @v: the verdict
 *
 * Context: Any context.
 *
 * Return: the status; XVBD_RSP_ERROR if @v is not a verdict.
 */
s16 xvbd_verdict_status(enum xvbd_verdict v);

/**
 * xvbd_verdict_text() - the invalid field and the reason, for a log line
 * @v: the verdict
 *
 * Context: Any context.
 *
 * Return: a constant string.
 */
const char *xvbd_verdict_text(enum xvbd_verdict v);

/**
 * xvbd_response_check() - validate a decoded response against its request
 * @rsp:      a private copy
 * @inflight: whether the other end has a request with this id
 * @op:       operation of that request; unused if not @inflight
 *
 * Context: Any context.
 *
 * Return: XVBD_OK, or the verdict that names the first invalid field.
 */
enum xvbd_verdict xvbd_response_check(const struct xvbd_response *rsp,
				      bool inflight, u8 op);

#endif /* XVBD_PROTOCOL_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the data of a ring's requests passes: what its worker uses, and nobody else.
 *
 * Worker context, where nothing else is said: may sleep.
 */
#ifndef XBBACK_DATA_H
#define XBBACK_DATA_H

#include "blkback.h"

/* How long to wait for what tells nobody: a page that is still held, memory that is short. */
#define XBBACK_LINGER (HZ / 100 + 1)

/* Grants that one hypercall copies, maps or unmaps. */
#define XBBACK_BATCH 128

/**
 * enum xbback_path - how a request's data passes
 *
 * In the order in which they begin: one that cannot may hand over to a later one.
 */
enum xbback_path {
	XBBACK_PATH_NONE, /* there is none */
	XBBACK_PATH_MAP,
	XBBACK_PATH_COPY,
	XBBACK_PATHS,
};

/**
 * struct xbback_path_ops - what a path does with a list of requests
 * @begin: give the requests their pages, with the data that the disk shall have;
 *         one that cannot be served gets an error status
 * @end:   their I/O has ended, or was never started: let the front have its data,
 *         take the pages back. Called again for a request that lingers
 *
 * In the list are requests of other paths, too: xbback_for_each_on().
 */
struct xbback_path_ops {
	void (*begin)(struct xbback_ring *ring, struct list_head *reqs);
	void (*end)(struct xbback_ring *ring, struct list_head *reqs);
};

/**
 * struct xbback_segment - the front's part of one page of data
 * @kept:   the mapping, if it outlives the request
 * @handle: of the mapping, or INVALID_GRANT_HANDLE
 * @gref:   what the front granted
 *
 * Our part of it is the bio vector of the same index.
 */
struct xbback_segment {
	struct xbback_grant *kept;
	grant_handle_t handle;
	grant_ref_t gref;
};

/**
 * struct xbback_request - one request between sweep and response
 * @ring:     its ring
 * @entry:    in one list of the ring at a time: free, batch or lingering
 * @done:     in the ring's list of finished I/O, filled from interrupts
 * @bio:      the I/O, or the part of a discard that is under way
 * @sector:   where @bio starts
 * @discard_left: sectors of a discard that are still to be submitted
 * @status:   of the response, enum xvbd_status
 * @nr_segs:  pages of data
 * @seg:      the front's part of each
 * @vecs:     our part of each; without a page until the path begins
 * @many:     memory of @seg and @vecs where there are more than in a slot
 * @few:      their memory where not
 */
struct xbback_request {
	struct xbback_ring *ring;
	struct list_head entry;
	struct llist_node done;
	struct bio bio;
	u64 id;
	u64 sector;
	u64 discard_left;
	enum xbback_path path;
	u8 op;
	bool secure;
	bool indirect;
	s16 status;
	u16 nr_segs;
	struct xbback_segment *seg;
	struct bio_vec *vecs;
	void *many;
	struct xbback_segment few[XVBD_MAX_SEGMENTS];
	struct bio_vec few_vecs[XVBD_MAX_SEGMENTS];
};

/* Those of a list whose data passes this way. */
#define xbback_for_each_on(req, reqs, which)                            \
	list_for_each_entry(req, reqs, entry)                           \
		if ((req)->path != (which))                             \
			continue;                                       \
		else

/**
 * struct xbback_batch - operations of one hypercall
 * @nr:    how many
 * @page:  the pages, as gnttab_map_refs() wants them
 * @req:   whose operation each is
 * @seg:   and of which of its segments
 */
struct xbback_batch {
	unsigned int nr;
	struct page *page[XBBACK_BATCH];
	struct xbback_request *req[XBBACK_BATCH];
	u16 seg[XBBACK_BATCH];
	union {
		struct gnttab_copy copy[XBBACK_BATCH];
		struct gnttab_map_grant_ref map[XBBACK_BATCH];
		struct gnttab_unmap_grant_ref unmap[XBBACK_BATCH];
	};
};

/* worker.c */
/* Say which request is not carried out, and why. */
void xbback_request_refused(struct xbback_ring *ring, const struct xvbd_request *wire,
			    enum xvbd_verdict verdict);

/* request.c */
int xbback_requests_alloc(struct xbback_ring *ring);
void xbback_requests_free(struct xbback_ring *ring);
/**
 * xbback_request_take() - begin a request
 * @wire: checked, as far as the slot says what it is
 *
 * Return: the request; or NULL as long as the ring has as much in flight as it
 * may, or memory is short.
 */
struct xbback_request *xbback_request_take(struct xbback_ring *ring,
					   const struct xvbd_request *wire);
/* Its segments are known, and all of it is checked. */
void xbback_request_fill(struct xbback_request *req, const struct xvbd_request *wire,
			 const struct xvbd_segment *seg);
/* Start the I/O; it ends in @ring->done. */
void xbback_request_submit(struct xbback_request *req);
/* Part of the I/O has ended. Return: whether another has been started. */
bool xbback_request_continue(struct xbback_request *req);
/* It has ended: whether a page of the front's is still mapped, since somebody holds it. */
bool xbback_request_lingers(const struct xbback_request *req);
/* It has been answered. */
void xbback_request_put(struct xbback_request *req);

/* indirect.c: fetch and judge the segments of those requests whose are elsewhere */
void xbback_fetch_segments(struct xbback_ring *ring, struct list_head *batch);

/* path.c */
enum xbback_path xbback_path_choose(const struct xbback_request *req);
/* Each path's part of a list, as of struct xbback_path_ops. */
void xbback_begin(struct xbback_ring *ring, struct list_head *reqs);
void xbback_end(struct xbback_ring *ring, struct list_head *reqs);

/* copy.c */
extern const struct xbback_path_ops xbback_copy_path;
/* Copy the segment list of each request, at seg[0].gref, to the page of vecs[0]. */
void xbback_copy_lists(struct xbback_ring *ring, struct list_head *reqs);

/* map.c */
extern const struct xbback_path_ops xbback_map_path;
/**
 * xbback_unmap_add() - unmap with the next flush
 * @page: where it is mapped; goes back to the ring's stock then
 * @handle: of the mapping
 *
 * Return: false if somebody else holds the page, as a network stack does that may have to
 * send it again: it stays mapped, and the caller tries again XBBACK_LINGER later.
 */
bool xbback_unmap_add(struct xbback_ring *ring, struct page *page, grant_handle_t handle);
void xbback_unmap_flush(struct xbback_ring *ring);

/* persistent.c */
/* Whether the grants of a request with @nr_segs segments stay mapped. */
static inline bool xbback_keeps(const struct xbback_vbd *vbd, unsigned int nr_segs)
{
	return nr_segs <= vbd->kept_segments;
}
void xbback_kept_init(struct xbback_ring *ring);
/* With no request in flight. Sleeps as long as somebody else holds a page. */
void xbback_kept_free(struct xbback_ring *ring);
/* A mapping of @gref that nobody uses, and its page; or NULL. */
struct xbback_grant *xbback_kept_get(struct xbback_ring *ring, grant_ref_t gref,
				     struct page **page);
void xbback_kept_put(struct xbback_ring *ring, struct xbback_grant *g);
/* Keep what has been mapped for a request, which uses it; or NULL: it will not be kept. */
struct xbback_grant *xbback_keep(struct xbback_ring *ring, grant_ref_t gref, struct page *page,
				 grant_handle_t handle);
/* Unmap those that are too many or too old, and that nobody else holds. */
void xbback_kept_trim(struct xbback_ring *ring);
/* How long until one is too old, jiffies. */
long xbback_kept_patience(struct xbback_ring *ring);

/* pages.c: pages are NULL where there is no memory */
void xbback_pages_init(struct xbback_ring *ring);
void xbback_pages_free(struct xbback_ring *ring);
struct page *xbback_own_page_get(struct xbback_ring *ring);
void xbback_own_page_put(struct xbback_ring *ring, struct page *page);
struct page *xbback_map_page_get(struct xbback_ring *ring);
void xbback_map_page_put(struct xbback_ring *ring, struct page *page);
/* Free what is above the limit. */
void xbback_pages_trim(struct xbback_ring *ring);
bool xbback_pages_spare(const struct xbback_ring *ring);

/* poll.c */
/* Look for work for a while, if that may pay. Return: whether there is any. */
bool xbback_poll(struct xbback_ring *ring);
/* The worker has slept. */
void xbback_poll_slept(struct xbback_ring *ring);
/* The worker is about to begin @nr requests. */
void xbback_poll_took(struct xbback_ring *ring, unsigned int nr);

/* stats.c */
/* A request has been taken; @seg as of xvbd_request_check(). */
void xbback_stats_count(struct xbback_stats *s, const struct xvbd_request *wire,
			const struct xvbd_segment *seg);
/* Log them, if that is wanted and due. */
void xbback_stats_log(struct xbback_ring *ring);

#endif /* XBBACK_DATA_H */

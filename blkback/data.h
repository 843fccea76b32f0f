/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The data path of a ring: requests, pages, grants. Only the ring's worker uses it, the end of an
 * I/O, and the code that opens and closes the ring while no worker runs.
 *
 * Unless stated otherwise, a function is called by the worker, or while none runs, and may sleep.
 */
#ifndef XBBACK_DATA_H
#define XBBACK_DATA_H

#include <linux/preempt.h>
#include <linux/sched.h>

#include "blkback.h"

/*
 * Retry interval for conditions without a wakeup, in jiffies: a mapped page still has another
 * user, or an allocation failed.
 */
#define XBBACK_RETRY_DELAY (HZ / 100 + 1)

/* Grants that one hypercall copies, maps or unmaps, at most. */
#define XBBACK_BATCH 128

/**
 * enum xbback_path - how the data of a request is transferred
 * @XBBACK_PATH_NONE: the request has no data
 * @XBBACK_PATH_MAP:  the frontend's pages are mapped (map.c)
 * @XBBACK_PATH_COPY: Xen copies between the frontend's pages and the backend's (copy.c)
 * @XBBACK_PATHS:     number of values
 *
 * The paths begin in this order: a path that cannot serve a request may pass it to a later
 * path.
 */
enum xbback_path {
	XBBACK_PATH_NONE,
	XBBACK_PATH_MAP,
	XBBACK_PATH_COPY,
	XBBACK_PATHS,
};

/**
 * struct xbback_path_ops - operations of a path
 * @begin: get pages for the requests, and for a write the data. A request that cannot be
 *         served gets an error status
 * @end:   the I/O of the requests has ended, or was never started: pass the data of a read to
 *         the frontend, and release the pages. Called again for a request whose pages still
 *         have another user (xbback_request_pages_busy())
 *
 * The list @reqs may contain requests of other paths: use xbback_for_each_on().
 *
 * Context: The ring's worker. Both may sleep.
 */
struct xbback_path_ops {
	void (*begin)(struct xbback_ring *ring, struct list_head *reqs);
	void (*end)(struct xbback_ring *ring, struct list_head *reqs);
};

/**
 * struct xbback_segment - the frontend's side of one segment
 * @pgrant: the persistent grant that the segment uses; NULL: none
 * @handle: handle of the mapping; INVALID_GRANT_HANDLE: the grant is not mapped
 * @gref:   the frontend's grant reference
 *
 * The backend's side of the segment is the bio_vec with the same index.
 */
struct xbback_segment {
	struct xbback_pgrant *pgrant;
	grant_handle_t handle;
	grant_ref_t gref;
};

/**
 * struct xbback_request - one request, from the sweep to the response
 * @ring:         the ring
 * @entry:        in one list at a time: @ring->free, the batch of a sweep, the ended requests
 *                of a sweep, or @ring->pages_busy
 * @done:         in @ring->done when the I/O has ended; added from any context
 * @bio:          the I/O, or the part of it that is in flight, if the request has a length
 * @id:           id of the request, for the response
 * @sector:       first sector of the request, 512-byte units; if it has a length, the first
 *                sector that was not submitted yet
 * @left:         length that was not submitted yet, 512-byte sectors
 * @path:         how the data is transferred
 * @op:           operation, enum xvbd_op
 * @flags:        bits XVBD_FLAG_*
 * @flush_last:   flush the device's cache after the last part
 * @indirect:     the segments are in a granted page
 * @data_stays:   the response needs no copy and no unmap before it: the data was written from a
 *                copy, or all grants are persistent
 * @status:       status of the response, enum xvbd_status
 * @nr_segs:      number of segments
 * @load:         its share of the ring's segments in flight
 * @seg:          the frontend's side of each segment
 * @vecs:         the backend's side of each segment; without a page until the path begins
 * @large_mem:    memory of @seg and @vecs if there are more segments than a slot holds
 * @inline_seg:   memory of @seg otherwise
 * @inline_vecs:  memory of @vecs otherwise
 */
struct xbback_request {
	struct xbback_ring *ring;
	struct list_head entry;
	struct llist_node done;
	struct bio bio;
	u64 id;
	u64 sector;
	u64 left;
	enum xbback_path path;
	u8 op;
	u8 flags;
	bool flush_last;
	bool indirect;
	bool data_stays;
	s16 status;
	u16 nr_segs;
	u16 load;
	struct xbback_segment *seg;
	struct bio_vec *vecs;
	void *large_mem;
	struct xbback_segment inline_seg[XVBD_MAX_SEGMENTS];
	struct bio_vec inline_vecs[XVBD_MAX_SEGMENTS];
};

/* Iterate over the requests of a list that use this path. */
#define xbback_for_each_on(req, reqs, which)                            \
	list_for_each_entry(req, reqs, entry)                           \
		if ((req)->path != (which))                             \
			continue;                                       \
		else

/**
 * struct xbback_batch - grant operations of one hypercall
 * @nr:    number of operations
 * @page:  the page of each operation, as gnttab_map_refs() needs them
 * @req:   the request of each operation
 * @seg:   the segment of that request
 * @copy:  the operations, if they copy
 * @map:   the operations, if they map
 * @unmap: the operations, if they unmap
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

/* request.c */
/* Log which request is refused, and why. Rate-limited. */
void xbback_request_log_refused(struct xbback_ring *ring, const struct xvbd_request *wire,
				enum xvbd_verdict verdict);
/* Return: the operations that a device has, as a bit mask by enum xvbd_op. Any context. */
u32 xbback_ops_of(struct block_device *bdev);
int xbback_requests_alloc(struct xbback_ring *ring);
void xbback_requests_free(struct xbback_ring *ring);
/**
 * xbback_request_take() - start a request
 * @ring: the ring; @ring->free is not empty
 * @wire: the decoded request. It has been validated, except the segments of an indirect
 *        request, which are not known yet
 *
 * Context: The ring's worker. May sleep.
 * Return: the request. NULL if max_ring_segments are in flight, or memory is short: the caller
 * has to try again later.
 */
struct xbback_request *xbback_request_take(struct xbback_ring *ring,
					   const struct xvbd_request *wire);
/* Set the segments of a request, which has been validated completely. */
void xbback_request_fill(struct xbback_request *req, const struct xvbd_request *wire,
			 const struct xvbd_segment *seg);
/* Start the I/O. When it has ended, the request is in @ring->done. */
void xbback_request_submit(struct xbback_request *req);
/* A part of the I/O has ended. Return: true if another part was started. */
bool xbback_request_continue(struct xbback_request *req);
/* The I/O has ended. Return: true if a page is still mapped, because it has another user. */
bool xbback_request_pages_busy(const struct xbback_request *req);
/* The response is in the ring: free the request. */
void xbback_request_put(struct xbback_request *req);

/*
 * indirect.c: copy and validate the segments of the indirect requests in @batch. If that fails,
 * the request gets an error status.
 */
void xbback_fetch_segments(struct xbback_ring *ring, struct list_head *batch);

/* Whether the caller is the ring's worker, and not an interrupt on top of it. Any context. */
static inline bool xbback_is_worker(const struct xbback_ring *ring)
{
	return in_task() && current == ring->worker;
}

/* response.c: the functions without another context are the worker's */
/* Put one response into the ring. The frontend sees it after xbback_push(). */
void xbback_respond(struct xbback_ring *ring, u64 id, u8 op, s16 status);
/* The same for all requests of a list. */
void xbback_respond_all(struct xbback_ring *ring, const struct list_head *reqs);
/* Push the responses, and notify the frontend if it has asked for it. */
void xbback_push(struct xbback_ring *ring);
/**
 * xbback_respond_early() - send the response where the I/O has ended, without the worker
 * @req: the request
 *
 * Context: Any context, within an RCU read-side critical section.
 * Return: true if the response was sent: @req must not be used any more. False if the worker
 * has to do it.
 */
bool xbback_respond_early(struct xbback_request *req);
/* After all requests have been answered: wait until the last one who did it has left the ring. */
void xbback_wait_for_responders(struct xbback_ring *ring);

/* path.c */
enum xbback_path xbback_path_choose(const struct xbback_request *req);
/* Call @begin or @end of struct xbback_path_ops for each path that the list uses. */
void xbback_begin(struct xbback_ring *ring, struct list_head *reqs);
void xbback_end(struct xbback_ring *ring, struct list_head *reqs);

/* copy.c */
extern const struct xbback_path_ops xbback_copy_path;
/* Copy the segment list of each request from the grant seg[0].gref to the page of vecs[0]. */
void xbback_copy_lists(struct xbback_ring *ring, struct list_head *reqs);

/* map.c */
extern const struct xbback_path_ops xbback_map_path;

/* unmap.c */
/* The address of a page that grants are mapped to, for grant operations. */
static inline phys_addr_t xbback_map_address(struct page *page)
{
	return (phys_addr_t)(unsigned long)pfn_to_kaddr(page_to_pfn(page));
}
/**
 * xbback_unmap_add() - unmap a grant with the next flush
 * @ring:   the ring
 * @page:   the page to which the grant is mapped; after the flush it is a spare page again
 * @handle: handle of the mapping
 *
 * Context: The ring's worker, or no worker runs. Sleeps.
 * Return: true; or false if the page has another user, for example a network stack that may
 * have to send it again. The grant stays mapped, and the caller must try again after
 * XBBACK_RETRY_DELAY.
 */
bool xbback_unmap_add(struct xbback_ring *ring, struct page *page, grant_handle_t handle);
void xbback_unmap_flush(struct xbback_ring *ring);

/* persistent.c */
/* Whether the grants of a request with @nr_segs segments are persistent. */
static inline bool xbback_pgrant_wanted(const struct xbback_vbd *vbd, unsigned int nr_segs)
{
	return nr_segs <= vbd->persistent_segments;
}
void xbback_pgrants_init(struct xbback_ring *ring);
/* Unmap all, with no request in flight. Sleeps until no page has another user. */
void xbback_pgrants_free(struct xbback_ring *ring);
/* Get the persistent grant @gref and its page. NULL: there is none, or it is in use. */
struct xbback_pgrant *xbback_pgrant_get(struct xbback_ring *ring, grant_ref_t gref,
					struct page **page);
void xbback_pgrant_put(struct xbback_ring *ring, struct xbback_pgrant *g);
/*
 * Make a grant that was mapped for a request persistent. The request uses it until
 * xbback_pgrant_put(). NULL: it is not persistent, and the request has to unmap it.
 */
struct xbback_pgrant *xbback_pgrant_add(struct xbback_ring *ring, grant_ref_t gref,
					struct page *page, grant_handle_t handle);
/* Unmap the idle grants that are too many or too old, if their page has no other user. */
void xbback_pgrants_trim(struct xbback_ring *ring);
/* Time until an idle grant is too old, in jiffies; MAX_SCHEDULE_TIMEOUT: never. */
long xbback_pgrants_timeout(struct xbback_ring *ring);

/* pages.c: the functions that get a page return NULL if there is no memory */
void xbback_pages_init(struct xbback_ring *ring);
void xbback_pages_free(struct xbback_ring *ring);
struct page *xbback_own_page_get(struct xbback_ring *ring);
void xbback_own_page_put(struct xbback_ring *ring, struct page *page);
struct page *xbback_map_page_get(struct xbback_ring *ring);
void xbback_map_page_put(struct xbback_ring *ring, struct page *page);
/* Free the spare pages above the limit. */
void xbback_pages_trim(struct xbback_ring *ring);
/* Whether there are spare pages. */
bool xbback_pages_spare(const struct xbback_ring *ring);

/* poll.c */
/* Poll for work for a while, if that is worth it. Return: true if there is work. */
bool xbback_poll(struct xbback_ring *ring);
/* The worker has slept. */
void xbback_poll_slept(struct xbback_ring *ring);
/* The worker is about to start @nr requests. */
void xbback_poll_took(struct xbback_ring *ring, unsigned int nr);

/* stats.c */
/* Count a request that was validated; @seg: its segments, as for xvbd_request_check(). */
void xbback_stats_count(struct xbback_stats *s, const struct xvbd_request *wire,
			const struct xvbd_segment *seg);
/* Log the statistics if log_stats is set, at most every 10 seconds. */
void xbback_stats_log(struct xbback_ring *ring);

#endif /* XBBACK_DATA_H */

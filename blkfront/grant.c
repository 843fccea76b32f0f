// SPDX-License-Identifier: GPL-2.0
/*
 * Grants of a ring, in pools that grow with the number of requests in flight. A
 * request takes all grants that it needs before it uses any of them, so that
 * granting its pages cannot fail.
 *
 * The number of grant references of a guest is limited, for all its devices.
 * Each ring reserves enough for small requests. It grows only while references
 * are left for devices that come later. If a ring has too few for a request,
 * the request takes the grants that there are, and the rest of it is requeued
 * when this part is done.
 *
 * The pages of a paged pool stay granted as long as the pool has them. They are
 * used for a backend with persistent grants, for a backend that is not trusted,
 * for data in pages of another domain, which this guest cannot grant, and for
 * indirect segments. The pages are zeroed when they are allocated and never
 * hold anything but data of this disk (XSA-403).
 */
#include <linux/atomic.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "blkfront.h"

/* Grants per chunk: a chunk fits into 1 KiB. */
#define GRANTS_PER_CHUNK 42

/* For allocations while requests are in flight: do not use reserves and do not warn. */
#define GFP_IN_FLIGHT (GFP_NOWAIT | __GFP_NOWARN)

#define MAX_BACKOFF_SHIFT 6 /* exponent: wait at most 2^6 s before looking for references again */

/* The pages of all disks, beyond those that each ring keeps, are 1/PAGES_SHARE of the memory. */
#define PAGES_SHARE 16

static atomic_long_t nr_pages = ATOMIC_LONG_INIT(0);

static unsigned int unused_grant_seconds = 60;
module_param(unused_grant_seconds, uint, 0644);
MODULE_PARM_DESC(unused_grant_seconds,
		 "seconds until grants and pages that a burst of requests has left over are given up (default 60)");

struct xbfront_chunk {
	struct xbfront_chunk *next;
	struct xbfront_grant grants[GRANTS_PER_CHUNK];
};

static bool add_chunk(struct xbfront_pool *pool, gfp_t gfp)
{
	struct xbfront_chunk *chunk = kzalloc(sizeof(*chunk), gfp);
	unsigned int i;

	if (!chunk)
		return false;
	for (i = 0; i < GRANTS_PER_CHUNK; i++) {
		chunk->grants[i].ref = INVALID_GRANT_REF;
		chunk->grants[i].next = pool->uninit;
		pool->uninit = &chunk->grants[i];
	}
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	return true;
}

/* Give an uninitialized grant a reference and, in a paged pool, a page. */
static bool init_grant(struct xbfront_ring *ring, struct xbfront_pool *pool, grant_ref_t *refs,
		       gfp_t gfp)
{
	struct xbfront_grant *grant = pool->uninit;

	if (pool->paged) {
		grant->page = alloc_page(gfp | __GFP_ZERO);
		if (!grant->page)
			return false;
		atomic_long_inc(&nr_pages);
	}
	grant->ref = gnttab_claim_grant_reference(refs);
	if (pool->paged)
		gnttab_grant_foreign_access_ref(grant->ref, ring->core.front->dev->otherend_id,
						xen_page_to_gfn(grant->page), pool->readonly);
	pool->uninit = grant->next;
	grant->next = pool->free;
	pool->free = grant;
	pool->nr_free++;
	pool->nr++;
	return true;
}

/*
 * When an allocation of references last failed, in jiffies, and how often in a row. Xen logs each
 * failed attempt. Therefore the next attempt is made 1 s later, then 2 s, and so on up to 64 s;
 * or at once when this driver has released references. Concurrent failures of several rings may
 * count as one.
 */
static unsigned long alloc_failed_at;
static unsigned int alloc_failures;

static bool is_backing_off(void)
{
	unsigned int failures = READ_ONCE(alloc_failures);
	unsigned long then = READ_ONCE(alloc_failed_at);

	return failures &&
	       time_in_range(jiffies, then, then + (HZ << min(failures - 1, MAX_BACKOFF_SHIFT)));
}

static bool get_references(unsigned int nr, bool leave_free, grant_ref_t *refs)
{
	if (!leave_free)
		return !gnttab_alloc_grant_references(nr, refs);
	if (is_backing_off())
		return false;
	if (!gnttab_alloc_grant_references(nr + XSPLIT_GRANTS_LEFT_FREE, refs)) {
		WRITE_ONCE(alloc_failures, 0);
		return true;
	}
	WRITE_ONCE(alloc_failed_at, jiffies);
	WRITE_ONCE(alloc_failures, READ_ONCE(alloc_failures) + 1);
	return false;
}

/* References have been released: allow the next attempt at once. */
static void reset_backoff(void)
{
	if (READ_ONCE(alloc_failures))
		WRITE_ONCE(alloc_failures, 0);
}

static bool has_too_many_pages(void)
{
	return atomic_long_read(&nr_pages) > totalram_pages() / PAGES_SHARE;
}

/* Add up to @nr grants, at most one chunk. Return: false if none could be added. */
static bool grow_pool(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr,
		      gfp_t gfp, bool leave_free)
{
	unsigned int before = pool->nr;
	grant_ref_t refs;

	if (pool->paged && leave_free && has_too_many_pages())
		return false;
	nr = min3(nr, (unsigned int)GRANTS_PER_CHUNK, pool->max - pool->nr);
	if (!nr || (!pool->uninit && !add_chunk(pool, gfp)))
		return false;
	if (!get_references(nr, leave_free, &refs))
		return false;
	while (nr-- && pool->uninit)
		if (!init_grant(ring, pool, &refs, gfp))
			break;
	gnttab_free_grant_references(refs);
	return pool->nr > before;
}

bool xbfront_pool_reserve(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr)
{
	pool->reserve = nr;
	while (pool->nr < nr)
		if (!grow_pool(ring, pool, nr - pool->nr, GFP_NOIO, false))
			break;
	pool->min_free = pool->nr_free;
	return pool->nr >= nr;
}

int xbfront_pool_ready(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr)
{
	while (pool->nr_free < nr && grow_pool(ring, pool, GRANTS_PER_CHUNK, GFP_IN_FLIGHT, true))
		;
	if (likely(pool->nr_free >= nr))
		return nr;
	/*
	 * The pool cannot grow to @nr: take those that are free. Do not wait for all of them, as
	 * smaller requests would always take some first.
	 */
	if (pool->nr < nr && pool->nr_free >= min(pool->nr, XVBD_MAX_SEGMENTS))
		return pool->nr_free;
	/* Requests in flight will return grants. */
	return pool->nr_free < pool->nr ? -EAGAIN : pool->nr;
}

struct xbfront_grant *xbfront_pool_take(struct xbfront_pool *pool, unsigned int nr)
{
	struct xbfront_grant *first, *last;
	unsigned int i;

	first = last = pool->free;
	for (i = 1; i < nr; i++)
		last = last->next;
	pool->free = last->next;
	pool->nr_free -= nr;
	if (pool->nr_free < pool->min_free)
		pool->min_free = pool->nr_free;
	last->next = NULL;
	return first;
}

static void queue_trim(struct xbfront_ring *ring, const struct xbfront_pool *pool)
{
	if (unlikely(pool->nr > pool->reserve))
		queue_delayed_work(xsplit_front_users_wq, &xbfront_vbd_of(ring)->trim_work,
				   xsplit_front_delay(unused_grant_seconds));
}

void xbfront_pool_put(struct xbfront_ring *ring, struct xbfront_pool *pool,
		      struct xbfront_grant *chain)
{
	struct xbfront_grant *last = chain;

	if (!chain)
		return;
	for (pool->nr_free++; last->next; last = last->next)
		pool->nr_free++;
	last->next = pool->free;
	pool->free = chain;
	if (pool->nr_free == pool->nr)
		queue_trim(ring, pool);
}

/* Take grants beyond the reserve that were free since the last call: the end of the chain. */
static struct xbfront_grant *take_unused(struct xbfront_pool *pool)
{
	unsigned int nr = min(pool->min_free, pool->nr - min(pool->nr, pool->reserve));
	struct xbfront_grant **link = &pool->free;
	struct xbfront_grant *unused;
	unsigned int i;

	for (i = pool->nr_free - nr; i; i--)
		link = &(*link)->next;
	unused = *link;
	*link = NULL;
	pool->nr_free -= nr;
	pool->min_free = pool->nr_free;
	return unused;
}

/* Return: false if the backend still maps the page. */
static bool fini_grant(struct xbfront_grant *grant)
{
	if (!grant->page) {
		gnttab_free_grant_reference(grant->ref);
	} else {
		if (!gnttab_try_end_foreign_access(grant->ref))
			return false;
		__free_page(grant->page);
		grant->page = NULL;
		atomic_long_dec(&nr_pages);
	}
	grant->ref = INVALID_GRANT_REF;
	reset_backoff();
	return true;
}

static void trim_pool(struct xbfront_ring *ring, struct xbfront_pool *pool)
{
	struct xbfront_grant *unused, *next;

	spin_lock_bh(&ring->lock);
	unused = ring->dead ? NULL : take_unused(pool);
	spin_unlock_bh(&ring->lock);
	for (; unused; unused = next) {
		bool done = fini_grant(unused);

		next = unused->next;
		unused->next = NULL;
		spin_lock_bh(&ring->lock);
		if (done) {
			unused->next = pool->uninit;
			pool->uninit = unused;
			pool->nr--;
		} else {
			xbfront_pool_put(ring, pool, unused);
		}
		spin_unlock_bh(&ring->lock);
	}
	/* There are grants that were in use lately, or that the backend still maps. */
	if (!READ_ONCE(ring->dead))
		queue_trim(ring, pool);
}

void xbfront_trim_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd =
		container_of(to_delayed_work(work), struct xbfront_vbd, trim_work);
	unsigned int i;

	for (i = 0; i < vbd->core.nr_rings; i++) {
		struct xbfront_ring *ring = xbfront_ring_at(vbd, i);

		trim_pool(ring, &ring->data);
		trim_pool(ring, &ring->pages);
		trim_pool(ring, &ring->tables);
	}
}

/* If the backend still maps a page, the kernel frees it later. */
static void destroy_grant(struct xbfront_grant *grant)
{
	if (grant->ref == INVALID_GRANT_REF)
		return;
	if (grant->page) {
		gnttab_end_foreign_access(grant->ref, grant->page);
		atomic_long_dec(&nr_pages);
	} else {
		gnttab_free_grant_reference(grant->ref);
	}
	reset_backoff();
}

void xbfront_pool_destroy(struct xbfront_pool *pool)
{
	struct xbfront_chunk *chunk;
	unsigned int i;

	while ((chunk = pool->chunks)) {
		pool->chunks = chunk->next;
		for (i = 0; i < GRANTS_PER_CHUNK; i++)
			destroy_grant(&chunk->grants[i]);
		kfree(chunk);
	}
	pool->free = pool->uninit = NULL;
	pool->nr = pool->nr_free = pool->min_free = pool->reserve = 0;
}

/* Pages of users may be in high memory; pages of a pool have a kernel address. */
static void copy_piece(const struct bio_vec *bv, unsigned int offset, void *ours,
		       unsigned int len, bool in)
{
	void *theirs = kmap_local_page(bv->bv_page);

	if (in)
		memcpy(ours, theirs + bv->bv_offset + offset, len);
	else
		memcpy(theirs + bv->bv_offset + offset, ours, len);
	kunmap_local(theirs);
}

/* The data in our pages has no gaps. The pages may hold only the first part of it. */
static void bounce_data(struct request *rq, bool in)
{
	struct xbfront_cmd *cmd = xbfront_cmd_of(rq);
	struct xbfront_grant *grant = cmd->grants;
	struct req_iterator iter;
	unsigned int at = 0;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		unsigned int done = 0;

		while (grant && done < bv.bv_len) {
			unsigned int len = min_t(unsigned int, bv.bv_len - done,
						 XEN_PAGE_SIZE - at);

			copy_piece(&bv, done, page_address(grant->page) + at, len, in);
			done += len;
			at += len;
			if (at == XEN_PAGE_SIZE) {
				grant = grant->next;
				at = 0;
			}
		}
	}
}

void xbfront_bounce_in(struct request *rq)
{
	bounce_data(rq, true);
}

void xbfront_bounce_out(struct request *rq)
{
	bounce_data(rq, false);
}

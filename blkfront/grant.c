// SPDX-License-Identifier: GPL-2.0
/*
 * Grants of a ring, in pools that grow with what is in flight. A request takes
 * what it needs before any of it is used, so that granting its pages cannot fail.
 *
 * A guest has so many grant references, for all its devices. A ring keeps enough for
 * small requests, and grows only while some are left for devices that come later. A
 * request for which there are not enough takes those that its ring has; what is left of
 * it comes again when that part is done.
 *
 * A pool of pages has them granted for as long as it exists: for a back that
 * keeps its mappings (persistent grants), for one that is not trusted, for data in
 * pages of another domain, which cannot be granted, and for the pages that hold
 * indirect segments. The pages are zeroed when they are made
 * and hold nothing but this disk's data ever after (XSA-403).
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "blkfront.h"

/* Grants are made in lots that fill a kilobyte. */
#define LOT 42

/* From a time when requests are in flight: others may need the memory more. */
#define IN_FLIGHT (GFP_NOWAIT | __GFP_NOWARN)

/* References that are left to those who cannot do without: disks and others that come. */
#define SPARED 256

#define MOST_DOUBLINGS 6 /* of a second, until references are looked for again */

static unsigned int unused_grant_seconds = 60;
module_param(unused_grant_seconds, uint, 0644);
MODULE_PARM_DESC(unused_grant_seconds,
		 "seconds until grants and pages that a burst of requests has left over are given up (default 60)");

struct xbfront_chunk {
	struct xbfront_chunk *next;
	struct xbfront_grant grants[LOT];
};

static bool add_chunk(struct xbfront_pool *pool, gfp_t gfp)
{
	struct xbfront_chunk *chunk = kzalloc(sizeof(*chunk), gfp);
	unsigned int i;

	if (!chunk)
		return false;
	for (i = 0; i < LOT; i++) {
		chunk->grants[i].ref = INVALID_GRANT_REF;
		chunk->grants[i].next = pool->spare;
		pool->spare = &chunk->grants[i];
	}
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	return true;
}

/* Give a spare grant the reference and, where the pool has pages, a page. */
static bool equip(struct xbfront_ring *ring, struct xbfront_pool *pool, grant_ref_t *refs,
		  gfp_t gfp)
{
	struct xbfront_grant *grant = pool->spare;

	if (pool->paged) {
		grant->page = alloc_page(gfp | __GFP_ZERO);
		if (!grant->page)
			return false;
	}
	grant->ref = gnttab_claim_grant_reference(refs);
	if (pool->paged)
		gnttab_grant_foreign_access_ref(grant->ref, ring->vbd->dev->otherend_id,
						xen_page_to_gfn(grant->page), pool->readonly);
	pool->spare = grant->next;
	grant->next = pool->free;
	pool->free = grant;
	pool->nr_free++;
	pool->nr++;
	return true;
}

/*
 * When there were too few, and how often in a row. Each attempt that fails is in Xen's part of
 * the log. So the next one is made a second later, then two, and so on up to 64; or when this
 * driver has given some up. Rings that fail at the same time may count as one.
 */
static unsigned long short_at;
static unsigned int times_short;

static bool is_too_early(void)
{
	unsigned int times = READ_ONCE(times_short);
	unsigned long then = READ_ONCE(short_at);

	return times && time_in_range(jiffies, then, then + (HZ << min(times - 1, MOST_DOUBLINGS)));
}

static bool get_references(unsigned int nr, bool spare, grant_ref_t *refs)
{
	if (!spare)
		return !gnttab_alloc_grant_references(nr, refs);
	if (is_too_early())
		return false;
	if (!gnttab_alloc_grant_references(nr + SPARED, refs)) {
		WRITE_ONCE(times_short, 0);
		return true;
	}
	WRITE_ONCE(short_at, jiffies);
	WRITE_ONCE(times_short, READ_ONCE(times_short) + 1);
	return false;
}

/* Some references have been given up: look for more at once. */
static void look_again(void)
{
	if (READ_ONCE(times_short))
		WRITE_ONCE(times_short, 0);
}

bool xbfront_grants_left(unsigned int nr, bool spare)
{
	grant_ref_t refs;

	if (gnttab_alloc_grant_references(nr + (spare ? SPARED : 0), &refs))
		return false;
	gnttab_free_grant_references(refs);
	return true;
}

/* Add up to @nr, one lot at most. False: there is none more. */
static bool grow(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr, gfp_t gfp,
		 bool spare)
{
	unsigned int before = pool->nr;
	grant_ref_t refs;

	nr = min3(nr, (unsigned int)LOT, pool->max - pool->nr);
	if (!nr || (!pool->spare && !add_chunk(pool, gfp)))
		return false;
	if (!get_references(nr, spare, &refs))
		return false;
	while (nr-- && pool->spare)
		if (!equip(ring, pool, &refs, gfp))
			break;
	gnttab_free_grant_references(refs);
	return pool->nr > before;
}

bool xbfront_pool_reserve(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr)
{
	pool->reserve = nr;
	while (pool->nr < nr)
		if (!grow(ring, pool, nr - pool->nr, GFP_NOIO, false))
			break;
	pool->least = pool->nr_free;
	return pool->nr >= nr;
}

int xbfront_pool_ready(struct xbfront_ring *ring, struct xbfront_pool *pool, unsigned int nr)
{
	while (pool->nr_free < nr && grow(ring, pool, LOT, IN_FLIGHT, true))
		;
	if (likely(pool->nr_free >= nr))
		return nr;
	/* There will not be as many. Smaller requests would pass one that waits for all of them. */
	if (pool->nr < nr && pool->nr_free >= min(pool->nr, XVBD_MAX_SEGMENTS))
		return pool->nr_free;
	/* What is in flight will be given back. */
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
	if (pool->nr_free < pool->least)
		pool->least = pool->nr_free;
	last->next = NULL;
	return first;
}

static void trim_later(struct xbfront_ring *ring, const struct xbfront_pool *pool)
{
	if (unlikely(pool->nr > pool->reserve))
		queue_delayed_work(xbfront_disk_wq, &ring->vbd->trim_work,
				   xbfront_delay(unused_grant_seconds));
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
		trim_later(ring, pool);
}

/* The free grants that were not needed since the last time: the last of the chain. */
static struct xbfront_grant *take_unused(struct xbfront_pool *pool)
{
	unsigned int nr = min(pool->least, pool->nr - min(pool->nr, pool->reserve));
	struct xbfront_grant **link = &pool->free;
	struct xbfront_grant *unused;
	unsigned int i;

	for (i = pool->nr_free - nr; i; i--)
		link = &(*link)->next;
	unused = *link;
	*link = NULL;
	pool->nr_free -= nr;
	pool->least = pool->nr_free;
	return unused;
}

/* Return: false if the back still holds its page. */
static bool strip(struct xbfront_grant *grant)
{
	if (!grant->page) {
		gnttab_free_grant_reference(grant->ref);
	} else {
		if (!gnttab_try_end_foreign_access(grant->ref))
			return false;
		__free_page(grant->page);
		grant->page = NULL;
	}
	grant->ref = INVALID_GRANT_REF;
	look_again();
	return true;
}

static void trim(struct xbfront_ring *ring, struct xbfront_pool *pool)
{
	struct xbfront_grant *unused, *next;

	spin_lock_bh(&ring->lock);
	unused = ring->dead ? NULL : take_unused(pool);
	spin_unlock_bh(&ring->lock);
	for (; unused; unused = next) {
		bool stripped = strip(unused);

		next = unused->next;
		unused->next = NULL;
		spin_lock_bh(&ring->lock);
		if (stripped) {
			unused->next = pool->spare;
			pool->spare = unused;
			pool->nr--;
		} else {
			xbfront_pool_put(ring, pool, unused);
		}
		spin_unlock_bh(&ring->lock);
	}
	/* What was in use lately, or is still held by the back. */
	if (!READ_ONCE(ring->dead))
		trim_later(ring, pool);
}

void xbfront_trim_work(struct work_struct *work)
{
	struct xbfront_vbd *vbd =
		container_of(to_delayed_work(work), struct xbfront_vbd, trim_work);
	unsigned int i;

	for (i = 0; i < vbd->nr_rings; i++) {
		trim(&vbd->rings[i], &vbd->rings[i].data);
		trim(&vbd->rings[i], &vbd->rings[i].pages);
		trim(&vbd->rings[i], &vbd->rings[i].tables);
	}
}

/* A page that the back has not let go of is kept until it does. */
static void destroy_grant(struct xbfront_grant *grant)
{
	if (grant->ref == INVALID_GRANT_REF)
		return;
	if (grant->page)
		gnttab_end_foreign_access(grant->ref, grant->page);
	else
		gnttab_free_grant_reference(grant->ref);
	look_again();
}

void xbfront_pool_destroy(struct xbfront_pool *pool)
{
	struct xbfront_chunk *chunk;
	unsigned int i;

	while ((chunk = pool->chunks)) {
		pool->chunks = chunk->next;
		for (i = 0; i < LOT; i++)
			destroy_grant(&chunk->grants[i]);
		kfree(chunk);
	}
	pool->free = pool->spare = NULL;
	pool->nr = pool->nr_free = pool->least = pool->reserve = 0;
}

/* Users' pages may lie anywhere, those of a pool are mapped. */
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

/* In our pages the data lies without gaps; they may be for the first part of it alone. */
static void bounce(struct request *rq, bool in)
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
	bounce(rq, true);
}

void xbfront_bounce_out(struct request *rq)
{
	bounce(rq, false);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Tests that a grant is unmapped only when its page has no other user: a network stack may still
 * have to send a page whose I/O has ended. gnttab_unmap_refs() in this file checks it.
 */
#include "tap.h"

#include "../map.c"
#include "../unmap.c"
#include "../persistent.c"

unsigned long jiffies = 1000;
struct xbback_params xbback_params;

/* Replacements for functions of the driver's other files. */
bool xbback_request_pages_busy(const struct xbback_request *req)
{
	unsigned int i;

	for (i = 0; i < req->nr_segs; i++)
		if (req->vecs[i].bv_page)
			return true;
	return false;
}

/* The pages that grants are mapped to, and a replacement for Xen. */
#define PAGES 8
static struct page pages[PAGES];
static bool is_mapped[PAGES], no_handles;
static unsigned int nr_taken, nr_mapped, nr_unmapped_busy, nr_sleeps, busy_until;

struct page *xbback_map_page_get(struct xbback_ring *ring)
{
	return &pages[nr_taken++];
}

void xbback_map_page_put(struct xbback_ring *ring, struct page *page) {}

int gnttab_map_refs(struct gnttab_map_grant_ref *ops, void *kernel_ops, struct page **page,
		    unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (no_handles && i) {
			ops[i].status = GNTST_no_space;
			continue;
		}
		ops[i].status = GNTST_okay;
		ops[i].handle = page[i] - pages;
		is_mapped[page[i] - pages] = true;
		nr_mapped++;
	}
	return 0;
}

int gnttab_unmap_refs(struct gnttab_unmap_grant_ref *ops, void *kernel_ops, struct page **page,
		      unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		ops[i].status = GNTST_okay;
		nr_unmapped_busy += page[i]->count > 1;
		is_mapped[ops[i].handle] = false;
		nr_mapped--;
	}
	return 0;
}

/* The other user of a page releases it after @busy_until sleeps. */
void unit_sleep(long timeout)
{
	unsigned int i;

	if (++nr_sleeps < busy_until)
		return;
	for (i = 0; i < PAGES; i++)
		pages[i].count = 1;
}

void unit_published(void) {}

static struct xenbus_device dev;
static struct xbback_vbd vbd = { .back = { .dev = &dev } };
static struct xbback_batch batch;
static struct xbback_ring ring = { .vbd = &vbd, .batch = &batch };
static struct xbback_request req;
static LIST_HEAD(reqs);

/* Map a read of @nr segments. Its grants are persistent if @nr is at most @persistent_segments. */
static void map(unsigned int nr, unsigned int persistent_segments)
{
	unsigned int i;

	xbback_params.max_persistent_grants = PAGES;
	xbback_params.persistent_grant_unused_seconds = 60;
	vbd.persistent_segments = persistent_segments;
	ring.pgrants.full = false;
	batch.nr = 0;
	nr_taken = nr_mapped = nr_unmapped_busy = nr_sleeps = 0;
	for (i = 0; i < PAGES; i++)
		pages[i].count = 1;
	xbback_pgrants_init(&ring);
	req = (struct xbback_request){
		.ring = &ring,
		.path = XBBACK_PATH_MAP,
		.nr_segs = nr,
		.seg = req.inline_seg,
		.vecs = req.inline_vecs,
	};
	for (i = 0; i < nr; i++)
		req.seg[i] = (struct xbback_segment){
			.gref = 100 + i,
			.handle = INVALID_GRANT_HANDLE,
		};
	INIT_LIST_HEAD(&reqs);
	list_add_tail(&req.entry, &reqs);
	xbback_map_path.begin(&ring, &reqs);
}

static void none_is_lost(void)
{
	is(nr_unmapped_busy, 0, "no page with another user was unmapped");
	is(nr_mapped, 0, "in the end none is mapped");
}

static void test_request(void)
{
	map(3, 0);
	pages[1].count = 2;
	xbback_map_path.end(&ring, &reqs);
	is(nr_mapped, 1, "a page that is held stays mapped, the others do not");
	ok(xbback_request_pages_busy(&req), "its request lingers");
	xbback_map_path.end(&ring, &reqs);
	is(nr_mapped, 1, "as long as it is held");
	pages[1].count = 1;
	xbback_map_path.end(&ring, &reqs);
	ok(!xbback_request_pages_busy(&req), "and no longer");
	none_is_lost();
}

static void test_too_many(void)
{
	map(4, 11);
	xbback_map_path.end(&ring, &reqs);
	is(nr_mapped, 4, "four grants are kept");
	ok(!xbback_request_pages_busy(&req), "their request can be answered");
	pages[0].count = 2;
	xbback_params.max_persistent_grants = 2;
	xbback_pgrants_trim(&ring);
	ok(is_mapped[0], "the longest unused is held and stays");
	is(nr_mapped, 2, "two others go in its place");
	pages[0].count = 1;
	xbback_params.max_persistent_grants = 1;
	xbback_pgrants_trim(&ring);
	ok(!is_mapped[0], "it goes when nobody holds it");
	xbback_pgrants_free(&ring);
	none_is_lost();
}

static void test_too_old(void)
{
	map(2, 11);
	xbback_map_path.end(&ring, &reqs);
	pages[0].count = 2;
	jiffies += 61 * HZ;
	xbback_pgrants_trim(&ring);
	is(nr_mapped, 1, "of two that are too old the one that is held stays");
	is(xbback_pgrants_timeout(&ring), XBBACK_RETRY_DELAY, "it is looked at again soon");
	pages[0].count = 1;
	xbback_pgrants_trim(&ring);
	none_is_lost();
}

static void test_close(void)
{
	map(2, 11);
	xbback_map_path.end(&ring, &reqs);
	pages[1].count = 2;
	busy_until = 3;
	xbback_pgrants_free(&ring);
	is(nr_sleeps, 3, "a ring that closes waits for whoever holds a page");
	is(ring.pgrants.nr, 0, "none is kept then");
	none_is_lost();
}

static void test_no_handles(void)
{
	no_handles = true;
	map(2, 0);
	no_handles = false;
	is(req.path, XBBACK_PATH_COPY, "what cannot be mapped as a whole is copied");
	none_is_lost();
}

int main(void)
{
	test_request();
	test_too_many();
	test_too_old();
	test_close();
	test_no_handles();
	return tap_done();
}

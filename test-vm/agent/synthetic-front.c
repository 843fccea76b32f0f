// SPDX-License-Identifier: GPL-2.0
/*
 * A front that sends what it is told to, right or wrong: any layout, several
 * rings, requests that no driver would send. It runs in dom0, as a front of
 * domain 0, on /dev/xen/gntalloc and /dev/xen/evtchn; the store is the caller's.
 *
 * usage: synthetic-front ABI RINGS PAGES
 *
 * Prints one line for each ring, "PORT GREF...", then answers each line of stdin
 * with one line:
 *
 *   request KEY=VALUE...  puts a request into the ring; keys: ring, id, op, sector,
 *                         pages (of data), page (the first of them), first, last
 *                         (sectors in each page), gref (instead of theirs), nr (what
 *                         the request says instead of pages), length (of a discard),
 *                         flags (of one, too), indirect, list (grant of the indirect page), count
 *                         (of such requests: their ids follow id, their pages page)
 *   push [RING]           shows the back the requests
 *   index N [RING]        writes a request index that is N above the true one
 *   scribble              while the next "wait" waits, the indirect page changes
 *   event N [RING]        sends N events
 *   wait N [RING]         waits for N responses: "ID:OP:STATUS" each, by id
 *   fill PAGE BYTE        fills a page of data
 *   look PAGE OFFSET      its byte there, in decimal
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "block/blkring.h"
#include "peer.h"

#define DATA_PAGES 256
#define MAX_RINGS 8
#define MAX_RING_PAGES 16
#define ANSWER_MS 15000

static struct {
	struct xsplit_ring ring;
	unsigned int port;
} rings[MAX_RINGS];
static const struct xvbd_layout *layout;
static u32 data_gref[DATA_PAGES], list_gref;
static u8 *data, *list;
static int evtchn;
static bool scribbling;

static void make_ring(unsigned int r, unsigned int pages)
{
	u32 grefs[MAX_RING_PAGES];
	void *memory = share_pages(pages, grefs);
	unsigned int i;

	memset(memory, 0, pages * PAGE);
	xsplit_front_ring_init(&rings[r].ring, memory, pages * PAGE, layout->slot_size);
	rings[r].port = offer_channel(evtchn);
	printf("%u", rings[r].port);
	for (i = 0; i < pages; i++)
		printf(" %u", grefs[i]);
	reply("");
}

static void notify(unsigned int r)
{
	notify_port(evtchn, rings[r].port);
}

/* The value of "KEY=" in a line, or what it is without. */
static u64 value(const char *line, const char *key, u64 otherwise)
{
	char pattern[32];
	const char *at;

	snprintf(pattern, sizeof(pattern), " %s=", key);
	at = strstr(line, pattern);
	return at ? strtoull(at + strlen(pattern), NULL, 0) : otherwise;
}

/* Says where the data is: so many pages from @page on. */
static void describe(struct xvbd_request *req, const char *line, unsigned int page,
		     unsigned int pages)
{
	unsigned int i;

	for (i = 0; i < pages && page + i < DATA_PAGES; i++) {
		struct xvbd_segment seg = {
			.gref = value(line, "gref", data_gref[page + i]),
			.first_sect = value(line, "first", 0),
			.last_sect = value(line, "last", 7),
		};

		if (req->indirect)
			xvbd_segment_encode(&seg, list + i * XVBD_SEGMENT_SIZE);
		else if (i < XVBD_MAX_SEGMENTS)
			req->seg[i] = seg;
	}
	for (i = 0; i < XVBD_MAX_INDIRECT_PAGES; i++)
		req->page_gref[i] = value(line, "list", list_gref);
}

static void request(const char *line)
{
	unsigned int r = value(line, "ring", 0) % MAX_RINGS;
	unsigned int pages = value(line, "pages", 0), page = value(line, "page", 0);
	unsigned int count = value(line, "count", 1);
	struct xvbd_request req = {
		.operation = value(line, "op", 0),
		.indirect = value(line, "indirect", 0),
		.flags = value(line, "flags", 0),
		.id = value(line, "id", 0),
		.sector = value(line, "sector", 0),
		.nr_sectors = value(line, "length", 0),
		.nr_segments = value(line, "nr", pages),
	};

	describe(&req, line, page, pages);
	for (; count; count--, req.id++) {
		xvbd_front_put(&rings[r].ring, layout, &req);
		/* A list is shared by all that name it; a page bears so many mappings. */
		if (req.indirect)
			continue;
		page = page + 2 * pages > DATA_PAGES ? 0 : page + pages;
		describe(&req, line, page, pages);
	}
	reply("ok");
}

/* As drivers do, it wants to be told of the first answer. */
static void push(unsigned int r)
{
	xsplit_front_enable_event(&rings[r].ring);
	reply(xsplit_front_push(&rings[r].ring) ? "notified" : "not asked to notify");
	notify(r);
}

static void bogus_index(const char *line)
{
	unsigned int r = number(line, 1);

	WRITE_ONCE(rings[r].ring.sring->req_prod, rings[r].ring.prod + number(line, 0));
	notify(r);
	reply("ok");
}

static void scribble(void)
{
	unsigned int i;

	for (i = 0; i < PAGE; i += XVBD_SEGMENT_SIZE)
		list[i + 5] ^= 0xf8; /* last_sect: in the page, far beyond it, in it again... */
}

static int by_id(const void *a, const void *b)
{
	u64 x = ((const struct xvbd_response *)a)->id, y = ((const struct xvbd_response *)b)->id;

	return x < y ? -1 : x > y;
}

static void wait_for(unsigned int nr, unsigned int r)
{
	static struct xvbd_response rsp[1024];
	u64 end = now_ms() + ANSWER_MS;
	unsigned int got = 0, i;

	while (got < nr && now_ms() < end) {
		if (scribbling)
			scribble();
		if (xsplit_front_enable_event(&rings[r].ring) <= 0) {
			if (!scribbling)
				usleep(1000);
			continue;
		}
		xvbd_front_take(&rings[r].ring, layout, &rsp[got++ % 1024]);
	}
	qsort(rsp, got, sizeof(rsp[0]), by_id);
	for (i = 0; i < got; i++)
		printf("%s%llu:%u:%d", i ? " " : "", (unsigned long long)rsp[i].id,
		       rsp[i].operation, rsp[i].status);
	if (got < nr)
		printf("%sonly %u of %u", got ? " " : "", got, nr);
	scribbling = false;
	reply("");
}

static void events(const char *line)
{
	unsigned int i;

	for (i = 0; i < number(line, 0); i++)
		notify(number(line, 1));
	reply("ok");
}

static void obey(const char *line)
{
	if (!strncmp(line, "request", 7)) {
		request(line);
	} else if (!strncmp(line, "push", 4)) {
		push(number(line, 0));
	} else if (!strncmp(line, "index", 5)) {
		bogus_index(line);
	} else if (!strncmp(line, "scribble", 8)) {
		scribbling = true;
		reply("ok");
	} else if (!strncmp(line, "event", 5)) {
		events(line);
	} else if (!strncmp(line, "wait", 4)) {
		wait_for(number(line, 0), number(line, 1));
	} else if (!strncmp(line, "fill", 4)) {
		memset(data + number(line, 0) * PAGE, number(line, 1), PAGE);
		reply("ok");
	} else if (!strncmp(line, "look", 4)) {
		reply("%u", data[number(line, 0) * PAGE + number(line, 1)]);
	} else {
		reply("what?");
	}
}

int main(int argc, char **argv)
{
	unsigned int nr_rings, pages, r;
	char line[512];

	layout = argc == 4 ? xvbd_layout_find(argv[1]) : NULL;
	nr_rings = layout ? atoi(argv[2]) : 0;
	pages = layout ? atoi(argv[3]) : 0;
	if (!nr_rings || nr_rings > MAX_RINGS || !pages || pages > MAX_RING_PAGES) {
		fprintf(stderr, "usage: synthetic-front ABI RINGS PAGES\n");
		return 2;
	}
	evtchn = open_xen("evtchn");
	data = share_pages(DATA_PAGES, data_gref);
	list = share_pages(1, &list_gref);
	for (r = 0; r < nr_rings; r++)
		make_ring(r, pages);
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return 0;
}

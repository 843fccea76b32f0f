// SPDX-License-Identifier: GPL-2.0
/*
 * The ring in one thread: indices that wrap, a hostile other end,
 * notifications, and the order of accesses to shared words.
 */
#include <stdlib.h>

#include "types.h"

/* Trace: one letter for each access to a shared word and for each barrier. */
static char trace[16];
static void note(char c)
{
	size_t len = strlen(trace);

	if (len + 1 < sizeof(trace))
		trace[len] = c;
}

/* Overwrite the ring, as the other end may, when a private copy has been made. */
static void *scribble_on;
static void scribble(void)
{
	if (scribble_on)
		memset(scribble_on, 0xff, 4096);
}

#undef READ_ONCE
#undef WRITE_ONCE
#undef virt_mb
#undef virt_rmb
#undef virt_wmb
#undef barrier
#define READ_ONCE(x) (note('r'), *(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (note('w'), *(volatile __typeof__(x) *)&(x) = (v))
#define virt_mb() note('M')
#define virt_rmb() note('R')
#define virt_wmb() note('W')
#define barrier() scribble()

#include "block/blkring.h"
#include "tap.h"

#define PAGE 4096
#define NR 32
#define NEAR_WRAP (0u - 20)

static struct xsplit_sring *shared;
static struct xsplit_ring front, back;
static const struct xvbd_layout *layout = &xvbd_layouts[0];

/* A ring that has been used for @start requests, all of them answered. */
static void start_at(const struct xvbd_layout *l, u32 start)
{
	memset(shared, 0, PAGE);
	layout = l;
	xsplit_front_ring_init(&front, shared, PAGE, l->slot_size);
	front.prod = front.pushed = front.cons = start;
	shared->req_prod = shared->rsp_prod = start;
	shared->req_event = shared->rsp_event = start + 1;
	if (!xsplit_back_ring_init(&back, shared, PAGE, l->slot_size))
		abort();
}

static struct xvbd_request request_of(u64 id)
{
	return (struct xvbd_request){
		.operation = XVBD_OP_READ, .nr_segments = 1, .id = id, .sector = id * 3,
		.seg = { { id, 0, id & 7 } },
	};
}

static bool is_request(const struct xvbd_request *req, u64 id)
{
	return req->id == id && req->sector == id * 3 && req->nr_segments == 1 &&
	       req->seg[0].gref == (u32)id && req->seg[0].last_sect == (id & 7);
}

static void test_size(void)
{
	static const struct {
		u32 bytes, slots;
	} sizes[] = { { 4096, 32 }, { 8192, 64 }, { 16384, 128 }, { 32768, 256 }, { 65536, 512 } };
	unsigned int i, abi;

	is(offsetof(struct xsplit_sring, slots), 64, "slots start at 64");
	is(offsetof(struct xsplit_sring, req_prod), 0, "req_prod at 0");
	is(offsetof(struct xsplit_sring, req_event), 4, "req_event at 4");
	is(offsetof(struct xsplit_sring, rsp_prod), 8, "rsp_prod at 8");
	is(offsetof(struct xsplit_sring, rsp_event), 12, "rsp_event at 12");
	for (abi = 0; abi < XVBD_ABI_COUNT; abi++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			is(xsplit_ring_slots(xvbd_layouts[abi].slot_size, sizes[i].bytes),
			   sizes[i].slots, "%s: slots in %u bytes", xvbd_layouts[abi].name,
			   sizes[i].bytes);
}

static void test_fresh(void)
{
	memset(shared, 0, PAGE);
	xsplit_front_ring_init(&front, shared, PAGE, layout->slot_size);
	is(shared->req_prod + shared->rsp_prod, 0, "a fresh ring is empty");
	is(shared->req_event, 1, "the first request notifies");
	is(shared->rsp_event, 1, "the first response notifies");
	ok(xsplit_back_ring_init(&back, shared, PAGE, layout->slot_size), "the back takes it");
	is(xsplit_back_pending(&back), 0, "and finds nothing");
	is(xsplit_front_pending(&front), 0, "nor does the front");
}

static void test_back_attach(void)
{
	static const struct {
		const char *name;
		u32 rsp_prod, req_prod;
		bool good;
		int pending;
	} rings[] = {
		{ "in use", 5, 10, true, 5 },
		{ "full", 5, 37, true, 32 },
		{ "full across the wrap", NEAR_WRAP, NEAR_WRAP + 32, true, 32 },
		{ "too many requests", 5, 38, false, -1 },
		{ "more responses than requests", 5, 4, false, -1 },
		{ "requests half way round", 0, 0x80000000, false, -1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		memset(shared, 0, PAGE);
		shared->rsp_prod = rings[i].rsp_prod;
		shared->req_prod = rings[i].req_prod;
		is(xsplit_back_ring_init(&back, shared, PAGE, layout->slot_size), rings[i].good,
		   "attach, %s", rings[i].name);
		is(xsplit_back_pending(&back), rings[i].pending, "pending, %s", rings[i].name);
	}
}

/* The number of pending slots, for indices of this end and of the other end. */
static void test_pending(void)
{
	static const struct {
		const char *name;
		u32 prod, cons, other; /* relative to the start */
		int back, front;
	} cases[] = {
		{ "idle", 0, 0, 0, 0, 0 },
		{ "one", 0, 0, 1, 1, -1 },
		{ "full", 0, 0, 32, 32, -1 },
		{ "one too many", 0, 0, 33, -1, -1 },
		{ "far too many", 0, 0, 0x7fffffff, -1, -1 },
		{ "backwards by one", 0, 0, 0xffffffff, -1, -1 },
		{ "backwards half way", 0, 0, 0x80000000, -1, -1 },
		{ "all taken", 3, 10, 10, 0, -1 },
		{ "backwards, into what was taken", 3, 10, 7, -1, -1 },
		{ "backwards, to what was answered", 3, 10, 3, -1, -1 },
		{ "backwards, behind what was answered", 3, 10, 2, -1, -1 },
		{ "up to the free slots", 3, 10, 35, 25, -1 },
		{ "one beyond the free slots", 3, 10, 36, -1, -1 },
		{ "front: none of seven answered", 10, 3, 3, -1, 0 },
		{ "front: all seven answered", 10, 3, 10, 7, 7 },
		{ "front: eight of seven answered", 10, 3, 11, 8, -1 },
		{ "front: backwards", 10, 3, 2, -1, -1 },
	};
	static const u32 starts[] = { 0, NEAR_WRAP, 0xffffffff, 0x7ffffffa };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (j = 0; j < ARRAY_SIZE(starts); j++) {
			u32 s = starts[j];
			struct xsplit_ring r = { shared,
						 layout->slot_size,
						 NR,
						 s + cases[i].prod,
						 s + cases[i].prod,
						 s + cases[i].cons };

			shared->req_prod = shared->rsp_prod = s + cases[i].other;
			/*
			 * A backend has taken at least as many requests as it
			 * has answered.
			 */
			if (cases[i].cons >= cases[i].prod)
				is(xsplit_back_pending(&r), cases[i].back, "back from %#x: %s", s,
				   cases[i].name);
			if (cases[i].prod >= cases[i].cons)
				is(xsplit_front_pending(&r), cases[i].front, "front from %#x: %s",
				   s, cases[i].name);
		}
}

/* A push notifies if, and only if, it publishes the event index. */
static void test_notify(void)
{
	u32 base, count, event, i;
	bool good = true;

	start_at(&xvbd_layouts[0], 0);
	for (base = 0u - 40; base != 40; base++)
		for (count = 0; count <= NR; count++)
			for (event = base - 3; event != base + NR + 3; event++) {
				bool crossed = false;

				for (i = 1; i <= count; i++)
					crossed |= base + i == event;
				front.pushed = base;
				front.prod = base + count;
				shared->req_event = event;
				good &= xsplit_front_push(&front) == crossed;
				good &= shared->req_prod == base + count;
				good &= front.pushed == front.prod;
				back.pushed = base;
				back.prod = base + count;
				shared->rsp_event = event;
				good &= xsplit_back_push(&back) == crossed;
				good &= shared->rsp_prod == base + count;
			}
	ok(good, "a push notifies when it passes the event index, and only then");
}

static void test_arm(void)
{
	struct xvbd_request req = request_of(1);
	struct xvbd_response rsp = { 1, XVBD_OP_READ, 0 };

	start_at(&xvbd_layouts[0], 0xffffffff);
	is(xsplit_back_enable_event(&back), 0, "armed, nothing there");
	is(shared->req_event, 0, "the event is the next request's");
	xvbd_front_put(&front, layout, &req);
	ok(xsplit_front_push(&front), "the next request notifies");
	is(xsplit_back_enable_event(&back), 1, "arming finds a request that is there already");
	xvbd_back_take(&back, layout, &req);

	is(xsplit_front_enable_event(&front), 0, "front: armed, nothing there");
	is(shared->rsp_event, 0, "front: the event is the next response's");
	xvbd_back_put(&back, layout, &rsp);
	ok(xsplit_back_push(&back), "front: the next response notifies");
	is(xsplit_front_enable_event(&front), 1,
	   "front: arming finds a response that is there already");

	shared->req_prod += NR + 1;
	is(xsplit_back_enable_event(&back), -1, "arming finds an index that makes no sense");
	shared->rsp_prod += NR + 1;
	is(xsplit_front_enable_event(&front), -1,
	   "front: arming finds an index that makes no sense");
}

#define IN_ORDER(want, call) \
	do { \
		memset(trace, 0, sizeof(trace)); \
		(void)(call); \
		if (!ok(!strcmp(trace, want), #call ": " want)) \
			diag("found %s", trace); \
	} while (0)

/*
 * r and w: one read or write of a word that others write or read; R, W, M: read,
 * write and full barrier. What a back looks at last is its own index of responses,
 * which an interrupt may move. Publishing writes the index after the slots, and reads the event
 * index after the index. Arming reads the index after it has written the event
 * index.
 */
static void test_order(void)
{
	start_at(&xvbd_layouts[0], 0);
	IN_ORDER("WwMr", xsplit_front_push(&front));
	IN_ORDER("WwMr", xsplit_back_push(&back));
	IN_ORDER("rR", xsplit_front_pending(&front));
	IN_ORDER("rRr", xsplit_back_pending(&back));
	IN_ORDER("wMrR", xsplit_front_enable_event(&front));
	IN_ORDER("wMrRr", xsplit_back_enable_event(&back));
}

/* XSA-155: a taken slot is a private copy. Later changes of the slot have no effect. */
static void test_private_copy(void)
{
	struct xvbd_request req = request_of(7);
	struct xvbd_response rsp = { 7, XVBD_OP_READ, -1 };

	start_at(&xvbd_layouts[0], 0);
	xvbd_front_put(&front, layout, &req);
	scribble_on = shared;
	memset(&req, 0, sizeof(req));
	xvbd_back_take(&back, layout, &req);
	scribble_on = NULL;
	ok(is_request(&req, 7), "a request is a private copy");

	start_at(&xvbd_layouts[0], 0);
	xvbd_back_put(&back, layout, &rsp);
	scribble_on = shared;
	memset(&rsp, 0, sizeof(rsp));
	xvbd_front_take(&front, layout, &rsp);
	scribble_on = NULL;
	ok(rsp.id == 7 && rsp.status == -1, "a response is a private copy");
}

struct flow {
	u64 sent, received, answered;
	u64 with_back[NR];
	unsigned int nr_with_back;
	u64 sum; /* sum of the ids in flight */
	bool good;
};

static void back_step(struct flow *f, unsigned int take, unsigned int answer)
{
	int pending = xsplit_back_pending(&back);

	f->good &= pending >= 0 && (u64)pending <= f->sent - f->received;
	for (; pending > 0 && take; pending--, take--) {
		struct xvbd_request req;

		xvbd_back_take(&back, layout, &req);
		f->good &= is_request(&req, f->received);
		f->with_back[f->nr_with_back++] = f->received++;
	}
	/* The newest first: responses may come in any order. */
	for (; f->nr_with_back && answer; answer--) {
		struct xvbd_response rsp = { f->with_back[--f->nr_with_back], XVBD_OP_READ, 0 };

		xvbd_back_put(&back, layout, &rsp);
	}
	xsplit_back_push(&back);
}

static void front_step(struct flow *f, unsigned int send)
{
	int pending = xsplit_front_pending(&front);

	f->good &= pending >= 0;
	for (; pending > 0; pending--) {
		struct xvbd_response rsp;

		xvbd_front_take(&front, layout, &rsp);
		f->good &= rsp.id < f->received && rsp.operation == XVBD_OP_READ;
		f->sum -= rsp.id;
		f->answered++;
	}
	for (; send && front.prod - front.cons < NR; send--) {
		struct xvbd_request req = request_of(f->sent);

		f->sum += f->sent++;
		xvbd_front_put(&front, layout, &req);
	}
	xsplit_front_push(&front);
}

static void test_flow(const struct xvbd_layout *l, u32 start)
{
	struct flow f = { .good = true };
	unsigned int i, seed = 1;

	start_at(l, start);
	for (i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		front_step(&f, seed >> 16 & 31);
		back_step(&f, seed >> 21 & 31, seed >> 26 & 31);
	}
	back_step(&f, NR, NR);
	front_step(&f, 0);
	ok(f.good, "%s from %#x: all requests arrive in order", l->name, start);
	ok(f.sent > 20000 && f.answered == f.sent && !f.sum,
	   "%s from %#x: all are answered", l->name, start);
}

int main(void)
{
	unsigned int abi;

	shared = aligned_alloc(PAGE, PAGE);
	test_size();
	test_fresh();
	test_back_attach();
	test_pending();
	test_notify();
	test_arm();
	test_order();
	test_private_copy();
	for (abi = 0; abi < XVBD_ABI_COUNT; abi++) {
		test_flow(&xvbd_layouts[abi], 0);
		test_flow(&xvbd_layouts[abi], NEAR_WRAP);
	}
	free(shared);
	return tap_done();
}

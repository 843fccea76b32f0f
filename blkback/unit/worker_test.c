// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the backend's worker: when requests start, and which memory may still be used when a
 * ring is closed.
 */
#include "worker.h"

/* @early: each request is answered where its I/O ends. */
static void test_barrier(bool early)
{
	struct xbback_ring *ring = open_ring(false);

	data_stays = early;
	send(XVBD_OP_WRITE, 1);
	send(XVBD_OP_BARRIER, 1);
	send(XVBD_OP_WRITE, 1);
	notify(ring);
	run_worker(ring);
	is(nr_submitted, 1, "a barrier waits for the write before it");
	end_oldest();
	ok(ring->wake.woken, "the worker that waits for a request is woken");
	run_worker(ring);
	is(nr_submitted, 2, "it starts when that write has ended");
	end_oldest();
	run_worker(ring);
	is(nr_submitted, 3, "the write after it starts when the barrier has ended");
	end_oldest();
	run_worker(ring);
	drain(ring);
	check_answers(ring, 3);
	ok(!ring->eoi_pending, "the event channel is enabled again");
	close_rings(&vbd.back);
}

/* Every slot of the ring has a request of 256 segments, but fewer may be in flight. */
static void test_bound(unsigned int max_segments, bool fast)
{
	struct xbback_ring *ring = open_ring(fast);
	unsigned int i;

	xbback_params.max_ring_segments = max_segments;
	for (i = 0; i < 32; i++)
		send(XVBD_OP_READ, 256);
	notify(ring);
	run_worker(ring);
	if (!fast)
		is(nr_submitted, max_segments / 256, "max_ring_segments=%u is kept", max_segments);
	while (nr_with_disk) {
		end_oldest();
		run_worker(ring);
	}
	is(nr_submitted, 32, "%s disk, max_ring_segments=%u: all start", fast ? "fast" : "slow",
	   max_segments);
	check_answers(ring, 32);
	close_rings(&vbd.back);
}

/* If the frontend does not know of the write cache, its writes go through the cache. */
static void test_write_through(void)
{
	static const struct {
		bool cache, front_flushes;
		u8 op, nr_segs;
		blk_opf_t fua;
		bool flushes_then;
	} cases[] = {
		{ false, false, XVBD_OP_WRITE, 1, 0, false },
		{ false, true, XVBD_OP_WRITE, 1, 0, true },
		{ true, true, XVBD_OP_WRITE, 1, 0, true },
		{ true, false, XVBD_OP_WRITE, 1, REQ_FUA, false },
		{ true, false, XVBD_OP_READ, 1, 0, false },
		{ true, false, XVBD_OP_FLUSH, 0, REQ_PREFLUSH, true },
		{ true, false, XVBD_OP_BARRIER, 1, REQ_PREFLUSH | REQ_FUA, true },
		{ false, false, XVBD_OP_FLUSH, 0, REQ_PREFLUSH, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xbback_ring *ring = open_ring(false);

		disk.cache = cases[i].cache;
		vbd.front_flushes = cases[i].front_flushes;
		send(cases[i].op, cases[i].nr_segs);
		notify(ring);
		run_worker(ring);
		is(with_disk[0]->bi_opf & (REQ_FUA | REQ_PREFLUSH), cases[i].fua,
		   "operation %u, cache %d, front flushes %d: flags", cases[i].op, cases[i].cache,
		   cases[i].front_flushes);
		is(vbd.front_flushes, cases[i].flushes_then, "whether the front flushes then");
		end_oldest();
		run_worker(ring);
		close_rings(&vbd.back);
	}
	disk.cache = false;
}

/* Each operation of the protocol table has a row in bio_ops, and no other operation has. */
static void test_all_operations(void)
{
	unsigned int op;

	for (op = 0; op < XVBD_OP_COUNT; op++) {
		const struct xvbd_op_trait *trait = xvbd_op_trait(op);

		is(bio_ops[op].known, !!trait, "operation %u: has a row, or none", op);
		is(bio_ops[op].secure != 0, trait && trait->secure != XVBD_OP_NEVER,
		   "operation %u: whether it has a secure variant", op);
	}
}

/* What a device has: an operation without a limit, and one whose limit is not 0. */
static void test_ops_of(void)
{
	const u32 always = BIT(XVBD_OP_READ) | BIT(XVBD_OP_WRITE) | BIT(XVBD_OP_BARRIER) |
			   BIT(XVBD_OP_FLUSH);

	is(xbback_ops_of(&disk), always, "a device without discards has the others");
	disk.discards = 8;
	is(xbback_ops_of(&disk), always | BIT(XVBD_OP_DISCARD), "a device with discards");
	disk.discards = 0;
	disk.zeroes = 8;
	is(xbback_ops_of(&disk), always | BIT(XVBD_OP_WRITE_ZEROES), "a device that zeroes");
	disk.zeroes = 0;
}

/* Validation refuses such a request. If it did not, the disk still would not get it. */
static void test_unknown_operation(void)
{
	static const u8 unknown[] = { XVBD_OP_RESERVED, XVBD_OP_INDIRECT, XVBD_OP_COUNT, 255 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct xbback_ring *ring = open_ring(false);
		const struct xvbd_request wire = { .operation = unknown[i] };
		struct xbback_request *req = xbback_request_take(ring, &wire);

		xbback_request_submit(req);
		is(nr_submitted, 0, "operation %u: nothing is asked of the disk", unknown[i]);
		is(req->status, XVBD_RSP_EOPNOTSUPP, "operation %u: not supported", unknown[i]);
		run_worker(ring);
		is(ring->base.ring.pushed, 1, "operation %u: one answer", unknown[i]);
		close_rings(&vbd.back);
	}
}

/* A device that has no sectors for a moment. */
static void test_empty(void)
{
	struct xbback_ring *ring = open_ring(false);
	u64 sectors = disk.sectors;

	disk.sectors = 0;
	send(XVBD_OP_READ, 1);
	notify(ring);
	serve(ring);
	is(nr_submitted, 0, "nothing is asked of a device that shows no sectors");
	ok(ring->eoi_pending && !more_to_do(ring, false), "its ring is at rest, with the event masked");
	notice_size(ring);
	ok(vbd.back.flags & 1 << XSPLIT_BACK_CHANGED, "the handshake is told");
	vbd.back.flags = 0;
	disk.sectors = sectors;
	notice_size(ring);
	ok(vbd.back.flags & 1 << XSPLIT_BACK_CHANGED, "also if it is back by then");
	run_worker(ring);
	is(nr_submitted, 1, "what has waited begins when the device is back");
	end_oldest();
	run_worker(ring);
	check_answers(ring, 1);
	close_rings(&vbd.back);
}

/* The disk ends one request in flight at each sleep of the worker. */
static unsigned int pushed_late;

static void end_one(void)
{
	if (vbd.back.rings[0]->ring.pushed != nr_submitted - nr_with_disk)
		pushed_late++;
	end_oldest();
}

static void test_drain(void)
{
	struct xbback_ring *ring = open_ring(false);
	unsigned int i;

	for (i = 0; i < 3; i++)
		send(XVBD_OP_READ, 1);
	notify(ring);
	run_worker(ring);
	asleep = end_one;
	drain(ring);
	asleep = NULL;
	is(ring->base.ring.pushed, 3, "a ring that drains has answered all");
	is(pushed_late, 0, "none of its answers waits for the next request to end");
	close_rings(&vbd.back);
}

/* A request that needs nothing after its I/O is answered where the I/O ends. */
static void test_early(void)
{
	struct xbback_ring *ring = open_ring(false);
	unsigned int i;

	data_stays = true;
	for (i = 0; i < 32; i++)
		send(XVBD_OP_READ, 1);
	notify(ring);
	run_worker(ring);
	is(nr_submitted, 32, "a full ring is with the disk");
	for (i = 0; i < 3; i++)
		end_oldest();
	is(ring->base.ring.pushed, 3, "each request is answered as its I/O ends");
	is(ring->wake.woken, 0, "the worker is not woken");
	is(ring->in_flight, 32, "it has not freed the requests yet");
	xsplit_front_pending(&front);
	front.cons += 3;
	for (i = 0; i < 3; i++)
		send(XVBD_OP_READ, 1);
	notify(ring);
	run_worker(ring);
	is(nr_submitted, 35, "the next requests find free ones");
	is(ring->in_flight, 32, "the answered ones are freed");
	while (nr_with_disk)
		end_oldest();
	drain(ring);
	check_answers(ring, 35);
	close_rings(&vbd.back);
}

/* The interrupt comes between the worker's look at its flag and its sleep. */
static void test_early_race(void)
{
	struct xbback_ring *ring = open_ring(false);

	data_stays = true;
	send(XVBD_OP_WRITE, 1);
	send(XVBD_OP_BARRIER, 1);
	notify(ring);
	sweep_requests(ring);
	ring->wants_done = false;
	end_oldest();
	ring->wants_done = true;
	is(ring->wake.woken, 0, "the interrupt saw no flag");
	ok(has_work(ring), "the worker sees the answered request, and does not sleep");
	run_worker(ring);
	is(nr_submitted, 2, "the barrier starts");
	end_oldest();
	drain(ring);
	check_answers(ring, 2);
	close_rings(&vbd.back);
}

/* An interrupt on top of the worker must wake it: it may have looked at its lists already. */
static void test_interrupt_on_worker(void)
{
	struct xbback_ring *ring = open_ring(false);

	send(XVBD_OP_READ, 1);
	notify(ring);
	run_worker(ring);
	is(ring->wake.woken, 0, "nothing has ended yet");
	end_oldest();
	is(ring->wake.woken, 1, "the end of an I/O that the worker must answer wakes it");
	run_worker(ring);
	check_answers(ring, 1);
	close_rings(&vbd.back);

	ring = open_ring(true);
	send(XVBD_OP_READ, 1);
	notify(ring);
	run_worker(ring);
	is(ring->wake.woken, 0, "an I/O that ends in the worker does not");
	check_answers(ring, 1);
	close_rings(&vbd.back);
}

/* Of many large requests, the first is with the disk before the data of the others is moved. */
static void test_portions(void)
{
	struct xbback_ring *ring = open_ring(false);
	unsigned int i;

	for (i = 0; i < 8; i++)
		send(XVBD_OP_WRITE, 256);
	notify(ring);
	sweep_requests(ring);
	is(nr_submitted, 1, "a sweep starts one request of 256 pages");
	for (i = 0; i < 20; i++)
		send(XVBD_OP_WRITE, 11);
	notify(ring);
	run_worker(ring);
	is(nr_submitted, 8, "max_ring_segments are in flight");
	for (i = 0; i < 8; i++)
		end_oldest();
	sweep_done(ring);
	sweep_requests(ring);
	is(nr_submitted, 8 + 12, "a sweep starts requests of 132 pages");
	while (nr_with_disk) {
		end_oldest();
		run_worker(ring);
	}
	check_answers(ring, 28);
	close_rings(&vbd.back);
}

static void *end_request(void *unused)
{
	end_oldest();
	return unused;
}

/*
 * An interrupt is preempted after it has put the request into a list, @early: of those that it
 * answers. AddressSanitizer reports a use after free.
 */
static void test_interrupt_preempted(bool early)
{
	struct xbback_ring *ring = open_ring(false);
	pthread_t interrupt;

	data_stays = early;
	is_published = ring_is_closed = false;
	send(XVBD_OP_READ, 1);
	notify(ring);
	run_worker(ring);
	preempt_interrupt = true;
	pthread_create(&interrupt, NULL, end_request, NULL);
	wait_for(&is_published);
	if (early) {
		is(ring->base.ring.pushed, 0, "an interrupt holds the ring");
		preempt_interrupt = false;
		__atomic_store_n(&ring_is_closed, true, __ATOMIC_SEQ_CST);
		close_rings(&vbd.back);
		is(((struct xsplit_sring *)shared)->rsp_prod, 1,
		   "the ring is closed when the interrupt has left it");
	} else {
		close_rings(&vbd.back);
		ok(!vbd.back.rings, "the ring is closed while an interrupt is about to wake its worker");
		__atomic_store_n(&ring_is_closed, true, __ATOMIC_SEQ_CST);
	}
	pthread_join(interrupt, NULL);
	preempt_interrupt = false;
	ok(true, "the interrupt touched no freed memory");
}

int main(void)
{
	/* Line-buffered: all lines are printed before AddressSanitizer ends the process. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_barrier(false);
	test_barrier(true);
	test_bound(2048, false);
	test_bound(2048, true);
	test_bound(256, false);
	test_bound(256, true);
	test_write_through();
	test_all_operations();
	test_ops_of();
	test_unknown_operation();
	test_empty();
	test_drain();
	test_early();
	test_early_race();
	test_interrupt_on_worker();
	test_portions();
	test_interrupt_preempted(false);
	test_interrupt_preempted(true);
	return tap_done();
}

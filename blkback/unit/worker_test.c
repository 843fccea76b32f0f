// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the backend's worker: when requests start, and which memory may still be used when a
 * ring is closed. There is no clock: a sleep is counted, and ends at once.
 */
#include <sched.h>

#include "tap.h"

#include "../worker.c"
#include "../poll.c"
#include "../request.c"
#include "../connect.c"

u64 unit_ns;
void unit_relax(void) {}

bool xbback_disk_is_empty(const struct xbback_vbd *vbd) { return !vbd->disk.bdev->sectors; }
void xbback_retry_connect(struct xbback_vbd *vbd, unsigned int seconds) {}
void xbback_retry_no_more(struct xbback_vbd *vbd) {}
void xbback_look_for_sectors(struct xbback_vbd *vbd) {}
void xbback_look_no_more(struct xbback_vbd *vbd) {}
void xvbd_remember(struct xenbus_device *dev, char **told) {}
void xvbd_tell_no_more(struct xenbus_device *dev, char **told) {}

/* Replacements for functions of the driver's other files. */
struct xbback_params xbback_params;
void xbback_kick(struct xbback_vbd *vbd) {}
void xbback_pgrants_trim(struct xbback_ring *ring) {}
long xbback_pgrants_timeout(struct xbback_ring *ring) { return MAX_SCHEDULE_TIMEOUT; }
void xbback_pages_free(struct xbback_ring *ring) {}
void xbback_pages_trim(struct xbback_ring *ring) {}
bool xbback_pages_spare(const struct xbback_ring *ring) { return false; }
void xbback_stats_log(struct xbback_ring *ring) {}
void xbback_stats_count(struct xbback_stats *s, const struct xvbd_request *wire,
			const struct xvbd_segment *seg) {}
void xbback_stats_add(struct xbback_stats *sum, const struct xbback_stats *part) {}
void xbback_fetch_segments(struct xbback_ring *ring, struct list_head *batch) {}
void xbback_begin(struct xbback_ring *ring, struct list_head *reqs) {}
void xbback_end(struct xbback_ring *ring, struct list_head *reqs) {}
enum xbback_path xbback_path_choose(const struct xbback_request *req)
{
	return XBBACK_PATH_COPY;
}
void xbback_limit_enter(struct xbback_vbd *vbd) {}
void xbback_limit_leave(void) {}
void xbback_limit_read(struct xbback_vbd *vbd) {}
void xbback_limit_drop(struct xbback_vbd *vbd) {}
void xbback_rings_pause(struct xbback_vbd *vbd, unsigned int why) {}
void xbback_rings_resume(struct xbback_vbd *vbd, unsigned int why) {}
int xbback_read_ring_config(struct xbback_vbd *vbd) { return 0; }
int xbback_read_ring_info(struct xbback_vbd *vbd, unsigned int index, struct xbback_ring_info *w)
{
	return 0;
}
int xbback_ring_open(struct xbback_ring *ring, struct xbback_ring_info *info) { return 0; }
int xbback_disk_open(struct xbback_vbd *vbd) { return 0; }
void xbback_disk_close(struct xbback_vbd *vbd) {}
int xbback_disk_change(struct xbback_vbd *vbd, bool *changed) { return 0; }
int xbback_disk_publish(struct xbback_vbd *vbd, bool again) { return 0; }
int xvbd_tell(struct xenbus_device *dev, int err, const char *fmt, ...) { return err; }

/* Stops the worker: all its requests in flight have ended. */
void xbback_ring_close(struct xbback_ring *ring)
{
	drain(ring);
	xbback_requests_free(ring);
}

/* RCU; at most one object at a time waits to be freed. */
static pthread_mutex_t rcu_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int nr_readers;
static void *freed_later;

void rcu_read_lock(void)
{
	pthread_mutex_lock(&rcu_lock);
	nr_readers++;
	pthread_mutex_unlock(&rcu_lock);
}

void rcu_read_unlock(void)
{
	pthread_mutex_lock(&rcu_lock);
	if (!--nr_readers) {
		free(freed_later);
		freed_later = NULL;
	}
	pthread_mutex_unlock(&rcu_lock);
}

void unit_free_later(void *p)
{
	pthread_mutex_lock(&rcu_lock);
	if (nr_readers)
		freed_later = p;
	else
		free(p);
	pthread_mutex_unlock(&rcu_lock);
}

/* Sleeps, and an interrupt that is preempted between llist_add() and wake_up(). */
static unsigned int nr_sleeps;
static bool preempt_interrupt;
static bool is_published, ring_is_closed;
static void (*asleep)(void);

void unit_sleep(long timeout)
{
	nr_sleeps++;
	if (asleep)
		asleep();
	sched_yield();
}

static void wait_for(const bool *what)
{
	while (!__atomic_load_n(what, __ATOMIC_SEQ_CST))
		sched_yield();
}

void unit_published(void)
{
	if (!preempt_interrupt)
		return;
	__atomic_store_n(&is_published, true, __ATOMIC_SEQ_CST);
	wait_for(&ring_is_closed);
}

void wake_up(wait_queue_head_t *q)
{
	pthread_mutex_lock(&q->lock);
	q->woken++;
	pthread_mutex_unlock(&q->lock);
}

/* A disk that ends a request when the test asks for it; or at once, if it is fast. */
static struct bio *with_disk[64];
static unsigned int nr_with_disk, nr_submitted;
static bool fast_disk;

void submit_bio(struct bio *bio)
{
	nr_submitted++;
	if (fast_disk)
		bio->bi_end_io(bio);
	else
		with_disk[nr_with_disk++] = bio;
}

static void end_oldest(void)
{
	struct bio *bio = with_disk[0];

	if (!nr_with_disk)
		return;
	memmove(with_disk, with_disk + 1, --nr_with_disk * sizeof(bio));
	bio->bi_end_io(bio);
}

/* One vbd with one ring, and a frontend that fills it. */
static u8 shared[4096] __attribute__((aligned(64)));
static struct block_device disk = { .sectors = 1 << 20 };
static struct xenbus_device dev;
static struct xbback_vbd vbd;
static struct xvbd_ring front;

static struct xbback_ring *open_ring(bool fast)
{
	struct xbback_ring *ring;

	memset(shared, 0, sizeof(shared));
	vbd = (struct xbback_vbd){
		.dev = &dev,
		.disk = {
			.bdev = &disk,
			.geo = { .sectors = 1 << 20, .ops = 0x1007f, .max_segments = 256 },
		},
	};
	xbback_params = (struct xbback_params){ .max_ring_segments = 2048 };
	nr_with_disk = nr_submitted = nr_sleeps = 0;
	fast_disk = fast;
	make_rings(&vbd, 1);
	ring = vbd.rings;
	pthread_mutex_init(&ring->wake.lock, NULL);
	INIT_LIST_HEAD(&ring->free);
	INIT_LIST_HEAD(&ring->pages_busy);
	ring->layout = xvbd_native;
	xvbd_front_ring_init(&front, shared, sizeof(shared), xvbd_native->slot_size);
	xvbd_back_ring_init(&ring->ring, shared, sizeof(shared), xvbd_native->slot_size);
	xbback_requests_alloc(ring);
	return ring;
}

static void send(u8 op, unsigned int nr_segs)
{
	struct xvbd_request req = {
		.operation = op,
		.indirect = nr_segs > XVBD_MAX_SEGMENTS,
		.nr_segments = nr_segs,
		.id = front.prod,
	};
	unsigned int i;

	for (i = 0; i < min(nr_segs, XVBD_MAX_SEGMENTS); i++)
		req.seg[i].last_sect = 7;
	xvbd_front_put(&front, xvbd_native, &req);
}

static void notify(struct xbback_ring *ring)
{
	if (xvbd_front_push(&front))
		ring->event = true;
}

/* Run the worker until it waits for the disk or for the frontend. */
static void run_worker(struct xbback_ring *ring)
{
	for (;;) {
		serve(ring);
		if (has_work(ring))
			continue;
		if (!ring->blocked || ring->in_flight)
			return;
		/* Only a timeout ends this sleep. */
		wait_for_work(ring);
	}
}

static void check_answers(struct xbback_ring *ring, unsigned int nr)
{
	is(ring->ring.pushed, nr, "all are answered");
	is(nr_sleeps, 0, "no sleep was needed");
}

static void test_barrier(void)
{
	struct xbback_ring *ring = open_ring(false);

	send(XVBD_OP_WRITE, 1);
	send(XVBD_OP_BARRIER, 1);
	send(XVBD_OP_WRITE, 1);
	notify(ring);
	run_worker(ring);
	is(nr_submitted, 1, "a barrier waits for the write before it");
	end_oldest();
	run_worker(ring);
	is(nr_submitted, 2, "it starts when that write has ended");
	end_oldest();
	run_worker(ring);
	is(nr_submitted, 3, "the write after it starts when the barrier has ended");
	end_oldest();
	run_worker(ring);
	check_answers(ring, 3);
	ok(!ring->eoi_pending, "the event channel is enabled again");
	close_rings(&vbd);
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
	close_rings(&vbd);
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
		close_rings(&vbd);
	}
	disk.cache = false;
}

/* A discard of several parts, also with a granularity that is no power of two. */
static void test_discard(unsigned int unit, unsigned int first)
{
	const u64 begin = 5, nr = 3ULL << 22;
	struct xbback_ring *ring = open_ring(false);
	const struct xvbd_request req = {
		.operation = XVBD_OP_DISCARD,
		.sector = begin,
		.nr_sectors = nr,
	};
	u64 at = begin, by_halves = 0;

	disk.unit = unit << 9;
	disk.first = first << 9;
	vbd.disk.geo.sectors = 1ULL << 32;
	xvbd_front_put(&front, xvbd_native, &req);
	notify(ring);
	run_worker(ring);
	while (nr_with_disk) {
		is(with_disk[0]->bi_iter.bi_sector, at, "a part begins where the last one ended");
		at += with_disk[0]->bi_iter.bi_size >> 9;
		if (at < begin + nr && at % unit != first)
			by_halves++;
		end_oldest();
		run_worker(ring);
	}
	is(at, begin + nr, "all is discarded");
	is(by_halves, 0, "units of %u sectors, the first at %u: none by halves", unit, first);
	is(ring->ring.pushed, 1, "one answer");
	close_rings(&vbd);
	disk.unit = disk.first = 0;
}

static void send_zeroes(struct xbback_ring *ring, u64 sector, u64 nr, u8 flags)
{
	const struct xvbd_request req = {
		.operation = XVBD_OP_WRITE_ZEROES,
		.sector = sector,
		.nr_sectors = nr,
		.flags = flags,
	};

	xvbd_front_put(&front, xvbd_native, &req);
	notify(ring);
	run_worker(ring);
}

/* No part is longer than the device takes at once, and each ends between logical blocks. */
static void test_zeroes_in_parts(unsigned int limit, u32 align_mask, unsigned int nr_parts)
{
	struct xbback_ring *ring = open_ring(false);
	const u64 nr = 4000;
	unsigned int too_long = 0, split_blocks = 0;
	u64 at = 8;

	disk.zeroes = limit;
	vbd.disk.geo.align_mask = align_mask;
	send_zeroes(ring, at, nr, 0);
	while (nr_with_disk) {
		const struct bio *bio = with_disk[0];

		is(nr_with_disk, 1, "one part at a time");
		is(bio->bi_opf & REQ_OP_MASK, REQ_OP_WRITE_ZEROES, "a part writes zeroes");
		is(bio->bi_iter.bi_sector, at, "it begins where the last one ended");
		too_long += bio->bi_iter.bi_size >> 9 > limit;
		at += bio->bi_iter.bi_size >> 9;
		split_blocks += !!(at & align_mask);
		end_oldest();
		run_worker(ring);
	}
	is(at, 8 + nr, "all is zeroed");
	is(too_long, 0, "no part is longer than %u sectors", limit);
	is(split_blocks, 0, "no part ends inside of a block");
	is(nr_submitted, nr_parts, "in %u parts", nr_parts);
	check_answers(ring, 1);
	close_rings(&vbd);
	disk.zeroes = 0;
}

/* Whether the device may unmap: both the frontend and the toolstack must allow it. */
static void test_zeroes_unmap(bool discards, u8 flags, bool unmaps)
{
	struct xbback_ring *ring = open_ring(false);

	disk.zeroes = 8;
	vbd.disk.discards = discards;
	send_zeroes(ring, 0, 8, flags);
	is(!(with_disk[0]->bi_opf & REQ_NOUNMAP), unmaps, "discards %d, flags %u: unmaps", discards,
	   flags);
	end_oldest();
	run_worker(ring);
	check_answers(ring, 1);
	close_rings(&vbd);
	disk.zeroes = 0;
}

/* If the frontend does not know of the cache, it is flushed once, after the last part. */
static void test_zeroes_flush(bool cache, bool front_flushes, u8 status, unsigned int nr)
{
	struct xbback_ring *ring = open_ring(false);
	blk_opf_t last = 0;

	disk.zeroes = 8;
	disk.cache = cache;
	vbd.front_flushes = front_flushes;
	send_zeroes(ring, 0, 16, 0);
	while (nr_with_disk) {
		last = with_disk[0]->bi_opf;
		ok(!(last & REQ_FUA), "the block layer takes no FUA with write zeroes");
		with_disk[0]->bi_status = nr_submitted == 2 ? status : BLK_STS_OK;
		end_oldest();
		run_worker(ring);
	}
	is(nr_submitted, nr, "cache %d, front flushes %d, status %u", cache, front_flushes, status);
	is(last & REQ_PREFLUSH, nr == 3 ? REQ_PREFLUSH : 0, "whether the cache is flushed last");
	is(vbd.front_flushes, front_flushes, "write zeroes are no flush of the frontend");
	check_answers(ring, 1);
	close_rings(&vbd);
	disk.zeroes = 0;
	disk.cache = false;
}

/* The device does not do it any more. */
static void test_zeroes_refused(void)
{
	struct xbback_ring *ring = open_ring(false);
	struct xvbd_response rsp;

	send_zeroes(ring, 0, 16, 0);
	with_disk[0]->bi_status = BLK_STS_NOTSUPP;
	end_oldest();
	run_worker(ring);
	is(nr_submitted, 1, "what the device refuses is not repeated");
	xvbd_front_take(&front, xvbd_native, &rsp);
	is(rsp.status, XVBD_RSP_EOPNOTSUPP, "the frontend is told that it is not supported");
	close_rings(&vbd);
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
		is(ring->ring.pushed, 1, "operation %u: one answer", unknown[i]);
		close_rings(&vbd);
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
	ok(vbd.flags & 1 << XBBACK_CHANGED, "the handshake is told");
	vbd.flags = 0;
	disk.sectors = sectors;
	notice_size(ring);
	ok(vbd.flags & 1 << XBBACK_CHANGED, "also if it is back by then");
	run_worker(ring);
	is(nr_submitted, 1, "what has waited begins when the device is back");
	end_oldest();
	run_worker(ring);
	check_answers(ring, 1);
	close_rings(&vbd);
}

/* The disk ends one request in flight at each sleep of the worker. */
static unsigned int pushed_late;

static void end_one(void)
{
	if (vbd.rings->ring.pushed != nr_submitted - nr_with_disk)
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
	is(ring->ring.pushed, 3, "a ring that drains has answered all");
	is(pushed_late, 0, "none of its answers waits for the next request to end");
	close_rings(&vbd);
}

static void *end_request(void *unused)
{
	end_oldest();
	return unused;
}

/* AddressSanitizer reports a use after free. */
static void test_interrupt_preempted(void)
{
	struct xbback_ring *ring = open_ring(false);
	pthread_t interrupt;

	send(XVBD_OP_READ, 1);
	notify(ring);
	run_worker(ring);
	preempt_interrupt = true;
	pthread_create(&interrupt, NULL, end_request, NULL);
	wait_for(&is_published);
	close_rings(&vbd);
	ok(!vbd.rings, "the ring is closed while an interrupt is about to wake its worker");
	__atomic_store_n(&ring_is_closed, true, __ATOMIC_SEQ_CST);
	pthread_join(interrupt, NULL);
	preempt_interrupt = false;
	ok(true, "the interrupt touched no freed memory");
}

int main(void)
{
	/* Line-buffered: all lines are printed before AddressSanitizer ends the process. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_barrier();
	test_bound(2048, false);
	test_bound(2048, true);
	test_bound(256, false);
	test_bound(256, true);
	test_write_through();
	test_discard(384, 0);
	test_discard(384, 100);
	test_discard(8, 0);
	test_zeroes_in_parts(1000, 0, 4);
	test_zeroes_in_parts(1001, 7, 4);
	test_zeroes_in_parts(1 << 23, 7, 1);
	test_zeroes_unmap(true, 0, true);
	test_zeroes_unmap(true, XVBD_FLAG_NO_UNMAP, false);
	test_zeroes_unmap(false, 0, false);
	test_zeroes_flush(false, false, BLK_STS_OK, 2);
	test_zeroes_flush(true, true, BLK_STS_OK, 2);
	test_zeroes_flush(true, false, BLK_STS_OK, 3);
	test_zeroes_flush(true, false, BLK_STS_IOERR, 2);
	test_zeroes_refused();
	test_all_operations();
	test_ops_of();
	test_unknown_operation();
	test_empty();
	test_drain();
	test_interrupt_preempted();
	return tap_done();
}

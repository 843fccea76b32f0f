// SPDX-License-Identifier: GPL-2.0
/* Tests the requests that have a length, discard and write zeroes: their parts and flags. */
#include "worker.h"

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
	is(ring->base.ring.pushed, 1, "one answer");
	close_rings(&vbd.back);
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
	close_rings(&vbd.back);
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
	close_rings(&vbd.back);
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
	close_rings(&vbd.back);
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
	close_rings(&vbd.back);
}

/* The device finds out that it cannot, and says so by its limit or by its status. */
static void test_zeroes_found_out(unsigned int limit, u8 status, s16 want)
{
	struct xbback_ring *ring = open_ring(false);
	struct xvbd_response rsp;

	disk.zeroes = 8;
	send_zeroes(ring, 0, 16, 0);
	disk.zeroes = limit;
	with_disk[0]->bi_status = status;
	end_oldest();
	run_worker(ring);
	xvbd_front_take(&front, xvbd_native, &rsp);
	is(rsp.status, want, "zeroes end with %u, limit then %u", status, limit);
	close_rings(&vbd.back);
	disk.zeroes = 0;
}

/* Zeroes in flight are bounded as data are. */
static void test_zeroes_bounded(void)
{
	struct xbback_ring *ring = open_ring(false);
	unsigned int i, nr = max(xbback_params.max_ring_segments, XBBACK_MAX_SEGMENTS) /
			     XBBACK_MAX_SEGMENTS;

	disk.zeroes = 65536;
	for (i = 0; i <= nr; i++)
		send_zeroes(ring, 0, 65536, 0);
	is(nr_submitted, nr, "one request of zeroes more than the bound waits");
	while (nr_with_disk) {
		end_oldest();
		run_worker(ring);
	}
	check_answers(ring, nr + 1);
	is(ring->segs_in_flight, 0, "nothing counts any more");
	close_rings(&vbd.back);
	disk.zeroes = 0;
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
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
	test_zeroes_found_out(0, BLK_STS_IOERR, XVBD_RSP_EOPNOTSUPP);
	test_zeroes_found_out(8, BLK_STS_TARGET, XVBD_RSP_EOPNOTSUPP);
	test_zeroes_found_out(8, BLK_STS_IOERR, XVBD_RSP_ERROR);
	test_zeroes_bounded();
	return tap_done();
}

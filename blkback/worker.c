// SPDX-License-Identifier: GPL-2.0
/*
 * The sweep. One round takes all requests that the ring shows into private
 * copies, maps their grants in batches, starts the I/O under one plug, answers
 * all that has ended, and tells the front once.
 */
#include <linux/blkdev.h>
#include <linux/kthread.h>
#include <linux/ratelimit.h>
#include <xen/events.h>

#include "blkback.h"

/* How long to wait for somebody else to put a page that I/O has ended on. */
#define LINGER (HZ / 100 + 1)

/* How long a ring keeps the pages that it maps grants into without using them. */
#define IDLE HZ

static void answer(struct xbback_ring *ring, u64 id, u8 op, s16 status)
{
	const struct xvbd_response rsp = { .id = id, .operation = op, .status = status };

	xvbd_back_put(&ring->ring, &rsp);
	ring->in_flight--;
}

static void count(struct xbback_ring *ring, const struct xvbd_request *wire)
{
	struct xbback_stats *s = &ring->stats;
	u64 sectors = xvbd_request_sectors(wire, wire->seg);

	switch (wire->operation) {
	case XVBD_OP_READ:
		s->rd_req++;
		s->rd_sect += sectors;
		break;
	case XVBD_OP_FLUSH:
		s->f_req++;
		fallthrough;
	default:
		s->wr_req += wire->nr_segments ? 1 : 0;
		s->wr_sect += sectors;
	}
}

/* Take one request out of the ring: NULL if it was refused and answered. */
static struct xbback_request *take(struct xbback_ring *ring)
{
	struct xbback_vbd *vbd = ring->vbd;
	struct xvbd_request wire;
	enum xvbd_verdict verdict;

	xvbd_back_take(&ring->ring, &wire);
	ring->in_flight++;
	verdict = xvbd_request_check(&wire, wire.seg, &vbd->disk.geo);
	if (verdict == XVBD_OK) {
		count(ring, &wire);
		return xbback_request_take(ring, &wire);
	}
	if (verdict != XVBD_BAD_OPERATION)
		dev_warn_ratelimited(&vbd->dev->dev,
				     "refused: %s (operation %u, sector %llu, %u segments)\n",
				     xvbd_verdict_text(verdict), wire.operation, wire.sector,
				     wire.nr_segments);
	answer(ring, wire.id, wire.operation, xvbd_verdict_status(verdict));
	return NULL;
}

/* Fill @batch with requests while their segments fit; returns how many were taken. */
static int take_batch(struct xbback_ring *ring, struct list_head *batch, int pending)
{
	unsigned int segs = 0;
	int taken;

	for (taken = 0; taken < pending && segs + ring->max_segs <= XBBACK_BATCH; taken++) {
		struct xbback_request *req = take(ring);

		if (!req)
			continue;
		segs += req->nr_segs;
		list_add_tail(&req->entry, batch);
	}
	return taken;
}

static void start_batch(struct xbback_ring *ring, struct list_head *batch)
{
	struct xbback_request *req, *next;

	xbback_map(ring, batch);
	list_for_each_entry_safe(req, next, batch, entry) {
		list_del(&req->entry);
		if (req->status == XVBD_RSP_OKAY)
			xbback_request_submit(req);
		else
			llist_add(&req->done, &ring->done);
	}
}

static void halt_ring(struct xbback_ring *ring)
{
	ring->halted = true;
	set_bit(XBBACK_RING_BROKEN, &ring->vbd->flags);
	xbback_kick(ring->vbd);
}

/* Take and start all there is. Returns whether there was anything. */
static bool sweep_requests(struct xbback_ring *ring)
{
	int pending = xvbd_back_pending(&ring->ring);
	struct blk_plug plug;
	LIST_HEAD(batch);
	bool any = pending > 0;

	if (!pending || ring->halted)
		return false;
	blk_start_plug(&plug);
	while (pending > 0) {
		pending -= take_batch(ring, &batch, pending);
		start_batch(ring, &batch);
		if (!pending)
			pending = xvbd_back_pending(&ring->ring);
	}
	blk_finish_plug(&plug);
	if (pending < 0)
		halt_ring(ring);
	return any;
}

/* Sort what has ended into what can be unmapped now and what lingers. */
static void collect_done(struct xbback_ring *ring, struct list_head *ready)
{
	struct llist_node *done = llist_reverse_order(llist_del_all(&ring->done));
	struct xbback_request *req, *next;

	list_for_each_entry_safe(req, next, &ring->lingering, entry)
		if (!xbback_request_lingers(req))
			list_move_tail(&req->entry, ready);
	llist_for_each_entry_safe(req, next, done, done)
		list_add_tail(&req->entry, xbback_request_lingers(req) ? &ring->lingering : ready);
}

/* Unmap and answer all that has ended. Returns whether there was anything. */
static bool sweep_done(struct xbback_ring *ring)
{
	struct xbback_request *req, *next;
	LIST_HEAD(ready);

	collect_done(ring, &ready);
	if (list_empty(&ready))
		return false;
	/* Unmapped first: the front may use the page as soon as it is answered. */
	xbback_unmap(ring, &ready);
	list_for_each_entry_safe(req, next, &ready, entry) {
		answer(ring, req->id, req->op, req->status);
		list_move(&req->entry, &ring->free);
	}
	return true;
}

static void push(struct xbback_ring *ring)
{
	if (ring->ring.prod != ring->ring.pushed && xvbd_back_push(&ring->ring))
		notify_remote_via_irq(ring->irq);
}

static bool has_work(struct xbback_ring *ring)
{
	return (READ_ONCE(ring->event) && !ring->halted) || !llist_empty(&ring->done) ||
	       kthread_should_stop() || kthread_should_park();
}

/* An idle ring wakes up once, to give its spare pages back, then no more. */
static void wait_for_work(struct xbback_ring *ring)
{
	bool lingering = !list_empty(&ring->lingering);
	long limit = lingering ? LINGER : ring->pages.num_pages ? IDLE : MAX_SCHEDULE_TIMEOUT;

	if (!wait_event_interruptible_timeout(ring->wake, has_work(ring), limit) && !lingering)
		gnttab_page_cache_shrink(&ring->pages, 0);
}

/*
 * Answer for the event only when nothing more is to be found: the channel
 * stays masked as long as there is work, and for good if the front broke the
 * ring. The event is taken before the ring is looked at, so that one that
 * comes later has us look again.
 */
static void serve(struct xbback_ring *ring)
{
	bool event = false, found = false;

	do {
		event |= xchg(&ring->event, false);
		found |= sweep_requests(ring);
		found |= sweep_done(ring);
		push(ring);
		cond_resched();
	} while (!ring->halted &&
		 (xvbd_back_arm(&ring->ring) || (!event && READ_ONCE(ring->event))));
	if (event && !ring->halted)
		xen_irq_lateeoi(ring->irq, found ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

/* A device that has been resized tells nobody who has it open. */
static void notice_size(struct xbback_vbd *vbd)
{
	if (bdev_nr_sectors(vbd->disk.bdev) == vbd->disk.geo.sectors)
		return;
	if (!test_and_set_bit(XBBACK_NEWS, &vbd->flags))
		xbback_kick(vbd);
}

/* All that is in flight ends by itself; nothing new is taken. */
static void drain(struct xbback_ring *ring)
{
	while (ring->in_flight) {
		wait_event_timeout(ring->wake, !llist_empty(&ring->done), LINGER);
		sweep_done(ring);
	}
	push(ring);
}

int xbback_worker(void *arg)
{
	struct xbback_ring *ring = arg;

	while (!kthread_should_stop()) {
		wait_for_work(ring);
		if (kthread_should_park()) {
			drain(ring);
			kthread_parkme();
		} else if (!kthread_should_stop()) {
			serve(ring);
			notice_size(ring->vbd);
		}
	}
	drain(ring);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The sweep. One round takes all requests that the ring shows into private
 * copies, moves their data in batches, starts the I/O under one plug, answers
 * all that has ended, and tells the front once.
 */
#include <linux/blkdev.h>
#include <linux/kthread.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <xen/events.h>

#include "data.h"

/* How long a ring keeps pages without using them. */
#define IDLE HZ

static void answer(struct xbback_ring *ring, u64 id, u8 op, s16 status)
{
	const struct xvbd_response rsp = { .id = id, .operation = op, .status = status };

	xvbd_back_put(&ring->ring, &rsp);
}

/* An operation that is not known is an honest question: the answer says so. */
void xbback_request_refused(struct xbback_ring *ring, const struct xvbd_request *wire,
			    enum xvbd_verdict verdict)
{
	if (verdict == XVBD_BAD_OPERATION)
		return;
	dev_warn_ratelimited(&ring->vbd->dev->dev,
			     "refused: %s (operation %u, sector %llu, %u segments)\n",
			     xvbd_verdict_text(verdict), wire->operation, wire->sector,
			     wire->nr_segments);
}

/* A barrier comes after all that is before it, and before all that is after it. */
static bool must_wait(const struct xbback_ring *ring)
{
	return ring->barrier || (ring->next.operation == XVBD_OP_BARRIER && ring->in_flight);
}

/*
 * Begin or refuse the request that was taken last. It is judged when it begins:
 * the disk may be another than when it was taken.
 *
 * Return: false if it has to wait.
 */
static bool admit(struct xbback_ring *ring, struct list_head *batch)
{
	const struct xvbd_geometry *geo = &ring->vbd->disk.geo;
	const struct xvbd_request *wire = &ring->next;
	enum xvbd_verdict verdict = wire->indirect ? xvbd_request_check_head(wire, geo) :
						     xvbd_request_check(wire, wire->seg, geo);
	struct xbback_request *req;

	if (verdict != XVBD_OK) {
		xbback_request_refused(ring, wire, verdict);
		answer(ring, wire->id, wire->operation, xvbd_verdict_status(verdict));
		return true;
	}
	if (must_wait(ring))
		return false;
	req = xbback_request_take(ring, wire);
	if (!req)
		return false;
	ring->barrier = wire->operation == XVBD_OP_BARRIER;
	list_add_tail(&req->entry, batch);
	return true;
}

/* Fill @batch with @pending requests, or as many as may begin now, in the ring's order. */
static void take(struct xbback_ring *ring, struct list_head *batch, int pending)
{
	while (ring->held || pending) {
		if (!ring->held) {
			xvbd_back_take(&ring->ring, &ring->next);
			pending--;
		}
		ring->held = !admit(ring, batch);
		if (ring->held)
			return;
	}
}

static void start(struct xbback_ring *ring, struct list_head *batch)
{
	struct xbback_request *req, *next;

	if (list_empty(batch))
		return;
	xbback_fetch_segments(ring, batch);
	xbback_begin(ring, batch);
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

/*
 * Take and start what the ring shows now; what comes meanwhile is for the next
 * sweep. Returns whether there was anything.
 */
static bool sweep_requests(struct xbback_ring *ring)
{
	struct blk_plug plug;
	LIST_HEAD(batch);
	int pending;

	ring->empty = xbback_disk_is_empty(ring->vbd);
	if (ring->halted || ring->empty)
		return false;
	pending = xvbd_back_pending(&ring->ring);
	if (pending < 0)
		halt_ring(ring);
	if (pending < 0 || (!pending && !ring->held))
		return pending < 0;
	xbback_poll_took(ring, pending + ring->held);
	blk_start_plug(&plug);
	take(ring, &batch, pending);
	start(ring, &batch);
	blk_finish_plug(&plug);
	return true;
}

/* What has ended, and what lingers. */
static void collect_done(struct xbback_ring *ring, struct list_head *ended)
{
	struct llist_node *done = llist_reverse_order(llist_del_all(&ring->done));
	struct xbback_request *req, *next;

	list_for_each_entry_safe(req, next, &ring->lingering, entry)
		list_move_tail(&req->entry, ended);
	llist_for_each_entry_safe(req, next, done, done)
		if (!xbback_request_continue(req))
			list_add_tail(&req->entry, ended);
}

/* Answer all that has ended. Returns whether there was anything. */
static bool sweep_done(struct xbback_ring *ring)
{
	struct xbback_request *req, *next;
	bool answered = false;
	LIST_HEAD(ended);

	collect_done(ring, &ended);
	if (list_empty(&ended))
		return false;
	/* First, as the front may use the page as soon as it is answered. */
	xbback_end(ring, &ended);
	list_for_each_entry_safe(req, next, &ended, entry) {
		if (xbback_request_lingers(req)) {
			list_move_tail(&req->entry, &ring->lingering);
			continue;
		}
		answer(ring, req->id, req->op, req->status);
		xbback_request_put(req);
		answered = true;
	}
	if (!ring->in_flight)
		ring->barrier = false;
	return answered;
}

static void push(struct xbback_ring *ring)
{
	if (ring->ring.prod != ring->ring.pushed && xvbd_back_push(&ring->ring))
		notify_remote_via_irq(ring->irq);
}

static bool wanted_elsewhere(void)
{
	return kthread_should_stop() || kthread_should_park();
}

static bool has_work(struct xbback_ring *ring)
{
	return (READ_ONCE(ring->event) && !ring->halted) || !llist_empty(&ring->done) ||
	       wanted_elsewhere();
}

/* How long to sleep if nobody wakes us. */
static long patience(struct xbback_ring *ring)
{
	/* Nobody tells when the device has sectors again. */
	if (ring->empty && !ring->halted)
		return IDLE;
	/* With nothing in flight, a request waits for memory alone. */
	if (!list_empty(&ring->lingering) || (ring->held && !ring->in_flight))
		return XBBACK_LINGER;
	if (xbback_pages_spare(ring))
		return IDLE;
	return xbback_kept_patience(ring);
}

/* An idle ring wakes up to give back what it has kept to no use, then no more. */
static void wait_for_work(struct xbback_ring *ring)
{
	long limit = patience(ring);

	if (!wait_event_interruptible_timeout(ring->wake, has_work(ring), limit)) {
		xbback_kept_trim(ring);
		if (limit == IDLE)
			xbback_pages_free(ring);
	}
	xbback_poll_slept(ring);
}

/*
 * Whether to sweep again rather than to sleep. Events are enabled last, when nothing was
 * found. They stay disabled while the next request is held: it waits for requests that
 * are in flight, and is looked at again when some of them have @ended.
 */
static bool more_to_do(struct xbback_ring *ring, bool ended)
{
	if (ring->halted || ring->empty)
		return !llist_empty(&ring->done);
	if (ring->held)
		return ended || !llist_empty(&ring->done);
	return xbback_poll(ring) || xvbd_back_arm(&ring->ring) ||
	       (!ring->owes_eoi && READ_ONCE(ring->event));
}

/*
 * Answer for the event only when nothing more is to be found: the channel
 * stays masked as long as there is work, and for good if the front broke the
 * ring. The event is taken before the ring is looked at, so that one that
 * comes later has us look again.
 */
static void serve(struct xbback_ring *ring)
{
	bool ended;

	do {
		ring->owes_eoi |= xchg(&ring->event, false);
		ring->worth_it |= sweep_requests(ring);
		ended = sweep_done(ring);
		ring->worth_it |= ended;
		push(ring);
		cond_resched();
	} while (!wanted_elsewhere() && more_to_do(ring, ended));

	xbback_pages_trim(ring);
	xbback_kept_trim(ring);
	xbback_stats_log(ring);
	if (ring->owes_eoi && !ring->halted && !ring->held && !ring->empty) {
		ring->owes_eoi = false;
		xen_irq_lateeoi(ring->irq, ring->worth_it ? 0 : XEN_EOI_FLAG_SPURIOUS);
	}
	ring->worth_it &= ring->owes_eoi;
}

/* A device that has been resized tells nobody who has it open. */
static void notice_size(struct xbback_ring *ring)
{
	struct xbback_vbd *vbd = ring->vbd;

	if (!ring->empty && bdev_nr_sectors(vbd->disk.bdev) == vbd->disk.geo.sectors)
		return;
	if (!test_and_set_bit(XBBACK_NEWS, &vbd->flags))
		xbback_kick(vbd);
}

/* All that is in flight ends by itself, and is answered then; nothing new is taken. */
static void drain(struct xbback_ring *ring)
{
	while (ring->in_flight) {
		wait_event_timeout(ring->wake, !llist_empty(&ring->done), XBBACK_LINGER);
		sweep_done(ring);
		push(ring);
	}
}

/* What is allocated here must not wait for I/O, which may be our own. */
int xbback_worker(void *arg)
{
	struct xbback_ring *ring = arg;
	unsigned int noio = memalloc_noio_save();

	xbback_limit_enter(ring->vbd);
	while (!kthread_should_stop()) {
		wait_for_work(ring);
		if (kthread_should_park()) {
			drain(ring);
			kthread_parkme();
			xbback_limit_enter(ring->vbd);
		}
		if (!kthread_should_stop()) {
			serve(ring);
			notice_size(ring);
		}
	}
	drain(ring);
	xbback_limit_leave();
	memalloc_noio_restore(noio);
	return 0;
}

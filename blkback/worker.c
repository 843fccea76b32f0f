// SPDX-License-Identifier: GPL-2.0
/*
 * The sweep. One sweep copies the requests that are in the ring into private memory, transfers
 * their data in batches, starts the I/O under one plug, puts the responses of all ended
 * requests into the ring, and notifies the frontend at most once. A sweep moves a portion of
 * XBBACK_BATCH pages: the next portion is another sweep, so that the first request of many large
 * ones does not wait until the data of the last one has been moved.
 */
#include <linux/blkdev.h>
#include <linux/kthread.h>
#include <linux/sched/mm.h>
#include <xen/events.h>

#include "data.h"

/* How long an idle ring keeps its spare pages; also the interval to check an empty device. */
#define IDLE_TIMEOUT HZ

/* Tags that a sweep takes from the device at once, at most; the block layer's own limit. */
#define TAG_BATCH 32

/*
 * A barrier starts when all earlier requests have ended. No later request starts before the
 * barrier has ended.
 */
static bool must_wait(const struct xbback_ring *ring)
{
	return ring->barrier || (ring->next.operation == XVBD_OP_BARRIER && ring->in_flight);
}

/*
 * Start or refuse the request that was taken last. It is validated here and not when it is
 * taken, because the disk may change while the request waits.
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
		xbback_request_log_refused(ring, wire, verdict);
		xbback_respond(ring, wire->id, wire->operation, xvbd_verdict_status(verdict));
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

/*
 * Move the blocked request and @pending requests from the ring to @batch, in the order of the
 * ring. Stop when a portion is full, and at the first request that has to wait.
 */
static void take_portion(struct xbback_ring *ring, struct list_head *batch, int pending)
{
	unsigned int full = ring->segs_in_flight + XBBACK_BATCH;

	while ((ring->blocked || pending) && ring->segs_in_flight < full) {
		if (!ring->blocked) {
			xvbd_back_take(&ring->base.ring, ring->layout, &ring->next);
			pending--;
		}
		ring->blocked = !admit(ring, batch);
		if (ring->blocked)
			break;
	}
	WRITE_ONCE(ring->wants_done, ring->blocked);
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

static void mark_ring_broken(struct xbback_ring *ring)
{
	ring->broken = true;
	xsplit_back_ring_broken(&ring->base);
}

/* Free the requests whose response was sent where their I/O ended. */
static void release_answered(struct xbback_ring *ring)
{
	struct xbback_request *req, *next;
	struct llist_node *answered;
	LIST_HEAD(reqs);

	if (llist_empty(&ring->answered))
		return;
	answered = llist_del_all(&ring->answered);
	llist_for_each_entry_safe(req, next, answered, done)
		list_add(&req->entry, &reqs);
	xbback_end(ring, &reqs);
	list_for_each_entry_safe(req, next, &reqs, entry)
		xbback_request_put(req);
}

/*
 * Take and start a portion of the requests that are in the ring now. First release the requests
 * that were answered: the frontend may use their slots and grants again.
 * Return: true if there was a request, or an invalid index.
 */
static bool sweep_requests(struct xbback_ring *ring)
{
	struct blk_plug plug;
	LIST_HEAD(batch);
	int pending;

	ring->no_sectors = xbback_disk_is_empty(ring->vbd);
	if (ring->broken || ring->no_sectors) {
		release_answered(ring);
		return false;
	}
	pending = xsplit_back_pending(&ring->base.ring);
	/*
	 * Pairs with llist_add() in xbback_respond_early(). If this CPU sees that a response has
	 * freed a slot, it must also see the answered request in the list.
	 */
	smp_rmb();
	release_answered(ring);
	if (pending < 0)
		mark_ring_broken(ring);
	if (pending < 0 || (!pending && !ring->blocked))
		return pending < 0;
	xbback_poll_took(ring, pending + ring->blocked);
	blk_start_plug(&plug);
	/* blk_start_plug_nr_ios() is not exported. The plug's end frees the tags that are left. */
	plug.nr_ios = min(pending + ring->blocked, TAG_BATCH);
	take_portion(ring, &batch, pending);
	start(ring, &batch);
	blk_finish_plug(&plug);
	return true;
}

/*
 * Collect the requests whose I/O has ended, and those whose pages still had another user in the
 * last sweep. A request with parts that were not submitted yet continues instead.
 */
static void collect_done(struct xbback_ring *ring, struct list_head *ended)
{
	struct llist_node *done = llist_reverse_order(llist_del_all(&ring->done));
	struct xbback_request *req, *next;

	list_for_each_entry_safe(req, next, &ring->pages_busy, entry)
		list_move_tail(&req->entry, ended);
	llist_for_each_entry_safe(req, next, done, done)
		if (!xbback_request_continue(req))
			list_add_tail(&req->entry, ended);
}

/* Move requests from @ended to @portion: those with data of about XBBACK_BATCH pages. */
static void cut_portion(struct list_head *ended, struct list_head *portion)
{
	struct xbback_request *req, *next;
	unsigned int segs = 0;

	list_for_each_entry_safe(req, next, ended, entry) {
		if (segs >= XBBACK_BATCH)
			return;
		segs += req->nr_segs;
		list_move_tail(&req->entry, portion);
	}
}

/* Return: true if there was a response. */
static bool respond_portion(struct xbback_ring *ring, struct list_head *portion)
{
	struct xbback_request *req, *next;

	/* Release the pages first: the frontend may use them as soon as it has the response. */
	xbback_end(ring, portion);
	list_for_each_entry_safe(req, next, portion, entry)
		if (xbback_request_pages_busy(req))
			list_move_tail(&req->entry, &ring->pages_busy);
	if (list_empty(portion))
		return false;
	xbback_respond_all(ring, portion);
	list_for_each_entry_safe(req, next, portion, entry)
		xbback_request_put(req);
	return true;
}

/* Send the responses of all ended requests. Return: true if there was one. */
static bool sweep_done(struct xbback_ring *ring)
{
	bool responded = false;
	LIST_HEAD(ended);

	collect_done(ring, &ended);
	while (!list_empty(&ended)) {
		LIST_HEAD(portion);

		cut_portion(&ended, &portion);
		responded |= respond_portion(ring, &portion);
		xbback_push(ring);
	}
	/* Also the responses of refused requests. */
	xbback_push(ring);
	return responded;
}

static bool wanted_elsewhere(void)
{
	return kthread_should_stop() || kthread_should_park();
}

/* Whether a request has ended that the worker has to respond to, or that it waits for. */
static bool has_done(struct xbback_ring *ring)
{
	return !llist_empty(&ring->done) || (ring->wants_done && !llist_empty(&ring->answered));
}

static bool has_work(struct xbback_ring *ring)
{
	return (READ_ONCE(ring->event) && !ring->broken) || has_done(ring) || wanted_elsewhere();
}

/* How long to sleep if there is no wakeup, in jiffies. */
static long sleep_timeout(struct xbback_ring *ring)
{
	/* There is no wakeup when the device has sectors again. */
	if (ring->no_sectors && !ring->broken)
		return IDLE_TIMEOUT;
	/* If the next request is blocked and none is in flight, it can only wait for memory. */
	if (!list_empty(&ring->pages_busy) || (ring->blocked && !ring->in_flight))
		return XBBACK_RETRY_DELAY;
	/* The requests in flight may be answered without the worker. It frees them later. */
	if (xbback_pages_spare(ring) || ring->in_flight)
		return IDLE_TIMEOUT;
	return xbback_pgrants_timeout(ring);
}

/*
 * An idle worker wakes up to free its spare pages and unused persistent grants. When nothing
 * can expire any more, it sleeps without a timeout.
 */
static void wait_for_work(struct xbback_ring *ring)
{
	long limit = sleep_timeout(ring);

	if (!wait_event_interruptible_timeout(ring->wake, has_work(ring), limit)) {
		release_answered(ring);
		xbback_pgrants_trim(ring);
		if (limit == IDLE_TIMEOUT)
			xbback_pages_free(ring);
	}
	xbback_poll_slept(ring);
}

/*
 * Whether to sweep again instead of going to sleep. Events are enabled last, when no work was
 * found. They stay disabled while the next request is blocked: it waits for requests in flight
 * or for memory. The worker tries it again when some requests have @ended, or after
 * XBBACK_RETRY_DELAY.
 */
static bool more_to_do(struct xbback_ring *ring, bool ended)
{
	if (ring->broken || ring->no_sectors)
		return has_done(ring);
	if (ring->blocked)
		return ended || has_done(ring);
	return xsplit_back_pending(&ring->base.ring) || xbback_poll(ring) ||
	       xsplit_back_enable_event(&ring->base.ring) || has_done(ring) ||
	       (!ring->eoi_pending && READ_ONCE(ring->event));
}

/*
 * Call xen_irq_lateeoi() only when there is no more work. The event channel stays masked while
 * there is work, and for good if the frontend broke the ring. Take the event before reading the
 * ring, so that a later event makes the worker read the ring again.
 */
static void serve(struct xbback_ring *ring)
{
	bool ended;

	do {
		ring->eoi_pending |= xchg(&ring->event, false);
		ring->found_work |= sweep_requests(ring);
		ended = sweep_done(ring);
		ring->found_work |= ended;
		cond_resched();
	} while (!wanted_elsewhere() && more_to_do(ring, ended));

	xbback_pages_trim(ring);
	xbback_pgrants_trim(ring);
	xbback_stats_log(ring);
	if (ring->eoi_pending && !ring->broken && !ring->blocked && !ring->no_sectors) {
		ring->eoi_pending = false;
		xen_irq_lateeoi(ring->base.irq, ring->found_work ? 0 : XEN_EOI_FLAG_SPURIOUS);
	}
	ring->found_work &= ring->eoi_pending;
}

/* The block layer does not notify openers of a resize, so compare the size here. */
static void notice_size(struct xbback_ring *ring)
{
	struct xbback_vbd *vbd = ring->vbd;

	if (!ring->no_sectors && bdev_nr_sectors(vbd->disk.bdev) == vbd->disk.geo.sectors)
		return;
	xsplit_back_changed(&vbd->back);
}

/* Wait until all requests in flight have ended, and answer them. Take no new ones. */
static void drain(struct xbback_ring *ring)
{
	WRITE_ONCE(ring->wants_done, true);
	while (ring->in_flight) {
		wait_event_timeout(ring->wake, has_done(ring), XBBACK_RETRY_DELAY);
		release_answered(ring);
		sweep_done(ring);
	}
	xbback_wait_for_responders(ring);
	WRITE_ONCE(ring->wants_done, ring->blocked);
}

/* Allocations of the worker must not wait for I/O, which may be its own. */
int xbback_worker(void *arg)
{
	struct xbback_ring *ring = arg;
	unsigned int noio = memalloc_noio_save();

	xbback_place_enter(ring->cpu);
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

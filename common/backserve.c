// SPDX-License-Identifier: GPL-2.0
/*
 * The worker of a ring whose class has serve(): a work item takes requests, has the
 * class serve one after the other, and sends the responses.
 */
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <xen/events.h>

#include "backparts.h"

/* Requests that are served before other work items have their turn. */
#define SERVE_BUDGET 64

/**
 * struct xsplit_serve - the worker of a ring
 * @ring:     the ring
 * @work:     serves it; queued by the event channel, and while a request waits
 * @event:    bit 0: an event has arrived that @work has not seen
 * @owes_eoi: @work has seen an event, and the event channel is masked since
 * @served:   requests served since then
 * @waiting:  @request was taken from the ring, and has no response yet
 * @request:  private copy of a request
 * @response: its response
 *
 * Only @work uses the members after @event.
 */
struct xsplit_serve {
	struct xsplit_back_ring *ring;
	struct delayed_work work;
	unsigned long event;
	bool owes_eoi;
	unsigned int served;
	bool waiting;
	void *request;
	void *response;
};

/* Take the next request, unless one waits. Return: 1; 0: there is none; -1: the ring is broken. */
static int take_request(struct xsplit_serve *serve)
{
	struct xsplit_ring *r = &serve->ring->ring;
	int nr;

	if (serve->waiting)
		return 1;
	nr = xsplit_back_pending(r);
	if (nr <= 0)
		return nr;
	xsplit_ring_copy(r, serve->request, r->slot_size);
	serve->waiting = true;
	return 1;
}

/* Return: 0, and the response is in the ring; or the delay after which to try again. */
static unsigned long serve_request(struct xsplit_serve *serve)
{
	struct xsplit_back_ring *ring = serve->ring;
	const struct xsplit_back_class *class = ring->back->class;
	unsigned long delay;

	memset(serve->response, 0, class->response_size);
	delay = class->serve(ring, serve->request, serve->response);
	if (delay)
		return delay;
	memcpy(xsplit_ring_fill(&ring->ring), serve->response, class->response_size);
	serve->waiting = false;
	return 0;
}

static void push_responses(struct xsplit_back_ring *ring)
{
	if (xsplit_back_push(&ring->ring))
		notify_remote_via_irq(ring->irq);
}

static void queue_again(struct xsplit_serve *serve, unsigned long delay)
{
	queue_delayed_work(serve->ring->back->class->wq, &serve->work, delay);
}

/* Return: more than 0: a request is left, and the work item must run again after @delay. */
static int serve_some(struct xsplit_serve *serve, unsigned int *budget, unsigned long *delay)
{
	int more;

	while ((more = take_request(serve)) > 0 && *budget) {
		*delay = serve_request(serve);
		if (*delay)
			break;
		serve->served++;
		(*budget)--;
	}
	push_responses(serve->ring);
	return more;
}

/* Return: whether the ring is idle: the next request causes an event. */
static bool serve_all(struct xsplit_serve *serve)
{
	unsigned int budget = SERVE_BUDGET;
	unsigned long delay = 0;
	int more;

	do {
		more = serve_some(serve, &budget, &delay);
		if (more > 0) {
			queue_again(serve, delay);
			return false;
		}
		if (!more)
			more = xsplit_back_enable_event(&serve->ring->ring);
	} while (more > 0);
	if (more < 0)
		xsplit_back_ring_broken(serve->ring);
	return !more;
}

/*
 * An event without a request counts as spurious: the kernel then delays the next one, so that a
 * front cannot keep this CPU busy with events alone (XSA-332). While a request waits, and once
 * the ring is broken, the event channel stays masked.
 */
static void serve_work(struct work_struct *work)
{
	struct xsplit_serve *serve = container_of(to_delayed_work(work), struct xsplit_serve, work);

	if (test_and_clear_bit(0, &serve->event))
		serve->owes_eoi = true;
	if (!serve_all(serve) || !serve->owes_eoi)
		return;
	xen_irq_lateeoi(serve->ring->irq, serve->served ? 0 : XEN_EOI_FLAG_SPURIOUS);
	serve->owes_eoi = false;
	serve->served = 0;
}

static void note_event(struct xsplit_back_ring *ring)
{
	set_bit(0, &ring->serve->event);
	queue_again(ring->serve, 0);
}

/* Requests may be in the ring already: another back has left them there. */
static int start_serving(struct xsplit_back_ring *ring)
{
	queue_again(ring->serve, 0);
	return 0;
}

/* A request that waits gets no response: the front sends it again to the next back. */
static void stop_serving(struct xsplit_back_ring *ring)
{
	disable_irq(ring->irq);
	cancel_delayed_work_sync(&ring->serve->work);
}

void xsplit_back_use_serve(struct xsplit_back_class *class)
{
	class->ring_start = start_serving;
	class->ring_stop = stop_serving;
	class->event = note_event;
}

int xsplit_back_serve_open(struct xsplit_back_ring *ring)
{
	struct xsplit_serve *serve;
	size_t head_size = ALIGN(sizeof(*serve), sizeof(u64));
	size_t slot_size = ALIGN(ring->back->slot_size, sizeof(u64));

	serve = kzalloc(head_size + 2 * slot_size, GFP_KERNEL);
	if (!serve)
		return xsplit_dev_error(ring->back->dev, -ENOMEM, "out of memory for a ring");
	serve->ring = ring;
	serve->request = (void *)serve + head_size;
	serve->response = serve->request + slot_size;
	INIT_DELAYED_WORK(&serve->work, serve_work);
	ring->serve = serve;
	return 0;
}

void xsplit_back_serve_close(struct xsplit_back_ring *ring)
{
	kfree(ring->serve);
	ring->serve = NULL;
}

void xsplit_back_serve_again(struct xsplit_back *back)
{
	unsigned int i;

	for (i = 0; i < back->nr_rings; i++)
		if (back->rings[i]->serve)
			mod_delayed_work(back->class->wq, &back->rings[i]->serve->work, 0);
}

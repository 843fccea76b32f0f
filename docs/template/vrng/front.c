// SPDX-License-Identifier: GPL-2.0
/*
 * xen-vrngfront: the front of vrng, a source of the kernel's hwrng core.
 *
 * The core has the life of a device: common/front.h says when it calls the functions of this
 * file, and what they may do. Here is what echo has not: a user that waits inside another
 * subsystem, which therefore is called in a work item.
 *
 * The back chooses the bytes. The kernel mixes them into its pool, where bad ones do no harm as
 * long as they do not count: see update_source(). /dev/hwrng is as good as the back.
 */
#include <linux/hw_random.h>
#include <linux/module.h>
#include <linux/wait.h>
#include <xen/xen.h>

#include "front.h"
#include "frontpage.h"
#include "vrng_keys.h"
#include "vrng_wire.h"

enum source_state {
	SOURCE_GONE, /* the reader must leave; until show_source() */
	SOURCE_PARKED, /* the reader waits for the next back */
	SOURCE_READY,
};

/**
 * struct vrng_front - one device
 * @front:    the core's part; must be first
 * @hwrng:    the source
 * @work:     adds it to the hwrng core, or removes it, as @state says; holds a reference
 * @added:    the hwrng core has it; only @work uses this
 * @wait:     where the reader waits
 * @state:    protected by the lock of @front, as are the next two
 * @hiding:   hide() waits for @work
 * @error:    why @work could not add it, or 0
 * @requests: requests that were sent
 * @bytes:    bytes that have come
 * @replayed: requests that went to a back which has left, and go to the next one
 */
struct vrng_front {
	struct xsplit_front front;
	struct hwrng hwrng;
	struct work_struct work;
	bool added;
	wait_queue_head_t wait;
	enum source_state state;
	bool hiding;
	int error;
	u64 requests, bytes, replayed;
};

/**
 * struct vrng_ring - the ring, with its only request; protected by the lock of the front
 * @base:  the core's part; must be first
 * @page:  for the bytes. While a request is in flight it is granted to the back
 * @id:    of the last request
 * @asked: bytes of the request in flight; 0: there is none
 * @got:   bytes in @page that nobody has read, or the error that the next reader gets
 */
struct vrng_ring {
	struct xsplit_front_ring base;
	struct xsplit_page page;
	u16 id, asked;
	int got;
};

static const struct xsplit_stat stats[] = {
	XSPLIT_STAT(struct vrng_front, requests),
	XSPLIT_STAT(struct vrng_front, bytes),
	XSPLIT_STAT(struct vrng_front, replayed),
};

#define to_vrng(core) container_of(core, struct vrng_front, front)
#define to_ring(core) container_of(core, struct vrng_ring, base)
#define ring_of(vrng) to_ring(xsplit_front_ring_at(&(vrng)->front, 0))

static int open_ring(struct xsplit_front_ring *base)
{
	return xsplit_page_alloc(&to_ring(base)->page, GFP_KERNEL) ? -EAGAIN : 0;
}

/* A request may be in flight: then the page is granted. */
static void close_ring(struct xsplit_front_ring *base)
{
	xsplit_page_free(&to_ring(base)->page);
}

/*
 * Nobody looks at the bytes before the grant has ended: then they cannot change any more. A back
 * that keeps the page has no reason to: its ring is broken.
 */
static bool take_response(struct xsplit_front_ring *base, const void *slot)
{
	struct vrng_front *vrng = to_vrng(base->front);
	struct vrng_ring *ring = to_ring(base);
	const struct vrng_response *response = slot;

	if (!vrng_response_is_valid(response, ring->id, ring->asked) ||
	    !xsplit_page_take_back(&ring->page))
		return false;
	ring->got = response->status ? -EIO : ring->asked;
	if (!response->status)
		vrng->bytes += ring->asked;
	ring->asked = 0;
	wake_up(&vrng->wait);
	return true;
}

/* With the lock. No request is in flight: so the ring has room. */
static void send_request(struct vrng_front *vrng, u16 length)
{
	struct vrng_ring *ring = ring_of(vrng);
	struct vrng_request request = {
		.id = ++ring->id,
		.length = length,
		.gref = ring->page.gref,
	};

	ring->asked = length;
	xsplit_page_grant(&ring->page, vrng->front.dev->otherend_id);
	xsplit_front_send(&ring->base, &request);
	vrng->requests++;
}

/*
 * With the lock. Return: number of bytes, which no other reader gets or finds; 0: there are none
 * yet; or a negative errno.
 */
static int take_bytes(struct vrng_front *vrng, void *data, size_t max)
{
	struct vrng_ring *ring;
	int nr;

	if (vrng->state != SOURCE_READY)
		return vrng->state == SOURCE_GONE ? -ENODEV : 0;
	ring = ring_of(vrng);
	if (ring->got < 0)
		return xchg(&ring->got, 0);
	nr = min_t(size_t, max, ring->got);
	ring->got -= nr;
	memcpy(data, ring->page.data + ring->got, nr);
	memzero_explicit(ring->page.data + ring->got, nr);
	if (!nr && !ring->asked)
		send_request(vrng, min_t(size_t, max, VRNG_MAX_LENGTH));
	return nr;
}

/* With the lock. Whether take_bytes() would do something. */
static bool has_news(struct vrng_front *vrng)
{
	return vrng->state == SOURCE_READY ? !ring_of(vrng)->asked : vrng->state == SOURCE_GONE;
}

/*
 * The hwrng core holds a mutex of all its sources: so there is one reader, and one request in
 * flight. A reader that does not wait gets the answer when it comes again.
 */
static int read_source(struct hwrng *hwrng, void *data, size_t max, bool wait)
{
	struct vrng_front *vrng = container_of(hwrng, struct vrng_front, hwrng);
	int ret;

	spin_lock_irq(&vrng->front.lock);
	do {
		ret = take_bytes(vrng, data, max);
		if (ret || !wait)
			break;
		ret = wait_event_interruptible_lock_irq(vrng->wait, has_news(vrng),
							vrng->front.lock);
	} while (!ret);
	spin_unlock_irq(&vrng->front.lock);
	return ret;
}

static void set_state(struct vrng_front *vrng, enum source_state state)
{
	spin_lock_irq(&vrng->front.lock);
	if (vrng->state != SOURCE_GONE)
		vrng->state = state;
	spin_unlock_irq(&vrng->front.lock);
	wake_up_all(&vrng->wait);
}

/* What the handshake is to know of the work. Nothing, once the device was killed. */
static void report_update(struct vrng_front *vrng, int err)
{
	spin_lock_irq(&vrng->front.lock);
	if (vrng->hiding) {
		vrng->hiding = false;
		xsplit_front_hidden(&vrng->front);
	} else if (err && vrng->state != SOURCE_GONE) {
		vrng->error = err;
		xsplit_front_kick(&vrng->front);
	}
	spin_unlock_irq(&vrng->front.lock);
}

/*
 * To add and to remove a source waits for readers of all sources, and so perhaps for another
 * back. Neither the handshake nor xenwatch may wait for that: so nobody waits for this work, and
 * its reference keeps the device.
 *
 * The quality is the least that can count: one bit of 1024. 0 would mean "unknown", and that counts
 * in full since Linux 6.2. Who trusts the back writes to rng_quality in sysfs.
 */
static void update_source(struct work_struct *work)
{
	struct vrng_front *vrng = container_of(work, struct vrng_front, work);
	bool wanted = READ_ONCE(vrng->state) != SOURCE_GONE;
	int err = 0;

	if (!wanted && vrng->added) {
		hwrng_unregister(&vrng->hwrng);
		vrng->added = false;
	} else if (wanted && !vrng->added) {
		vrng->hwrng = (struct hwrng){
			.name = "xen-vrng",
			.read = read_source,
			.quality = 1,
		};
		err = hwrng_register(&vrng->hwrng);
		vrng->added = !err;
	}
	report_update(vrng, err);
	xsplit_front_put(&vrng->front);
}

static void queue_update(struct vrng_front *vrng)
{
	xsplit_front_get(&vrng->front);
	if (!queue_work(xsplit_front_users_wq, &vrng->work))
		xsplit_front_put(&vrng->front);
}

static int init_source(struct xsplit_front *front)
{
	init_waitqueue_head(&to_vrng(front)->wait);
	INIT_WORK(&to_vrng(front)->work, update_source);
	return 0;
}

static void report_error(struct xsplit_front *front)
{
	int err = xchg(&to_vrng(front)->error, 0);

	if (err)
		xsplit_front_fail(front, err, "the kernel does not take a (second?) xen-vrng");
}

static void show_source(struct xsplit_front *front)
{
	spin_lock_irq(&front->lock);
	to_vrng(front)->state = SOURCE_READY;
	spin_unlock_irq(&front->lock);
	queue_update(to_vrng(front));
}

/* The reader gets an error, also if the device comes back: the kernel has other sources. */
static void send_reader_away(struct vrng_front *vrng, bool hiding)
{
	spin_lock_irq(&vrng->front.lock);
	vrng->state = SOURCE_GONE;
	vrng->hiding = hiding;
	vrng->error = 0;
	spin_unlock_irq(&vrng->front.lock);
	wake_up_all(&vrng->wait);
	queue_update(vrng);
}

/* A close is never refused. */
static int hide_source(struct xsplit_front *front)
{
	send_reader_away(to_vrng(front), true);
	return 0;
}

static void kill_source(struct xsplit_front *front)
{
	send_reader_away(to_vrng(front), false);
}

static void park_source(struct xsplit_front *front)
{
	set_state(to_vrng(front), SOURCE_PARKED);
}

/* A request in flight ends with its ring. The reader that waits for it asks the next back. */
static void count_replayed(struct xsplit_front *front)
{
	if (front->parked && front->nr_rings && ring_of(to_vrng(front))->asked)
		to_vrng(front)->replayed++;
}

static void unpark_source(struct xsplit_front *front)
{
	set_state(to_vrng(front), SOURCE_READY);
}

/* In the order of a device's life. What is missing has a default that common/front.h states. */
static const struct xsplit_front_class vrng_class = {
	.type = "vrng",
	.name = "vrngfront",
	.irq_name = "vrng",
	.size = sizeof(struct vrng_front),
	.ring_size = sizeof(struct vrng_ring),
	.slot_size = sizeof(struct vrng_request),
	.response_size = sizeof(struct vrng_response),
	.ring_grants = 1,
	.keys = vrng_keys,
	.nr_keys = VRNG_ID_KEYS,
	.stats = stats,
	.nr_stats = ARRAY_SIZE(stats),
	.not_essential = true,

	.init = init_source,
	.ring_open = open_ring,
	.show = show_source,
	.look = report_error,
	.response = take_response,
	.park = park_source,
	.detach = count_replayed,
	.unpark = unpark_source,
	.hide = hide_source,
	.kill = kill_source,
	.ring_close = close_ring,
};

static int __init vrng_init(void)
{
	return xen_domain() ? xsplit_front_register(&vrng_class) : -ENODEV;
}
module_init(vrng_init);

static void __exit vrng_exit(void)
{
	xsplit_front_unregister();
}
module_exit(vrng_exit);

MODULE_DESCRIPTION("Xen random number device: front");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen:vrng");

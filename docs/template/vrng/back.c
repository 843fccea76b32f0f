// SPDX-License-Identifier: GPL-2.0
/*
 * xen-vrngback: the back of vrng. It gives random bytes of this domain to other domains,
 * no more in a second than the key "rate" says.
 *
 * The core has the life of a device: common/back.h says when it calls the functions of
 * this file, and what they may do. Here is what echo has not: a class without a hotplug
 * script, and requests that wait.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/random.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "back.h"
#include "vrng_bucket.h"
#include "vrng_keys.h"
#include "vrng_wire.h"

/**
 * struct vrng_back - one device
 * @back:   the core's part; must be first
 * @lock:   protects @bucket: the work item of the device sets the rate, that of the ring takes
 * @bucket: the limit. It outlives the rings: a front can make new ones as often as it likes, and
 *          must not get a full bucket each time
 */
struct vrng_back {
	struct xsplit_back back;
	spinlock_t lock;
	struct vrng_bucket bucket;
};

/**
 * struct vrng_ring - one ring
 * @base:     the core's part; must be first
 * @page:     where the bytes of a request are made
 * @requests: requests that were answered
 * @bytes:    bytes that the front has got
 * @refused:  requests that were answered with an error
 * @waits:    how often a request had to wait
 */
struct vrng_ring {
	struct xsplit_back_ring base;
	void *page;
	u64 requests, bytes, refused, waits;
};

static const struct xsplit_stat ring_stats[] = {
	XSPLIT_STAT(struct vrng_ring, requests),
	XSPLIT_STAT(struct vrng_ring, bytes),
	XSPLIT_STAT(struct vrng_ring, refused),
	XSPLIT_STAT(struct vrng_ring, waits),
};

static struct vrng_back *to_vrng(struct xsplit_back *back)
{
	return container_of(back, struct vrng_back, back);
}

static struct vrng_ring *to_ring(struct xsplit_back_ring *ring)
{
	return container_of(ring, struct vrng_ring, base);
}

static int read_rate(struct vrng_back *vrng)
{
	u64 rate;
	int err = xsplit_back_read_keys(&vrng->back, &vrng_keys[VRNG_ID_RATE], 1, &rate);

	if (err)
		return err;
	spin_lock(&vrng->lock);
	vrng_bucket_set(&vrng->bucket, rate, ktime_to_ms(ktime_get()));
	spin_unlock(&vrng->lock);
	return 0;
}

static int init_vrng(struct xsplit_back *back)
{
	spin_lock_init(&to_vrng(back)->lock);
	back->slot_size = sizeof(struct vrng_request);
	return 0;
}

/* A rate that is not valid must not become "no limit": then both ends close. */
static int connect_vrng(struct xsplit_back *back, bool attach)
{
	return read_rate(to_vrng(back));
}

/*
 * A rate that is not valid is reported, and changes nothing: to return its error would close the
 * device. With a valid one a request may wait too long, up to an hour: look at it again.
 */
static int reconfigure_vrng(struct xsplit_back *back)
{
	if (!read_rate(to_vrng(back)))
		xsplit_back_serve_again(back);
	return 0;
}

static int open_ring(struct xsplit_back_ring *base)
{
	struct vrng_ring *ring = to_ring(base);

	ring->page = (void *)__get_free_page(GFP_KERNEL);
	if (!ring->page)
		return xsplit_dev_error(base->back->dev, -ENOMEM, "out of memory for a page");
	return 0;
}

static void close_ring(struct xsplit_back_ring *base)
{
	free_page((unsigned long)to_ring(base)->page);
}

/* Return: jiffies to wait before so many bytes may be given; 0: they are taken from the bucket. */
static unsigned long take_bytes(struct vrng_back *vrng, u16 length)
{
	u32 ms;

	/* Early after the boot of this domain its bytes can be guessed. */
	if (!rng_is_initialized())
		return HZ;
	spin_lock(&vrng->lock);
	/* Not before the lock: the time of a bucket must not go back. */
	ms = vrng_bucket_take(&vrng->bucket, length, ktime_to_ms(ktime_get()));
	spin_unlock(&vrng->lock);
	return ms ? max(msecs_to_jiffies(ms), 1UL) : 0;
}

/* Xen copies, and checks the grant. The bytes are secrets of the guest now: wipe them here. */
static int give_bytes(struct vrng_ring *ring, const struct vrng_request *request)
{
	struct gnttab_copy op = {
		.source.u.gmfn = virt_to_gfn(ring->page),
		.source.domid = DOMID_SELF,
		.dest.u.ref = request->gref,
		.dest.domid = ring->base.back->dev->otherend_id,
		.len = request->length,
		.flags = GNTCOPY_dest_gref,
		.status = GNTST_general_error, /* in case Xen does nothing (XSA-316) */
	};

	get_random_bytes(ring->page, request->length);
	gnttab_batch_copy(&op, 1);
	memzero_explicit(ring->page, request->length);
	return op.status == GNTST_okay ? 0 : -EFAULT;
}

/* A request that must wait keeps nothing: it is checked anew when the core passes it again. */
static unsigned long serve_request(struct xsplit_back_ring *base, const void *slot, void *answer)
{
	struct vrng_ring *ring = to_ring(base);
	const struct vrng_request *request = slot;
	struct vrng_response *response = answer;
	unsigned long delay;

	response->id = request->id;
	response->status = -EINVAL;
	if (vrng_request_is_valid(request)) {
		delay = take_bytes(to_vrng(base->back), request->length);
		if (delay) {
			ring->waits++;
			return delay;
		}
		response->status = give_bytes(ring, request);
	}
	ring->requests++;
	if (response->status)
		ring->refused++;
	else
		ring->bytes += request->length;
	return 0;
}

/* In the order of a device's life. What is missing has a default that common/back.h states. */
static struct xsplit_back_class vrng_class = {
	.name = "vrngback",
	.type = "vrng",
	.size = sizeof(struct vrng_back),
	.ring_size = sizeof(struct vrng_ring),
	.response_size = sizeof(struct vrng_response),
	.stats = ring_stats,
	.nr_stats = ARRAY_SIZE(ring_stats),
	.keys = vrng_keys,
	.nr_keys = VRNG_ID_KEYS,
	.resource = -1, /* there is always something to serve */

	.init = init_vrng,
	.connect = connect_vrng,
	.ring_open = open_ring,
	.serve = serve_request,
	.reconfigure = reconfigure_vrng,
	.ring_close = close_ring,
};

static int __init vrng_init(void)
{
	return xen_domain() ? xsplit_back_register(&vrng_class) : -ENODEV;
}
module_init(vrng_init);

static void __exit vrng_exit(void)
{
	xsplit_back_unregister(&vrng_class);
}
module_exit(vrng_exit);

MODULE_DESCRIPTION("Xen random number device: back");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen-backend:vrng");

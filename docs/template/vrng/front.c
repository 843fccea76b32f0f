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
#include <xen/xen.h>

#include "front.h"
#include "frontcall.h"
#include "vrng_keys.h"
#include "vrng_wire.h"

/**
 * struct vrng_front - one device
 * @front:    the core's part; must be first
 * @hwrng:    the source
 * @work:     adds it to the hwrng core, or removes it, as the device is open or closed; holds a
 *            reference
 * @call:     the only call, while the hwrng core has the source; else NULL. Only @work changes this
 * @got:      bytes at the begin of the call's page that nobody has read; 0 while the back has it.
 *            Protected by the lock of @front, as are the next two
 * @hiding:   hide() waits for @work
 * @error:    why @work could not add it, or 0
 * @requests: requests that were sent
 * @bytes:    bytes that have come
 */
struct vrng_front {
	struct xsplit_front front;
	struct hwrng hwrng;
	struct work_struct work;
	struct xsplit_call *call;
	unsigned int got;
	bool hiding;
	int error;
	u64 requests, bytes;
};

static const struct xsplit_stat stats[] = {
	XSPLIT_STAT(struct vrng_front, requests),
	XSPLIT_STAT(struct vrng_front, bytes),
	XSPLIT_STAT(struct xsplit_front, replayed),
};

#define to_vrng(core) container_of(core, struct vrng_front, front)

static int fill_request(struct xsplit_call *call, void *slot)
{
	struct vrng_request *request = slot;

	request->length = call->length;
	request->gref = call->page.gref;
	to_vrng(call->front)->got = 0;
	to_vrng(call->front)->requests++;
	return 0;
}

/* The bytes stay in the page: it is not granted any more, so they cannot change. */
static int take_answer(struct xsplit_call *call, const void *slot)
{
	struct vrng_front *vrng = to_vrng(call->front);
	const struct vrng_response *response = slot;

	if (!vrng_response_is_valid(response))
		return 1;
	if (response->status)
		return -EIO;
	vrng->got = call->length;
	vrng->bytes += call->length;
	return 0;
}

/*
 * Return: number of bytes, which no other reader gets or finds; 0: there are none; or the error of
 * the last call.
 */
static int take_bytes(struct vrng_front *vrng, void *data, size_t max)
{
	struct xsplit_call *call = vrng->call;
	int ret;

	spin_lock_irq(&vrng->front.lock);
	ret = xchg(&call->status, 0);
	if (!ret && vrng->got) {
		ret = min_t(size_t, max, vrng->got);
		vrng->got -= ret;
		memcpy(data, call->page.data + vrng->got, ret);
		memzero_explicit(call->page.data + vrng->got, ret);
	}
	spin_unlock_irq(&vrng->front.lock);
	return ret;
}

/*
 * The hwrng core holds a mutex of all its sources: so there is one reader, and one call. A reader
 * that does not wait gets the answer when it comes again.
 */
static int read_source(struct hwrng *hwrng, void *data, size_t max, bool wait)
{
	struct vrng_front *vrng = container_of(hwrng, struct vrng_front, hwrng);
	int ret;

	do {
		ret = xsplit_call_wait(vrng->call, !wait);
		ret = ret ?: take_bytes(vrng, data, max);
		if (!ret)
			ret = xsplit_call_begin(vrng->call, min_t(size_t, max, VRNG_MAX_LENGTH));
	} while (!ret);
	return ret == -EAGAIN ? 0 : ret;
}

/* What the handshake is to know of the work. Nothing, once the device was killed. */
static void report_update(struct vrng_front *vrng, int err)
{
	spin_lock_irq(&vrng->front.lock);
	if (vrng->hiding) {
		vrng->hiding = false;
		xsplit_front_hidden(&vrng->front);
	} else if (err && !xsplit_front_is_closed(&vrng->front)) {
		vrng->error = err;
		xsplit_front_kick(&vrng->front);
	}
	spin_unlock_irq(&vrng->front.lock);
}

/*
 * The quality is the least that can count: one bit of 1024. 0 would mean "unknown", and that counts
 * in full since Linux 6.2. Who trusts the back writes to rng_quality in sysfs.
 */
static int add_source(struct vrng_front *vrng)
{
	int err;

	vrng->call = xsplit_call_take(&vrng->front);
	if (!vrng->call)
		return -ENODEV;
	vrng->hwrng = (struct hwrng){
		.name = "xen-vrng",
		.read = read_source,
		.quality = 1,
	};
	err = hwrng_register(&vrng->hwrng);
	if (err) {
		xsplit_call_release(vrng->call);
		vrng->call = NULL;
	}
	return err;
}

static void remove_source(struct vrng_front *vrng)
{
	hwrng_unregister(&vrng->hwrng);
	xsplit_call_release(vrng->call);
	vrng->call = NULL;
}

/*
 * To add and to remove a source waits for readers of all sources, and so perhaps for another
 * back. Neither the handshake nor xenwatch may wait for that: so nobody waits for this work, and
 * its reference keeps the device.
 */
static void update_source(struct work_struct *work)
{
	struct vrng_front *vrng = container_of(work, struct vrng_front, work);
	bool wanted = !xsplit_front_is_closed(&vrng->front);
	int err = 0;

	if (!wanted && vrng->call)
		remove_source(vrng);
	else if (wanted && !vrng->call)
		err = add_source(vrng);
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
	queue_update(to_vrng(front));
}

/* The core has closed the device: the reader leaves, the kernel has other sources. */
static void take_away_source(struct vrng_front *vrng, bool hiding)
{
	spin_lock_irq(&vrng->front.lock);
	vrng->hiding = hiding;
	vrng->error = 0;
	spin_unlock_irq(&vrng->front.lock);
	queue_update(vrng);
}

/* A close is never refused. */
static int hide_source(struct xsplit_front *front)
{
	take_away_source(to_vrng(front), true);
	return 0;
}

static void kill_source(struct xsplit_front *front)
{
	take_away_source(to_vrng(front), false);
}

/* A guest that is restored twice would find the same bytes twice, unless a reader is faster. */
static void forget_bytes(struct xsplit_front *front)
{
	spin_lock_irq(&front->lock);
	to_vrng(front)->got = 0;
	spin_unlock_irq(&front->lock);
}

/* In the order of a device's life. What is missing has a default that common/front.h states. */
static const struct xsplit_front_class vrng_class = {
	.type = "vrng",
	.name = "vrngfront",
	.irq_name = "vrng",
	.size = sizeof(struct vrng_front),
	.ring_size = sizeof(struct xsplit_front_ring),
	.slot_size = sizeof(struct vrng_request),
	.response_size = sizeof(struct vrng_response),
	.nr_calls = 1,
	.call_size = sizeof(struct xsplit_call),
	.keys = vrng_keys,
	.nr_keys = VRNG_ID_KEYS,
	.stats = stats,
	.nr_stats = ARRAY_SIZE(stats),
	.not_essential = true,

	.init = init_source,
	.show = show_source,
	.look = report_error,
	.fill = fill_request,
	.answer = take_answer,
	.detach = forget_bytes,
	.hide = hide_source,
	.kill = kill_source,
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

// SPDX-License-Identifier: GPL-2.0
/*
 * xen-echofront: the front of echo, the misc device /dev/echoN. A user writes a text, which goes
 * to the back, and reads it as the back has changed it.
 *
 * The core has the life of a device: common/front.h says when it calls the functions of this
 * file, and what they may do. This file has what is in the ring, file.c what users do,
 * and calls.c what both need.
 */
#include <linux/gfp.h>
#include <linux/module.h>
#include <xen/xen.h>

#include "echofront.h"

static const struct xsplit_stat stats[] = {
	XSPLIT_STAT(struct echo_front, calls),
	XSPLIT_STAT(struct echo_front, bytes),
	XSPLIT_STAT(struct echo_front, replayed),
};

static void end_call(struct echo_front *echo, struct echo_call *call, int status)
{
	call->status = status;
	if (status)
		call->length = 0;
	echo_use_call(echo, call, call->open, false);
	wake_up_all(&echo->wait);
}

/* A back may answer what was not asked, or say that it is done while it still has the page. */
static bool take_response(struct xsplit_front_ring *ring, const void *slot)
{
	struct echo_front *echo = to_echo(ring->front);
	const struct echo_response *response = slot;
	struct echo_call *call;
	bool ok;

	if (response->id >= ECHO_MAX_CALLS || !echo->call[response->id].page.granted)
		return false;
	call = &echo->call[response->id];
	ok = xsplit_page_take_back(&call->page);
	if (ok && !response->status) {
		memcpy(call->text, call->page.data, call->length);
		echo->calls++;
		echo->bytes += call->length;
	}
	/* The number is the back's: a user gets none that it has chosen. */
	end_call(echo, call, !ok || response->status ? -EIO : 0);
	return ok;
}

static void start_calls(struct xsplit_front *front)
{
	struct echo_front *echo = to_echo(front);
	struct echo_call *call;

	spin_lock_irq(&front->lock);
	echo->running = true;
	for_each_call(call, echo)
		if (call->pending)
			echo_send_call(echo, call);
	spin_unlock_irq(&front->lock);
}

static void stop_calls(struct xsplit_front *front)
{
	spin_lock_irq(&front->lock);
	to_echo(front)->running = false;
	spin_unlock_irq(&front->lock);
}

/* The back cannot answer any more: start_calls() sends the calls to the next one. */
static void take_back_calls(struct xsplit_front *front)
{
	struct echo_front *echo = to_echo(front);
	struct echo_call *call;

	spin_lock_irq(&front->lock);
	for_each_call(call, echo) {
		if (!call->page.granted)
			continue;
		echo->replayed++;
		if (!xsplit_page_take_back(&call->page) || !call->open)
			end_call(echo, call, -EIO);
	}
	spin_unlock_irq(&front->lock);
}

/* An answer has no call any more now. Take none, or an honest back would look like a liar. */
static void kill_calls(struct xsplit_front *front)
{
	struct echo_front *echo = to_echo(front);
	struct echo_call *call;

	stop_calls(front);
	if (front->nr_rings)
		xsplit_front_unbind(xsplit_front_ring_at(front, 0));
	spin_lock_irq(&front->lock);
	echo->closed = true;
	for_each_call(call, echo) {
		if (call->page.granted)
			xsplit_page_take_back(&call->page);
		if (call->pending)
			end_call(echo, call, -ENODEV);
	}
	wake_up_all(&echo->wait);
	spin_unlock_irq(&front->lock);
}

static int read_offer(struct xsplit_front *front)
{
	u64 max_length;
	int err = xsplit_read_keys(front->dev, front->otherend, &echo_keys[ECHO_ID_MAX_LENGTH], 1,
				   &max_length);

	if (!err)
		to_echo(front)->max_length = max_length;
	return err;
}

static bool is_busy(struct xsplit_front *front)
{
	return READ_ONCE(to_echo(front)->users);
}

static void refuse_close(struct xsplit_front *front)
{
	xsplit_dev_error(front->dev, -EBUSY, "/dev/%s is open, and stays until it is closed",
			 to_echo(front)->name);
}

/* There is nothing to wait for: no user is left who would read an answer. */
static int hide_echo(struct xsplit_front *front)
{
	struct echo_front *echo = to_echo(front);

	spin_lock_irq(&front->lock);
	echo->closed = !echo->users;
	spin_unlock_irq(&front->lock);
	if (!echo->closed)
		return -EAGAIN;
	xsplit_front_hidden(front);
	return 0;
}

static void show_echo(struct xsplit_front *front)
{
	int err;

	to_echo(front)->closed = false;
	start_calls(front);
	err = echo_add_file(to_echo(front));
	if (err)
		xsplit_front_fail(front, err, "the kernel has no misc device for it");
}

static void discard_echo(struct xsplit_front *front)
{
	echo_remove_file(to_echo(front));
}

static void release_echo(struct xsplit_front *front)
{
	struct echo_call *call;

	for_each_call(call, to_echo(front))
		xsplit_page_free(&call->page);
}

/* In xenwatch: the memory must not wait for a disk that waits for xenwatch. */
static int init_echo(struct xsplit_front *front)
{
	struct echo_front *echo = to_echo(front);
	struct echo_call *call;
	int err;

	init_waitqueue_head(&echo->wait);
	snprintf(echo->name, sizeof(echo->name), "echo%s", strrchr(front->dev->nodename, '/') + 1);
	for_each_call(call, echo) {
		call->id = call - echo->call;
		err = xsplit_page_alloc(&call->page, GFP_NOIO);
		if (err)
			return xsplit_dev_error(front->dev, err, "out of memory or grants");
	}
	return 0;
}

/* In the order of a device's life. What is missing has a default that common/front.h states. */
static const struct xsplit_front_class echo_class = {
	.type = "echo",
	.name = "echofront",
	.irq_name = "echo",
	.size = sizeof(struct echo_front),
	.ring_size = sizeof(struct xsplit_front_ring),
	.slot_size = sizeof(struct echo_request),
	.response_size = sizeof(struct echo_response),
	.keys = echo_keys,
	.nr_keys = ECHO_ID_KEYS,
	.stats = stats,
	.nr_stats = ARRAY_SIZE(stats),
	.not_essential = true,

	.init = init_echo,
	.connect = read_offer,
	.show = show_echo,
	.response = take_response,
	.park = stop_calls,
	.detach = take_back_calls,
	.reconnect = read_offer,
	.unpark = start_calls,
	.busy = is_busy,
	.refuse = refuse_close,
	.hide = hide_echo,
	.kill = kill_calls,
	.discard = discard_echo,
	.release = release_echo,
};

static int __init echo_init(void)
{
	return xen_domain() ? xsplit_front_register(&echo_class) : -ENODEV;
}
module_init(echo_init);

static void __exit echo_exit(void)
{
	xsplit_front_unregister();
}
module_exit(echo_exit);

MODULE_DESCRIPTION("Xen echo device: front");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen:echo");

// SPDX-License-Identifier: GPL-2.0
/*
 * xen-echofront: the front of echo, the misc device /dev/echoN. A user writes a text, which goes
 * to the back, and reads it as the back has changed it.
 *
 * The core has the life of a device and its calls: common/front.h says when it calls the functions
 * of this file, and what they may do. This file has what is in the ring, file.c what users do.
 */
#include <linux/module.h>
#include <xen/xen.h>

#include "echofront.h"

static const struct xsplit_stat stats[] = {
	XSPLIT_STAT(struct echo_front, calls),
	XSPLIT_STAT(struct echo_front, bytes),
	XSPLIT_STAT(struct xsplit_front, replayed),
};

/* The page gets the text each time: a back may have changed it, and then not answered. */
static int fill_request(struct xsplit_call *call, void *slot)
{
	struct echo_request *request = slot;

	request->operation = ECHO_OP_ROTATE;
	request->length = call->length;
	request->gref = call->page.gref;
	memcpy(call->page.data, to_call(call)->text, call->length);
	return 0;
}

/* The number is the back's: a user gets none that it has chosen. */
static int take_answer(struct xsplit_call *base, const void *slot)
{
	const struct echo_response *response = slot;
	struct echo_front *echo = to_echo(base->front);
	struct echo_call *call = to_call(base);

	if (response->status)
		return -EIO;
	memcpy(call->text, base->page.data, base->length);
	call->left = 0;
	call->end = base->length;
	echo->calls++;
	echo->bytes += base->length;
	return 0;
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

static void refuse_close(struct xsplit_front *front)
{
	xsplit_dev_error(front->dev, -EBUSY, "/dev/%s is open, and stays until it is closed",
			 to_echo(front)->name);
}

static void show_echo(struct xsplit_front *front)
{
	int err = echo_add_file(to_echo(front));

	if (err)
		xsplit_front_fail(front, err, "the kernel has no misc device for it");
}

static void discard_echo(struct xsplit_front *front)
{
	echo_remove_file(to_echo(front));
}

static int init_echo(struct xsplit_front *front)
{
	struct echo_front *echo = to_echo(front);

	snprintf(echo->name, sizeof(echo->name), "echo%s", strrchr(front->dev->nodename, '/') + 1);
	return 0;
}

/*
 * In the order of a device's life. What is missing has a default that common/front.h states: with
 * calls and refuse(), the core lets only a device go that nobody uses.
 */
static const struct xsplit_front_class echo_class = {
	.type = "echo",
	.name = "echofront",
	.irq_name = "echo",
	.size = sizeof(struct echo_front),
	.ring_size = sizeof(struct xsplit_front_ring),
	.slot_size = sizeof(struct echo_request),
	.response_size = sizeof(struct echo_response),
	.nr_calls = ECHO_MAX_CALLS,
	.call_size = sizeof(struct echo_call),
	.keys = echo_keys,
	.nr_keys = ECHO_ID_KEYS,
	.stats = stats,
	.nr_stats = ARRAY_SIZE(stats),
	.not_essential = true,

	.init = init_echo,
	.connect = read_offer,
	.show = show_echo,
	.fill = fill_request,
	.answer = take_answer,
	.reconnect = read_offer,
	.refuse = refuse_close,
	.discard = discard_echo,
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

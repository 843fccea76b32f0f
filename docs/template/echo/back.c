// SPDX-License-Identifier: GPL-2.0
/*
 * xen-echoback: the back of echo. It rotates the letters of texts that other domains
 * send, by as many places as the key "rotate" says.
 *
 * The core has the life of a device: common/back.h says when it calls the functions
 * of this file, and what they may do. Here is only what is served.
 */
#include <linux/gfp.h>
#include <linux/module.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "back.h"
#include "echo_keys.h"
#include "echo_wire.h"

/**
 * struct echo_back - one device
 * @back:   the core's part; must be first
 * @rotate: places to rotate by; the work item of the device writes it while rings read it
 */
struct echo_back {
	struct xsplit_back back;
	unsigned int rotate;
};

/**
 * struct echo_ring - one ring
 * @base:     the core's part; must be first
 * @text:     a page of ours: the front can change its own page at any time
 * @requests: requests that were answered
 * @bytes:    bytes that were rotated
 * @refused:  requests that were answered with an error
 */
struct echo_ring {
	struct xsplit_back_ring base;
	void *text;
	u64 requests, bytes, refused;
};

static const struct xsplit_stat ring_stats[] = {
	XSPLIT_STAT(struct echo_ring, requests),
	XSPLIT_STAT(struct echo_ring, bytes),
	XSPLIT_STAT(struct echo_ring, refused),
};

static struct echo_back *to_echo(struct xsplit_back *back)
{
	return container_of(back, struct echo_back, back);
}

static struct echo_ring *to_ring(struct xsplit_back_ring *ring)
{
	return container_of(ring, struct echo_ring, base);
}

/* A value that is not valid is reported, and changes nothing. */
static int read_rotate(struct echo_back *echo)
{
	u64 rotate;
	int err = xsplit_back_read_keys(&echo->back, &echo_keys[ECHO_ID_ROTATE], 1, &rotate);

	if (!err)
		WRITE_ONCE(echo->rotate, rotate);
	return err;
}

static int init_echo(struct xsplit_back *back)
{
	back->slot_size = sizeof(struct echo_request);
	return 0;
}

/* The front reads "max-length" when it sees Connected. */
static int connect_echo(struct xsplit_back *back, bool attach)
{
	const struct xsplit_node max_length = {
		.key = &echo_keys[ECHO_ID_MAX_LENGTH],
		.number = ECHO_MAX_LENGTH,
	};
	int err = read_rotate(to_echo(back));

	return err ?: xsplit_publish(back->dev, &max_length, 1, false);
}

/* To return an error would close the device. */
static int reconfigure_echo(struct xsplit_back *back)
{
	read_rotate(to_echo(back));
	return 0;
}

static int open_ring(struct xsplit_back_ring *base)
{
	struct echo_ring *ring = to_ring(base);

	ring->text = (void *)__get_free_page(GFP_KERNEL);
	if (!ring->text)
		return xsplit_dev_error(base->back->dev, -ENOMEM, "out of memory for a text");
	return 0;
}

static void close_ring(struct xsplit_back_ring *base)
{
	free_page((unsigned long)to_ring(base)->text);
}

/*
 * Xen copies, and checks the grant. To map the page would be slower for so little data, and
 * a front could then keep us from unmapping it in time.
 */
static int copy_text(struct echo_ring *ring, const struct echo_request *request, bool from_front)
{
	struct gnttab_copy op = { .len = request->length, .status = GNTST_general_error };
	typeof(op.source) front = {
		.u.ref = request->gref,
		.domid = ring->base.back->dev->otherend_id,
	};
	typeof(op.source) ours = {
		.u.gmfn = virt_to_gfn(ring->text),
		.domid = DOMID_SELF,
	};

	op.source = from_front ? front : ours;
	op.dest = from_front ? ours : front;
	op.flags = from_front ? GNTCOPY_source_gref : GNTCOPY_dest_gref;
	gnttab_batch_copy(&op, 1);
	return op.status == GNTST_okay ? 0 : -EFAULT;
}

/* Return: 0, or a negative errno for the front. */
static int rotate_text(struct echo_ring *ring, const struct echo_request *request)
{
	struct echo_back *echo = to_echo(ring->base.back);
	int err;

	if (!echo_request_is_valid(request, ECHO_MAX_LENGTH))
		return -EINVAL;
	err = copy_text(ring, request, true);
	if (err)
		return err;
	echo_rotate(ring->text, request->length, READ_ONCE(echo->rotate));
	return copy_text(ring, request, false);
}

/* A front can send nonsense as fast as it likes: count it, and do not log it. */
static unsigned long serve_request(struct xsplit_back_ring *base, const void *slot, void *answer)
{
	struct echo_ring *ring = to_ring(base);
	const struct echo_request *request = slot;
	struct echo_response *response = answer;

	response->id = request->id;
	response->status = rotate_text(ring, request);
	ring->requests++;
	if (response->status)
		ring->refused++;
	else
		ring->bytes += request->length;
	return 0;
}

/* In the order of a device's life. What is missing has a default that common/back.h states. */
static struct xsplit_back_class echo_class = {
	.name = "echoback",
	.type = "echo",
	.size = sizeof(struct echo_back),
	.ring_size = sizeof(struct echo_ring),
	.response_size = sizeof(struct echo_response),
	.stats = ring_stats,
	.nr_stats = ARRAY_SIZE(ring_stats),
	.keys = echo_keys,
	.nr_keys = ECHO_ID_KEYS,
	.resource = ECHO_ID_ROTATE,

	.init = init_echo,
	.connect = connect_echo,
	.ring_open = open_ring,
	.serve = serve_request,
	.reconfigure = reconfigure_echo,
	.ring_close = close_ring,
};

static int __init echo_init(void)
{
	return xen_domain() ? xsplit_back_register(&echo_class) : -ENODEV;
}
module_init(echo_init);

static void __exit echo_exit(void)
{
	xsplit_back_unregister(&echo_class);
}
module_exit(echo_exit);

MODULE_DESCRIPTION("Xen echo device: back");
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen-backend:echo");

// SPDX-License-Identifier: GPL-2.0
#include "backcore.c"

#include <linux/module.h>

#include "self.h"

struct self_back {
	struct xsplit_back back;
	char *note; /* only to be freed */
	u32 add;
};
struct self_ring {
	struct xsplit_back_ring base;
	u32 *number;
	u64 requests;
};

static const struct xsplit_stat self_stats[] = { XSPLIT_STAT(struct self_ring,
							     requests) };

static int read_add(struct xsplit_back *back)
{
	u64 add;
	int err = xsplit_read_keys(back->dev, back->dev->nodename,
				   &self_keys[SELF_ADD], 1, &add);

	if (!err)
		container_of(back, struct self_back, back)->add = add;
	return err;
}

static int init_self(struct xsplit_back *back)
{
	struct self_back *self = container_of(back, struct self_back, back);

	back->slot_size = sizeof(struct self_request);
	self->note = kstrdup("note", GFP_KERNEL);
	return self->note ? 0 : -ENOMEM;
}

static void release_self(struct xsplit_back *back)
{
#ifndef SIM_FAULT_FORGET_RELEASE
	kfree(container_of(back, struct self_back, back)->note);
#endif
	(void)back;
}

static int connect_self(struct xsplit_back *back, bool attach)
{
	(void)attach;
	return read_add(back);
}

static int reconfigure_self(struct xsplit_back *back)
{
#ifdef SIM_FAULT_LOCK_TWICE
	mutex_lock(&back->rings_lock);
	mutex_lock(&back->rings_lock);
	mutex_unlock(&back->rings_lock);
#endif
	read_add(back);
	return 0;
}

static int open_self(struct xsplit_back_ring *base)
{
	struct self_ring *ring = container_of(base, struct self_ring, base);

	ring->number = (u32 *)__get_free_page(GFP_KERNEL);
	return ring->number ? 0 :
			      xsplit_dev_error(base->back->dev, -ENOMEM,
					       "out of memory");
}

static void close_self(struct xsplit_back_ring *base)
{
	free_page((unsigned long)container_of(base, struct self_ring, base)
			  ->number);
}

static int copy_number(struct self_ring *ring, u32 gref, bool in)
{
	struct gnttab_copy op = { .len = sizeof(u32) };
	__typeof__(op.source) front = {
		.u.ref = gref, .domid = ring->base.back->dev->otherend_id
	};
	__typeof__(op.source) ours = { .u.gmfn = virt_to_gfn(ring->number),
				       .domid = DOMID_SELF };

	op.source = in ? front : ours;
	op.dest = in ? ours : front;
	op.flags = in ? GNTCOPY_source_gref : GNTCOPY_dest_gref;
	gnttab_batch_copy(&op, 1);
	return op.status == GNTST_okay ? 0 : -EFAULT;
}

static unsigned long serve_self(struct xsplit_back_ring *base, const void *slot,
				void *answer)
{
	struct self_ring *ring = container_of(base, struct self_ring, base);
	const struct self_request *request = slot;
	struct self_response *response = answer;

	response->id = request->id;
	response->status = copy_number(ring, request->gref, true);
	if (response->status)
		return 0;
	*ring->number += container_of(base->back, struct self_back, back)->add;
	response->status = copy_number(ring, request->gref, false);
	ring->requests++;
	return 0;
}

static struct xsplit_back_class self_class = {
	.name = "selfback",
	.type = "self",
	.size = sizeof(struct self_back),
	.ring_size = sizeof(struct self_ring),
	.response_size = sizeof(struct self_response),
	.stats = self_stats,
	.nr_stats = ARRAY_SIZE(self_stats),
	.keys = self_keys,
	.nr_keys = SELF_KEYS,
	.resource = SELF_ADD,
	.init = init_self,
	.connect = connect_self,
	.ring_open = open_self,
	.serve = serve_self,
	.reconfigure = reconfigure_self,
	.ring_close = close_self,
	.release = release_self,
};

static int __init self_init(void)
{
	return xsplit_back_register(&self_class);
}
module_init(self_init);

static void __exit self_exit(void)
{
	xsplit_back_unregister(&self_class);
}
module_exit(self_exit);

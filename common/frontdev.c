// SPDX-License-Identifier: GPL-2.0
/*
 * The object of a front: its references, its work item, and the work queues. All
 * other files of the core use this one.
 */
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "frontcall.h"
#include "frontparts.h"
#include "seeded.h"

struct workqueue_struct *xsplit_front_handshake_wq;
struct workqueue_struct *xsplit_front_users_wq;

void xsplit_front_destroy_workqueues(void)
{
	if (xsplit_front_handshake_wq)
		destroy_workqueue(xsplit_front_handshake_wq);
	if (xsplit_front_users_wq)
		destroy_workqueue(xsplit_front_users_wq);
	xsplit_front_handshake_wq = NULL;
	xsplit_front_users_wq = NULL;
}

bool xsplit_front_make_workqueues(const char *name)
{
	const unsigned int flags = WQ_UNBOUND | WQ_MEM_RECLAIM;

	xsplit_front_handshake_wq = alloc_workqueue("%s", flags | WQ_FREEZABLE, 0, name);
	xsplit_front_users_wq = alloc_workqueue("%s-users", flags, 0, name);
	return xsplit_front_handshake_wq && xsplit_front_users_wq;
}

/*
 * One allocation each: a call may have much data of its class. It gets its page, and the page a
 * grant reference, when it begins.
 */
int xsplit_front_make_calls(struct xsplit_front *front)
{
	const struct xsplit_front_class *class = front->class;
	struct xsplit_call *call;
	unsigned int i;

	if (!class->nr_calls)
		return 0;
	front->calls = kcalloc(class->nr_calls + 1, sizeof(*front->calls), GFP_NOIO);
	for (i = 0; front->calls && i < class->nr_calls; i++) {
		call = kzalloc(class->call_size, GFP_NOIO);
		if (!call)
			break;
		front->calls[i] = call;
		call->front = front;
		call->id = i;
	}
	if (!front->calls || i < class->nr_calls)
		return xsplit_dev_error(front->dev, -ENOMEM, "out of memory for calls");
	return 0;
}

static void free_calls(struct xsplit_front *front)
{
	struct xsplit_call **call;

	for (call = front->calls; call && *call; call++) {
		xsplit_page_free(&(*call)->page);
		kfree(*call);
	}
	kfree(front->calls);
}

static void front_release(struct kref *ref)
{
	struct xsplit_front *front = container_of(ref, struct xsplit_front, ref);

	if (front->class->release)
		front->class->release(front);
	free_calls(front);
	put_device(&front->dev->dev);
	kfree(front->retry_error);
	kfree(front->next_otherend);
	kfree(front->otherend);
	kfree(front);
	xsplit_seeded_use_after_free(&front->flags);
}

void xsplit_front_get(struct xsplit_front *front)
{
	kref_get(&front->ref);
}

void xsplit_front_put(struct xsplit_front *front)
{
	kref_put(&front->ref, front_release);
}

void xsplit_front_kick(struct xsplit_front *front)
{
	xsplit_front_get(front);
	if (!queue_work(xsplit_front_handshake_wq, &front->work))
		xsplit_front_put(front);
}

void xsplit_front_hidden(struct xsplit_front *front)
{
	set_bit(XSPLIT_FRONT_HIDDEN, &front->flags);
	xsplit_front_kick(front);
}

void xsplit_front_ring_broken(struct xsplit_front_ring *ring, const char *why)
{
	struct xsplit_front *front = ring->front;

	dev_err_ratelimited(&front->dev->dev, "response refused: %s\n", why);
	set_bit(XSPLIT_FRONT_RING_BROKEN, &front->flags);
	xsplit_front_kick(front);
}

void xsplit_front_fail(struct xsplit_front *front, int err, const char *why)
{
	if (test_bit(XSPLIT_FRONT_REMOVED, &front->flags))
		return;
	set_bit(XSPLIT_FRONT_BROKEN, &front->flags);
	xsplit_machine_fail(&front->machine, err, "%s", why);
}

unsigned int xsplit_front_rejoin_key(const struct xsplit_front *front)
{
	return front->made ? XSPLIT_REJOIN_CLOSED : XSPLIT_REJOIN;
}

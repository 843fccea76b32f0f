// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of a device's users: see frontcall.h. The first part is what users do, the second what
 * the handshake does to all calls of a device.
 */
#include <linux/nospec.h>
#include <xen/page.h>

#include "frontcall.h"
#include "frontparts.h"

/* The largest request that fill() may make, in bytes. */
#define MAX_REQUEST 128

bool xsplit_front_calls_fit(const struct xsplit_front_class *class)
{
	return class->call_size >= sizeof(struct xsplit_call) &&
	       class->response_size >= sizeof(u16) && class->slot_size <= MAX_REQUEST &&
	       class->nr_calls < xsplit_ring_slots(class->slot_size, XEN_PAGE_SIZE);
}

#define for_each_call(call, i, front) for ((i) = 0; ((call) = (front)->calls[i]); (i)++)

/* With the lock. After this, the user may read what answer() has written. */
static void end_call(struct xsplit_call *call, int status)
{
	call->status = status;
	smp_store_release(&call->pending, false);
	wake_up_all(&call->front->call_wait);
}

/*
 * With the lock, while there is a back. The class fills the page each time: a back may have changed
 * it for a request that it has not answered. It is cleared before, since the former back may have
 * been in another domain. Calls are fewer than slots: so the ring has room.
 */
static int send_call(struct xsplit_call *call)
{
	struct xsplit_front *front = call->front;
	u64 request[MAX_REQUEST / sizeof(u64)] = {};
	int err;

	if (WARN_ON_ONCE(call->page.granted))
		return -EIO;
	memset(call->page.data, 0, PAGE_SIZE);
	err = front->class->fill(call, request);
	if (err)
		return err;
	*(u16 *)request = call->id;
	xsplit_page_grant(&call->page, front->dev->otherend_id);
	xsplit_front_send(xsplit_front_ring_at(front, 0), request);
	return 0;
}

struct xsplit_call *xsplit_call_take(struct xsplit_front *front)
{
	struct xsplit_call *call, *found = NULL;
	unsigned int i;

	spin_lock_irq(&front->lock);
	for_each_call(call, i, front)
		if (!front->closed && !found && !call->taken && !call->pending)
			found = call;
	if (found) {
		found->taken = true;
		found->status = 0;
		front->users++;
		xsplit_front_get(front);
	}
	spin_unlock_irq(&front->lock);
	return found;
}

/*
 * A detach that was refused can go on when the last user has left. If the device was removed, the
 * work queue may be gone: do not use it.
 */
void xsplit_call_release(struct xsplit_call *call)
{
	struct xsplit_front *front = call->front;

	spin_lock_irq(&front->lock);
	call->taken = false;
	call->pending = call->page.granted;
	if (!--front->users && front->class->refuse &&
	    !test_bit(XSPLIT_FRONT_REMOVED, &front->flags))
		xsplit_front_kick(front);
	spin_unlock_irq(&front->lock);
	xsplit_front_put(front);
}

/* If another task does the same for this call, free the second page. */
static int replace_page(struct xsplit_call *call)
{
	struct xsplit_page page = {};
	int err;

	if (READ_ONCE(call->page.data))
		return 0;
	err = xsplit_page_alloc(&page, GFP_KERNEL);
	if (err)
		return err;
	spin_lock_irq(&call->front->lock);
	if (!call->page.data)
		swap(call->page, page);
	spin_unlock_irq(&call->front->lock);
	xsplit_page_free(&page);
	return 0;
}

int xsplit_call_begin(struct xsplit_call *call, unsigned int length)
{
	struct xsplit_front *front = call->front;
	int err = replace_page(call);

	if (err)
		return err;
	spin_lock_irq(&front->lock);
	if (front->closed) {
		err = -ENODEV;
	} else if (call->pending || !call->page.data) {
		err = -EAGAIN;
	} else {
		call->length = length;
		call->status = 0;
		err = front->running ? send_call(call) : 0;
		WRITE_ONCE(call->pending, !err);
	}
	spin_unlock_irq(&front->lock);
	return err;
}

static bool has_ended(const struct xsplit_call *call)
{
	return xsplit_call_is_idle(call) || xsplit_front_is_closed(call->front);
}

int xsplit_call_wait(struct xsplit_call *call, bool nonblock)
{
	int err = 0;

	if (!nonblock)
		err = wait_event_interruptible(call->front->call_wait, has_ended(call));
	else if (!has_ended(call))
		err = -EAGAIN;
	return !err && xsplit_front_is_closed(call->front) ? -ENODEV : err;
}

/* A back may answer what was not asked, or say that it is done while it still has the page. */
bool xsplit_front_take_answer(struct xsplit_front_ring *ring, const void *response)
{
	struct xsplit_front *front = ring->front;
	unsigned int id = *(const u16 *)response;
	struct xsplit_call *call;
	int status;

	if (id >= front->class->nr_calls)
		return false;
	call = front->calls[array_index_nospec(id, front->class->nr_calls)];
	if (!call->page.granted)
		return false;
	status = xsplit_page_take_back(&call->page) ? front->class->answer(call, response) : 1;
	end_call(call, status > 0 ? -EIO : status);
	return status <= 0;
}

void xsplit_front_open_calls(struct xsplit_front *front)
{
	spin_lock_irq(&front->lock);
	front->closed = false;
	spin_unlock_irq(&front->lock);
}

int xsplit_front_close_calls(struct xsplit_front *front)
{
	bool may_refuse = front->class->refuse && !front->class->busy;
	int err = 0;

	spin_lock_irq(&front->lock);
	if (may_refuse && front->users)
		err = -EAGAIN;
	else
		front->closed = true;
	spin_unlock_irq(&front->lock);
	wake_up_all(&front->call_wait);
	return err;
}

void xsplit_front_start_calls(struct xsplit_front *front)
{
	struct xsplit_call *call;
	unsigned int i;
	int err;

	spin_lock_irq(&front->lock);
	front->running = true;
	for_each_call(call, i, front) {
		err = call->pending ? send_call(call) : 0;
		if (err)
			end_call(call, err);
	}
	spin_unlock_irq(&front->lock);
}

void xsplit_front_stop_calls(struct xsplit_front *front)
{
	spin_lock_irq(&front->lock);
	front->running = false;
	spin_unlock_irq(&front->lock);
}

/*
 * Call this before taking calls back. A late answer would find no call, and a correct back would
 * look broken.
 */
static void take_no_answers(struct xsplit_front *front)
{
	unsigned int i;

	xsplit_front_stop_calls(front);
	for (i = 0; i < front->nr_rings; i++)
		xsplit_front_unbind(xsplit_front_ring_at(front, i));
}

/* A call that still has a user stays pending: xsplit_front_start_calls() sends it again. */
void xsplit_front_take_back_calls(struct xsplit_front *front)
{
	struct xsplit_call *call;
	unsigned int i;

	take_no_answers(front);
	spin_lock_irq(&front->lock);
	for_each_call(call, i, front) {
		if (!call->page.granted)
			continue;
		if (xsplit_page_take_back(&call->page) && call->taken && !front->closed)
			front->replayed++;
		else
			end_call(call, -EIO);
	}
	spin_unlock_irq(&front->lock);
}

void xsplit_front_kill_calls(struct xsplit_front *front)
{
	struct xsplit_call *call;
	unsigned int i;

	take_no_answers(front);
	spin_lock_irq(&front->lock);
	front->closed = true;
	for_each_call(call, i, front) {
		if (call->page.granted)
			xsplit_page_take_back(&call->page);
		if (call->pending)
			end_call(call, -ENODEV);
	}
	wake_up_all(&front->call_wait);
	spin_unlock_irq(&front->lock);
}

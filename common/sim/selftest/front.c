// SPDX-License-Identifier: GPL-2.0
#include "frontcore.c"

#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "self.h"

/* One request at a time: who writes a number waits for its turn, and for the answer. */
struct self_front {
	struct xsplit_front front;
	struct miscdevice misc;
	bool registered;
	wait_queue_head_t wait;
	unsigned int users;
	bool closed; /* no users may come */
	bool running;
	bool taken; /* a user owns the request */
	bool sent;
	bool done;
	u32 number;
	int status;
	u32 *page;
	grant_ref_t gref;
};

static struct self_front *to_self(struct xsplit_front *front)
{
	return container_of(front, struct self_front, front);
}

/* With the lock. */
static void send_number(struct self_front *self)
{
	const struct self_request request = { .id = 7, .gref = self->gref };

	if (!self->running || !self->taken || self->sent || self->done)
		return;
	*self->page = self->number;
	gnttab_grant_foreign_access_ref(self->gref,
					self->front.dev->otherend_id,
					virt_to_gfn(self->page), 0);
	self->sent = xsplit_front_send(xsplit_front_ring_at(&self->front, 0),
				       &request);
	if (!self->sent)
		gnttab_end_foreign_access_ref(self->gref);
}

/* With the lock. */
static void take_back(struct self_front *self)
{
	if (!self->sent)
		return;
	self->sent = false;
#ifndef SIM_FAULT_KEEP_GRANT
	gnttab_end_foreign_access_ref(self->gref);
#endif
}

static void end_number(struct self_front *self, int status)
{
	self->status = status;
	self->done = true;
#ifndef SIM_FAULT_NO_WAKEUP
	wake_up(&self->wait);
#endif
}

static bool take_response(struct xsplit_front_ring *ring, const void *slot)
{
	struct self_front *self = to_self(ring->front);
	const struct self_response *response = slot;

	if (!self->sent || response->id != 7)
		return false;
	take_back(self);
	self->number = *self->page;
	end_number(self, response->status);
#ifdef SIM_FAULT_SLEEP_LOCKED
	kfree(kzalloc(16, GFP_KERNEL));
#endif
	return true;
}

static int open_file(struct inode *inode, struct file *file)
{
	struct self_front *self =
		container_of(file->private_data, struct self_front, misc);
	int err = -ENODEV;

	(void)inode;
	spin_lock_irq(&self->front.lock);
	if (!self->closed) {
		self->users++;
		err = 0;
	}
	spin_unlock_irq(&self->front.lock);
	if (!err)
		xsplit_front_get(&self->front);
	file->private_data = self;
	return err;
}

static int release_file(struct inode *inode, struct file *file)
{
	struct self_front *self = file->private_data;

	(void)inode;
	spin_lock_irq(&self->front.lock);
	self->users--;
	spin_unlock_irq(&self->front.lock);
	xsplit_front_kick(&self->front);
	xsplit_front_put(&self->front);
	return 0;
}

/* Return: 1: the request is sent, or will be; 0: it is not our turn; -ENODEV. */
static int take_turn(struct self_front *self, u32 number)
{
	int mine = 0;

	spin_lock_irq(&self->front.lock);
	if (self->closed) {
		mine = -ENODEV;
	} else if (!self->taken) {
		self->taken = true;
		self->done = false;
		self->number = number;
		send_number(self);
		mine = 1;
	}
	spin_unlock_irq(&self->front.lock);
	return mine;
}

static ssize_t write_file(struct file *file, const char __user *data,
			  size_t size, loff_t *offset)
{
	struct self_front *self = file->private_data;
	u32 number;
	int err, turn;

	(void)offset;
	if (copy_from_user(&number, data, sizeof(number)))
		return -EFAULT;
	wait_event(self->wait, (turn = take_turn(self, number)));
	if (turn < 0)
		return turn;
	wait_event(self->wait, self->done);
	spin_lock_irq(&self->front.lock);
	err = self->status;
	number = self->number;
	self->taken = self->done = false;
	spin_unlock_irq(&self->front.lock);
	wake_up(&self->wait);
	if (!err && copy_to_user((void *)data, &number, sizeof(number)))
		return -EFAULT;
	return err ?: (ssize_t)size;
}

static const struct file_operations self_files = {
	.open = open_file,
	.write = write_file,
	.release = release_file,
};

static int init_self(struct xsplit_front *front)
{
	struct self_front *self = to_self(front);
	grant_ref_t head;

	init_waitqueue_head(&self->wait);
	self->page = (u32 *)get_zeroed_page(GFP_KERNEL);
	if (!self->page)
		return -ENOMEM;
	if (gnttab_alloc_grant_references(1, &head))
		return -ENOSPC;
	self->gref = gnttab_claim_grant_reference(&head);
	return 0;
}

static void release_self(struct xsplit_front *front)
{
	struct self_front *self = to_self(front);

	if (self->gref)
		gnttab_free_grant_reference(self->gref);
	if (self->page)
		free_page((unsigned long)self->page);
}

static int connect_self(struct xsplit_front *front)
{
	(void)front;
	return 0;
}

static void run_self(struct xsplit_front *front)
{
	struct self_front *self = to_self(front);

	spin_lock_irq(&front->lock);
	self->running = true;
	send_number(self);
	spin_unlock_irq(&front->lock);
}

static void show_self(struct xsplit_front *front)
{
	struct self_front *self = to_self(front);
	int err;

	self->closed = false;
	run_self(front);
	self->misc =
		(struct miscdevice){ .name = "self0", .fops = &self_files };
	err = misc_register(&self->misc);
	self->registered = !err;
	if (err)
		xsplit_front_fail(front, err, "no misc device");
}

static bool is_busy(struct xsplit_front *front)
{
	return to_self(front)->users;
}

static void refuse_close(struct xsplit_front *front)
{
	xsplit_dev_error(front->dev, -EBUSY, "in use");
}

static int hide_self(struct xsplit_front *front)
{
	struct self_front *self = to_self(front);
	bool busy;

	spin_lock_irq(&front->lock);
	busy = self->users;
	self->closed = !busy;
	spin_unlock_irq(&front->lock);
	if (busy)
		return -EAGAIN;
	xsplit_front_hidden(front);
	return 0;
}

static void kill_self(struct xsplit_front *front)
{
	struct self_front *self = to_self(front);

	spin_lock_irq(&front->lock);
	self->closed = true;
	self->running = false;
	take_back(self);
	if (self->taken && !self->done)
		end_number(self, -ENODEV);
	spin_unlock_irq(&front->lock);
	wake_up(&self->wait);
}

static void discard_self(struct xsplit_front *front)
{
	struct self_front *self = to_self(front);

	if (self->registered)
		misc_deregister(&self->misc);
	self->registered = false;
}

static void park_self(struct xsplit_front *front)
{
#ifdef SIM_FAULT_IRQS_ON
	spin_lock(&front->lock);
	spin_unlock(&front->lock);
#endif
	spin_lock_irq(&front->lock);
	to_self(front)->running = false;
	spin_unlock_irq(&front->lock);
}

static void detach_self(struct xsplit_front *front)
{
	spin_lock_irq(&front->lock);
	take_back(to_self(front));
	spin_unlock_irq(&front->lock);
}

static const struct xsplit_front_class self_class = {
	.type = "self",
	.name = "selffront",
	.irq_name = "self",
	.size = sizeof(struct self_front),
	.ring_size = sizeof(struct xsplit_front_ring),
	.slot_size = sizeof(struct self_request),
	.response_size = sizeof(struct self_response),
	.keys = self_keys,
	.nr_keys = SELF_KEYS,
	.not_essential = true,
	.init = init_self,
	.release = release_self,
	.connect = connect_self,
	.show = show_self,
	.response = take_response,
	.busy = is_busy,
	.refuse = refuse_close,
	.hide = hide_self,
	.kill = kill_self,
	.discard = discard_self,
	.park = park_self,
	.detach = detach_self,
	.unpark = run_self,
};

static int __init self_init(void)
{
	return xsplit_front_register(&self_class);
}
module_init(self_init);

static void __exit self_exit(void)
{
	xsplit_front_unregister();
}
module_exit(self_exit);

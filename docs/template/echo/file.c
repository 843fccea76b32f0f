// SPDX-License-Identifier: GPL-2.0
/*
 * The misc device of echo: an open file has one text at a time. write() sends it, read() waits
 * for it; both can be interrupted. Two tasks that use one file at the same time may get a mix of
 * their texts.
 */
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "echofront.h"

/* A page that a back has not given back cannot be granted again: its call has no use any more. */
static struct echo_call *find_free_call(struct echo_front *echo)
{
	struct echo_call *call;

	for_each_call(call, echo)
		if (!call->open && !call->pending && call->page.data)
			return call;
	return NULL;
}

/* Until this returns, misc_deregister() waits, and the device stays. */
static int open_file(struct inode *inode, struct file *file)
{
	struct echo_front *echo = container_of(file->private_data, struct echo_front, misc);
	struct echo_call *call;
	int err;

	spin_lock_irq(&echo->front.lock);
	call = find_free_call(echo);
	err = echo->closed ? -ENODEV : call ? 0 : -EMFILE;
	if (!err) {
		call->length = 0;
		call->status = 0;
		echo_use_call(echo, call, true, false);
		xsplit_front_get(&echo->front);
	}
	spin_unlock_irq(&echo->front.lock);
	file->private_data = call;
	return err ?: stream_open(inode, file);
}

static struct echo_front *echo_of(struct echo_call *call)
{
	return container_of(call - call->id, struct echo_front, call[0]);
}

/* The back has the page of a call that was sent: the call ends with its answer. */
static int release_file(struct inode *inode, struct file *file)
{
	struct echo_call *call = file->private_data;
	struct echo_front *echo = echo_of(call);

	spin_lock_irq(&echo->front.lock);
	echo_use_call(echo, call, false, call->page.granted);
	spin_unlock_irq(&echo->front.lock);
	xsplit_front_put(&echo->front);
	return 0;
}

static bool is_idle(struct echo_call *call)
{
	return !smp_load_acquire(&call->pending);
}

static int wait_until_idle(struct echo_call *call, struct file *file)
{
	if (file->f_flags & O_NONBLOCK)
		return is_idle(call) ? 0 : -EAGAIN;
	return wait_event_interruptible(echo_of(call)->wait, is_idle(call));
}

static ssize_t read_file(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct echo_call *call = file->private_data;
	int err = wait_until_idle(call, file);

	if (!err)
		err = xchg(&call->status, 0);
	if (!err && READ_ONCE(echo_of(call)->closed))
		err = -ENODEV;
	return err ?: simple_read_from_buffer(to, size, &call->read, call->text, call->length);
}

/* Return: 0, and the text is on its way; or a negative errno. */
static int begin_call(struct echo_call *call, unsigned int length)
{
	struct echo_front *echo = echo_of(call);
	int err = 0;

	spin_lock_irq(&echo->front.lock);
	if (echo->closed)
		err = -ENODEV;
	else if (call->pending || !call->page.data)
		err = call->pending ? -EAGAIN : -EIO;
	if (!err) {
		call->length = length;
		call->read = 0;
		call->status = 0;
		echo_use_call(echo, call, true, true);
		if (echo->running)
			echo_send_call(echo, call);
	}
	spin_unlock_irq(&echo->front.lock);
	return err;
}

static ssize_t write_file(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct echo_call *call = file->private_data;
	unsigned int length = min_t(size_t, size, READ_ONCE(echo_of(call)->max_length));
	int err = wait_until_idle(call, file);

	if (err || !size)
		return err;
	/* Whatever was left to be read is gone from here on. */
	call->length = 0;
	err = copy_from_user(call->text, from, length) ? -EFAULT : begin_call(call, length);
	return err ?: (ssize_t)length;
}

static __poll_t poll_file(struct file *file, poll_table *table)
{
	struct echo_call *call = file->private_data;

	poll_wait(file, &echo_of(call)->wait, table);
	if (READ_ONCE(echo_of(call)->closed))
		return EPOLLERR | EPOLLHUP;
	if (!is_idle(call))
		return 0;
	return EPOLLOUT | (call->read < call->length || call->status ? EPOLLIN : 0);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = open_file,
	.release = release_file,
	.read = read_file,
	.write = write_file,
	.poll = poll_file,
};

int echo_add_file(struct echo_front *echo)
{
	int err;

	echo->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = echo->name,
		.fops = &operations,
		.parent = &echo->front.dev->dev,
		.mode = 0600,
	};
	err = misc_register(&echo->misc);
	/* It may be an error pointer. */
	if (err)
		echo->misc.this_device = NULL;
	return err;
}

void echo_remove_file(struct echo_front *echo)
{
	if (echo->misc.this_device)
		misc_deregister(&echo->misc);
	echo->misc.this_device = NULL;
}

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

static struct echo_front *echo_of(struct echo_call *call)
{
	return to_echo(call->base.front);
}

/* Until this returns, misc_deregister() waits, and the device stays. */
static int open_file(struct inode *inode, struct file *file)
{
	struct echo_front *echo = container_of(file->private_data, struct echo_front, misc);
	struct xsplit_call *call = xsplit_call_take(&echo->front);

	if (!call)
		return xsplit_front_is_closed(&echo->front) ? -ENODEV : -EMFILE;
	to_call(call)->end = 0;
	file->private_data = to_call(call);
	return stream_open(inode, file);
}

/* The back has the page of a call that was sent: the call ends with its answer. */
static int release_file(struct inode *inode, struct file *file)
{
	struct echo_call *call = file->private_data;

	xsplit_call_release(&call->base);
	return 0;
}

static ssize_t read_file(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct echo_call *call = file->private_data;
	int err = xsplit_call_wait(&call->base, file->f_flags & O_NONBLOCK);

	if (!err)
		err = xchg(&call->base.status, 0);
	return err ?: simple_read_from_buffer(to, size, &call->left, call->text, call->end);
}

static ssize_t write_file(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct echo_call *call = file->private_data;
	unsigned int length = min_t(size_t, size, READ_ONCE(echo_of(call)->max_length));
	int err = xsplit_call_wait(&call->base, file->f_flags & O_NONBLOCK);

	if (err || !size)
		return err;
	/* Whatever was left to be read is gone from here on. */
	call->end = 0;
	if (copy_from_user(call->text, from, length))
		return -EFAULT;
	return xsplit_call_begin(&call->base, length) ?: (ssize_t)length;
}

static __poll_t poll_file(struct file *file, poll_table *table)
{
	struct echo_call *call = file->private_data;

	poll_wait(file, &echo_of(call)->front.call_wait, table);
	if (xsplit_front_is_closed(&echo_of(call)->front))
		return EPOLLERR | EPOLLHUP;
	if (!xsplit_call_is_idle(&call->base))
		return 0;
	return EPOLLOUT | (call->left < call->end || call->base.status ? EPOLLIN : 0);
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

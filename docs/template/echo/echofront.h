/* SPDX-License-Identifier: GPL-2.0 */
/* What front.c, file.c and calls.c, the files of xen-echofront, share. */
#ifndef ECHO_FRONT_H
#define ECHO_FRONT_H

#include <linux/miscdevice.h>
#include <linux/wait.h>

#include "echo_keys.h"
#include "echo_wire.h"
#include "front.h"
#include "frontpage.h"

#define ECHO_MAX_CALLS 4 /* open files of a device; fewer than the slots of a ring */

/**
 * struct echo_call - the text of an open file; protected by the lock of the front
 * @text:    what the user has written, and then what the back has made of it
 * @page:    for the back, granted while it has a request, whose id is @id
 * @length:  bytes of @text
 * @read:    how many of them the user has read
 * @status:  0, or the error that the user's next read returns
 * @id:      index of the call, also in requests
 * @open:    a user has it
 * @pending: it goes to a back: now, or when there is one
 */
struct echo_call {
	u8 text[ECHO_MAX_LENGTH];
	struct xsplit_page page;
	unsigned int length;
	loff_t read;
	int status;
	unsigned int id;
	bool open, pending;
};

/* One device. It begins with the core's part. */
struct echo_front {
	struct xsplit_front front;
	struct miscdevice misc;
	char name[32];
	wait_queue_head_t wait; /* until a call is not pending */
	struct echo_call call[ECHO_MAX_CALLS];
	unsigned int users; /* calls that are open; one that is only pending keeps nobody */
	bool running; /* there is a back: send a call at once */
	bool closed; /* users get ENODEV */
	unsigned int max_length; /* of a text, as the back says */
	u64 calls, bytes, replayed;
};

#define to_echo(core) container_of(core, struct echo_front, front)
#define for_each_call(call, device) \
	for ((call) = (device)->call; (call) < (device)->call + ECHO_MAX_CALLS; (call)++)

/* file.c: make and remove the misc device. Both sleep; they do not wait for calls. */
int echo_add_file(struct echo_front *echo);
void echo_remove_file(struct echo_front *echo);

/* calls.c */
/* Send a call that is pending. With the lock, if there is a back. */
void echo_send_call(struct echo_front *echo, struct echo_call *call);
/* Set @open and @pending of a call, and count the users. With the lock. */
void echo_use_call(struct echo_front *echo, struct echo_call *call, bool open, bool pending);

#endif /* ECHO_FRONT_H */

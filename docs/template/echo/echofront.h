/* SPDX-License-Identifier: GPL-2.0 */
/* What front.c and file.c, the files of xen-echofront, share. */
#ifndef ECHO_FRONT_H
#define ECHO_FRONT_H

#include <linux/miscdevice.h>

#include "echo_keys.h"
#include "echo_wire.h"
#include "front.h"
#include "frontcall.h"

#define ECHO_MAX_CALLS 4 /* open files of a device; fewer than the slots of a ring */

/**
 * struct echo_call - the text of an open file
 * @base: the core's part; must be first. Its length is that of the text
 * @text: what the user has written, and then what the back has made of it
 * @left: where the part of @text begins that the user has not read
 * @end:  where it ends
 */
struct echo_call {
	struct xsplit_call base;
	u8 text[ECHO_MAX_LENGTH];
	loff_t left;
	unsigned int end;
};

/* One device. It begins with the core's part. */
struct echo_front {
	struct xsplit_front front;
	struct miscdevice misc;
	char name[32];
	unsigned int max_length; /* of a text, as the back says */
	u64 calls, bytes;
};

#define to_echo(core) container_of(core, struct echo_front, front)
#define to_call(core) container_of(core, struct echo_call, base)

/* file.c: make and remove the misc device. Both sleep; they do not wait for calls. */
int echo_add_file(struct echo_front *echo);
void echo_remove_file(struct echo_front *echo);

#endif /* ECHO_FRONT_H */

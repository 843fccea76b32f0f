// SPDX-License-Identifier: GPL-2.0
/* A call of echo: who uses it, and how it goes to the back. */
#include "echofront.h"

/* A detach that was refused can go on when the last user has left. */
void echo_use_call(struct echo_front *echo, struct echo_call *call, bool open, bool pending)
{
	bool leaves = call->open && !open;

	echo->users += open - call->open;
	call->open = open;
	/* After this, a task that waits may read the text and the status. */
	smp_store_release(&call->pending, pending);
	if (leaves && !echo->users)
		xsplit_front_kick(&echo->front);
}

/*
 * The back has access to the page only while it has a request. The page gets the text again for
 * each request: a back may have changed it for one that it has not answered.
 */
void echo_send_call(struct echo_front *echo, struct echo_call *call)
{
	const struct echo_request request = {
		.id = call->id,
		.operation = ECHO_OP_ROTATE,
		.length = call->length,
		.gref = call->page.gref,
	};

	memcpy(call->page.data, call->text, call->length);
	xsplit_page_grant(&call->page, echo->front.dev->otherend_id);
	xsplit_front_send(xsplit_front_ring_at(&echo->front, 0), &request);
}

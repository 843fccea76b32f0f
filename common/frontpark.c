// SPDX-License-Identifier: GPL-2.0
/*
 * A device of a front without a backend. After a resume, while the driver of
 * the backend is replaced, or when the domain of the backend has died, the
 * device stays and keeps its users. The class holds their requests back. When
 * the rings are released it takes back the requests in flight, and they run
 * again on the next rings.
 *
 * A parked device waits for what is short now: memory, grants, room in the
 * store, or a backend whose keys are valid. It tries again, or gives up when
 * park_timeout expires.
 */
#include "frontparts.h"

#define MAX_RETRY_SHIFT 5 /* exponent: wait at most 2^5 s before a retry */

static void retry_work(struct work_struct *work)
{
	xsplit_front_kick(container_of(to_delayed_work(work), struct xsplit_front, retry_work));
}

static void give_up_work(struct work_struct *work)
{
	struct xsplit_front *front =
		container_of(to_delayed_work(work), struct xsplit_front, give_up_work);

	set_bit(XSPLIT_FRONT_GAVE_UP, &front->flags);
	xsplit_front_kick(front);
}

void xsplit_front_init_waits(struct xsplit_front *front)
{
	INIT_DELAYED_WORK(&front->retry_work, retry_work);
	INIT_DELAYED_WORK(&front->give_up_work, give_up_work);
}

/* The delay grows with each retry. */
int xsplit_front_retry(struct xsplit_front *front, int err)
{
	if (!err || !front->parked || err == -EMEDIUMTYPE)
		return err;
	xsplit_error_save(front->dev, &front->retry_error);
	queue_delayed_work(xsplit_front_handshake_wq, &front->retry_work,
			   HZ << min(front->retries, MAX_RETRY_SHIFT));
	front->retries++;
	return -EINPROGRESS;
}

void xsplit_front_forget_retries(struct xsplit_front *front)
{
	if (front->retry_error)
		xsplit_error_clear(front->dev, &front->retry_error);
	front->retries = 0;
}

void xsplit_front_end_waits(struct xsplit_front *front)
{
	cancel_delayed_work_sync(&front->give_up_work);
	/* The timeout may have expired just before it was cancelled. */
	clear_bit(XSPLIT_FRONT_GAVE_UP, &front->flags);
	front->parked = false;
	cancel_delayed_work_sync(&front->retry_work);
}

/*
 * Report what the device has waited for together with the last error, which retry_error holds as
 * "ERRNO TEXT".
 */
void xsplit_front_give_up(struct xsplit_front *front)
{
	const char *failed = front->retry_error ? strchr(front->retry_error, ' ') : NULL;
	char *why = NULL;

	if (failed)
		why = kasprintf(GFP_NOIO, "%s; gave up after park_timeout", failed + 1);
	xsplit_front_fail(front, -ETIMEDOUT,
			  why ?: "no back has come for the requests that wait");
	kfree(why);
}

static void end_responses(struct xsplit_front *front)
{
	unsigned int i;

	for (i = 0; i < front->nr_rings; i++) {
		xsplit_front_unbind(xsplit_front_ring_at(front, i));
		xsplit_front_take_last_responses(xsplit_front_ring_at(front, i));
	}
}

int xsplit_front_park(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);
	const unsigned int *timeout = front->class->park_timeout;
	unsigned int seconds = timeout ? READ_ONCE(*timeout) : 0;

	if (front->class->nr_calls)
		xsplit_front_stop_calls(front);
	if (front->class->park)
		front->class->park(front);
	if (front->response)
		end_responses(front);
	front->parked = true;
	/* The backend that broke the ring is gone. Its requests go to the next one. */
	clear_bit(XSPLIT_FRONT_RING_BROKEN, &front->flags);
	if (seconds)
		queue_delayed_work(xsplit_front_users_wq, &front->give_up_work,
				   xsplit_front_delay(seconds));
	return 0;
}

int xsplit_front_rejoin(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);

	clear_bit(XSPLIT_FRONT_NEWS, &front->flags);
	if (!front->class->reconnect)
		return 0;
	return xsplit_front_retry(front, front->class->reconnect(front));
}

int xsplit_front_unpark(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);

	xsplit_front_end_waits(front);
	xsplit_front_forget_retries(front);
	if (front->class->nr_calls)
		xsplit_front_start_calls(front);
	if (front->class->unpark)
		front->class->unpark(front);
	return 0;
}

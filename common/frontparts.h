/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the core's front call of each other. No class includes it. */
#ifndef XSPLIT_FRONTPARTS_H
#define XSPLIT_FRONTPARTS_H

#include "front.h"

static inline struct xsplit_front *xsplit_front_of(struct xsplit_machine *m)
{
	return container_of(m, struct xsplit_front, machine);
}

/* frontdev.c */

/* For @work and the delayed works that have it run. Freezable: no handshake during a suspend. */
extern struct workqueue_struct *xsplit_front_handshake_wq;
/* Make both work queues. Return: false if memory is short: then destroy what there is. Sleep. */
bool xsplit_front_make_workqueues(const char *name);
void xsplit_front_destroy_workqueues(void);

/* Allocate the calls of a device whose class has any; its release frees them. In xenwatch. */
int xsplit_front_make_calls(struct xsplit_front *front);

/*
 * The value of feature-rejoin. Tools that move a device read it, to know what
 * the frontend does without a backend. Any context.
 */
unsigned int xsplit_front_rejoin_key(const struct xsplit_front *front);

/* frontsteps.c */

/* What the machine of a front calls. By the work. */
unsigned int xsplit_front_facts(struct xsplit_machine *m);
extern const xsplit_action_fn xsplit_front_actions[XSPLIT_ACTIONS];

/* Free what connect() has made, if it has, and forget its users. By the work. */
void xsplit_front_discard(struct xsplit_front *front);

/* frontring.c: by the work; all sleep */

/**
 * xsplit_front_publish() - make rings and publish their keys
 * @front: the device, without rings
 *
 * Return: 0; or a negative errno after xsplit_dev_error(), and rings may be left:
 * release them with xsplit_front_close_rings().
 */
int xsplit_front_publish(struct xsplit_front *front);

/* Release all rings. No request is in flight. */
void xsplit_front_close_rings(struct xsplit_front *front);

/* frontresponse.c */

/* Whether the size of a class's responses is valid. */
bool xsplit_front_response_fits(const struct xsplit_front_class *class);
/* Handler of the interrupt of a ring. */
irqreturn_t xsplit_front_response_event(int irq, void *ring);
/* Take what the back has answered, from a ring whose interrupt is unbound. By the work. */
void xsplit_front_take_last_responses(struct xsplit_front_ring *ring);

/* frontcall.c: of a class that has calls */

/* Whether the numbers and sizes of the class's calls are valid. */
bool xsplit_front_calls_fit(const struct xsplit_front_class *class);
/* In place of the class's response(). */
bool xsplit_front_take_answer(struct xsplit_front_ring *ring, const void *response);

/* By the work; the last two sleep. */

/* Users may come. */
void xsplit_front_open_calls(struct xsplit_front *front);
/* Users get ENODEV from now on. Return: -EAGAIN: there are some who are not to lose the device. */
int xsplit_front_close_calls(struct xsplit_front *front);
/* There is a back: send it what is pending, and all that begins from now on. */
void xsplit_front_start_calls(struct xsplit_front *front);
/* Send it nothing more. */
void xsplit_front_stop_calls(struct xsplit_front *front);
/* It cannot answer any more: end its access to the pages. */
void xsplit_front_take_back_calls(struct xsplit_front *front);
/* End all calls at once, and take no answers any more. */
void xsplit_front_kill_calls(struct xsplit_front *front);

/* frontpark.c: by the work; all sleep */

void xsplit_front_init_waits(struct xsplit_front *front);
/* The actions. */
int xsplit_front_park(struct xsplit_machine *m);
int xsplit_front_rejoin(struct xsplit_machine *m);
int xsplit_front_unpark(struct xsplit_machine *m);

/**
 * xsplit_front_retry() - try a failed action of a parked device again later
 * @front: the device
 * @err:   result of the action
 *
 * Return: what the action returns: -EINPROGRESS if it will be tried again, else @err.
 */
int xsplit_front_retry(struct xsplit_front *front, int err);

/* There is another backend: forget what failed with the former one. */
void xsplit_front_forget_retries(struct xsplit_front *front);

/* The device is not parked any more, for whatever reason: stop the timers. */
void xsplit_front_end_waits(struct xsplit_front *front);

/* Fail the device, as park_timeout has expired. */
void xsplit_front_give_up(struct xsplit_front *front);

#endif /* XSPLIT_FRONTPARTS_H */

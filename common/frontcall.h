/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of a device's users, for a class with @nr_calls. A call is one request with a page of
 * its own. The core sends it to the back of today, or to the next one if that leaves without an
 * answer, and wakes the user when it has ended. The class says what is in a request, and what an
 * answer means: the hooks fill() and answer() of struct xsplit_front_class.
 *
 *   free ----- xsplit_call_take(): a user has it ------------> idle
 *   idle ----- xsplit_call_begin() --------------------------> pending
 *   pending -- an answer, an error, or the device is killed -> idle, with a status
 *   idle, pending -- xsplit_call_release() ------------------> free; a call that the back has only
 *                                                             after its answer
 *
 * All calls go through the first ring. The first member of the class's request and response is a
 * u16: the number of the call, which the core sets and checks. The page is granted for each
 * request, also if the class leaves its gref out.
 */
#ifndef XSPLIT_FRONTCALL_H
#define XSPLIT_FRONTCALL_H

#include "front.h"
#include "frontpage.h"

/**
 * struct xsplit_call - one call; the first member of the class's call
 * @front:   the device
 * @page:    for the back, which has it while @page.granted. Its data belongs to the class in
 *           fill(), where it is zeroed, in answer(), and then until the call is sent again. There
 *           is none before the first xsplit_call_begin(), and after a back has kept it
 * @length:  what the user has passed to xsplit_call_begin()
 * @status:  how the call has ended: 0 or a negative errno. The user may clear it when it is idle
 * @id:      its number; of no interest to the class
 * @taken:   a user has it
 * @pending: it has begun, and has not ended: a back has it, or the next one will
 *
 * Protected by the lock of the device, if nothing else is said. The class changes @status alone.
 */
struct xsplit_call {
	struct xsplit_front *front;
	struct xsplit_page page;
	unsigned int length;
	int status;
	u16 id;
	bool taken, pending;
};

/**
 * xsplit_call_take() - take a free call
 * @front: the device
 *
 * It keeps the memory of the device, and keeps it busy() if the class has refuse(). It does not
 * keep the module.
 *
 * Context: Process context, without @front->lock. Does not sleep.
 *
 * Return: the call, idle, with the status 0; or NULL: the device is closed, or no call is free. A
 * call that was released while the back had it is free after the back's answer.
 */
struct xsplit_call *xsplit_call_take(struct xsplit_front *front);

/**
 * xsplit_call_release() - give a call back
 * @call: a call that was taken; the user must not use it any more, nor the device
 *
 * Context: Process context, without the lock. Does not sleep, unless release() of the class does.
 */
void xsplit_call_release(struct xsplit_call *call);

/**
 * xsplit_call_begin() - send a call to the back, or to the next one
 * @call:   a call that was taken; the class's part is ready for fill()
 * @length: for @call->length: what else fill() and answer() must agree on
 *
 * Gets a page if the call has none. Two tasks may use one call: then
 * one of them gets -EAGAIN.
 *
 * Context: Sleeps.
 *
 * Return: 0: it is pending; -ENODEV: the device is closed; -EAGAIN: it is pending already;
 * -ENOMEM or -ENOSPC: there is no page; or the errno that fill() has returned.
 */
int xsplit_call_begin(struct xsplit_call *call, unsigned int length);

/**
 * xsplit_call_wait() - wait until a call is idle
 * @call:     a call that was taken
 * @nonblock: do not wait
 *
 * Context: Sleeps, unless @nonblock.
 *
 * Return: 0: what answer() has written can be read; -ENODEV: the device is closed, whatever the
 * call does; -EAGAIN: it is pending, and @nonblock; or -ERESTARTSYS: a signal has come.
 */
int xsplit_call_wait(struct xsplit_call *call, bool nonblock);

/* Whether the call is idle: what answer() has written can be read. Any context. */
static inline bool xsplit_call_is_idle(const struct xsplit_call *call)
{
	return !smp_load_acquire(&call->pending);
}

/*
 * Whether users get ENODEV: before show(), and again from hide() or kill() on. Any context.
 * @front->call_wait is woken when this changes to true, or when a call ends: for poll().
 */
static inline bool xsplit_front_is_closed(const struct xsplit_front *front)
{
	return READ_ONCE(front->closed);
}

#endif /* XSPLIT_FRONTCALL_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the core's back have of each other; no class includes this.
 * Only the work item of a device calls these functions. All sleep. An error is a
 * negative errno after xsplit_dev_error().
 */
#ifndef XSPLIT_BACKPARTS_H
#define XSPLIT_BACKPARTS_H

#include "back.h"

/* backdev.c: drop a reference; free the memory of the core's part. Any context */
void xsplit_back_put(struct xsplit_back *back);
void xsplit_back_free(struct xsplit_back *back);
/* backdev.c: put a new device on the list of those that live; its release takes it off */
void xsplit_back_enter(struct xsplit_back *back);
/*
 * backdev.c: whether a device that had the same directory still lives, and may use
 * the same rings. If so, @back is kicked when that one has gone.
 */
bool xsplit_back_must_wait(struct xsplit_back *back);
/*
 * backdev.c: wait until no device of a class lives. Sleeps. The code that released the
 * last one may still run: in the work item, or in remove() or probe().
 */
void xsplit_back_wait_for_all(struct xsplit_back_class *class);

/* backconnect.c: the facts and actions of struct xsplit_machine */
unsigned int xsplit_back_facts(struct xsplit_machine *m);
int xsplit_back_offer(struct xsplit_machine *m);
int xsplit_back_connect(struct xsplit_machine *m);
int xsplit_back_attach(struct xsplit_machine *m);
int xsplit_back_reconfigure(struct xsplit_machine *m);
int xsplit_back_unlink(struct xsplit_machine *m);

/* backring.c */
/* The limits of the class, lowered to those of the core. */
unsigned int xsplit_back_max_queues(const struct xsplit_back *back);
unsigned int xsplit_back_max_order(const struct xsplit_back *back);
/* Read and check @back->config. */
int xsplit_back_read_config(struct xsplit_back *back);
/*
 * Map a ring, bind its event channel and start it. There is no cleanup after an
 * error here: the caller uses xsplit_back_close_ring(), which accepts a ring that
 * is open, half open or new. Both with pause_lock.
 */
int xsplit_back_open_ring(struct xsplit_back_ring *ring);
void xsplit_back_close_ring(struct xsplit_back_ring *ring);

/* backserve.c */
/* Give the class the hooks of rings that have a struct xsplit_serve. */
void xsplit_back_use_serve(struct xsplit_back_class *class);
/* Allocate and free the worker of a ring; the event channel is not bound. */
int xsplit_back_serve_open(struct xsplit_back_ring *ring);
void xsplit_back_serve_close(struct xsplit_back_ring *ring);

#endif /* XSPLIT_BACKPARTS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xen-blkfront: the parts in the order data flows.
 *
 *   xenbus.c   life of a vbd: probe, remove, dispatch on the handshake table
 *   connect.c  the table's actions: publish rings, read what the disk is
 *   disk.c     the gendisk: its numbers, its users, how it comes and goes
 *   park.c     a disk between two backs: resume, or a back whose driver is replaced
 *   request.c  block requests into slots of the ring, with their grants
 *   ring.c     one ring: its memory, its event channel, responses
 */
#ifndef XBFRONT_H
#define XBFRONT_H

#include <linux/blk-mq.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "compat.h"
#include "machine.h"
#include "protocol.h"
#include "ring.h"
#include "store.h"
#include "vdev.h"

/**
 * struct xbfront_slot - what is with the back under one request id
 * @rq:   the request, or NULL: no request has this id
 * @op:   what was asked
 * @nr:   grants in use
 * @gref: references that belong to this slot for the life of the ring
 *
 * The id is the request's tag. Filled by queue_rq before the request is pushed,
 * emptied by the response.
 */
struct xbfront_slot {
	struct request *rq;
	u8 op;
	u8 nr;
	grant_ref_t gref[XVBD_MAX_SEGMENTS];
};

/**
 * struct xbfront_ring - one ring
 * @lock: keeps the producer side of @ring, and @dead; taken with interrupts off
 * @dead: nothing may be put into the ring any more
 *
 * The consumer side of @ring belongs to the interrupt handler.
 */
struct xbfront_ring {
	struct xbfront_vbd *vbd;
	struct xvbd_ring ring;
	void *shared;
	grant_ref_t gref;
	evtchn_port_t port;
	int irq;
	spinlock_t lock;
	bool dead;
	struct xbfront_slot *slots;
};

/* Beside each block request: how it ended, for the completion. */
struct xbfront_cmd {
	blk_status_t status;
};

enum xbfront_flag {
	XBFRONT_REMOVED, /* xenbus has taken the device away */
	XBFRONT_RING_BROKEN, /* a response made no sense */
	XBFRONT_BROKEN, /* the disk cannot serve its users any more */
	XBFRONT_SHOW_FAILED, /* the block layer did not take the disk */
	XBFRONT_REFUSED, /* a close waits for the last user */
	XBFRONT_HIDDEN, /* hide_work has taken the disk away */
	XBFRONT_NEWS, /* the back has said Connected, perhaps once more */
	XBFRONT_GAVE_UP, /* a parked disk's time is over */
	XBFRONT_STALE, /* woken up elsewhere with the rings of before */
};

/**
 * struct xbfront_vbd - one virtual block device
 * @ref:       one for xenbus until remove, one for @work while it is queued,
 *             one for every opener
 * @otherend:  our copy: work may still run when xenbus has freed its own
 * @work:      runs @machine; the only place that connects or gives back
 * @show_work: adds the disk; this and @hide_work are apart from @work, since
 *             they may have to wait for the back to answer requests
 * @hide_work: takes the unused disk away
 * @give_up_work: ends the patience of a parked disk
 * @place:     name and numbers
 * @neighbours: in the list of claimed minors
 * @keys:      what the back said of the disk, indexed by XVBD_BACK_*
 * @gd:        exists from connect to hide or kill
 * @offered:   @show_work has been started: users may come
 * @added:     the block layer has it; written by @show_work and @hide_work
 * @open_lock: keeps @openers and @leaving
 * @leaving:   no new users: @hide_work has been started
 * @parked:    the queue is quiesced and there are no rings to use
 * @gone:      requests that still come are failed; set before the queue runs again
 */
struct xbfront_vbd {
	struct kref ref;
	struct xenbus_device *dev;
	char *otherend;
	struct xvbd_machine machine;
	struct work_struct work;
	struct work_struct show_work;
	struct work_struct hide_work;
	struct delayed_work give_up_work;
	unsigned long flags;

	struct xvbd_vdev place;
	u16 handle;
	struct list_head neighbours;

	struct xbfront_ring *rings;
	unsigned int nr_rings;

	u64 keys[XVBD_BACK_KEYS];
	struct blk_mq_tag_set tags;
	struct gendisk *gd;
	bool offered;
	bool added;
	bool parked;
	bool gone;

	spinlock_t open_lock;
	unsigned int openers;
	bool leaving;
};

/* xenbus.c */
int xbfront_xenbus_init(void);
void xbfront_xenbus_exit(void);
/* Have the handshake looked at again. May be called in any context. */
void xbfront_kick(struct xbfront_vbd *vbd);
void xbfront_put(struct xbfront_vbd *vbd);

/* connect.c: actions of the handshake table; all sleep */
unsigned int xbfront_facts(struct xvbd_machine *m);
int xbfront_publish(struct xvbd_machine *m);
int xbfront_connect(struct xvbd_machine *m);
int xbfront_unlink(struct xvbd_machine *m);
int xbfront_refresh(struct xvbd_machine *m);
/* See what a disk with users is now: its size may change, its kind may not. */
int xbfront_reread(struct xbfront_vbd *vbd);

/* disk.c: all sleep */
int xbfront_disk_alloc(struct xbfront_vbd *vbd);
/* What may change while the disk is shown: size, read-only, write cache. */
void xbfront_disk_refresh(struct xbfront_vbd *vbd);
void xbfront_disk_free(struct xbfront_vbd *vbd);
void xbfront_disk_show_work(struct work_struct *work);
void xbfront_disk_hide_work(struct work_struct *work);
int xbfront_disk_show(struct xvbd_machine *m);
int xbfront_disk_refuse(struct xvbd_machine *m);
int xbfront_disk_hide(struct xvbd_machine *m);
int xbfront_disk_kill(struct xvbd_machine *m);

/* park.c: a disk between two backs; all sleep */
int xbfront_park(struct xvbd_machine *m);
int xbfront_rejoin(struct xvbd_machine *m);
int xbfront_unpark(struct xvbd_machine *m);
void xbfront_give_up_work(struct work_struct *work);

/* request.c */
extern const struct blk_mq_ops xbfront_mq_ops;
/**
 * xbfront_request_done() - take back a slot that has been answered
 * @ring: its ring
 * @slot: in flight
 * @status: enum xvbd_status
 *
 * Interrupt context. Return: false if the back still holds a grant: then the
 * slot stays in flight and the ring is not to be used any more.
 */
bool xbfront_request_done(struct xbfront_ring *ring, struct xbfront_slot *slot, s16 status);
/* End whatever is in flight with an error. Nothing else may use the ring. */
void xbfront_requests_fail(struct xbfront_ring *ring);
/* Give whatever is in flight back to the block layer. Nothing else may use the ring. */
void xbfront_requests_requeue(struct xbfront_ring *ring);

/* ring.c */
int xbfront_ring_open(struct xbfront_ring *ring);
void xbfront_ring_close(struct xbfront_ring *ring);
/* Let no request in any more. May be called in any context. */
void xbfront_ring_stop(struct xbfront_ring *ring);
/* Take the answers that have come. Nothing else may use the ring. */
void xbfront_ring_reap(struct xbfront_ring *ring);
/* Hear no more events. Sleeps. */
void xbfront_ring_deafen(struct xbfront_ring *ring);

#endif /* XBFRONT_H */

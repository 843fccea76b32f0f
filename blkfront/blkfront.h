/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xen-blkfront: the class "vbd" on the core of fronts, common/front.h. The
 * files in the order in which data flows:
 *
 *   vbd.c      the class: its hooks, and the life of a vbd
 *   negotiate.c module parameters, negotiation of the rings with the backend
 *   connect.c  keys of the front, keys of the disk
 *   disk.c     the gendisk: numbers, openers, addition and removal
 *   tags.c     the tag set of a disk: what blk-mq calls
 *   queues.c   which ring each queue of blk-mq uses
 *   identity.c serial number and WWN in sysfs
 *   park.c     a disk without a backend: resume, or replacement of the backend
 *   request.c  block requests: what blk-mq calls
 *   build.c    a block request into slots of a ring
 *   grant.c    grant references, and pages that stay granted
 *   reply.c    responses of a ring, completion of requests
 *   slots.c    the slots of a ring, one for each request id
 *   ring.c     one ring: slots, pools, tasklet
 *
 * io.h has the declarations of the last six. Functions with a parameter
 * struct xsplit_front or struct xsplit_front_ring are hooks of the class:
 * struct xsplit_front_class describes them.
 */
#ifndef XBFRONT_H
#define XBFRONT_H

#include <linux/blk-mq.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "block/blkkeys.h"
#include "block/vdev.h"
#include "front.h"
#include "io.h"

/**
 * struct xbfront_view - properties of a disk that users see
 * @sectors:  size, in units of 512 bytes
 * @readonly: writes are refused
 * @limits:   limits of its requests
 */
struct xbfront_view {
	u64 sectors;
	bool readonly;
	struct xvbd_disk_limits limits;
};

/* Flags of a vbd, beside those of enum xsplit_front_flag. */
enum xbfront_flag {
	XBFRONT_KILLED, /* requests for a dead ring fail; else they are retried */
	XBFRONT_SHOW_FAILED, /* device_add_disk() failed */
	XBFRONT_REFUSED, /* a close waits until the last user has closed the disk */
	XBFRONT_OP_REFUSED, /* the backend refused an operation that it offers */
	XBFRONT_SHORTAGE_LOGGED, /* the shortage of grants has been logged */
	XBFRONT_LIMITS, /* view_work must set new limits */
	XBFRONT_MEDIUM, /* view_work must report another medium */
};

/* Bits of vbd->ops in addition to those of enum xvbd_op. */
#define XBFRONT_OP_SECURE XVBD_OP_COUNT

#define XBFRONT_IDENTITY_MAX 65

/**
 * struct xbfront_vbd - one virtual block device
 * @core:       xenbus device, handshake and rings
 * @flags:      bits by enum xbfront_flag
 *
 * @vdev:       name and minors of the disk
 * @handle:     low 16 bits of the virtual device number, sent with each request
 * @untrusted:  the backend may see nothing but the data of the disk
 * @nr_events:  number of rings with events that were planned: further rings are polled
 * @persistent_segments: segments of the largest request with persistent grants; 0: no limit
 * @keys:       values of the keys of the backend, indexed by XVBD_BACK_*
 * @ops:        operations that the backend offers and has not refused; bits by enum xvbd_op
 *
 * @minors_entry: entry in the list of claimed minors
 * @serial:     serial number of the disk, or ""; set before the disk is shown
 * @wwid:       world wide name of the disk, or ""; set before the disk is shown
 * @tags:       blk-mq tag set of @gd
 * @gd:         the gendisk, from connect to discard; else NULL
 * @view:       properties that @view_work shows to users
 * @show_work:  adds the disk; this, @view_work and @hide_work are not in the work of @core, as
 *              they may have to wait until the backend answers requests
 * @view_work:  shows changes of @view to users
 * @hide_work:  removes the unused disk
 * @trim_work:  releases unused grants; runs only while there are rings
 * @busy_error: error node that reports that a close waits for users, or NULL
 * @added:      the disk is added; written by @show_work and where the disk is removed
 * @open_lock:  protects @openers, @leaving and @view
 * @openers:    number of users that have the disk open; each holds a reference of @core
 * @leaving:    @hide_work was queued: opens are refused
 */
struct xbfront_vbd {
	struct xsplit_front core;
	unsigned long flags;

	struct xvbd_vdev vdev;
	u16 handle;
	bool untrusted;
	unsigned int nr_events;
	u16 persistent_segments;
	u64 keys[XVBD_BACK_KEYS];
	unsigned long ops;

	struct list_head minors_entry;
	char serial[XBFRONT_IDENTITY_MAX];
	char wwid[XBFRONT_IDENTITY_MAX];
	struct blk_mq_tag_set tags;
	struct gendisk *gd;
	struct xbfront_view view;
	struct work_struct show_work;
	struct work_struct view_work;
	struct work_struct hide_work;
	struct delayed_work trim_work;
	char *busy_error;
	bool added;
	spinlock_t open_lock;
	unsigned int openers;
	bool leaving;
};

static_assert(offsetof(struct xbfront_vbd, core) == 0);

static inline struct xbfront_vbd *xbfront_of(struct xsplit_front *front)
{
	return container_of(front, struct xbfront_vbd, core);
}

/* The vbd that owns a ring. */
static inline struct xbfront_vbd *xbfront_vbd_of(const struct xbfront_ring *ring)
{
	return xbfront_of(ring->core.front);
}

static inline struct xbfront_ring *xbfront_ring_at(const struct xbfront_vbd *vbd, unsigned int i)
{
	return xbfront_ring_of(xsplit_front_ring_at(&vbd->core, i));
}

/* The number of polled rings: the last ones. */
static inline unsigned int xbfront_nr_polled(const struct xbfront_vbd *vbd)
{
	return vbd->core.nr_rings - min(vbd->core.nr_rings, vbd->nr_events);
}

/* vbd.c */
int xbfront_register(void);

/* negotiate.c */
int xbfront_plan(struct xsplit_front *front, struct xsplit_plan *plan);
/* Return: ring->bounced_segments for this backend. */
u16 xbfront_bounced_segments(const struct xbfront_vbd *vbd);
/* Return: whether this end uses persistent grants if the backend does. */
bool xbfront_uses_persistent(void);
/* Return: the maximum of segments in one request that both ends support. */
unsigned int xbfront_segments(const struct xbfront_vbd *vbd);

/* connect.c */
void xbfront_publish(struct xsplit_front *front, struct xsplit_nodes *keys);
int xbfront_connect(struct xsplit_front *front);
int xbfront_reconnect(struct xsplit_front *front);
void xbfront_refresh(struct xsplit_front *front);

/* disk.c: all sleep */
int xbfront_disk_alloc(struct xbfront_vbd *vbd);
/* Set size, read-only flag and limits of a shown disk, by view_work: does not wait for requests. */
void xbfront_disk_refresh(struct xbfront_vbd *vbd);
/* Report another medium to users, by view_work. */
void xbfront_disk_change_medium(struct xbfront_vbd *vbd);
void xbfront_disk_show_work(struct work_struct *work);
void xbfront_disk_view_work(struct work_struct *work);
void xbfront_disk_hide_work(struct work_struct *work);
void xbfront_disk_show(struct xsplit_front *front);
bool xbfront_disk_busy(struct xsplit_front *front);
void xbfront_disk_refuse(struct xsplit_front *front);
int xbfront_disk_hide(struct xsplit_front *front);
void xbfront_disk_kill(struct xsplit_front *front);
void xbfront_disk_discard(struct xsplit_front *front);

/* tags.c */
/* Allocate the tag set of a disk. Sleeps. Return: 0 or a negative errno. */
int xbfront_tags_alloc(struct xbfront_vbd *vbd);

/* queues.c */
/* Assign a ring to each queue. The queue of the disk must be idle. Sleeps. */
void xbfront_queues_attach(struct xbfront_vbd *vbd);
/* Take the rings from all queues and wait for ->poll(). The queue must be idle. Sleeps. */
void xbfront_queues_detach(struct xbfront_vbd *vbd);

/* identity.c */
void xbfront_identity_read(struct xbfront_vbd *vbd);
extern const struct attribute_group *xbfront_identity_groups[];

/* park.c */
extern unsigned int xbfront_park_timeout;
void xbfront_park(struct xsplit_front *front);
void xbfront_detach(struct xsplit_front *front);
void xbfront_unpark(struct xsplit_front *front);

#endif /* XBFRONT_H */

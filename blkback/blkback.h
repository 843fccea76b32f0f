/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xen-blkback: the parts in the order data flows.
 *
 *   xenbus.c   life of a vbd: probe, watches, dispatch on the handshake table
 *   negotiate.c  what we offer, and the rings that the front answers with
 *   connect.c  the table's actions: connect, reconfigure, give back
 *   disk.c     the block device behind a vbd
 *   ring.c     one ring: its memory, its event channel, its worker's life
 *   worker.c   the sweep: requests out of the ring, responses into it
 *   map.c      grants of a batch, mapped and unmapped in one hypercall each
 *   request.c  one request: to a bio and back
 *   stats.c    what sysfs shows
 */
#ifndef XBBACK_H
#define XBBACK_H

#include <linux/bio.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "compat.h"
#include "machine.h"
#include "protocol.h"
#include "ring.h"
#include "store.h"

/* Grants that one hypercall maps or unmaps. */
#define XBBACK_BATCH 128

struct xbback_ring;

/**
 * struct xbback_stats - what a ring has done
 *
 * Written by the ring's worker alone, read by anyone through READ_ONCE().
 * Sectors are 512-byte units.
 */
struct xbback_stats {
	u64 rd_req, wr_req, f_req, ds_req, oo_req;
	u64 rd_sect, wr_sect;
};

/**
 * struct xbback_disk - the block device behind a vbd
 * @handle:  held open, claimed; NULL while closed
 * @bdev:    of @handle
 * @geo:     what requests are held against; changed only while the rings pause
 * @number:  major << 32 | minor, 0 while none is known
 * @mode:    'r' or 'w' as the toolstack wrote it
 */
struct xbback_disk {
	struct xvbd_bdev *handle;
	struct block_device *bdev;
	struct xvbd_geometry geo;
	u64 number;
	char mode;
};

/**
 * struct xbback_segment - one granted page of a request
 * @page:   where it is mapped, taken from the ring's page cache
 * @handle: of the mapping, or INVALID_GRANT_HANDLE
 * @gref:   what the front granted
 * @offset: of the data in the page, bytes
 * @len:    of the data, bytes
 */
struct xbback_segment {
	struct page *page;
	grant_handle_t handle;
	grant_ref_t gref;
	u16 offset;
	u16 len;
};

/**
 * struct xbback_request - one request between sweep and response
 * @ring:    its ring
 * @entry:   in one list of the ring at a time: free, batch or lingering
 * @done:    in the ring's list of finished I/O, filled from interrupts
 * @bio:     the I/O; its vectors follow @seg
 * @status:  of the response, enum xvbd_status
 * @seg:     @nr_segs pages; room for the ring's limit, then as many bio vectors
 */
struct xbback_request {
	struct xbback_ring *ring;
	struct list_head entry;
	struct llist_node done;
	struct bio bio;
	u64 id;
	u64 sector;
	u8 op;
	u8 nr_segs;
	s16 status;
	struct xbback_segment seg[];
};

/**
 * struct xbback_ring - one ring and its worker
 *
 * All but @event, @done and @wake belongs to the worker while it runs, and to
 * whoever starts or stops it otherwise.
 */
struct xbback_ring {
	struct xbback_vbd *vbd;
	unsigned int index;
	char name[32];

	void *shared;
	struct xvbd_ring ring;
	int irq;
	struct task_struct *worker;
	wait_queue_head_t wake;
	bool event; /* set by the interrupt, taken by the worker with xchg() */
	bool halted; /* the front broke the ring: nothing more is read from it */

	void *requests;
	struct list_head free;
	struct list_head lingering; /* answered once nobody else holds their pages */
	struct llist_head done;
	unsigned int in_flight; /* taken from the ring, not yet answered */
	unsigned int max_segs;

	struct gnttab_page_cache pages;
	struct xbback_batch *batch;
	struct xbback_stats stats;
};

enum xbback_flag {
	XBBACK_REMOVED, /* xenbus has taken the device away */
	XBBACK_NEWS, /* the device, its mode or its size may be another */
	XBBACK_FAILED, /* could not connect, or go on serving; news may mend that */
	XBBACK_RING_BROKEN, /* a worker found a ring that makes no sense */
};

/**
 * struct xbback_vbd - one virtual block device
 * @ref:        one for xenbus until remove, one for @work while it is queued
 * @dev:        referenced for as long as this lives
 * @otherend:   our copy: xenbus frees its own before an asynchronous end
 * @work:       runs @machine; the only place that connects or gives back
 * @watch:      on our directory
 * @farewell:   registered to be called once by xenwatch, to unregister
 * @farewell_lock: against registering @farewell while the device is removed
 * @rings_lock: keeps @rings, @nr_rings and @disk.number for readers in sysfs;
 *              @work takes it to change them
 * @served:     in the list of vbds with an open disk
 * @past:       what rings that are gone had done
 */
struct xbback_vbd {
	struct kref ref;
	struct xenbus_device *dev;
	char *otherend;
	struct xvbd_machine machine;
	struct work_struct work;
	struct xenbus_watch watch;
	struct xenbus_watch farewell;
	struct mutex farewell_lock;
	unsigned long flags;

	struct xbback_disk disk;
	struct list_head served;
	struct mutex rings_lock;
	struct xbback_ring *rings;
	unsigned int nr_rings;
	struct xbback_stats past;
};

/**
 * struct xbback_link - what the front wants of all its rings
 * @layout:   of a slot
 * @nr_rings: no more than were offered
 * @nr_pages: of each ring, no more than were offered, a power of two
 */
struct xbback_link {
	const struct xvbd_layout *layout;
	unsigned int nr_rings;
	unsigned int nr_pages;
};

/**
 * struct xbback_wiring - what one ring is made of
 * @layout:   of a slot
 * @nr_pages: how many pages it has
 * @gref:     their grants
 * @port:     the front's end of the event channel
 */
struct xbback_wiring {
	const struct xvbd_layout *layout;
	unsigned int nr_pages;
	grant_ref_t gref[1 << XVBD_MAX_RING_PAGE_ORDER];
	evtchn_port_t port;
};

/* params.c; a parameter may be written at any time: READ_ONCE() */
struct xbback_params {
	unsigned int max_queues;
	unsigned int max_ring_page_order;
};
extern struct xbback_params xbback_params;
void xbback_params_init(void);
/* Within what the protocol and this driver can do. */
unsigned int xbback_max_queues(void);
unsigned int xbback_max_ring_page_order(void);

/* negotiate.c: all sleep; a negative errno comes after xvbd_tell() */
int xbback_offer(struct xvbd_machine *m);
int xbback_read_link(struct xbback_vbd *vbd, struct xbback_link *link);
int xbback_read_wiring(struct xbback_vbd *vbd, const struct xbback_link *link, unsigned int index,
		       struct xbback_wiring *wiring);

/* xenbus.c */
int xbback_xenbus_init(void);
void xbback_xenbus_exit(void);
/* Have the handshake looked at again. May be called in any context. */
void xbback_kick(struct xbback_vbd *vbd);
/* Wait, a few seconds at most, for vbds that are gone to have let go. Sleeps. */
void xbback_wait_for_departed(void);

/* connect.c: actions of the handshake table; all sleep */
unsigned int xbback_facts(struct xvbd_machine *m);
int xbback_connect(struct xvbd_machine *m);
int xbback_unlink(struct xvbd_machine *m);
int xbback_reconfigure(struct xvbd_machine *m);

/* disk.c: all sleep */
int xbback_disk_open(struct xbback_vbd *vbd);
void xbback_disk_close(struct xbback_vbd *vbd);
int xbback_disk_publish(struct xbback_vbd *vbd, bool again);
/**
 * xbback_disk_change() - be what the tools want the disk to be now
 * @vbd:     with no request in flight
 * @changed: result
 *
 * Return: 0, also if the wish cannot be granted: then that has been told and
 * the disk is as it was; a negative errno after xvbd_tell() if it is lost.
 */
int xbback_disk_change(struct xbback_vbd *vbd, bool *changed);

/* ring.c: all sleep; a ring that is zero or half made may be closed */
int xbback_ring_open(struct xbback_ring *ring, struct xbback_wiring *wiring);
void xbback_ring_close(struct xbback_ring *ring);
/* Between the two nothing of the ring is in flight and nothing is taken. */
void xbback_ring_pause(struct xbback_ring *ring);
void xbback_ring_resume(struct xbback_ring *ring);

/* worker.c: a kthread's function; @arg is a struct xbback_ring */
int xbback_worker(void *arg);

/* request.c */
int xbback_requests_alloc(struct xbback_ring *ring);
void xbback_requests_free(struct xbback_ring *ring);
/* Fill a free request from a checked one. */
struct xbback_request *xbback_request_take(struct xbback_ring *ring,
					   const struct xvbd_request *wire);
/* Start the I/O; it ends in @ring->done. */
void xbback_request_submit(struct xbback_request *req);
/* Whether somebody but us still holds a page of the request. */
bool xbback_request_lingers(const struct xbback_request *req);

/* map.c: worker context */
struct xbback_batch *xbback_batch_alloc(void);
/**
 * xbback_map() - map the grants of a list of requests
 * @reqs: no more than XBBACK_BATCH segments in all
 *
 * A request of which any page cannot be had gets an error status; the others
 * go on.
 */
void xbback_map(struct xbback_ring *ring, struct list_head *reqs);
/* Unmap what is mapped of a list of requests of any length. */
void xbback_unmap(struct xbback_ring *ring, struct list_head *reqs);

/* stats.c */
extern const struct attribute_group *xbback_groups[];
void xbback_stats_add(struct xbback_stats *sum, const struct xbback_stats *part);

#endif /* XBBACK_H */

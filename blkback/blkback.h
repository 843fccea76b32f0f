/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xen-blkback: the parts in the order data flows.
 *
 *   xenbus.c   life of a vbd: probe, watches, dispatch on the handshake table
 *   negotiate.c  what we offer, and the rings that the front answers with
 *   connect.c  the table's actions: connect, reconfigure, give back
 *   disk.c     the block device behind a vbd
 *   describe.c what it is to the front
 *   claim.c    who may have a device: one VM, and of its vbds one at a time
 *   ring.c     one ring: its memory, its event channel, its worker's life
 *   worker.c   the sweep: requests out of the ring, responses into it
 *   poll.c     looking once more before the worker sleeps
 *   request.c  one request: to a bio and back
 *   indirect.c requests whose segments lie in a page of their own
 *   path.c     which way data passes; the ways: copy.c, map.c with persistent.c
 *   pages.c    the pages it passes through
 *   limit.c    the cgroup that a vbd's I/O is charged to
 *   stats.c    what sysfs and the log show
 *   params.c   what the administrator decides
 */
#ifndef XBBACK_H
#define XBBACK_H

#include <linux/bio.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "blkkeys.h"
#include "compat.h"
#include "machine.h"
#include "protocol.h"
#include "ring.h"
#include "store.h"
#include "turn.h"

/* Segments of the largest request that is offered, an indirect one: 1 MiB. */
#define XBBACK_MAX_SEGMENTS 256U

struct xbback_batch;
struct xbback_request;
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
 * @handle:  held open; NULL while closed
 * @place:   its place among the users of the device
 * @bdev:    of @handle
 * @geo:     what requests are held against; changed only while the rings pause
 * @number:  major << 32 | minor, 0 while none is known
 * @mode:    as the toolstack wrote it
 * @discards: the toolstack lets the front discard
 * @removable: the toolstack says that the medium is
 */
struct xbback_disk {
	struct xvbd_bdev *handle;
	struct xbback_place *place;
	struct block_device *bdev;
	struct xvbd_geometry geo;
	u64 number;
	enum xvbd_mode mode;
	bool discards;
	bool removable;
};

/**
 * struct xbback_kept - grants that stay mapped
 * @tree:     by their reference
 * @idle:     those that no request uses, the longest unused first
 * @nr:       in all
 * @full:     one more could not be kept
 * @turnover: when some may next be let go of for others, jiffies
 */
struct xbback_kept {
	struct rb_root tree;
	struct list_head idle;
	unsigned int nr;
	bool full;
	unsigned long turnover;
};

/**
 * struct xbback_poll - whether a worker waits awake
 * @slept:  it has slept: what it finds next shows how the front sends
 * @lone:   so often in a row it found one request then, and none was in flight
 * @looks:  made since
 * @purse:  time that may be spent looking, ns
 * @filled: until when the purse has been filled, ns
 */
struct xbback_poll {
	bool slept;
	unsigned int lone;
	unsigned int looks;
	u64 purse;
	u64 filled;
};

/**
 * struct xbback_ring - one ring and its worker
 * @rcu: of the first ring: frees the array that it begins
 *
 * All but @event, @done and @wake belongs to the worker while it runs, and to
 * whoever starts or stops it otherwise. The end of an I/O uses @done and @wake in an
 * RCU read-side section, which may last longer than the worker.
 */
struct xbback_ring {
	struct rcu_head rcu;
	struct xbback_vbd *vbd;
	unsigned int index;
	char name[32];

	void *shared;
	struct xvbd_ring ring;
	int irq;
	struct task_struct *worker;
	wait_queue_head_t wake;
	bool event; /* set by the interrupt, taken by the worker with xchg() */
	bool owes_eoi; /* an event was taken: the channel is masked until we answer for it */
	bool worth_it; /* since then something was found */
	bool halted; /* the front broke the ring: nothing more is read from it */
	bool empty; /* the device shows no sectors: nothing is read from the ring just now */

	struct xvbd_request next; /* the request taken last */
	bool held; /* it waits for those before it to make room */
	bool barrier; /* a barrier is in flight: nothing overtakes it */

	struct xbback_request *requests;
	struct list_head free;
	struct list_head lingering; /* answered once nobody else holds their pages */
	struct llist_head done;
	unsigned int in_flight; /* begun, not yet answered */
	unsigned int segs_in_flight; /* their pages */

	struct xbback_batch *batch;
	struct list_head own_pages; /* spare ones */
	unsigned int nr_own_pages;
	struct gnttab_page_cache map_pages;
	struct xbback_kept kept;
	struct xbback_poll poll;
	unsigned long log_due;
	struct xbback_stats stats;
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

enum xbback_flag {
	XBBACK_REMOVED, /* xenbus has taken the device away */
	XBBACK_NEWS, /* the device, its mode or its size may be another */
	XBBACK_FAILED, /* could not connect, or go on serving, until news or a new front */
	XBBACK_RING_BROKEN, /* a worker found a ring that makes no sense */
	XBBACK_STATE_WRITTEN, /* the state in our directory was written, perhaps by us */
	XBBACK_LEAVING, /* xenbus has been asked to unregister the device */
	XBBACK_EMPTY, /* the rings pause, since the device shows no sectors just now */
};

/* Why a vbd's rings pause. */
enum xbback_held {
	XBBACK_HELD_CHANGE = BIT(0), /* its device is being changed */
	XBBACK_HELD_FENCED = BIT(1), /* another vbd of the VM serves: claim.c */
};

/**
 * struct xbback_vbd - one virtual block device
 * @ref:        one for xenbus until remove, one for @work while it is queued
 * @dev:        referenced for as long as this lives
 * @otherend:   our copy: xenbus frees its own before an asynchronous end
 * @again_work: has @work run again in a moment
 * @retry_work: has @work try again to connect
 * @look_work:  waits until the device has sectors, while the rings pause because it has
 *              none. Is stopped before @disk changes
 * @told_empty: the error that says that the device shows no sectors
 * @retry_delay: between the last two attempts to connect, in seconds
 * @work:       runs @machine; the only place that connects or gives back
 * @watch:      on our directory
 * @farewell:   registered to be called once by xenwatch, to unregister
 * @farewell_lock: against registering @farewell while the device is removed
 * @link:       what the front wants of its rings
 * @offers_persistent: this end would keep grants mapped
 * @kept_segments: of the largest request whose grants the front uses again: those
 *              stay mapped; 0: none
 * @front_flushes: the front knows of a write cache: it was told when it connected, or
 *              has sent a flush. Until then its writes go through the cache
 * @squeezed_until: memory is short, no spare pages until then, jiffies
 * @rings_lock: keeps @rings, @nr_rings and @disk.number for readers in sysfs;
 *              @work takes it to change them
 * @served:     in the list of vbds with an open disk
 * @limit:      the io controller's state of the cgroup that the rings' I/O is charged
 *              to, referenced; NULL: to the root. Changed by @work while no worker
 *              runs, under @rings_lock for readers in sysfs
 * @past:       what rings that are gone had done
 * @held_lock:  keeps @held, and @rings for who pauses them; taken to open and
 *              close them. Held while they drain; taken before @rings_lock
 * @held:       mask of enum xbback_held
 */
struct xbback_vbd {
	struct kref ref;
	struct xenbus_device *dev;
	char *otherend;
	struct xvbd_machine machine;
	struct work_struct work;
	struct delayed_work again_work;
	struct delayed_work retry_work;
	struct delayed_work look_work;
	char *told_empty;
	unsigned int retry_delay;
	struct xenbus_watch watch;
	struct xenbus_watch farewell;
	struct mutex farewell_lock;
	unsigned long flags;

	struct xbback_link link;
	bool offers_persistent;
	unsigned int kept_segments;
	bool front_flushes;
	unsigned long squeezed_until;

	struct xbback_disk disk;
	struct list_head served;
	struct mutex rings_lock;
	struct xbback_ring *rings;
	unsigned int nr_rings;
	struct cgroup_subsys_state *limit;
	struct xbback_stats past;

	struct mutex held_lock;
	unsigned int held;
};

/**
 * struct xbback_wiring - what one ring is made of
 * @dir:      where the front has published it; for the caller to kfree()
 * @layout:   of a slot
 * @nr_pages: how many pages it has
 * @gref:     their grants
 * @port:     the front's end of the event channel
 */
struct xbback_wiring {
	char *dir;
	const struct xvbd_layout *layout;
	unsigned int nr_pages;
	grant_ref_t gref[1 << XVBD_MAX_RING_PAGE_ORDER];
	evtchn_port_t port;
};

/* params.c; a parameter may be written at any time: READ_ONCE() */
struct xbback_params {
	unsigned int max_queues;
	unsigned int max_ring_page_order;
	unsigned int max_ring_segments;
	unsigned int max_buffer_pages;
	unsigned int buffer_squeeze_duration_ms;
	unsigned int max_persistent_grants;
	unsigned int persistent_grant_unused_seconds;
	unsigned int persistent_max_segments;
	unsigned int copy_max_segments;
	unsigned int poll_us;
	unsigned int log_stats;
	bool feature_persistent;
};
extern struct xbback_params xbback_params;
void xbback_params_init(void);
/* Within what the protocol and this driver can do. */
unsigned int xbback_max_queues(void);
unsigned int xbback_max_ring_page_order(void);

/* negotiate.c: all sleep; a negative errno comes after xvbd_tell() */
int xbback_offer(struct xvbd_machine *m);
int xbback_read_link(struct xbback_vbd *vbd);
int xbback_read_wiring(struct xbback_vbd *vbd, unsigned int index, struct xbback_wiring *wiring);

/* path.c: whether grants are kept mapped for a front that wants it */
/* Segments of the largest request whose grants would be kept, for fronts that know a bound. */
unsigned int xbback_persistent_segments(void);
/* @bounded: the front does */
bool xbback_offers_persistent(bool bounded);
/* The most that any front can have kept, whatever bound it names. */
unsigned int xbback_kept_limit(void);

/* xenbus.c */
int xbback_xenbus_init(void);
void xbback_xenbus_exit(void);
/* Have the handshake looked at again. May be called in any context. */
void xbback_kick(struct xbback_vbd *vbd);
/* Try again to connect, after @seconds; and no more. By @work. */
void xbback_retry_connect(struct xbback_vbd *vbd, unsigned int seconds);
void xbback_retry_no_more(struct xbback_vbd *vbd);
/* Kick when the device has sectors; and no more. By @work. */
void xbback_look_for_sectors(struct xbback_vbd *vbd);
void xbback_look_no_more(struct xbback_vbd *vbd);

/* connect.c: actions of the handshake table; all sleep */
unsigned int xbback_facts(struct xvbd_machine *m);
int xbback_connect(struct xvbd_machine *m);
int xbback_attach(struct xvbd_machine *m);
int xbback_unlink(struct xvbd_machine *m);
int xbback_reconfigure(struct xvbd_machine *m);
/* Go on if a device that showed no sectors is back, or gone for good. */
void xbback_look_again(struct xbback_vbd *vbd);

/* disk.c: all sleep */
int xbback_disk_open(struct xbback_vbd *vbd);
void xbback_disk_close(struct xbback_vbd *vbd);
/*
 * Whether the device shows no sectors although it is there, as one whose server is away
 * for a moment. A drive without its medium is another matter. Does not sleep.
 */
bool xbback_disk_is_empty(const struct xbback_vbd *vbd);
/**
 * xbback_disk_change() - be what the tools want the disk to be now
 * @vbd:     with no request in flight
 * @changed: result
 *
 * Return: 0, also if the wish cannot be granted: then that has been told and
 * the disk is as it was; a negative errno after xvbd_tell() if it is lost.
 */
int xbback_disk_change(struct xbback_vbd *vbd, bool *changed);

/* describe.c */
/* Judge what @disk, which is open, does for the front of @vbd. */
void xbback_disk_describe(const struct xbback_vbd *vbd, struct xbback_disk *disk);
int xbback_disk_publish(struct xbback_vbd *vbd, bool again);

/* claim.c: all sleep */
/**
 * xbback_place_get() - ask for a place among the users of a device
 * @vbd:    whose
 * @number: of the device
 * @mode:   a writer's place is a share of a claim: of that of the same disk of
 *          the same VM, if there is one; else of a new one, which may still be
 *          refused
 *
 * Return: NULL: no memory.
 */
struct xbback_place *xbback_place_get(struct xbback_vbd *vbd, u64 number, enum xvbd_mode mode);
/* In whose name to claim the device. NULL for a reader, which does not. */
void *xbback_place_holder(struct xbback_place *place);
/**
 * xbback_place_enter() - be seen as a user of the device
 * @place: of a device that is open
 * @bdev:  the device
 *
 * Waits a moment for who is leaving.
 *
 * Return: 0; -EBUSY: a vbd reads it, and this is a writer, or the other way
 * round.
 */
int xbback_place_enter(struct xbback_place *place, struct block_device *bdev);
/**
 * xbback_place_take() - have the turn to serve
 * @place: of a device that is open
 *
 * Waits for what the vbd that had it has in flight.
 *
 * Return: 0; -EBUSY: another vbd of this VM has overtaken this one.
 */
int xbback_place_take(struct xbback_place *place);
/* Give the share back, and the turn. The device is closed, no ring runs. May be NULL. */
void xbback_place_put(struct xbback_place *place);
/* Have the rings pause, with nothing in flight, as long as any reason holds. */
void xbback_hold(struct xbback_vbd *vbd, unsigned int why);
void xbback_release(struct xbback_vbd *vbd, unsigned int why);

/* ring.c: all sleep; a ring that is zero or half made may be closed */
int xbback_ring_open(struct xbback_ring *ring, struct xbback_wiring *wiring);
void xbback_ring_close(struct xbback_ring *ring);
/* Between the two nothing of the ring is in flight and nothing is taken. */
void xbback_ring_pause(struct xbback_ring *ring);
void xbback_ring_resume(struct xbback_ring *ring);

/* worker.c: a kthread's function; @arg is a struct xbback_ring */
int xbback_worker(void *arg);

/* pages.c: keep no spare pages for a while; any context */
void xbback_pages_squeeze(struct xbback_vbd *vbd);

/* limit.c: read and drop sleep, and are called while no ring's worker runs */
void xbback_limit_read(struct xbback_vbd *vbd);
void xbback_limit_drop(struct xbback_vbd *vbd);
/* By a worker: charge what it submits from here on; and before it ends. */
void xbback_limit_enter(struct xbback_vbd *vbd);
void xbback_limit_leave(void);
ssize_t xbback_limit_show(struct xbback_vbd *vbd, char *buf);

/* stats.c */
extern const struct attribute_group *xbback_groups[];
/* All that the vbd has done. Sleeps. */
void xbback_stats_sum(struct xbback_vbd *vbd, struct xbback_stats *sum);
void xbback_stats_add(struct xbback_stats *sum, const struct xbback_stats *part);

#endif /* XBBACK_H */

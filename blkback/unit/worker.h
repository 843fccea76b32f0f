/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backend's worker with one ring, a frontend that fills it and a disk that ends requests when
 * the test asks for it. There is no clock: a sleep is counted, and ends at once.
 */
#ifndef UNIT_WORKER_H
#define UNIT_WORKER_H

#include <sched.h>

#include "tap.h"

#include "../worker.c"
#include "../poll.c"
#include "../request.c"
#include "../response.c"
#include "compat.h"
#include "../../common/backconnect.c"

u64 unit_ns;
void unit_relax(void) {}

/* Threads that are not the worker's are interrupts. */
static char worker_task;
struct task_struct *unit_current = (struct task_struct *)&worker_task;
__thread bool unit_in_interrupt;

bool xbback_disk_is_empty(const struct xbback_vbd *vbd) { return !vbd->disk.bdev->sectors; }

/* Replacements for functions of the driver's other files. */
struct xbback_params xbback_params;
void xbback_pgrants_trim(struct xbback_ring *ring) {}
long xbback_pgrants_timeout(struct xbback_ring *ring) { return MAX_SCHEDULE_TIMEOUT; }
void xbback_pages_free(struct xbback_ring *ring) {}
void xbback_pages_trim(struct xbback_ring *ring) {}
bool xbback_pages_spare(const struct xbback_ring *ring) { return false; }
void xbback_stats_log(struct xbback_ring *ring) {}
void xbback_stats_count(struct xbback_stats *s, const struct xvbd_request *wire,
			const struct xvbd_segment *seg) {}
void xbback_fetch_segments(struct xbback_ring *ring, struct list_head *batch) {}
/* Whether the requests need no copy and no unmap when they end. */
static bool data_stays;
void xbback_begin(struct xbback_ring *ring, struct list_head *reqs)
{
	struct xbback_request *req;

	list_for_each_entry(req, reqs, entry)
		req->data_stays = data_stays;
}
void xbback_end(struct xbback_ring *ring, struct list_head *reqs) {}
enum xbback_path xbback_path_choose(const struct xbback_request *req)
{
	return XBBACK_PATH_COPY;
}
void xbback_limit_enter(struct xbback_vbd *vbd) {}
void xbback_limit_leave(void) {}
void xbback_place_enter(unsigned int cpu) {}

/* Replacements for functions of the core. */
void xsplit_back_ring_broken(struct xsplit_back_ring *ring) {}
void xsplit_back_changed(struct xsplit_back *back)
{
	set_bit(XSPLIT_BACK_CHANGED, &back->flags);
}
void xsplit_back_start_work(struct xsplit_back *back, struct delayed_work *work,
			    unsigned long delay) {}
bool xsplit_back_must_wait(struct xsplit_back *back) { return false; }
int xsplit_read_keys(struct xenbus_device *dev, const char *dir, const struct xsplit_key *keys,
		     unsigned int nr, u64 *values)
{
	return 0;
}
void xsplit_error_save(struct xenbus_device *dev, char **told) {}
void xsplit_error_clear(struct xenbus_device *dev, char **told) {}
unsigned int xsplit_back_max_queues(const struct xsplit_back *back) { return 1; }
unsigned int xsplit_back_max_order(const struct xsplit_back *back) { return 0; }
int xsplit_back_read_config(struct xsplit_back *back) { return 0; }
int xsplit_back_open_ring(struct xsplit_back_ring *ring) { return 0; }
int xsplit_publish(struct xenbus_device *dev, const struct xsplit_node *nodes, unsigned int nr,
		   bool again)
{
	return 0;
}
int xsplit_dev_error(struct xenbus_device *dev, int err, const char *fmt, ...)
{
	return err;
}

/* Stops the worker: all its requests in flight have ended. */
void xsplit_back_close_ring(struct xsplit_back_ring *base)
{
	struct xbback_ring *ring = xbback_to_ring(base);

	drain(ring);
	xbback_requests_free(ring);
}

/* RCU; at most one object at a time waits to be freed. */
static pthread_mutex_t rcu_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int nr_readers;
static void *freed_later;

void rcu_read_lock(void)
{
	pthread_mutex_lock(&rcu_lock);
	nr_readers++;
	pthread_mutex_unlock(&rcu_lock);
}

void rcu_read_unlock(void)
{
	pthread_mutex_lock(&rcu_lock);
	if (!--nr_readers) {
		free(freed_later);
		freed_later = NULL;
	}
	pthread_mutex_unlock(&rcu_lock);
}

void unit_free_later(void *p)
{
	pthread_mutex_lock(&rcu_lock);
	if (nr_readers)
		freed_later = p;
	else
		free(p);
	pthread_mutex_unlock(&rcu_lock);
}

/* Sleeps, and an interrupt that is preempted between llist_add() and wake_up(). */
static unsigned int nr_sleeps;
static bool preempt_interrupt;
static bool is_published, ring_is_closed;
static void (*asleep)(void);

void unit_sleep(long timeout)
{
	nr_sleeps++;
	if (asleep)
		asleep();
	sched_yield();
}

static void wait_for(const bool *what)
{
	while (!__atomic_load_n(what, __ATOMIC_SEQ_CST))
		sched_yield();
}

void unit_published(void)
{
	if (!preempt_interrupt)
		return;
	__atomic_store_n(&is_published, true, __ATOMIC_SEQ_CST);
	wait_for(&ring_is_closed);
}

void wake_up(wait_queue_head_t *q)
{
	pthread_mutex_lock(&q->lock);
	q->woken++;
	pthread_mutex_unlock(&q->lock);
}

/* A disk that ends a request when the test asks for it; or at once, if it is fast. */
static struct bio *with_disk[64];
static unsigned int nr_with_disk, nr_submitted;
static bool fast_disk;

void submit_bio(struct bio *bio)
{
	nr_submitted++;
	if (fast_disk)
		bio->bi_end_io(bio);
	else
		with_disk[nr_with_disk++] = bio;
}

static inline void end_oldest(void)
{
	struct bio *bio = with_disk[0];

	if (!nr_with_disk)
		return;
	memmove(with_disk, with_disk + 1, --nr_with_disk * sizeof(bio));
	unit_in_interrupt = true;
	bio->bi_end_io(bio);
	unit_in_interrupt = false;
}

/* One vbd with one ring, and a frontend that fills it. */
static u8 shared[4096] __attribute__((aligned(64)));
static struct block_device disk = { .sectors = 1 << 20 };
static struct xenbus_device dev = { .nodename = "backend/vbd/1/51728" };
static struct xsplit_back_class class = {
	.name = "unit",
	.ring_size = sizeof(struct xbback_ring),
};
static struct xbback_vbd vbd;
static struct xsplit_ring front;

static inline struct xbback_ring *open_ring(bool fast)
{
	struct xbback_ring *ring;

	memset(shared, 0, sizeof(shared));
	vbd = (struct xbback_vbd){
		.back = { .dev = &dev, .class = &class },
		.disk = {
			.bdev = &disk,
			.geo = { .sectors = 1 << 20, .ops = 0x1007f, .max_segments = 256 },
		},
	};
	xbback_params = (struct xbback_params){ .max_ring_segments = 2048 };
	nr_with_disk = nr_submitted = nr_sleeps = 0;
	fast_disk = fast;
	data_stays = false;
	make_rings(&vbd.back, 1);
	ring = xbback_to_ring(vbd.back.rings[0]);
	ring->vbd = &vbd;
	pthread_mutex_init(&ring->wake.lock, NULL);
	spin_lock_init(&ring->rsp_lock);
	ring->worker = unit_current;
	INIT_LIST_HEAD(&ring->free);
	INIT_LIST_HEAD(&ring->pages_busy);
	ring->layout = xvbd_native;
	xsplit_front_ring_init(&front, shared, sizeof(shared), xvbd_native->slot_size);
	xsplit_back_ring_init(&ring->base.ring, shared, sizeof(shared), xvbd_native->slot_size);
	xbback_requests_alloc(ring);
	return ring;
}

static inline void send(u8 op, unsigned int nr_segs)
{
	struct xvbd_request req = {
		.operation = op,
		.indirect = nr_segs > XVBD_MAX_SEGMENTS,
		.nr_segments = nr_segs,
		.id = front.prod,
	};
	unsigned int i;

	for (i = 0; i < min(nr_segs, XVBD_MAX_SEGMENTS); i++)
		req.seg[i].last_sect = 7;
	xvbd_front_put(&front, xvbd_native, &req);
}

static inline void notify(struct xbback_ring *ring)
{
	if (xsplit_front_push(&front))
		ring->event = true;
}

/* Run the worker until it waits for the disk or for the frontend. */
static inline void run_worker(struct xbback_ring *ring)
{
	for (;;) {
		serve(ring);
		if (has_work(ring))
			continue;
		if (!ring->blocked || ring->in_flight)
			return;
		/* Only a timeout ends this sleep. */
		wait_for_work(ring);
	}
}

static inline void check_answers(struct xbback_ring *ring, unsigned int nr)
{
	is(ring->base.ring.pushed, nr, "all are answered");
	is(nr_sleeps, 0, "no sleep was needed");
}

#endif /* UNIT_WORKER_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Work items and time. A jiffy is a millisecond; time passes when nothing else can happen. */
#ifndef SIM_WORK_H
#define SIM_WORK_H

#include "lock.h"

#define HZ 1000
#define MAX_JIFFY_OFFSET ((~0UL >> 1) - 1)
#define jiffies ((unsigned long)sim_now())
#define NSEC_PER_SEC 1000000000L
#define NSEC_PER_MSEC 1000000L
#define USEC_PER_SEC 1000000L
#define MSEC_PER_SEC 1000L
#define msecs_to_jiffies(ms) ((unsigned long)(ms))
#define usecs_to_jiffies(us) ((unsigned long)DIV_ROUND_UP(us, 1000))
#define nsecs_to_jiffies(ns) ((unsigned long)((ns) / NSEC_PER_MSEC))
#define nsecs_to_jiffies64(ns) ((u64)((ns) / NSEC_PER_MSEC))
#define jiffies_to_msecs(j) ((unsigned int)(j))
#define ktime_get() ((ktime_t)(sim_now() * NSEC_PER_MSEC))
#define ktime_get_ns() ((u64)ktime_get())
#define ktime_to_ns(t) ((s64)(t))
#define ktime_to_ms(t) ((s64)(t) / NSEC_PER_MSEC)
#define ktime_sub(a, b) ((a) - (b))
#define get_jiffies_64() sim_now()
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
void msleep(unsigned int ms);
#define msleep_interruptible(ms) (msleep(ms), 0UL)

struct workqueue_struct;
struct work_struct {
	void (*func)(struct work_struct *work);
	struct workqueue_struct *wq;
	struct work_struct *next; /* in the list of those that are queued */
	bool queued;
	u64 at; /* not before this time */
};
struct delayed_work {
	struct work_struct work;
};
#define INIT_WORK(w, f) (*(w) = (struct work_struct){ .func = (f) })
#define INIT_DELAYED_WORK(w, f) INIT_WORK(&(w)->work, f)
#define to_delayed_work(w) container_of(w, struct delayed_work, work)

#define WQ_UNBOUND 1
#define WQ_MEM_RECLAIM 2
#define WQ_FREEZABLE 4
#define WQ_HIGHPRI 8
#define WQ_MAX_ACTIVE 512
struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int active, ...);
#define alloc_ordered_workqueue(fmt, flags, ...) alloc_workqueue(fmt, flags, 1, ##__VA_ARGS__)
void destroy_workqueue(struct workqueue_struct *wq);
void flush_workqueue(struct workqueue_struct *wq);
#define drain_workqueue flush_workqueue
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *work,
			unsigned long delay);
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *work, unsigned long delay);
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *work);
#define cancel_delayed_work_sync(w) cancel_work_sync(&(w)->work)
#define work_pending(w) ((w)->queued)
#define delayed_work_pending(w) ((w)->work.queued)
extern struct workqueue_struct *system_wq;
#define system_long_wq system_wq
#define system_unbound_wq system_wq
#define schedule_work(w) queue_work(system_wq, w)
#define schedule_delayed_work(w, d) queue_delayed_work(system_wq, w, d)

#endif /* SIM_WORK_H */

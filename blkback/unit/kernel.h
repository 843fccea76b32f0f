/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A replacement in user space for the parts of the kernel that the backend's worker needs. One
 * thread is the worker, other threads may be interrupts. The tests control the time.
 *
 * This file replaces each kernel header that the driver includes (see the Makefile).
 */
#ifndef UNIT_KERNEL_H
#define UNIT_KERNEL_H

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "types.h"

typedef int64_t s64;
typedef unsigned int blk_opf_t, grant_ref_t, grant_handle_t, evtchn_port_t, gfp_t;
typedef unsigned char blk_status_t;

#define __printf(a, b) __attribute__((format(printf, a, b)))
#define __init
#undef static_assert
#define static_assert(true_) _Static_assert(true_, #true_)
#define WARN_ON_ONCE(x) (x)
#define smp_rmb() virt_rmb()
#define fallthrough __attribute__((fallthrough))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define min_not_zero(a, b) ((a) ? (b) ? min(a, b) : (a) : (b))
#define container_of(p, type, member) ((type *)((uintptr_t)(p) - offsetof(type, member)))
#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

/* Lists */
struct list_head {
	struct list_head *next, *prev;
};
#define LIST_HEAD(l) struct list_head l = { &l, &l }
#define list_entry(p, type, member) container_of(p, type, member)
#define list_first_entry(l, type, member) list_entry((l)->next, type, member)
#define list_first_entry_or_null(l, type, member) \
	(list_empty(l) ? NULL : list_first_entry(l, type, member))
#define list_for_each_entry(p, l, member)                                         \
	for (p = list_entry((l)->next, __typeof__(*p), member); &p->member != (l); \
	     p = list_entry(p->member.next, __typeof__(*p), member))
#define list_for_each_entry_safe(p, n, l, member)                                     \
	for (p = list_entry((l)->next, __typeof__(*p), member),                       \
	    n = list_entry(p->member.next, __typeof__(*p), member);                   \
	     &p->member != (l); p = n, n = list_entry(n->member.next, __typeof__(*p), member))
static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l->prev = l;
}
static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}
static inline void list_add_between(struct list_head *e, struct list_head *p, struct list_head *n)
{
	e->prev = p;
	e->next = n;
	p->next = n->prev = e;
}
static inline void list_add(struct list_head *e, struct list_head *l)
{
	list_add_between(e, l, l->next);
}
static inline void list_add_tail(struct list_head *e, struct list_head *l)
{
	list_add_between(e, l->prev, l);
}
static inline void list_del(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
}
static inline void list_del_init(struct list_head *e)
{
	list_del(e);
	INIT_LIST_HEAD(e);
}
static inline void list_move(struct list_head *e, struct list_head *l)
{
	list_del(e);
	list_add(e, l);
}
static inline void list_move_tail(struct list_head *e, struct list_head *l)
{
	list_del(e);
	list_add_tail(e, l);
}

/* Lock-free lists, to which interrupts add */
struct llist_node {
	struct llist_node *next;
};
struct llist_head {
	struct llist_node *first;
};
#define llist_for_each_entry_safe(p, n, node, member)                                       \
	for (struct llist_node *at_ = (node), *next_;                                       \
	     (n = NULL, at_) &&                                                             \
	     (p = container_of(at_, __typeof__(*p), member), next_ = at_->next, true);      \
	     at_ = next_)
static inline bool llist_empty(const struct llist_head *l)
{
	return !__atomic_load_n(&l->first, __ATOMIC_SEQ_CST);
}
/* A test may stop the caller here: other threads can see the node already. */
void unit_published(void);
static inline bool llist_add(struct llist_node *node, struct llist_head *l)
{
	struct llist_node *first = __atomic_load_n(&l->first, __ATOMIC_SEQ_CST);

	do
		node->next = first;
	while (!__atomic_compare_exchange_n(&l->first, &first, node, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST));
	unit_published();
	return !first;
}
static inline struct llist_node *llist_del_all(struct llist_head *l)
{
	return xchg(&l->first, NULL);
}
static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
	struct llist_node *reversed = NULL, *next;

	for (; node; node = next) {
		next = node->next;
		node->next = reversed;
		reversed = node;
	}
	return reversed;
}

/* An array of pointers, implemented as a list: speed does not matter here */
struct xa_entry {
	struct xa_entry *next;
	unsigned long index;
	void *what;
};
struct xarray {
	struct xa_entry *first;
};
static inline void xa_init(struct xarray *xa)
{
	xa->first = NULL;
}
static inline struct xa_entry **xa_find_entry(struct xarray *xa, unsigned long index)
{
	struct xa_entry **link = &xa->first;

	while (*link && (*link)->index != index)
		link = &(*link)->next;
	return link;
}
static inline void *xa_load(struct xarray *xa, unsigned long index)
{
	struct xa_entry *e = *xa_find_entry(xa, index);

	return e ? e->what : NULL;
}
static inline int xa_insert(struct xarray *xa, unsigned long index, void *what, unsigned int gfp)
{
	struct xa_entry *e;

	if (*xa_find_entry(xa, index))
		return -EBUSY;
	e = malloc(sizeof(*e));
	*e = (struct xa_entry){ xa->first, index, what };
	xa->first = e;
	return 0;
}
static inline void xa_erase(struct xarray *xa, unsigned long index)
{
	struct xa_entry **link = xa_find_entry(xa, index), *e = *link;

	if (!e)
		return;
	*link = e->next;
	free(e);
}

/* Memory. kfree_rcu() frees after the last RCU reader has left. */
#define GFP_KERNEL 0
#define __GFP_NOWARN 0
struct rcu_head {
	struct rcu_head *next;
};
#define kvcalloc(n, size, flags) calloc(n, size)
#define kcalloc(n, size, flags) calloc(n, size)
#define kzalloc(size, flags) calloc(1, size)
#define kvmalloc(size, flags) malloc(size)
#define kmalloc(size, flags) malloc(size)
#define kvfree(p) free(p)
#define kfree(p) free(p)
#define kfree_rcu(p, member) unit_free_later(p)
void rcu_read_lock(void);
void rcu_read_unlock(void);
void unit_free_later(void *p);

/* Sleeping and waking */
typedef struct {
	pthread_mutex_t lock;
	unsigned int woken;
} wait_queue_head_t;
void wake_up(wait_queue_head_t *q);
/* The tests count the sleeps. */
void unit_sleep(long timeout);
#define wait_event_timeout(q, cond, timeout) \
	({                                   \
		bool true_ = (cond);         \
		if (!true_) {                \
			unit_sleep(timeout); \
			true_ = (cond);      \
		}                            \
		true_;                       \
	})
#define wait_event_interruptible_timeout wait_event_timeout
#define HZ 250
extern unsigned long jiffies;
#define time_before(a, b) ((long)((a) - (b)) < 0)
#define time_after_eq(a, b) (!time_before(a, b))
static inline void schedule_timeout_uninterruptible(long timeout) { unit_sleep(timeout); }
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
static inline bool kthread_should_stop(void) { return false; }
static inline bool kthread_should_park(void) { return false; }
static inline void kthread_parkme(void) {}
static inline void cond_resched(void) {}
static inline bool need_resched(void) { return false; }
/* The tests provide the clock, and what happens during cpu_relax(). */
extern u64 unit_ns;
void unit_relax(void);
static inline void cpu_relax(void) { unit_relax(); }
static inline u64 ktime_get_ns(void) { return unit_ns; }

/* One CPU */
#define DEFINE_PER_CPU(type, name) type name
#define per_cpu_ptr(p, cpu) ((void)(cpu), (p))
#define raw_smp_processor_id() 0U

/* The worker's thread, and those that are interrupts */
typedef pthread_mutex_t spinlock_t;
#define __SPIN_LOCK_UNLOCKED(name) PTHREAD_MUTEX_INITIALIZER
#define spin_lock_init(l) pthread_mutex_init(l, NULL)
#define spin_lock(l) pthread_mutex_lock(l)
#define spin_unlock(l) pthread_mutex_unlock(l)
#define spin_lock_irq(l) pthread_mutex_lock(l)
#define spin_unlock_irq(l) pthread_mutex_unlock(l)
#define spin_lock_irqsave(l, flags) ((flags) = 0, pthread_mutex_lock(l))
#define spin_unlock_irqrestore(l, flags) ((void)(flags), pthread_mutex_unlock(l))
extern struct task_struct *unit_current;
extern __thread bool unit_in_interrupt;
#define current unit_current
#define in_task() (!unit_in_interrupt)
typedef struct { int n; } atomic_t;
#define ATOMIC_INIT(i) { i }
#define atomic_read(a) ((a)->n)
#define atomic_inc(a) ((a)->n++)
#define atomic_dec(a) ((a)->n--)
static inline unsigned int memalloc_noio_save(void) { return 0; }
static inline void memalloc_noio_restore(unsigned int flags) {}

struct mutex {
	char unused;
};
static inline void mutex_lock(struct mutex *m) {}
static inline void mutex_unlock(struct mutex *m) {}
#define set_bit(b, flags) __atomic_or_fetch(flags, 1UL << (b), __ATOMIC_SEQ_CST)
#define clear_bit(b, flags) __atomic_and_fetch(flags, ~(1UL << (b)), __ATOMIC_SEQ_CST)
#define test_bit(b, flags) (!!(*(flags) & 1UL << (b)))
#define test_and_clear_bit(b, flags) \
	(!!(__atomic_fetch_and(flags, ~(1UL << (b)), __ATOMIC_SEQ_CST) & 1UL << (b)))
#define test_and_set_bit(b, flags) \
	(!!(__atomic_fetch_or(flags, 1UL << (b), __ATOMIC_SEQ_CST) & 1UL << (b)))

/* Types that are only stored, and not used */
struct kref { int count; };
struct work_struct { int unused; };
struct workqueue_struct;
struct delayed_work { int unused; };
#define cancel_delayed_work_sync(work) ((void)(work))
struct task_struct;
struct cgroup_subsys_state;
struct gnttab_page_cache { unsigned int num_pages; };
struct xenbus_watch { const char *node; };
struct device { int unused; };
struct attribute_group { int unused; };
enum xenbus_state {
	XenbusStateUnknown,
	XenbusStateInitialised = 3,
	XenbusStateConnected,
	XenbusStateClosed = 6,
};
struct xenbus_transaction { int unused; };
struct xenbus_driver { int unused; };
struct xenbus_device_id { char devicetype[32]; };
struct xenbus_device {
	struct device dev;
	const char *nodename;
	enum xenbus_state state;
	int otherend_id;
};
#define XEN_PAGE_SIZE 4096UL
#define PAGE_SIZE 4096UL
#define INVALID_GRANT_HANDLE (~0U)
#define XBT_NIL 0
struct gnttab_copy { int unused; };
struct gnttab_map_grant_ref {
	grant_ref_t ref;
	grant_handle_t handle;
	s16 status;
};
struct gnttab_unmap_grant_ref {
	grant_handle_t handle;
	s16 status;
};
enum {
	GNTST_okay = 0,
	GNTST_general_error = -1,
	GNTST_no_device_space = -7,
	GNTST_no_space = -10,
};
#define GNTMAP_host_map 2
#define GNTMAP_readonly 4
#define gnttab_set_map_op(op, addr, flags, gref, domid) \
	((void)(addr), (void)(flags), (op)->ref = (gref))
#define gnttab_set_unmap_op(op, addr, flags, h) ((void)(addr), (op)->handle = (h))
typedef uint64_t phys_addr_t;
#define page_to_pfn(page) ((uintptr_t)(page))
#define pfn_to_kaddr(pfn) ((void *)(pfn))
/* The tests provide map and unmap. */
struct page;
int gnttab_map_refs(struct gnttab_map_grant_ref *ops, void *kernel_ops, struct page **pages,
		    unsigned int nr);
int gnttab_unmap_refs(struct gnttab_unmap_grant_ref *ops, void *kernel_ops, struct page **pages,
		      unsigned int nr);
static inline enum xenbus_state xsplit_read_state(struct xenbus_device *dev, const char *dir)
{
	return XenbusStateInitialised;
}
static inline bool xenbus_exists(int t, const char *dir, const char *node) { return true; }
static inline unsigned int xenbus_read_unsigned(const char *d, const char *n, unsigned int v)
{
	return v;
}
#define dev_warn_ratelimited(dev, ...) ((void)(dev), (void)0)
#define pr_err_ratelimited(...) ((void)0)

/* Event channels */
#define XEN_EOI_FLAG_SPURIOUS 1
static inline void notify_remote_via_irq(int irq) {}
static inline void xen_irq_lateeoi(int irq, unsigned int flags) {}

/* The block layer */
struct page { int count; };
#define page_count(page) ((page)->count)
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len, bv_offset;
};
struct block_device {
	u64 sectors;
	bool cache;
	unsigned int unit, first;
	unsigned int discards, zeroes;
};
struct bio {
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	blk_status_t bi_status;
	unsigned short bi_vcnt;
	struct {
		u64 bi_sector;
		unsigned int bi_size;
	} bi_iter;
	void (*bi_end_io)(struct bio *bio);
};
enum {
	REQ_OP_READ,
	REQ_OP_WRITE,
	REQ_OP_FLUSH,
	REQ_OP_DISCARD,
	REQ_OP_SECURE_ERASE = 5,
	REQ_OP_WRITE_ZEROES = 9,
};
#define REQ_OP_MASK 0xff
#define REQ_SYNC (1U << 11)
#define REQ_IDLE (1U << 15)
#define REQ_FUA (1U << 17)
#define REQ_PREFLUSH (1U << 18)
#define REQ_NOUNMAP (1U << 25)
enum { BLK_STS_OK, BLK_STS_NOTSUPP, BLK_STS_TARGET = 5, BLK_STS_IOERR = 10 };
#define DIV_ROUND_UP_ULL(n, d) (((u64)(n) + (d) - 1) / (d))
struct blk_plug { unsigned short nr_ios; };
static inline void blk_start_plug(struct blk_plug *plug) {}
static inline void blk_finish_plug(struct blk_plug *plug) {}
static inline void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *vecs,
			    unsigned short nr, blk_opf_t opf)
{
	*bio = (struct bio){ .bi_bdev = bdev, .bi_opf = opf };
}
static inline void bio_uninit(struct bio *bio) {}
void submit_bio(struct bio *bio);
static inline u64 bdev_nr_sectors(struct block_device *bdev) { return bdev->sectors; }
static inline bool bdev_write_cache(struct block_device *bdev) { return bdev->cache; }
/* In bytes. */
#define bdev_discard_granularity(bdev) ((bdev)->unit)
#define bdev_discard_alignment(bdev) ((bdev)->first)
#define div_u64_rem(n, d, rest) (*(rest) = (n) % (d), (n) / (d))
static inline unsigned int bdev_max_secure_erase_sectors(struct block_device *bdev) { return 0; }
static inline unsigned int bdev_max_discard_sectors(struct block_device *bdev)
{
	return bdev->discards;
}
static inline unsigned int bdev_write_zeroes_sectors(struct block_device *bdev)
{
	return bdev->zeroes;
}

#endif /* UNIT_KERNEL_H */

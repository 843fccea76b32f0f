/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks and waiting. Who takes a lock twice, gives back what another holds, or sleeps
 * with a spinlock or in an interrupt, is a problem. While a spinlock is held nothing
 * else runs: other CPUs would only wait. That an interrupt could take a lock which a
 * task holds with interrupts on is found by noting how each lock is taken.
 */
#ifndef SIM_LOCK_H
#define SIM_LOCK_H

#include "base.h"

struct sim_task;
struct list_head;

struct mutex {
	struct sim_task *holder;
	const char *name;
};
#define __MUTEX_INITIALIZER(m) { NULL, #m }
#define DEFINE_MUTEX(m) struct mutex m = __MUTEX_INITIALIZER(m)
#define mutex_init(m) (*(m) = (struct mutex){ NULL, #m })
void mutex_lock(struct mutex *m);
int mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
void mutex_destroy(struct mutex *m);
int mutex_lock_interruptible(struct mutex *m);
#define mutex_lock_nested(m, c) mutex_lock(m)
#define mutex_is_locked(m) (!!(m)->holder)

typedef struct spinlock {
	struct sim_task *holder;
	const char *name;
	bool in_irq; /* an interrupt takes it */
	bool irqs_on; /* a task takes it, and leaves interrupts on */
} spinlock_t;
#define __SPIN_LOCK_UNLOCKED(l) { .name = #l }
#define DEFINE_SPINLOCK(l) spinlock_t l = __SPIN_LOCK_UNLOCKED(l)
#define spin_lock_init(l) (*(l) = (spinlock_t){ .name = #l })
void spin_lock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
void sim_irqs_off(void);
void sim_irqs_on(void);
#define spin_lock_irq(l) (sim_irqs_off(), spin_lock(l))
#define spin_unlock_irq(l) (spin_unlock(l), sim_irqs_on())
#define spin_lock_irqsave(l, flags) (sim_irqs_off(), (flags) = 1, spin_lock(l))
#define spin_unlock_irqrestore(l, flags) ((void)(flags), spin_unlock(l), sim_irqs_on())
#define spin_lock_bh spin_lock
#define spin_unlock_bh spin_unlock
void sim_assert_held(const void *holder, const char *what);
#define lockdep_assert_held(l) sim_assert_held((l)->holder, #l)
#define lockdep_is_held(l) (!!(l)->holder)
void sim_may_sleep(const char *what);
#define might_sleep() sim_may_sleep("the function")
#define cond_resched() sim_point()
bool in_interrupt(void);
#define in_hardirq in_interrupt
#define preempt_disable()
#define preempt_enable()

/* RCU: readers do not sleep, and nothing runs beside them. */
struct rcu_head {
	struct rcu_head *next;
	void *object;
};
void rcu_read_lock(void);
void rcu_read_unlock(void);
void sim_free_rcu(struct rcu_head *head, void *object);
#define kfree_rcu(p, member) sim_free_rcu(&(p)->member, p)
void synchronize_rcu(void);
void rcu_barrier(void);
#define synchronize_rcu_tasks() synchronize_rcu()
#define __rcu
#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_assign_pointer(p, v) WRITE_ONCE(p, v)
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)

typedef struct wait_queue_head {
	const char *name;
} wait_queue_head_t;
#define init_waitqueue_head(w) ((w)->name = #w)
#define DECLARE_WAIT_QUEUE_HEAD(w) wait_queue_head_t w = { #w }
#define __WAIT_QUEUE_HEAD_INITIALIZER(w) { #w }
void wake_up(wait_queue_head_t *w);
#define wake_up_all wake_up
#define wake_up_interruptible wake_up
#define wake_up_interruptible_all wake_up
#define wake_up_interruptible_poll(w, m) wake_up(w)
#define wake_up_poll(w, m) wake_up(w)
#define wq_has_sleeper(w) true
void sim_wait_begin(wait_queue_head_t *w);
/* Sleep until a wake-up of the queue, a signal (only if @signals), or the time @until. */
void sim_wait_sleep(bool signals, u64 until);
void sim_wait_end(void);
bool sim_signalled(void);
#define signal_pending(t) sim_signalled()
#define fatal_signal_pending(t) sim_signalled()
#define current NULL
u64 sim_now(void);

/* Evaluates to 0, or -ERESTARTSYS, or 1 at @until. */
#define sim_wait_event(w, c, signals, until)                     \
	({                                                       \
		int why_ = 0;                                    \
		sim_may_sleep("wait_event(" #c ")");             \
		for (;;) {                                       \
			sim_wait_begin(&(w));                    \
			if (c)                                   \
				break;                           \
			if ((signals) && sim_signalled()) {      \
				why_ = -ERESTARTSYS;             \
				break;                           \
			}                                        \
			if (sim_now() >= (until)) {              \
				why_ = 1;                        \
				break;                           \
			}                                        \
			sim_wait_sleep(signals, until);          \
		}                                                \
		sim_wait_end();                                  \
		why_;                                            \
	})
/* The caller holds @lock, which is released while it sleeps. */
#define wait_event_interruptible_lock_irq(w, c, lock)  \
	({                                             \
		int why_ = 0;                          \
		for (;;) {                             \
			sim_wait_begin(&(w));          \
			if (c)                         \
				break;                 \
			if (sim_signalled()) {         \
				why_ = -ERESTARTSYS;   \
				break;                 \
			}                              \
			spin_unlock_irq(&(lock));      \
			sim_wait_sleep(true, U64_MAX);  \
			spin_lock_irq(&(lock));        \
		}                                      \
		sim_wait_end();                        \
		why_;                                  \
	})

#define wait_event(w, c) ((void)sim_wait_event(w, c, false, U64_MAX))
#define wait_event_interruptible(w, c) sim_wait_event(w, c, true, U64_MAX)
#define wait_event_killable wait_event_interruptible
#define wait_event_timeout(w, c, t)                                              \
	({                                                                       \
		u64 end_ = sim_now() + (t);                                      \
		int w_ = sim_wait_event(w, c, false, end_);                      \
		w_ ? 0L : (long)max_t(u64, 1, end_ - min(end_, sim_now()));      \
	})
#define wait_event_interruptible_timeout(w, c, t)                                \
	({                                                                       \
		u64 end_ = sim_now() + (t);                                      \
		int w_ = sim_wait_event(w, c, true, end_);                       \
		w_ < 0 ? (long)w_ :                                              \
		w_     ? 0L :                                                    \
			 (long)max_t(u64, 1, end_ - min(end_, sim_now()));       \
	})

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};
#define init_completion(x) ((x)->done = 0, init_waitqueue_head(&(x)->wait))
#define reinit_completion(x) ((x)->done = 0)
#define complete(x) ((x)->done++, wake_up(&(x)->wait))
#define complete_all(x) ((x)->done = UINT_MAX / 2, wake_up(&(x)->wait))
#define completion_done(x) (!!(x)->done)
#define wait_for_completion(x) \
	(wait_event((x)->wait, (x)->done), (void)((x)->done -= (x)->done < UINT_MAX / 2))
#define wait_for_completion_interruptible(x) wait_event_interruptible((x)->wait, (x)->done)
#define wait_for_completion_killable wait_for_completion_interruptible
#define wait_for_completion_timeout(x, t) wait_event_timeout((x)->wait, (x)->done, t)

#endif /* SIM_LOCK_H */

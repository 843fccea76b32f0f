/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the simulator have of each other. No class and no scenario includes it. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "include/sim/kernel.h"
#undef current

#include "sim.h"

/*
 * A context that can be suspended: a work item while it runs, the xenwatch thread of a domain, a
 * user, the scenario. Only one of them runs at a time; where it calls the kernel, another one may
 * go on in its place.
 */
struct sim_task {
	const char *name;
	enum sim_domain domain;
	bool (*ready)(void *argument); /* NULL: it can run */
	void *ready_argument;
	const char *waits_for;
	int atomic; /* it holds this many spinlocks, or is an interrupt: it must not sleep */
	int irqs_off;
	int mutexes;
	bool in_irq;
	bool signalled;
	bool woken;
	wait_queue_head_t *queue;
	u64 until;
	struct work_struct *work; /* the work item that it runs */
	struct workqueue_struct *wq;
};

/* task.c */
extern struct sim_task *sim_current;
/* The domain of the context that runs now. */
enum sim_domain sim_domain(void);
/* Run as if in that domain; returns the one before. */
enum sim_domain sim_enter(enum sim_domain domain);
struct sim_task *sim_task_start(const char *name, enum sim_domain domain,
				void (*function)(void *), void *argument);
/* Suspend the running context until @ready. */
void sim_block(bool (*ready)(void *argument), void *argument, const char *what);
/* Whether a task for which @test is true exists. */
bool sim_any_task(bool (*test)(struct sim_task *task, void *argument),
		  void *argument);
/* Run a scenario as a task, and all others with it, until it returns. */
void sim_run(void (*scenario)(void));
/* Call an interrupt handler: it cannot be suspended. */
void sim_interrupt(enum sim_domain domain, irq_handler_t handler, int irq,
		   void *argument);
/* A frozen domain does nothing. */
void sim_freeze(enum sim_domain domain, bool freeze);
bool sim_is_frozen(enum sim_domain domain);

/* work.c: those of these that can happen now are choices of the scheduler */
unsigned int sim_works_ready(struct work_struct **ready, unsigned int max);
void sim_work_start(struct work_struct *work);
/* The time of the next timer; ~0: there is none. */
u64 sim_next_timer(void);

/* event.c */
unsigned int sim_irqs_ready(int *irqs, unsigned int max);
void sim_irq_run(int irq);

/* memory.c */
void sim_free_all_rcu(void);
/* Where the page with that frame is mapped for its owner; NULL: there is no such page in use. */
void *sim_page_of(u64 gfn);
/* Map the page @gfn at @address too; or nothing any more. */
void sim_map(void *address, u64 gfn);
void sim_unmap(void *address);

/* store.c: in the name of the toolstack; no watch of the toolstack exists */
#define SIM_PATH_MAX 96
const char *sim_get(const char *path);
void sim_put(const char *path, const char *value);
void sim_remove(const char *path);
bool sim_exists(const char *path);

/* watch.c */
void sim_start_xenwatch(void);
void sim_fire(const char *path);
/* The watches below a directory that is removed fire with their own path. */
void sim_fire_below(const char *path, bool (*is_gone)(const char *path));
void sim_fire_all(enum sim_domain domain);
void sim_drop_watch_events(enum sim_domain domain);
/* A device is unregistered, and waits for its lock; NULL: it has it. */
void sim_xenwatch_wants(struct mutex *lock);

/* bus.c */
/* A path of that domain: its own directory is put before a relative one. */
char *sim_absolute(char *path, enum sim_domain domain, const char *relative);
/* The domain id of that end. */
int sim_domid(enum sim_domain domain);
void sim_set_back_domid(int domid);
/* Have xenbus of that domain look for devices; end it again. */
void sim_start_bus(enum sim_domain domain);
void sim_stop_bus(enum sim_domain domain);
void sim_drop_devices(enum sim_domain domain);
void sim_resume_devices(void);
/* Bind or unbind all devices of a domain, as by hand in sysfs. */
void sim_bind_all(enum sim_domain domain);
void sim_unbind_all(enum sim_domain domain);

/* grant.c */
/* Whether the guest may now give up a page that is still mapped: its other end is forsaken. */
extern bool sim_may_forsake;
/* The page of the front that is granted with @ref; NULL: none. */
void *sim_granted_page(grant_ref_t ref);

/* users.c: a module cannot be unloaded while a file of it is open */
bool sim_front_may_go(void);
void sim_front_is_gone(void);
void sim_wait_for_files(void);

/* tool.c */
void sim_boot(void);
void sim_shut_down(void);

/* life.c */
void sim_live(void);

/* Each forgets what a life has left, after it has counted it: a thing that is left is a problem. */
void sim_end_memory(void);
void sim_end_store(void);
void sim_end_watches(void);
void sim_end_bus(void);
void sim_end_grants(void);
void sim_end_events(void);
void sim_end_works(void);
void sim_end_users(void);
void sim_end_sysfs(void);

/* main.c */
extern u32 sim_seed;
extern bool sim_verbose;
extern bool sim_memory_short;
/* Noise is written into the ring: what a user gets makes no sense either. */
extern bool sim_noise;
extern unsigned long sim_checks, sim_problems, sim_known_c6;

#endif /* SIM_WORLD_H */

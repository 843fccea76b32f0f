// SPDX-License-Identifier: GPL-2.0
/* Locks, wait queues, sleeping: who may, and who must not. */
#include "world.h"

void sim_may_sleep(const char *what)
{
	if (sim_current && (sim_current->atomic || sim_current->irqs_off))
		sim_problem(
			"%s sleeps in %s, which holds a spinlock or is an interrupt",
			what, sim_current->name);
}

bool in_interrupt(void)
{
	return sim_current && sim_current->in_irq;
}

static bool mutex_is_free(void *argument)
{
	return !((struct mutex *)argument)->holder;
}

void mutex_lock(struct mutex *m)
{
	sim_may_sleep(m->name);
	if (m->holder == sim_current) {
		sim_problem("%s takes the mutex %s twice", sim_current->name,
			    m->name);
		return;
	}
	sim_point();
	while (m->holder)
		sim_block(mutex_is_free, m, m->name);
	m->holder = sim_current;
	sim_current->mutexes++;
}

int mutex_lock_interruptible(struct mutex *m)
{
	mutex_lock(m);
	return 0;
}

int mutex_trylock(struct mutex *m)
{
	sim_may_sleep(m->name);
	if (m->holder)
		return 0;
	m->holder = sim_current;
	sim_current->mutexes++;
	return 1;
}

void mutex_unlock(struct mutex *m)
{
	if (m->holder != sim_current) {
		sim_problem(
			"%s gives back the mutex %s, which it does not hold",
			sim_current->name, m->name);
		return;
	}
	m->holder = NULL;
	sim_current->mutexes--;
	sim_point();
}

void mutex_destroy(struct mutex *m)
{
	if (m->holder)
		sim_problem("the mutex %s is destroyed while %s holds it",
			    m->name, m->holder->name);
}

void sim_assert_held(const void *holder, const char *what)
{
	if (holder != sim_current)
		sim_problem("%s does not hold %s", sim_current->name, what);
}

static void note_use(spinlock_t *l)
{
	bool irq_safe = !l->in_irq || !l->irqs_on;

	if (sim_current->in_irq)
		l->in_irq = true;
	else if (!sim_current->irqs_off)
		l->irqs_on = true;
	if (irq_safe && l->in_irq && l->irqs_on)
		sim_problem(
			"an interrupt takes %s, and a task holds it with interrupts on: they can wait for each other",
			l->name);
}

void spin_lock(spinlock_t *l)
{
	note_use(l);
	if (l->holder) {
		sim_problem("%s takes the spinlock %s twice", sim_current->name,
			    l->name);
		return;
	}
	if (!sim_current->irqs_off)
		sim_point();
	l->holder = sim_current;
	sim_current->atomic++;
}

void spin_unlock(spinlock_t *l)
{
	if (l->holder != sim_current) {
		sim_problem(
			"%s gives back the spinlock %s, which it does not hold",
			sim_current->name, l->name);
		return;
	}
	l->holder = NULL;
	sim_current->atomic--;
	sim_point();
}

void sim_irqs_off(void)
{
	sim_point();
	sim_current->irqs_off++;
}

void sim_irqs_on(void)
{
	sim_current->irqs_off--;
	sim_point();
}

void rcu_read_lock(void)
{
	sim_current->atomic++;
}

void rcu_read_unlock(void)
{
	sim_current->atomic--;
}

void synchronize_rcu(void)
{
	sim_may_sleep("synchronize_rcu()");
	sim_free_all_rcu();
	sim_point();
}

void rcu_barrier(void)
{
	synchronize_rcu();
}

/* Wait queues. A wake-up before the sleep is not lost, as prepare_to_wait() does it. */
void sim_wait_begin(wait_queue_head_t *w)
{
	sim_current->queue = w;
	sim_current->woken = false;
}

static bool is_woken(void *argument)
{
	const struct sim_task *task = argument;

	return task->woken || sim_now() >= task->until;
}

void sim_wait_sleep(bool signals, u64 until)
{
	sim_current->until = until;
	if (signals && sim_current->signalled)
		return;
	while (!is_woken(sim_current))
		sim_block(is_woken, sim_current, sim_current->queue->name);
	sim_current->until = 0;
}

void sim_wait_end(void)
{
	sim_current->queue = NULL;
}

static bool wake_if_there(struct sim_task *task, void *queue)
{
	if (task->queue == queue)
		task->woken = true;
	return false;
}

void wake_up(wait_queue_head_t *w)
{
	sim_any_task(wake_if_there, w);
	sim_point();
}

bool sim_signalled(void)
{
	return sim_current->signalled;
}

static bool time_is_up(void *argument)
{
	return sim_now() >= ((struct sim_task *)argument)->until;
}

void msleep(unsigned int ms)
{
	sim_may_sleep("msleep()");
	sim_current->until = sim_now() + max(ms, 1U);
	while (!time_is_up(sim_current))
		sim_block(time_is_up, sim_current, "time");
	sim_current->until = 0;
}

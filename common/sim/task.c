// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts, and the scheduler that draws which of the possible steps comes next. A context is a
 * coroutine: a work item that waits is suspended, and others go on.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include "world.h"

#define MAX_TASKS 48
#define STACK_SIZE (128 << 10)
#define MAX_STEPS 200000 /* more in one scenario: it does not come to rest */

struct coroutine {
	struct sim_task task; /* first */
	ucontext_t context;
	char *stack;
	void *fake_stack; /* of the address sanitizer */
	void (*function)(void *argument);
	void *argument;
	bool used;
	bool ended;
};

struct sim_task *sim_current;
static struct coroutine tasks[MAX_TASKS];
static ucontext_t base;
static void *base_fake_stack;
static const void *base_stack;
static size_t base_stack_size;
static u64 now;
/* Time passes up to here while the scenario waits for quiet. */
static u64 time_limit;
static bool frozen[SIM_DOMAINS];

u64 sim_now(void)
{
	return now;
}

unsigned long long sim_now_ms(void)
{
	return now;
}

enum sim_domain sim_domain(void)
{
	return sim_current ? sim_current->domain : SIM_TOOLS;
}

enum sim_domain sim_enter(enum sim_domain domain)
{
	enum sim_domain was = sim_current->domain;

	sim_current->domain = domain;
	return was;
}

bool sim_is_frozen(enum sim_domain domain)
{
	return frozen[domain];
}

/*
 * The address sanitizer puts a swapcontext() of its own before that of libc. It warns that it
 * does not know which stack it is on. But here it is told, which is also faster.
 */
static int swap_context(ucontext_t *from, const ucontext_t *to)
{
	static int (*swapcontext_of_libc)(ucontext_t * from,
					  const ucontext_t *to);

	if (!swapcontext_of_libc)
		swapcontext_of_libc =
			dlsym(dlopen("libc.so.6", RTLD_LAZY), "swapcontext");
	return swapcontext_of_libc(from, to);
}

static void enter_task(struct coroutine *c)
{
	sim_current = &c->task;
	__sanitizer_start_switch_fiber(&base_fake_stack, c->stack, STACK_SIZE);
	swap_context(&base, &c->context);
	__sanitizer_finish_switch_fiber(base_fake_stack, NULL, NULL);
	sim_current = NULL;
}

static void leave_task(void)
{
	struct coroutine *c = container_of(sim_current, struct coroutine, task);

	__sanitizer_start_switch_fiber(c->ended ? NULL : &c->fake_stack,
				       base_stack, base_stack_size);
	swap_context(&c->context, &base);
	__sanitizer_finish_switch_fiber(c->fake_stack, NULL, NULL);
}

static void run_task(void)
{
	struct coroutine *c = container_of(sim_current, struct coroutine, task);

	__sanitizer_finish_switch_fiber(NULL, &base_stack, &base_stack_size);
	c->function(c->argument);
	if (c->task.mutexes || c->task.atomic || c->task.irqs_off)
		sim_problem("%s ends and holds a lock", c->task.name);
	c->ended = true;
	leave_task();
}

static char *make_stack(void)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED)
		sim_die(__func__);
	return stack;
}

struct sim_task *sim_task_start(const char *name, enum sim_domain domain,
				void (*function)(void *), void *argument)
{
	struct coroutine *c = tasks;

	while (c < tasks + MAX_TASKS && c->used)
		c++;
	if (c == tasks + MAX_TASKS)
		sim_die(__func__);
	if (!c->stack)
		c->stack = make_stack();
	ASAN_UNPOISON_MEMORY_REGION(
		c->stack, STACK_SIZE); /* the last task may not have returned */
	c->task = (struct sim_task){ .name = name, .domain = domain };
	c->function = function;
	c->argument = argument;
	c->used = true;
	c->ended = false;
	getcontext(&c->context);
	c->context.uc_stack.ss_sp = c->stack;
	c->context.uc_stack.ss_size = STACK_SIZE;
	c->context.uc_link = NULL;
	makecontext(&c->context, run_task, 0);
	return &c->task;
}

void sim_block(bool (*ready)(void *argument), void *argument, const char *what)
{
	struct sim_task *task = sim_current;

	task->ready = ready;
	task->ready_argument = argument;
	task->waits_for = what;
	leave_task();
	task->ready = NULL;
	task->waits_for = NULL;
}

void sim_point(void)
{
	if (sim_current && !sim_current->atomic && !sim_current->irqs_off &&
	    !sim_random(6))
		leave_task();
}

bool sim_any_task(bool (*test)(struct sim_task *task, void *argument),
		  void *argument)
{
	struct coroutine *c;

	for (c = tasks; c < tasks + MAX_TASKS; c++)
		if (c->used && test(&c->task, argument))
			return true;
	return false;
}

void sim_interrupt(enum sim_domain domain, irq_handler_t handler, int irq,
		   void *argument)
{
	struct sim_task interrupt = {
		.name = "interrupt",
		.domain = domain,
		.atomic = 1,
		.irqs_off = 1,
		.in_irq = true,
	};
	struct sim_task *was = sim_current;

	sim_current = &interrupt;
	handler(irq, argument);
	if (interrupt.atomic != 1 || interrupt.irqs_off != 1)
		sim_problem("an interrupt handler returns and holds a lock");
	sim_current = was;
}

/* What can happen next. */
struct choices {
	unsigned int nr_tasks, nr_works, nr_irqs;
	struct coroutine *tasks[MAX_TASKS];
	struct work_struct *works[16];
	int irqs[32];
};

static bool can_run(const struct coroutine *c)
{
	return c->used && !frozen[c->task.domain] &&
	       (!c->task.ready || c->task.ready(c->task.ready_argument));
}

static unsigned int find_choices(struct choices *choices,
				 const struct coroutine *scenario)
{
	struct coroutine *c;

	choices->nr_tasks = 0;
	for (c = tasks; c < tasks + MAX_TASKS; c++)
		if (c != scenario && can_run(c))
			choices->tasks[choices->nr_tasks++] = c;
	choices->nr_works =
		sim_works_ready(choices->works, ARRAY_SIZE(choices->works));
	choices->nr_irqs =
		sim_irqs_ready(choices->irqs, ARRAY_SIZE(choices->irqs));
	return choices->nr_tasks + choices->nr_works + choices->nr_irqs;
}

static void take_choice(struct choices *choices, unsigned int n)
{
	if (n < choices->nr_irqs) {
		sim_irq_run(choices->irqs[n]);
		return;
	}
	n -= choices->nr_irqs;
	if (n < choices->nr_works) {
		sim_work_start(choices->works[n]);
		return;
	}
	n -= choices->nr_works;
	enter_task(choices->tasks[n]);
	if (choices->tasks[n]->ended)
		choices->tasks[n]->used = false;
}

static u64 next_time(void)
{
	u64 time = sim_next_timer();
	struct coroutine *c;

	for (c = tasks; c < tasks + MAX_TASKS; c++)
		if (c->used && c->task.until > now && c->task.until < time)
			time = c->task.until;
	return time;
}

/* Whether the scenario waits for something that is not so, and not only for quiet. */
static bool settling, waits_for_steps;
static unsigned int steps_left;

/* Nothing can happen now: let time pass. Return: false if there is nothing to wait for. */
static bool pass_time(const struct coroutine *scenario)
{
	u64 time = next_time();

	if (settling && time > time_limit)
		return false;
	if (time == U64_MAX || (!settling && !scenario->task.ready))
		return false;
	now = time;
	return true;
}

static void say_hang(void)
{
	struct coroutine *c;

	sim_problem("nothing can happen, and the scenario waits");
	for (c = tasks; c < tasks + MAX_TASKS; c++)
		if (c->used)
			printf("#   %s (domain %d) waits for %s\n",
			       c->task.name, c->task.domain,
			       c->task.waits_for ? c->task.waits_for :
						   "nothing");
}

static void __attribute__((noreturn)) give_up(const char *why)
{
	sim_problem("%s: the run ends here", why);
	fflush(NULL);
	_Exit(1);
}

static void run_until_end(struct coroutine *scenario)
{
	static struct choices choices;
	unsigned int n, steps = 0;

	while (scenario->used) {
		bool ready = !settling && !waits_for_steps && can_run(scenario);

		if (waits_for_steps && !steps_left--)
			waits_for_steps = false;
		sim_free_all_rcu();
		n = find_choices(&choices, scenario);
		if (++steps > MAX_STEPS)
			give_up("it does not come to rest");
		if (n && (!ready || sim_random(3))) {
			take_choice(&choices, sim_random(n));
		} else if (ready) {
			enter_task(scenario);
			scenario->used = !scenario->ended;
		} else if (!pass_time(scenario)) {
			if (!settling && !waits_for_steps &&
			    scenario->task.ready) {
				say_hang();
				give_up("a hang");
			}
			settling = waits_for_steps = false;
		}
	}
}

static void call_scenario(void *argument)
{
	void (*scenario)(void) = argument;

	scenario();
}

void sim_run(void (*scenario)(void))
{
	struct coroutine *c;

	now = 0;
	memset(frozen, 0, sizeof(frozen));
	sim_start_xenwatch();
	c = container_of(sim_task_start("scenario", SIM_TOOLS, call_scenario,
					scenario),
			 struct coroutine, task);
	run_until_end(c);
	for (c = tasks; c < tasks + MAX_TASKS; c++) {
		if (c->used && strcmp(c->task.name, "xenwatch"))
			sim_problem("%s is left, and waits for %s",
				    c->task.name,
				    c->task.waits_for ? c->task.waits_for :
							"nothing");
		c->used = false;
	}
}

void sim_settle_for(unsigned int ms)
{
	settling = true;
	time_limit = now + ms;
	leave_task();
}

void sim_settle(void)
{
	sim_settle_for(5000);
}

void sim_some_steps(unsigned int steps)
{
	steps_left = sim_random(steps + 1);
	waits_for_steps = steps_left;
	if (waits_for_steps)
		leave_task();
}

void sim_freeze(enum sim_domain domain, bool freeze)
{
	frozen[domain] = freeze;
}

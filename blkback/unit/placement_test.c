// SPDX-License-Identifier: GPL-2.0
/*
 * Which CPU a ring takes: over many disks, with rings that close, with CPUs that go offline or
 * are isolated, and with two nodes.
 */
#include "tap.h"
#include "kernel.h"

#define CPUS 8
#define NUMA_NO_NODE (-1)
#define HK_TYPE_DOMAIN 0
#define DEFINE_MUTEX(name) struct mutex name
#undef DEFINE_PER_CPU
#define DEFINE_PER_CPU(type, name) type name[CPUS]
#define per_cpu(name, cpu) (name[cpu])
#define for_each_cpu_and(cpu, a, b)               \
	for (cpu = 0; cpu < CPUS; cpu++)          \
		if ((a) & (b) & 1U << (cpu))

static unsigned int cpu_online_mask, not_isolated, nodes = 1, readers;

static unsigned int housekeeping_cpumask(int type)
{
	return readers ? not_isolated : 0;
}
#undef raw_smp_processor_id
#define raw_smp_processor_id() 3U
static int cpu_to_node(unsigned int cpu) { return cpu * nodes / CPUS; }
static unsigned int node_distance(int a, int b) { return a == b ? 10 : 20; }
void rcu_read_lock(void) { readers++; }
void rcu_read_unlock(void) { readers--; }

/* Moving a task has no model here. */
typedef unsigned int cpumask_var_t[1];
struct task_struct { unsigned int *cpus_ptr; };
struct task_struct *unit_current;
static bool alloc_cpumask_var(cpumask_var_t *mask, gfp_t gfp) { return false; }
static void free_cpumask_var(cpumask_var_t mask) {}
static void cpumask_copy(unsigned int *to, const unsigned int *from) {}
static unsigned int *cpumask_of(unsigned int cpu) { return NULL; }
static bool cpumask_equal(const unsigned int *a, const unsigned int *b) { return false; }
static int set_cpus_allowed_ptr(void *task, const unsigned int *mask) { return -EINVAL; }

#include "../placement.c"

static void set_cpus(unsigned int nr)
{
	cpu_online_mask = not_isolated = (1U << nr) - 1;
	nodes = 1;
	last_cpu = 0;
	memset(rings_here, 0, sizeof(rings_here));
}

static unsigned int fullest(void)
{
	unsigned int cpu, most = 0;

	for (cpu = 0; cpu < CPUS; cpu++)
		most = max(most, rings_here[cpu]);
	return most;
}

static unsigned int emptiest(void)
{
	unsigned int cpu, least = ~0U;

	for (cpu = 0; cpu < CPUS; cpu++)
		if (cpu_online_mask & 1U << cpu)
			least = min(least, rings_here[cpu]);
	return least;
}

static void test_disks(void)
{
	unsigned int disk, first;
	bool apart = true;

	set_cpus(4);
	for (disk = 0; disk < 8; disk++) {
		first = xbback_place_get(NUMA_NO_NODE);
		apart &= xbback_place_get(NUMA_NO_NODE) != first;
	}
	is(fullest() * 100 * 4 / 16, 100, "8 disks of 2 rings, 4 CPUs: fullest over mean, percent");
	ok(apart, "the rings of a disk are on different CPUs");

	set_cpus(8);
	for (disk = 0; disk < 100; disk++)
		xbback_place_get(NUMA_NO_NODE);
	ok(fullest() == 13 && emptiest() == 12, "100 disks of one ring, 8 CPUs: 12 or 13 on each");
}

/* However rings come and go, a new one goes where the fewest are. */
static void test_churn(void)
{
	unsigned int taken[64], nr = 0, i, least, cpu;
	bool good = true;

	set_cpus(6);
	srand(1);
	for (i = 0; i < 20000; i++) {
		if (nr && (nr == 64 || rand() % 2)) {
			unsigned int one = rand() % nr;

			xbback_place_put(taken[one]);
			taken[one] = taken[--nr];
			continue;
		}
		least = emptiest();
		cpu = xbback_place_get(NUMA_NO_NODE);
		good &= rings_here[cpu] == least + 1;
		taken[nr++] = cpu;
	}
	while (nr)
		xbback_place_put(taken[--nr]);
	ok(good, "a new ring goes where the fewest are");
	is(fullest(), 0, "all places were given back");
}

/* Disks that come and go one at a time do not all use the same CPU. */
static void test_round_robin(void)
{
	unsigned int i, cpu, seen = 0;

	set_cpus(4);
	for (i = 0; i < 4; i++) {
		cpu = xbback_place_get(NUMA_NO_NODE);
		seen |= 1U << cpu;
		xbback_place_put(cpu);
	}
	is(seen, 0xf, "CPUs with as many rings take turns");
}

static void test_hotplug(void)
{
	unsigned int i;
	bool good = true;

	set_cpus(2);
	for (i = 0; i < 2; i++)
		xbback_place_get(NUMA_NO_NODE);
	cpu_online_mask = 1;
	for (i = 0; i < 3; i++)
		good &= xbback_place_get(NUMA_NO_NODE) == 0;
	ok(good, "no ring goes to a CPU that is offline");
	xbback_place_put(1);
	is(rings_here[1], 0, "a ring that outlives its CPU gives its place back");
	cpu_online_mask = 3;
	is(xbback_place_get(NUMA_NO_NODE), 1, "a CPU that is back takes the next ring");
	cpu_online_mask = 0;
	is(xbback_place_get(NUMA_NO_NODE), 3, "without any to choose, the present CPU");
}

static void test_isolated(void)
{
	unsigned int i;

	set_cpus(4);
	not_isolated = 5;
	for (i = 0; i < 6; i++)
		xbback_place_get(NUMA_NO_NODE);
	ok(rings_here[0] == 3 && rings_here[2] == 3, "an isolated CPU has no ring");
}

static void test_nodes(void)
{
	unsigned int i;
	bool near = true;

	set_cpus(8);
	nodes = 2;
	for (i = 0; i < 4; i++)
		near &= xbback_place_get(1) >= 4;
	ok(near, "the first rings are near the device");
	for (i = 0; i < 4; i++)
		near &= xbback_place_get(1) < 4;
	ok(near, "then those far away have fewer");
	is(fullest(), 1, "no CPU has two");
}

int main(void)
{
	test_disks();
	test_churn();
	test_round_robin();
	test_hotplug();
	test_isolated();
	test_nodes();
	return tap_done();
}

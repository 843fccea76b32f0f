// SPDX-License-Identifier: GPL-2.0
/*
 * Which CPU a ring lives on: its interrupt goes there, and its worker starts there. A new ring
 * takes the online CPU with the fewest rings of all disks. A ring is what one CPU of a guest can
 * keep busy, so each counts the same, whether its disk has others or not.
 *
 * The number of rings is all that is known when a ring starts. Which of them will be busy is not,
 * so the worker is not bound: where two busy rings share a CPU, the scheduler moves one. When
 * nothing moves it, a wake-up by the interrupt finds it on the same CPU, and needs no interrupt
 * between CPUs. An administrator or irqbalance may move the interrupt.
 *
 * When a CPU goes offline, the kernel moves its interrupts and threads to others. The rings stay
 * in its count until they close; no new ring looks at that count until the CPU is back.
 */
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "blkback.h"

/* Protects the counts of all CPUs, and last_cpu. */
static DEFINE_MUTEX(place_lock);
static DEFINE_PER_CPU(unsigned int, rings_here);
static unsigned int last_cpu;

/*
 * The lowest wins. Among CPUs with as many rings, those near the device come first, and among
 * these the next one after the last that was taken.
 */
static u64 cost_of(unsigned int cpu, int node)
{
	u64 rings = per_cpu(rings_here, cpu);
	u64 distance = node == NUMA_NO_NODE ? 0 : node_distance(node, cpu_to_node(cpu));

	return rings << 32 | distance << 1 | (cpu <= last_cpu);
}

/* Leaves out CPUs that the administrator has isolated. Their mask may change: it needs RCU. */
static unsigned int choose_cpu(int node)
{
	unsigned int cpu, best = raw_smp_processor_id();
	u64 cost, lowest = ~0ULL;

	rcu_read_lock();
	for_each_cpu_and(cpu, cpu_online_mask, housekeeping_cpumask(HK_TYPE_DOMAIN)) {
		cost = cost_of(cpu, node);
		if (cost < lowest) {
			lowest = cost;
			best = cpu;
		}
	}
	rcu_read_unlock();
	return best;
}

unsigned int xbback_place_get(int node)
{
	unsigned int cpu;

	mutex_lock(&place_lock);
	cpu = choose_cpu(node);
	per_cpu(rings_here, cpu)++;
	last_cpu = cpu;
	mutex_unlock(&place_lock);
	return cpu;
}

void xbback_place_put(unsigned int cpu)
{
	mutex_lock(&place_lock);
	per_cpu(rings_here, cpu)--;
	mutex_unlock(&place_lock);
}

/*
 * The scheduler starts a new task on any idle CPU. To move it, bind it to @cpu, and then restore
 * its affinity mask. Do not restore the mask if somebody has changed it in between. If there is no
 * memory, or the CPU is offline, the task stays where it is.
 */
void xbback_place_enter(unsigned int cpu)
{
	cpumask_var_t allowed;

	if (!alloc_cpumask_var(&allowed, GFP_KERNEL))
		return;
	cpumask_copy(allowed, current->cpus_ptr);
	if (!set_cpus_allowed_ptr(current, cpumask_of(cpu)) &&
	    cpumask_equal(current->cpus_ptr, cpumask_of(cpu)))
		set_cpus_allowed_ptr(current, allowed);
	free_cpumask_var(allowed);
}

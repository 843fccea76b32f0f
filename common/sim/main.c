// SPDX-License-Identifier: GPL-2.0
/*
 * Runs lives, one for each seed, and reports.
 * usage: sim-CLASS [-n LIVES] [-s FIRST-SEED] [-v]
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sanitizer/common_interface_defs.h>

#include "world.h"

#define MAX_SHOWN 10 /* problems */
#define SHORT_ONE_OF 8 /* lives in which memory is short */

u32 sim_seed;
bool sim_verbose;
bool sim_memory_short;
bool sim_noise;
unsigned long sim_checks, sim_problems, sim_known_c6;
static u64 random_state;

/* splitmix64: one seed, one life. */
unsigned int sim_random(unsigned int n)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return n ? (z ^ (z >> 31)) % n : 0;
}

static void report(const char *fmt, va_list ap)
{
	char text[600];

	sim_problems++;
	sim_vsnprintf(text, sizeof(text), fmt, ap);
	if (sim_problems <= MAX_SHOWN)
		printf("# sim %s: seed %u: %s\n", sim_class.type, sim_seed,
		       text);
}

void sim_problem(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(fmt, ap);
	va_end(ap);
}

void sim_die(const char *where)
{
	sim_problem(
		"the simulator cannot go on, in %s(): perhaps one of its tables is too small",
		where);
	fflush(NULL);
	_Exit(2);
}

void sim_expect_at(bool condition, const char *file, int line, const char *fmt,
		   ...)
{
	char text[500];
	va_list ap;

	if (sim_memory_short || sim_noise)
		return;
	sim_checks++;
	if (condition)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sim_problem("expected: %s (%s:%d)", text, file, line);
}

static void live_once(u32 seed)
{
	sim_seed = seed;
	random_state = seed;
	sim_memory_short = !sim_random(SHORT_ONE_OF);
	sim_noise = false;
	sim_run(sim_live);
	sim_end_users();
	sim_end_works();
	sim_end_bus();
	sim_end_sysfs();
	sim_end_watches();
	sim_end_store();
	sim_end_events();
	sim_end_grants();
	sim_end_memory();
	sim_checks++;
}

/* What a sanitizer has said above is about this life. */
static void name_seed(void)
{
	printf("# sim %s: seed %u: a sanitizer has ended it, in %s\n",
	       sim_class.type, sim_seed,
	       sim_current ? sim_current->name : "the scheduler");
	fflush(NULL);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned int lives = 1000, first = 1, i;
	double begin = seconds();
	int option;

	while ((option = getopt(argc, argv, "n:s:v")) != -1) {
		if (option == 'n')
			lives = atoi(optarg);
		else if (option == 's')
			first = atoi(optarg);
		else if (option == 'v')
			sim_verbose = true;
		else
			return 2;
	}
	__sanitizer_set_death_callback(name_seed);
	for (i = 0; i < lives && sim_problems < MAX_SHOWN; i++)
		live_once(first + i);
	printf("sim %s: %u lives, %lu checks, %lu problems, %.1f s",
	       sim_class.type, i, sim_checks, sim_problems, seconds() - begin);
	if (sim_known_c6)
		printf("; known: C6 %lu times", sim_known_c6);
	putchar('\n');
	return !!sim_problems;
}

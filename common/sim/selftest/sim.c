// SPDX-License-Identifier: GPL-2.0
/* The scenario of the self test's class. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static struct file *held;

/* Add through a file; the result, or a negative errno. */
static int add(struct file *file, unsigned int number)
{
	ssize_t done = sim_file_write(file, &number, sizeof(number));

	return done < 0 ? done : (int)number;
}

static int use(void)
{
	int err, sum;
	struct file *file = sim_open("self0", false, &err);

	if (!file)
		return err;
	sum = add(file, 100);
	sim_close(file);
	if (sum < 0)
		return sum;
	sim_expect(sum == 105 || sum == 107 || sum == 200,
		   "100 and the key make %d", sum);
	return 0;
}

static bool has_live(const char *value)
{
	int err, sum;
	struct file *file = sim_open("self0", false, &err);

	if (!file)
		return false;
	sum = add(file, 100);
	sim_close(file);
	return sum == 100 + atoi(value);
}

static bool hold(void)
{
	int err;

	held = sim_open("self0", false, &err);
	return held;
}

static void let_go(void)
{
	sim_close(held);
	held = NULL;
}

static const char *const back_keys[] = { "add", "5", NULL };
static const char *const live[] = { "add", "5", "7", "100", NULL };

const struct sim_class sim_class = {
	.type = "self",
	.back_keys = back_keys,
	.live = live,
	.has_live = has_live,
	.user = use,
	.hold = hold,
	.let_go = let_go,
};

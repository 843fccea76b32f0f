// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario of vrng for the simulator: what its users do. common/sim/README.md says how
 * it is used; common/sim/sim.h has the functions.
 */
#include <errno.h>
#include <string.h>

#include "sim.h"

/* What hwrng asks for at once. */
#define BYTES 64

/* Bytes that the back has not made would be zeroes: of 64 random ones few are. */
static void check_bytes(const unsigned char *bytes, size_t length)
{
	size_t i, zeroes = 0;

	for (i = 0; i < length; i++)
		zeroes += !bytes[i];
	sim_expect(length < 16 || zeroes < length / 2, "%zu of %zu bytes are 0", zeroes, length);
}

static int use(void)
{
	unsigned char bytes[BYTES] = {};
	ssize_t done = sim_entropy("xen-vrng", bytes, 1 + sim_random(BYTES), sim_random(4));

	if (done < 0)
		return done;
	sim_expect(done <= BYTES, "no more than what was asked for: %zd", done);
	check_bytes(bytes, done);
	return 0;
}

static int read_all(void)
{
	unsigned char bytes[BYTES] = {};
	ssize_t done = sim_entropy("xen-vrng", bytes, BYTES, true);

	check_bytes(bytes, done > 0 ? done : 0);
	return done;
}

/* A reader that waits for what the rate allows: 64 bytes at one a second. */
static struct sim_user *start_slow_reader(void)
{
	struct sim_user *user;

	sim_write(SIM_BACK, "rate", "1");
	sim_settle();
	/* What the bucket has saved before. */
	while (sim_user_is_done(user = sim_user_start(read_all)) ||
	       (sim_settle(), sim_user_is_done(user)))
		sim_user_result(user);
	return user;
}

/* The rate changes while a reader waits; a bad one changes nothing; then the device goes. */
static void live_with_slow_reader(void)
{
	struct sim_user *user;

	sim_settle();
	sim_expect(sim_has_entropy("xen-vrng"), "the source is there");
	user = start_slow_reader();
	sim_settle_for(5000);
	sim_expect(!sim_user_is_done(user), "a reader waits");
	sim_write(SIM_BACK, "rate", "fast");
	sim_settle();
	sim_expect(sim_has_error(SIM_BACK), "a rate that is no number is reported");
	sim_expect(sim_is_up() && !sim_user_is_done(user), "and changes nothing");
	sim_write(SIM_BACK, "rate", "0");
	sim_settle_for(2000);
	sim_expect(!sim_has_error(SIM_BACK), "the error goes when it is mended");
	sim_expect(sim_user_is_done(user), "without a limit nobody waits");
	sim_expect(sim_user_result(user) == BYTES, "and it has its bytes");

	user = start_slow_reader();
	if (sim_random(2))
		sim_detach();
	else
		sim_destroy();
	sim_settle();
	sim_expect(sim_user_is_done(user) && sim_user_result(user) == -ENODEV,
		   "the reader is sent away");
	sim_expect(!sim_has_entropy("xen-vrng"), "the source is gone");
}

static const char *const live[] = { "rate", "0", "1000", "100000", NULL };

const struct sim_class sim_class = {
	.type = "vrng",
	.live = live,
	.user = use,
	.life = live_with_slow_reader,
};

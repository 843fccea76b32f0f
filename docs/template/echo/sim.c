// SPDX-License-Identifier: GPL-2.0
/*
 * The scenario of echo for the simulator: what its users do. common/sim/README.md says how
 * it is used; common/sim/sim.h has the functions.
 */
#include <errno.h>
#include <string.h>

#include "sim.h"

#define LONGEST 4096

static struct file *held;

static void rotate(char *text, size_t length, unsigned int places)
{
	size_t i;

	for (i = 0; i < length; i++)
		text[i] = 'a' + (text[i] - 'a' + places) % 26;
}

/* Draw a text, and have it rotated. Return: its length, or a negative errno. */
static ssize_t call(struct file *file, char *sent, char *received,
		    size_t length)
{
	ssize_t done;
	size_t i;

	for (i = 0; i < length; i++)
		sent[i] = 'a' + sim_random(26);
	done = sim_file_write(file, sent, length);
	if (done > 0)
		done = sim_file_read(file, received, LONGEST);
	return done;
}

/* Return: by how many places, or -1 if the text is not a rotation of the other. */
static int places_between(const char *sent, const char *received, size_t length)
{
	unsigned int places =
		((unsigned char)received[0] + 26u - (unsigned char)sent[0]) %
		26;
	char text[LONGEST];

	memcpy(text, sent, length);
	rotate(text, length, places);
	return memcmp(text, received, length) ? -1 : (int)places;
}

/* Return: the places, or a negative errno. */
static int try_call(void)
{
	size_t length = 1 + sim_random(sim_random(2) ? 16 : LONGEST);
	char sent[LONGEST], received[LONGEST];
	int err, places;
	struct file *file = sim_open("echo0", false, &err);
	ssize_t done;

	if (!file)
		return err;
	done = call(file, sent, received, length);
	sim_close(file);
	if (done < 0)
		return done;
	sim_expect(done == (ssize_t)length,
		   "an answer as long as the text: %zd of %zu", done, length);
	places = places_between(sent, received, length);
	sim_expect(places >= 0, "the text, rotated");
	return places;
}

static int use(void)
{
	int places = try_call();

	/* There are as many calls as files that can be open. */
	if (places < 0)
		return places == -EMFILE ? 0 : places;
	sim_expect(places == 0 || places == 3 || places == 13, "rotated by %d",
		   places);
	return 0;
}

static int last_places;

static int note_places(void)
{
	do
		last_places = try_call();
	while (last_places == -EMFILE);
	return 0;
}

static bool has_live(const char *value)
{
	sim_user_result(sim_user_start(note_places));
	return last_places == (value[1] ? 13 : value[0] - '0');
}

static bool hold(void)
{
	int err;

	held = sim_open("echo0", false, &err);
	return held;
}

static void let_go(void)
{
	sim_close(held);
	held = NULL;
}

static const char *const back_keys[] = { "params", "rot13", "rotate", "13",
					 NULL };
static const char *const live[] = { "rotate", "0", "3", "13", NULL };

const struct sim_class sim_class = {
	.type = "echo",
	.back_keys = back_keys,
	.live = live,
	.has_live = has_live,
	.user = use,
	.hold = hold,
	.let_go = let_go,
};

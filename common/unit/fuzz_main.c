// SPDX-License-Identifier: GPL-2.0
/*
 * Replaces libFuzzer where it is missing: pseudo-random inputs from a seed,
 * which the program prints. Usage: [-s seed] [-n iterations]; without -n it
 * runs for three seconds. With clang, link the fuzz target with
 * -fsanitize=fuzzer instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 3
#define INPUT_MAX 32 /* in 64-bit words */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t xorshift(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ x << 17;
}

int main(int argc, char **argv)
{
	unsigned long long seed = now() * 1e9, n = 0, i;
	uint64_t input[INPUT_MAX], x;
	double end = now() + SECONDS;
	unsigned int j;
	int c;

	while ((c = getopt(argc, argv, "s:n:")) != -1) {
		if (c == '?')
			return 2;
		*(c == 's' ? &seed : &n) = strtoull(optarg, NULL, 0);
	}
	printf("# seed %llu\n", seed);
	fflush(stdout);
	x = seed | 1ULL << 63;
	for (i = 0; n ? i < n : i % 4096 || now() < end; i++) {
		for (j = 0; j < INPUT_MAX; j++)
			input[j] = x = xorshift(x);
		LLVMFuzzerTestOneInput((const uint8_t *)input, sizeof(input));
	}
	printf("ok 1 - %llu inputs\n1..1\n", i);
	return 0;
}

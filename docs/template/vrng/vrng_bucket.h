/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A token bucket: it allows so many bytes a second, and saves those of one second, or one request
 * of the largest size. It is empty at first, and a change of the rate does not fill it.
 *
 * Pure, and without a division of 64 bits, which 32-bit kernels do not link. So the level is in
 * thousandths of a byte: a rate per second times milliseconds. The caller has the clock and the
 * lock.
 */
#ifndef VRNG_BUCKET_H
#define VRNG_BUCKET_H

#include "types.h"
#include "vrng_wire.h"

/**
 * struct vrng_bucket - the bucket; all zeroes: no limit
 * @rate:   bytes a second; 0: no limit
 * @level:  what may be taken, in thousandths of a byte
 * @filled: when @level was brought up to date, in milliseconds
 */
struct vrng_bucket {
	u32 rate;
	u64 level;
	u64 filled;
};

/* Bring the level up to date. */
static inline void vrng_bucket_fill(struct vrng_bucket *b, u64 now)
{
	u64 size = (b->rate > VRNG_MAX_LENGTH ? b->rate : VRNG_MAX_LENGTH) * 1000ULL;
	u64 ms = now - b->filled;

	/* So long fills it at the lowest rate. More could overflow the product. */
	if (ms > VRNG_MAX_LENGTH * 1000)
		ms = VRNG_MAX_LENGTH * 1000;
	b->level += b->rate * ms;
	if (b->level > size)
		b->level = size;
	b->filled = now;
}

/* Change the rate. What was saved is kept; the next call cuts it to what the new rate can save. */
static inline void vrng_bucket_set(struct vrng_bucket *b, u32 rate, u64 now)
{
	vrng_bucket_fill(b, now);
	b->rate = rate;
}

/**
 * vrng_bucket_take() - take bytes, all of them or none
 * @b:      the bucket
 * @length: number of bytes, at most VRNG_MAX_LENGTH
 * @now:    the time, in milliseconds; never less than in an earlier call
 *
 * Return: 0; or the milliseconds until there will be so many, and none was taken.
 */
static inline u32 vrng_bucket_take(struct vrng_bucket *b, u16 length, u64 now)
{
	u32 need = length * 1000;

	if (!b->rate)
		return 0;
	vrng_bucket_fill(b, now);
	if (b->level < need)
		return (need - (u32)b->level - 1) / b->rate + 1;
	b->level -= need;
	return 0;
}

#endif /* VRNG_BUCKET_H */

// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the pure code of vrng, in user space. */
#include "vrng_bucket.h"
#include "vrng_keys.h"
#include "vrng_wire.h"
#include "tap.h"

#define HOUR 3600000ULL /* milliseconds */

static bool is_request(u16 length, u64 zero)
{
	const struct vrng_request request = { .id = 1, .length = length, .gref = 17, .zero = zero };

	return vrng_request_is_valid(&request);
}

static void test_requests(void)
{
	ok(is_request(1, 0) && is_request(VRNG_MAX_LENGTH, 0), "a byte, and a page");
	ok(!is_request(0, 0), "no bytes");
	ok(!is_request(VRNG_MAX_LENGTH + 1, 0) && !is_request(0xffff, 0), "more than a page");
	ok(!is_request(1, 1ULL << 63), "a member without a meaning must be 0");
	is(sizeof(struct vrng_request), 16, "a request has 16 bytes");
	is(offsetof(struct vrng_request, gref), 4, "the grant is at 4");
}

static bool is_response(s16 status)
{
	const struct vrng_response response = { .id = 7, .status = status };

	return vrng_response_is_valid(&response);
}

static void test_responses(void)
{
	ok(is_response(0) && is_response(-22), "done, and an error");
	ok(!is_response(1), "a status that does not exist");
	is(sizeof(struct vrng_response), 4, "a response has 4 bytes");
}

static void test_no_limit(void)
{
	struct vrng_bucket b = {};

	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, 5), 0, "without a rate nothing waits");
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, 5), 0, "nor the next one");
	vrng_bucket_set(&b, 1000, 5);
	is(vrng_bucket_take(&b, 1, 5), 1, "a bucket is empty at first");
}

static void test_wait(void)
{
	struct vrng_bucket b = {};
	u32 ms;

	vrng_bucket_set(&b, 1000, 10 * HOUR);
	ms = vrng_bucket_take(&b, 64, 10 * HOUR);
	is(ms, 64, "64 bytes at 1000 a second");
	is(vrng_bucket_take(&b, 64, 10 * HOUR + ms - 1), 1, "a millisecond too early");
	is(vrng_bucket_take(&b, 64, 10 * HOUR + ms), 0, "in time");
	is(vrng_bucket_take(&b, 64, 10 * HOUR + ms), 64, "they are taken once");
	vrng_bucket_set(&b, 0xffffffff, 10 * HOUR + ms);
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, 10 * HOUR + ms), 1, "the highest rate");
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, 10 * HOUR + ms + 1), 0, "and it is enough");
}

static void test_slow(void)
{
	struct vrng_bucket b = {};
	u32 ms;

	vrng_bucket_set(&b, 1, 0);
	ms = vrng_bucket_take(&b, VRNG_MAX_LENGTH, 0);
	is(ms, VRNG_MAX_LENGTH * 1000, "a page at a byte a second");
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, ms), 0, "the bucket is large enough for it");
	is(vrng_bucket_take(&b, 1, 1ULL << 62), 0, "years later");
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, 1ULL << 62), 1000,
	   "it has not saved more than a page");
}

static void test_saved(void)
{
	struct vrng_bucket b = {};

	vrng_bucket_set(&b, 10000, 0);
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, HOUR), 0, "a second is saved: a page");
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, HOUR), 0, "another one");
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, HOUR), 229, "and less than a third");
	b = (struct vrng_bucket){ .rate = 1U << 31 };
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, 1ULL << 33), 0, "no product overflows");
}

/* A tool can change the rate as often as it likes: nobody gets more by that. */
static void test_change(void)
{
	struct vrng_bucket b = {};
	unsigned int i, given = 0;

	vrng_bucket_set(&b, 10000, 0);
	vrng_bucket_set(&b, 100, 1000);
	is(vrng_bucket_take(&b, VRNG_MAX_LENGTH, 1000), 0, "what was saved stays");
	ok(vrng_bucket_take(&b, 1, 1000), "as far as it fits");
	for (i = 1000; i < 11000; i++) {
		vrng_bucket_set(&b, i % 2 ? 100 : 200, i);
		while (!vrng_bucket_take(&b, 1, i))
			given++;
	}
	ok(given >= 1490 && given <= 1510, "10 s at 100 and 200 a second by turns: %u bytes",
	   given);
}

static void test_key(void)
{
	const struct xsplit_key *key = &vrng_keys[VRNG_ID_RATE];
	u64 rate = 1;

	is(xsplit_key_parse(key, NULL, &rate), XSPLIT_KEY_OK, "the rate may be absent");
	is(rate, 0, "then there is no limit");
	is(xsplit_key_parse(key, "4294967295", &rate), XSPLIT_KEY_OK, "the highest rate");
	is(xsplit_key_parse(key, "4294967296", &rate), XSPLIT_KEY_RANGE, "one more");
	is(xsplit_key_parse(key, "fast", &rate), XSPLIT_KEY_MALFORMED, "no number");
	is(rate, 0xffffffff, "what is not valid is not used");
}

int main(void)
{
	test_requests();
	test_responses();
	test_no_limit();
	test_wait();
	test_slow();
	test_saved();
	test_change();
	test_key();
	return tap_done();
}

// SPDX-License-Identifier: GPL-2.0
/* Unit tests of what the two ends of echo agree on, in user space. */
#include "echo_keys.h"
#include "echo_wire.h"
#include "tap.h"

static const struct echo_request good = {
	.id = 3,
	.operation = ECHO_OP_ROTATE,
	.length = 5,
	.gref = 17,
};

static bool is_valid(void (*change)(struct echo_request *request))
{
	struct echo_request request = good;

	change(&request);
	return echo_request_is_valid(&request, 100);
}

static void set_operation(struct echo_request *r) { r->operation = ECHO_OPS; }
static void set_empty(struct echo_request *r) { r->length = 0; }
static void set_longest(struct echo_request *r) { r->length = 100; }
static void set_too_long(struct echo_request *r) { r->length = 101; }
static void set_zero8(struct echo_request *r) { r->zero8 = 1; }
static void set_zero16(struct echo_request *r) { r->zero16 = 1; }
static void set_zero32(struct echo_request *r) { r->zero32 = 1; }

static void test_requests(void)
{
	ok(echo_request_is_valid(&good, 100), "a request that is right is valid");
	ok(!is_valid(set_operation), "an operation that there is not");
	ok(!is_valid(set_empty), "no text");
	ok(is_valid(set_longest), "the longest text that was offered");
	ok(!is_valid(set_too_long), "a longer one");
	ok(!is_valid(set_zero8) && !is_valid(set_zero16) && !is_valid(set_zero32),
	   "members without a meaning must be 0");
}

static void test_layout(void)
{
	is(sizeof(struct echo_request), 16, "a request has 16 bytes");
	is(offsetof(struct echo_request, gref), 8, "the grant is at 8");
	is(sizeof(struct echo_response), 4, "a response has 4 bytes");
}

static void test_rotation(void)
{
	u8 text[] = "Hello, Xyz! \xff\x80@[`{";
	u8 again[sizeof(text)];

	echo_rotate(text, sizeof(text), 13);
	ok(!strcmp((char *)text, "Uryyb, Klm! \xff\x80@[`{"), "letters are rotated, and nothing else");
	memcpy(again, text, sizeof(text));
	echo_rotate(again, sizeof(again), 13);
	ok(!strcmp((char *)again, "Hello, Xyz! \xff\x80@[`{"), "twice by 13 is the text");
	echo_rotate(again, 1, 25);
	is(again[0], 'G', "25 places forth are one back");
	is(again[1], 'e', "nothing after the length is changed");
}

static void test_keys(void)
{
	u64 value = 99;

	is(xsplit_key_parse(&echo_keys[ECHO_ID_ROTATE], "25", &value), XSPLIT_KEY_OK, "rotate 25");
	is(value, 25, "is 25");
	is(xsplit_key_parse(&echo_keys[ECHO_ID_ROTATE], "26", &value), XSPLIT_KEY_RANGE, "rotate 26");
	is(xsplit_key_parse(&echo_keys[ECHO_ID_ROTATE], "x", &value), XSPLIT_KEY_MALFORMED, "rotate x");
	is(xsplit_key_parse(&echo_keys[ECHO_ID_ROTATE], NULL, &value), XSPLIT_KEY_MISSING, "no rotate");
}

int main(void)
{
	test_layout();
	test_requests();
	test_rotation();
	test_keys();
	return tap_done();
}

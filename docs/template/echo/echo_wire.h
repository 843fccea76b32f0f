/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol of echo: what is in a slot of the ring. The front writes a request
 * into a slot, and the back replaces it with the response.
 *
 * The structures have the same layout on every architecture: each member is
 * aligned to its size, and there is no padding that the compiler chooses.
 *
 * Pure: no allocation, no lock, no sleep. echo_wire_test.c tests it in user space.
 */
#ifndef ECHO_WIRE_H
#define ECHO_WIRE_H

#include "types.h"

/* The longest text of a request: it is in one page. */
#define ECHO_MAX_LENGTH 4096

/* Letters of the alphabet, and so the number of rotations. */
#define ECHO_LETTERS 26

enum echo_operation {
	ECHO_OP_ROTATE, /* replace each letter by the one that follows so many places later */
	ECHO_OPS,
};

/**
 * struct echo_request - what the front asks for
 * @id:        the response has the same; the front chooses it
 * @operation: an enum echo_operation
 * @zero8:     0, for later use
 * @length:    bytes of the text, at the start of the page
 * @zero16:    0
 * @gref:      grant of the page; the back writes its answer there, too
 * @zero32:    0
 */
struct echo_request {
	u16 id;
	u8 operation;
	u8 zero8;
	u16 length;
	u16 zero16;
	u32 gref;
	u32 zero32;
};

/**
 * struct echo_response - what the back answers
 * @id:     that of the request
 * @status: 0; or a negative errno, and the text in the page has no meaning
 */
struct echo_response {
	u16 id;
	s16 status;
};

/**
 * echo_request_is_valid() - check a request of a front
 * @request:    private copy of the request
 * @max_length: the longest text that the back has offered
 *
 * Return: false if the back must refuse it.
 */
bool echo_request_is_valid(const struct echo_request *request, unsigned int max_length);

/**
 * echo_rotate() - do the operation ECHO_OP_ROTATE
 * @text:   the text, which is changed
 * @length: its length, in bytes
 * @places: places in the alphabet, less than ECHO_LETTERS
 */
void echo_rotate(u8 *text, unsigned int length, unsigned int places);

#endif /* ECHO_WIRE_H */

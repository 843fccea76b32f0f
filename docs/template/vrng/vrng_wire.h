/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol of vrng: what is in a slot of the ring. The front writes a request
 * into a slot, and the back replaces it with the response.
 *
 * The structures have the same layout on every architecture: each member is
 * aligned to its size, and there is no padding that the compiler chooses.
 *
 * Pure: no allocation, no lock, no sleep. vrng_wire_test.c tests it in user space.
 */
#ifndef VRNG_WIRE_H
#define VRNG_WIRE_H

#include "types.h"

/* The most bytes of a request: they are in one page. */
#define VRNG_MAX_LENGTH 4096

/**
 * struct vrng_request - the front asks for random bytes
 * @id:     the response has the same; the front chooses it
 * @length: number of bytes
 * @gref:   grant of the page, at whose start the back writes them
 * @zero:   0, for later use
 */
struct vrng_request {
	u16 id;
	u16 length;
	u32 gref;
	u64 zero;
};

/**
 * struct vrng_response - what the back answers
 * @id:     that of the request
 * @status: 0: all bytes are in the page; or a negative errno
 */
struct vrng_response {
	u16 id;
	s16 status;
};

/**
 * vrng_request_is_valid() - check a request of a front
 * @request: private copy of the request
 *
 * Return: false if the back must refuse it.
 */
bool vrng_request_is_valid(const struct vrng_request *request);

/**
 * vrng_response_is_valid() - check a response of a back
 * @response: private copy of the response, whose request is in flight
 *
 * Return: false if the back answers in a way that does not exist.
 */
bool vrng_response_is_valid(const struct vrng_response *response);

#endif /* VRNG_WIRE_H */

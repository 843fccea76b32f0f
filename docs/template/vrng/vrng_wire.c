// SPDX-License-Identifier: GPL-2.0
#include "vrng_wire.h"

/* A member that must be 0 can get a meaning later: then no front has put anything else there. */
bool vrng_request_is_valid(const struct vrng_request *request)
{
	return request->length && request->length <= VRNG_MAX_LENGTH && !request->zero;
}

bool vrng_response_is_valid(const struct vrng_response *response)
{
	return response->status <= 0;
}

// SPDX-License-Identifier: GPL-2.0
#include "echo_wire.h"

/* Members that must be 0 can get a meaning later: then no front has put anything else there. */
bool echo_request_is_valid(const struct echo_request *request, unsigned int max_length)
{
	return request->operation < ECHO_OPS && request->length && request->length <= max_length &&
	       !request->zero8 && !request->zero16 && !request->zero32;
}

static u8 rotate_letter(u8 letter, u8 first, unsigned int places)
{
	return first + (letter - first + places) % ECHO_LETTERS;
}

void echo_rotate(u8 *text, unsigned int length, unsigned int places)
{
	unsigned int i;

	for (i = 0; i < length; i++) {
		if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = rotate_letter(text[i], 'a', places);
		else if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = rotate_letter(text[i], 'A', places);
	}
}

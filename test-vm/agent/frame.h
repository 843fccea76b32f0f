/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lines that dom0's "guest" tool and a guest's agent exchange over the
 * guest's PV console.
 *
 *   ~TAG VERB ID NUMBER BASE64 CRC\n
 *
 * TAG is random and new for every attempt: an answer repeats it, and any other
 * line is ignored. CRC covers all that stands between '~' and the last space.
 * A line that a stray kernel message has torn fails its CRC and is dropped;
 * every request can be repeated with no harm, so the client just asks again.
 *
 * Requests (client to agent)                      Answers
 *   run   ID SECONDS COMMAND  start "sh -c"         ok
 *   poll  ID OFFSET  -        output from OFFSET    running|exited ID STATUS DATA
 *   write ID OFFSET  DATA     put bytes in a file   ok
 *   drop  ID 0       -        forget ID             ok
 * An ID that the agent does not know is answered with "unknown".
 */
#ifndef TEST_VM_FRAME_H
#define TEST_VM_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_DATA_MAX	6000			/* bytes of payload in one line */
#define FRAME_LINE_MAX	(FRAME_DATA_MAX * 4 / 3 + 128)
#define FRAME_ID_MAX	17

struct frame {
	char tag[FRAME_ID_MAX];
	char verb[FRAME_ID_MAX];
	char id[FRAME_ID_MAX];
	long number;
	size_t len;
	unsigned char data[FRAME_DATA_MAX + 1];	/* always NUL terminated */
};

/* Writes frame as a line, '\n' included, into line[FRAME_LINE_MAX]; its length. */
size_t frame_encode(const struct frame *frame, char *line);

/* Reads a line (without '\n', NUL terminated) into frame; 0, or -1 if it is no frame. */
int frame_decode(const char *line, struct frame *frame);

/* Puts fd, a terminal, into raw mode without echo; 0 or -1. */
int frame_raw_tty(int fd);

/* Writes all of buf, waiting for room; 0 or -1. */
int frame_write_all(int fd, const void *buf, size_t len);

#endif

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "frame.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t crc32_of(const char *buf, size_t len)
{
	uint32_t crc = ~0u;

	while (len--) {
		crc ^= (unsigned char)*buf++;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static size_t base64_encode(const unsigned char *in, size_t len, char *out)
{
	char *p = out;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t v = in[i] << 16;

		if (left > 1)
			v |= in[i + 1] << 8;
		if (left > 2)
			v |= in[i + 2];
		*p++ = digits[v >> 18];
		*p++ = digits[v >> 12 & 63];
		*p++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*p++ = left > 2 ? digits[v & 63] : '=';
	}
	return p - out;
}

/* Returns the number of bytes, or -1 if in is not base64 of at most max bytes. */
static long base64_decode(const char *in, size_t len, unsigned char *out, size_t max)
{
	size_t n = 0;

	if (len % 4)
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t v = 0;
		int bytes = 3;

		for (int j = 0; j < 4; j++) {
			const char *d = in[i + j] ? strchr(digits, in[i + j]) : NULL;

			if (!d && in[i + j] == '=' && j > 1)
				bytes = j - 1 < bytes ? j - 1 : bytes;
			else if (!d)
				return -1;
			v = v << 6 | (d ? (uint32_t)(d - digits) : 0);
		}
		if (n + bytes > max)
			return -1;
		for (int j = 0; j < bytes; j++)
			out[n++] = v >> (16 - 8 * j);
	}
	return n;
}

size_t frame_encode(const struct frame *frame, char *line)
{
	size_t n = sprintf(line, "~%s %s %s %ld ", frame->tag, frame->verb,
			   frame->id, frame->number);

	if (frame->len)
		n += base64_encode(frame->data, frame->len, line + n);
	else
		line[n++] = '-';
	return n + sprintf(line + n, " %08x\n", crc32_of(line + 1, n - 1));
}

int frame_decode(const char *line, struct frame *frame)
{
	const char *start = strrchr(line, '~'), *crc, *data;
	int data_at = 0;
	long len = 0;

	if (!start)
		return -1;
	start++;
	crc = strrchr(start, ' ');
	if (!crc || strtoul(crc + 1, NULL, 16) != crc32_of(start, crc - start))
		return -1;
	if (sscanf(start, "%16s %16s %16s %ld %n", frame->tag, frame->verb,
		   frame->id, &frame->number, &data_at) != 4)
		return -1;
	data = start + data_at;
	if (!data_at || data >= crc)
		return -1;
	if (*data != '-')
		len = base64_decode(data, crc - data, frame->data, FRAME_DATA_MAX);
	if (len < 0)
		return -1;
	frame->len = len;
	frame->data[len] = '\0';
	return 0;
}

int frame_raw_tty(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return -1;
	cfmakeraw(&t);
	t.c_cflag |= CREAD | CLOCAL;
	return tcsetattr(fd, TCSANOW, &t);
}

int frame_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd room = { .fd = fd, .events = POLLOUT };

			if (poll(&room, 1, 3000) <= 0)
				return -1;
			continue;
		}
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* As much of a xenstore client as finding a console takes: read and list, over the socket. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "store.h"

#define SOCKET_PATH	"/run/xenstored/socket"
#define XS_DIRECTORY	1
#define XS_READ		2
#define XS_ERROR	16

struct header {
	uint32_t type, request, transaction, len;
};

static int transfer(int fd, void *buf, size_t len, int out)
{
	char *p = buf;

	while (len) {
		ssize_t n = out ? write(fd, p, len) : read(fd, p, len);

		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
	return 0;
}

/* Length of the reply, which is NUL terminated too; -1 if there is no such node. */
static int ask(int fd, uint32_t type, const char *path, char *reply, size_t size)
{
	struct header h = { .type = type, .len = strlen(path) + 1 };

	if (transfer(fd, &h, sizeof(h), 1) || transfer(fd, (void *)path, h.len, 1) ||
	    transfer(fd, &h, sizeof(h), 0) || h.len >= size ||
	    transfer(fd, reply, h.len, 0))
		return -1;
	reply[h.len] = '\0';
	return h.type == XS_ERROR ? -1 : (int)h.len;
}

static int connect_store(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = SOCKET_PATH };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (void *)&to, sizeof(to))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

static int find_domid(int fd, const char *guest, char *domid, size_t size)
{
	char domains[4097], path[128], name[4097];
	int len = ask(fd, XS_DIRECTORY, "/local/domain", domains, sizeof(domains));

	if (is_number(guest)) {
		snprintf(domid, size, "%.16s", guest);
		return 0;
	}
	for (char *d = domains; len > 0 && d < domains + len; d += strlen(d) + 1) {
		snprintf(path, sizeof(path), "/local/domain/%.16s/name", d);
		if (ask(fd, XS_READ, path, name, sizeof(name)) > 0 && !strcmp(name, guest)) {
			snprintf(domid, size, "%.16s", d);
			return 0;
		}
	}
	return -1;
}

int store_console_tty(const char *guest, char *path, size_t size)
{
	char domid[32], node[128], value[4097];
	int fd = connect_store(), found = -1;

	if (fd < 0)
		return -1;
	if (!find_domid(fd, guest, domid, sizeof(domid))) {
		snprintf(node, sizeof(node), "/local/domain/%s/console/tty", domid);
		if (ask(fd, XS_READ, node, value, sizeof(value)) > 0) {
			snprintf(path, size, "%s", value);
			found = 0;
		}
	}
	close(fd);
	return found;
}

int store_domid(const char *guest, char *domid, size_t size)
{
	int fd = connect_store(), failed;

	if (fd < 0)
		return -1;
	failed = find_domid(fd, guest, domid, size);
	close(fd);
	return failed;
}

int store_print(const char *path)
{
	char value[4097];
	int fd = connect_store(), len;

	if (fd < 0)
		return -1;
	len = ask(fd, XS_READ, path, value, sizeof(value));
	close(fd);
	if (len < 0)
		return -1;
	printf("%s\n", value);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* As much of a xenstore client as the tools here need, over the daemon's socket. */
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
#define XS_WRITE	11
#define XS_MKDIR	12
#define XS_RM		13
#define XS_SET_PERMS	14
#define XS_ERROR	16

#define REPLY_MAX	4097	/* a payload and the NUL after it */
#define PAYLOAD_MAX	4096
#define VALUE_MAX	2048	/* oxenstored takes no larger one */
#define IN_FLIGHT	32	/* requests sent before the first answer is read */

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

static int send_request(int fd, uint32_t type, const void *payload, size_t len)
{
	char message[sizeof(struct header) + PAYLOAD_MAX];
	struct header h = { .type = type, .len = len };

	memcpy(message, &h, sizeof(h));
	memcpy(message + sizeof(h), payload, len);
	return transfer(fd, message, sizeof(h) + len, 1);
}

/*
 * Length of the reply, which is NUL terminated too; -1 if there is no such node, -2 if the
 * daemon does not answer as it should.
 */
static int read_reply(int fd, char *reply, size_t size)
{
	struct header h;

	if (transfer(fd, &h, sizeof(h), 0) || h.len >= size || transfer(fd, reply, h.len, 0))
		return -2;
	reply[h.len] = '\0';
	return h.type == XS_ERROR ? -1 : (int)h.len;
}

static int ask(int fd, uint32_t type, const char *path, char *reply, size_t size)
{
	if (send_request(fd, type, path, strlen(path) + 1))
		return -2;
	return read_reply(fd, reply, size);
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

int store_read(const char *path, char *value, size_t size)
{
	int fd = connect_store(), len;

	if (fd < 0)
		return -1;
	len = ask(fd, XS_READ, path, value, size);
	close(fd);
	return len < 0 ? -1 : 0;
}

static void add_path(struct store_tree *tree, const char *parent, const char *name)
{
	if (tree->count == tree->room) {
		tree->room = tree->room ? 2 * tree->room : 1024;
		tree->path = realloc(tree->path, tree->room * sizeof(*tree->path));
	}
	if (!tree->path ||
	    asprintf(&tree->path[tree->count], "%s/%s", strcmp(parent, "/") ? parent : "", name) < 0)
		abort();
	tree->count++;
}

/*
 * A switch between the daemon and its client is what takes time: so several nodes are asked
 * for before the first answer is read.
 */
int store_walk(struct store_tree *tree)
{
	static char reply[REPLY_MAX];
	int fd = connect_store(), len = fd < 0 ? -2 : 0;
	size_t asked = 0;

	add_path(tree, "/", "");
	for (size_t i = 0; len > -2 && i < tree->count; i++) {
		for (; asked < tree->count && asked < i + IN_FLIGHT && len > -2; asked++)
			len = send_request(fd, XS_DIRECTORY, tree->path[asked],
					   strlen(tree->path[asked]) + 1) ? -2 : 0;
		if (len > -2)
			len = read_reply(fd, reply, sizeof(reply));
		for (char *name = reply; len > 0 && name < reply + len; name += strlen(name) + 1)
			add_path(tree, tree->path[i], name);
	}
	if (fd >= 0)
		close(fd);
	return len > -2 ? 0 : -1;
}

/* Sends a payload of a path and what follows it. */
static int send_change(int fd, uint32_t type, const char *path, const void *data, size_t len)
{
	char payload[PAYLOAD_MAX];
	size_t at = strlen(path) + 1;

	if (at + len > sizeof(payload))
		return -1;
	memcpy(payload, path, at);
	memcpy(payload + at, data, len);
	return send_request(fd, type, payload, at + len);
}

/* Whether one of so many requests has failed. */
static int read_replies(int fd, int count)
{
	char reply[REPLY_MAX];
	int failed = 0;

	while (count--)
		failed |= read_reply(fd, reply, sizeof(reply)) < 0;
	return failed;
}

int store_lend(const char *dir, const char *domid, FILE *in)
{
	static char chunk[VALUE_MAX];
	char path[STORE_PATH_MAX], perms[64];
	int fd = connect_store(), failed = fd < 0, count = 0, asked = 2;
	size_t n;

	/* What is made in the directory has its permissions. */
	n = sprintf(perms, "n0%cr%.16s", 0, domid) + 1;
	failed = failed || send_change(fd, XS_MKDIR, dir, "", 0) ||
		 send_change(fd, XS_SET_PERMS, dir, perms, n);
	while (!failed && (n = fread(chunk, 1, sizeof(chunk), in)) > 0) {
		snprintf(path, sizeof(path), "%s/%d", dir, count++);
		failed = send_change(fd, XS_WRITE, path, chunk, n);
		if (++asked >= IN_FLIGHT) {
			failed = failed || read_replies(fd, asked);
			asked = 0;
		}
	}
	failed = failed || read_replies(fd, asked);
	if (fd >= 0)
		close(fd);
	return failed ? -1 : count;
}

void store_remove(const char *path)
{
	int fd = connect_store();

	if (fd < 0)
		return;
	if (!send_change(fd, XS_RM, path, "", 0))
		read_replies(fd, 1);
	close(fd);
}

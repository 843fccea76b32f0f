// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <xen/xen.h>
#include <xen/evtchn.h>
#include <xen/gntalloc.h>

#include "peer.h"

void die(const char *what)
{
	perror(what);
	exit(1);
}

void reply(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

int open_xen(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/xen/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

void *share_pages(unsigned int pages, uint32_t *grefs)
{
	static int gntalloc = -1;
	struct ioctl_gntalloc_alloc_gref *arg = calloc(1, sizeof(*arg) + pages * sizeof(*grefs));
	void *memory;

	if (gntalloc < 0)
		gntalloc = open_xen("gntalloc");
	arg->flags = GNTALLOC_FLAG_WRITABLE;
	arg->count = pages;
	if (ioctl(gntalloc, IOCTL_GNTALLOC_ALLOC_GREF, arg))
		die("gntalloc");
	memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntalloc, arg->index);
	if (memory == MAP_FAILED)
		die("mmap");
	memcpy(grefs, arg->gref_ids, pages * sizeof(*grefs));
	free(arg);
	return memory;
}

unsigned int offer_channel(int evtchn)
{
	struct ioctl_evtchn_bind_unbound_port bind = { .remote_domain = 0 };
	int port = ioctl(evtchn, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);

	if (port < 0)
		die("evtchn");
	return port;
}

void notify_port(int evtchn, unsigned int port)
{
	struct ioctl_evtchn_notify arg = { .port = port };

	if (ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &arg))
		die("notify");
}

unsigned int number(const char *line, unsigned int which)
{
	unsigned int a = 0, b = 0;

	sscanf(line, "%*s %u %u", &a, &b);
	return which ? b : a;
}

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#define __XEN_TOOLS__
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sysctl.h>
#include <xen/sys/privcmd.h>

#include "xen.h"

/*
 * Of sysctl only what has been the same for years is used, and Xen says no to another
 * version: the right one is found by trying.
 */
#define VERSION_FIRST	0x10
#define VERSION_LAST	0x40
#define TEXT_SIZE	(64 << 10)
#define BUFFER_SIZE	(TEXT_SIZE + 4096)

static int privcmd = -1;
static char *buffer;	/* pages that stay where they are: arguments, then text */
static uint32_t version;

int xen_open(void)
{
	int pages = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0 || pages < 0)
		return -1;
	buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, pages, 0);
	return buffer == MAP_FAILED ? -1 : 0;
}

static int hypercall(unsigned long op, unsigned long arg0, unsigned long arg1)
{
	privcmd_hypercall_t call = { .op = op, .arg = { arg0, arg1 } };

	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

void xen_each_channel(unsigned int domid, void (*seen)(unsigned int domid, int remote))
{
	struct evtchn_status *status = (void *)buffer;

	for (evtchn_port_t port = 0; ; port++) {
		memset(status, 0, sizeof(*status));
		status->dom = domid;
		status->port = port;
		if (hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_status,
			      (unsigned long)status)) {
			if (errno == EACCES)	/* Xen's own */
				continue;
			return;
		}
		if (status->status == EVTCHNSTAT_unbound)
			seen(domid, status->u.unbound.dom);
		else if (status->status == EVTCHNSTAT_interdomain)
			seen(domid, status->u.interdomain.dom);
		else if (status->status != EVTCHNSTAT_closed)
			seen(domid, -1);
	}
}

static int sysctl(const struct xen_sysctl *what)
{
	struct xen_sysctl *op = (void *)buffer;
	uint32_t first = version ? version : VERSION_FIRST;
	uint32_t last = version ? version : VERSION_LAST;

	for (uint32_t v = first; v <= last; v++) {
		*op = *what;
		op->interface_version = v;
		if (!hypercall(__HYPERVISOR_sysctl, (unsigned long)op, 0)) {
			version = v;
			return 0;
		}
		if (errno != EACCES)
			break;
	}
	return -1;
}

int xen_print_grants(void)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys };

	buffer[4096] = 'g';
	set_xen_guest_handle(op.u.debug_keys.keys, buffer + 4096);
	op.u.debug_keys.nr_keys = 1;
	return sysctl(&op);
}

char *xen_read_log(uint32_t *position, int clear)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole }, *done = (void *)buffer;
	size_t used = 0, count;
	char *text = NULL;

	set_xen_guest_handle(op.u.readconsole.buffer, buffer + 4096);
	op.u.readconsole.incremental = 1;
	op.u.readconsole.clear = clear;
	do {
		op.u.readconsole.index = *position;
		op.u.readconsole.count = TEXT_SIZE;
		if (sysctl(&op)) {
			free(text);
			return NULL;
		}
		count = done->u.readconsole.count;
		text = realloc(text, used + count + 1);
		if (!text)
			abort();
		memcpy(text + used, buffer + 4096, count);
		used += count;
		*position = done->u.readconsole.index;
	} while (count);
	text[used] = '\0';
	return text;
}

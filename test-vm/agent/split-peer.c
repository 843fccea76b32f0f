// SPDX-License-Identifier: GPL-2.0
/*
 * One end of a ring that sends what it is told to, right or wrong, to a driver of any class.
 * It runs in dom0, on /dev/xen; the store is the caller's.
 *
 * usage: split-peer front SLOT-SIZE      a front of domain 0; prints "PORT RING-REF DATA-REF",
 *                                        the last of a page for data
 *        split-peer back SLOT-SIZE DOMAIN PORT RING-REF     the back of that ring of a domain's;
 *                                        prints "ready"
 *
 * Then it answers each line of stdin with one line:
 *
 *   put HEX       puts these bytes into the next slot
 *   push          shows the other end what was put, and notifies it
 *   index N       writes a producer index that is N above the true one, and notifies
 *   event N       sends N events
 *   wait N BYTES  waits for N slots from the other end; the first BYTES of each, in hex
 *   fill TEXT     writes TEXT to the page for data, which is zeroed before
 *   look          prints the text there
 */
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/evtchn.h>
#include <xen/grant_table.h>
#include <xen/gntdev.h>

#include "peer.h"
#include "ring.h"

#define ANSWER_MS 15000
#define SLOT_MAX 128

static struct xsplit_ring ring;
static unsigned int slot_size, port;
static bool is_front;
static int evtchn;
static char *data;

static void be_front(void)
{
	u32 ring_gref, data_gref;
	void *memory = share_pages(1, &ring_gref);

	data = share_pages(1, &data_gref);
	memset(memory, 0, PAGE);
	xsplit_front_ring_init(&ring, memory, PAGE, slot_size);
	port = offer_channel(evtchn);
	reply("%u %u %u", port, ring_gref, data_gref);
}

static void *map_ring(unsigned int domain, u32 gref)
{
	struct ioctl_gntdev_map_grant_ref map = { .count = 1, .refs[0] = { domain, gref } };
	int gntdev = open_xen("gntdev");
	void *memory;

	if (ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map))
		die("gntdev");
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, map.index);
	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

static void be_back(unsigned int domain, unsigned int remote_port, u32 gref)
{
	struct ioctl_evtchn_bind_interdomain bind = {
		.remote_domain = domain, .remote_port = remote_port };
	int local;

	if (!xsplit_back_ring_init(&ring, map_ring(domain, gref), PAGE, slot_size))
		die("indices of the ring");
	local = ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if (local < 0)
		die("evtchn");
	port = local;
	reply("ready");
}

static void put(const char *hex)
{
	u8 *slot = xsplit_ring_fill(&ring);
	unsigned int byte, i;

	memset(slot, 0, slot_size);
	for (i = 0; i < slot_size && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
		slot[i] = byte;
	reply("ok");
}

static void push(void)
{
	if (is_front) {
		xsplit_front_enable_event(&ring);
		xsplit_front_push(&ring);
	} else {
		xsplit_back_push(&ring);
	}
	notify_port(evtchn, port);
	reply("ok");
}

static void bogus_index(unsigned int above)
{
	if (is_front)
		WRITE_ONCE(ring.sring->req_prod, ring.prod + above);
	else
		WRITE_ONCE(ring.sring->rsp_prod, ring.prod + above);
	notify_port(evtchn, port);
	reply("ok");
}

static void events(unsigned int nr)
{
	while (nr--)
		notify_port(evtchn, port);
	reply("ok");
}

static int pending(void)
{
	return is_front ? xsplit_front_enable_event(&ring) : xsplit_back_enable_event(&ring);
}

static void wait_for(unsigned int nr, unsigned int bytes)
{
	u64 end = now_ms() + ANSWER_MS;
	u8 slot[SLOT_MAX];
	unsigned int got = 0, i;

	while (got < nr && now_ms() < end) {
		if (pending() <= 0) {
			usleep(1000);
			continue;
		}
		xsplit_ring_copy(&ring, slot, slot_size);
		fputs(got++ ? " " : "", stdout);
		for (i = 0; i < bytes && i < slot_size; i++)
			printf("%02x", slot[i]);
	}
	if (got < nr)
		printf("%sonly %u of %u", got ? " " : "", got, nr);
	reply("%s", "");
}

static void obey(const char *line)
{
	if (!strncmp(line, "put ", 4)) {
		put(line + 4);
	} else if (!strncmp(line, "push", 4)) {
		push();
	} else if (!strncmp(line, "index ", 6)) {
		bogus_index(number(line, 0));
	} else if (!strncmp(line, "event ", 6)) {
		events(number(line, 0));
	} else if (!strncmp(line, "wait ", 5)) {
		wait_for(number(line, 0), number(line, 1));
	} else if (data && !strncmp(line, "fill ", 5)) {
		memset(data, 0, PAGE);
		strcpy(data, line + 5);
		reply("ok");
	} else if (data && !strncmp(line, "look", 4)) {
		reply("%.*s", 256, data);
	} else {
		reply("what?");
	}
}

int main(int argc, char **argv)
{
	char line[512];

	slot_size = argc > 2 ? atoi(argv[2]) : 0;
	is_front = argc == 3 && !strcmp(argv[1], "front");
	if (!slot_size || slot_size > SLOT_MAX ||
	    (!is_front && (argc != 6 || strcmp(argv[1], "back")))) {
		fprintf(stderr, "usage: split-peer front SLOT-SIZE | back SLOT-SIZE DOMAIN PORT RING-REF\n");
		return 2;
	}
	evtchn = open_xen("evtchn");
	if (is_front)
		be_front();
	else
		be_back(atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(line);
	}
	return 0;
}

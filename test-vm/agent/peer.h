/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs share that stand for the other end of a split driver. */
#ifndef TEST_VM_PEER_H
#define TEST_VM_PEER_H

#include <stdint.h>

#define PAGE 4096

/* Says what failed, and why, and ends. */
void die(const char *what);

/* An answer: one line. */
void reply(const char *fmt, ...);

/* Opens /dev/xen/NAME; returns the descriptor. */
int open_xen(const char *name);

/* Makes pages that domain 0 may map and write to; their grant references go to grefs. */
void *share_pages(unsigned int pages, uint32_t *grefs);

/* A new event channel to domain 0, on a descriptor of /dev/xen/evtchn; its port. */
unsigned int offer_channel(int evtchn);

void notify_port(int evtchn, unsigned int port);

/* The number that is the word "which" (0: the first) behind a command; 0 if there is none. */
unsigned int number(const char *line, unsigned int which);

uint64_t now_ms(void);

#endif

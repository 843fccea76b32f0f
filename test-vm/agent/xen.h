/* SPDX-License-Identifier: GPL-2.0 */
/* What the inventory asks Xen, by hypercall: no library of one Xen's version is needed. */
#ifndef TEST_VM_XEN_H
#define TEST_VM_XEN_H

#include <stddef.h>
#include <stdint.h>

/* Opens what the others need; 0, or -1 with errno. */
int xen_open(void);

/*
 * Calls seen for each event channel of a domain that is not closed; remote is -1 for those
 * that lead to no other domain.
 */
void xen_each_channel(unsigned int domid, void (*seen)(unsigned int domid, int remote));

/* Has Xen print its grant tables into its log; 0 or -1. */
int xen_print_grants(void);

/*
 * Reads Xen's log from a position on, which moves: 0 is the oldest there is. Allocates the
 * text, NUL terminated; NULL if Xen refuses. With clear, xl dmesg begins here too.
 */
char *xen_read_log(uint32_t *position, int clear);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What exists in dom0, and what the logs say: the parts of the program "inventory".
 *
 * Lines that begin with STATE are no fault if they differ after a test; they only mean that
 * the VM is not as it was, and that no other test may run in it.
 */
#ifndef TEST_VM_INVENTORY_H
#define TEST_VM_INVENTORY_H

#include "lines.h"

#define STATE	"state: "
#define RAW	"raw"	/* folder of files that pass between two runs of the program */
#define LOGS	"logs"

/* The classes of common/classes, in a text that the next call changes. */
const char *classes_with(char separator);

/* The domains there are. */
struct domains {
	unsigned int id[64];
	char *name[64];
	size_t count;
};

extern struct domains domains;

/* Whether a domain of that name exists, as count_dom0() saw it. */
int domain_exists(const char *name);

/* Adds what dom0 and Xen have; 0, or -1 after a sentence on stdout. */
int count_dom0(struct lines *list);

/* Makes the logs of dom0 and of Xen begin here; 0, or -1 after a sentence on stdout. */
int mark_logs(void);

/* Makes the log of a guest's console begin here. */
void mark_console(const char *guest);

/* Writes the logs since then to LOGS; sentences on stdout if something is missing. */
void collect_logs(void);
void collect_console(const char *guest);

#define MARK	"test-vm: the test begins"

#endif

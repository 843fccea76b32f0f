/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dom0's end of a guest's agent. One process talks to one guest; any number of them may run
 * at once, for one guest too.
 */
#ifndef TEST_VM_CONSOLE_H
#define TEST_VM_CONSOLE_H

#include <stdio.h>

#define DEAD	125	/* status: the agent does not answer, or there is no such guest */

/* Finds the guest, a name or a number; must come first. Exits with DEAD if there is none. */
void guest_open(const char *name);

/*
 * Runs a shell command in the guest and copies its output to out; its status. Exits with
 * DEAD if the agent does not answer for GUEST_DEAD_SECONDS (20) of the environment.
 */
int guest_run(const char *command, long seconds, FILE *out);

/* Copies a file of dom0 into the guest; 0, or a status that says what failed. */
int guest_put(const char *source, const char *destination);

/* How many times longer than elsewhere all takes on this lane. */
int guest_slowness(void);

/* Says why on stderr, and exits with DEAD. */
__attribute__((format(printf, 1, 2), noreturn))
void guest_die(const char *format, ...);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_VM_STORE_H
#define TEST_VM_STORE_H

#include <stddef.h>

/*
 * Finds the terminal of a domain's PV console: guest is a domain's name or
 * number. Fills path; 0, or -1 if there is no such domain or no console yet.
 */
int store_console_tty(const char *guest, char *path, size_t size);

/* Finds a domain's number; 0, or -1 if there is no such domain. */
int store_domid(const char *guest, char *domid, size_t size);

/* Prints a node's value, or nothing; 0, or -1 if there is no such node. */
int store_print(const char *path);

#endif

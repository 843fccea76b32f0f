/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_VM_STORE_H
#define TEST_VM_STORE_H

#include <stddef.h>
#include <stdio.h>

#define STORE_PATH_MAX	128

/*
 * Finds the terminal of a domain's PV console: guest is a domain's name or
 * number. Fills path; 0, or -1 if there is no such domain or no console yet.
 */
int store_console_tty(const char *guest, char *path, size_t size);

/* Finds a domain's number; 0, or -1 if there is no such domain. */
int store_domid(const char *guest, char *domid, size_t size);

/* Prints a node's value, or nothing; 0, or -1 if there is no such node. */
int store_print(const char *path);

/* A node's value, NUL terminated; 0, or -1 if there is no such node. */
int store_read(const char *path, char *value, size_t size);

/* Every node there is. */
struct store_tree {
	char **path;
	size_t count, room;
};

/* Fills an empty tree; 0, or -1 if the daemon does not answer. */
int store_walk(struct store_tree *tree);

/*
 * Writes what can be read from in to new nodes DIR/0, DIR/1, ..., which the domain can read;
 * their number, or -1. DIR is shorter than STORE_PATH_MAX by the number's digits.
 */
int store_lend(const char *dir, const char *domid, FILE *in);

/* Removes a node and what is below it. */
void store_remove(const char *path);

#endif

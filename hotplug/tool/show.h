/* SPDX-License-Identifier: GPL-2.0 */
/* Text for a terminal. */
#ifndef TOOL_SHOW_H
#define TOOL_SHOW_H

#include <stddef.h>

#define SIZE_TEXT_MAX 16

/* "512 B", "1.5 GiB", "64 MiB" */
void show_size(char text[SIZE_TEXT_MAX], unsigned long long bytes);

/* Replaces control characters by '?', so that no text of the store can move the cursor. */
char *show_clean(char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Resolves a target that is given as a relative path. */
#ifndef TOOL_PATH_H
#define TOOL_PATH_H

#include <limits.h>

#include "tool.h"

#define TARGET_MAX (PATH_MAX + 8)

/*
 * Make the path in @target independent of the working directory. A name without a leading "/" is
 * in /dev, as for xl. If it does not exist there, or starts with "./" or "../", it is a file in
 * the working directory. Prints the result if it may surprise the user. Returns @full, or @target
 * if it is unchanged.
 */
const char *path_resolve(struct tool *t, const char *target, char full[TARGET_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What a target means that is typed as a path without its root. */
#ifndef TOOL_PATH_H
#define TOOL_PATH_H

#include <limits.h>

#include "tool.h"

#define TARGET_MAX (PATH_MAX + 8)

/*
 * @target with a path that does not depend on where vbd was called. A name without "/" in front
 * is one in /dev, as for xl; if there is none, or if it starts with "./" or "../", it is a file in
 * the working directory. Says so where that may surprise. Returns @full, or @target as it is.
 */
const char *path_resolve(struct tool *t, const char *target, char full[TARGET_MAX]);

#endif

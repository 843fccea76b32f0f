// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "path.h"

static bool starts_with(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool is_in_dev(const char *name)
{
	char path[TARGET_MAX];

	return snprintf(path, sizeof(path), "/dev/%s", name) < (int)sizeof(path) &&
	       !access(path, F_OK);
}

static void print_result(struct tool *t, const char *target, const char *full)
{
	if (t->progress)
		fprintf(t->progress, "%s: using %s\n", target, full);
}

const char *path_resolve(struct tool *t, const char *target, char full[TARGET_MAX])
{
	size_t prefix = starts_with(target, "phy:") ? 4 : starts_with(target, "file:") ? 5 : 0;
	const char *path = target + prefix;
	bool dotted = starts_with(path, "./") || starts_with(path, "../");
	char here[PATH_MAX];

	/* It is of another type, absolute, or empty. */
	if (*path == '/' || !*path || (!prefix && strchr(path, ':') && access(path, F_OK)))
		return target;
	if (!dotted && is_in_dev(path)) {
		snprintf(full, TARGET_MAX, "%.*s/dev/%s", (int)prefix, target, path);
		if (!access(path, F_OK))
			print_result(t, target, full);
		return target;
	}
	if ((!dotted && access(path, F_OK)) || !getcwd(here, sizeof(here)))
		return target;
	if (starts_with(path, "./"))
		path += 2;
	if (snprintf(full, TARGET_MAX, "%.*s%s/%s", (int)prefix, target,
		     strcmp(here, "/") ? here : "", path) >= TARGET_MAX)
		return target;
	print_result(t, target, full);
	return full;
}

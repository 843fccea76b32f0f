// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdio.h>

#include "proc.h"

#define LINE_MAX_LEN 8192

bool proc_find_line(const char *root, const char *file, bool (*match)(char *line, void *arg),
		    void *arg)
{
	char path[PATH_MAX], line[LINE_MAX_LEN];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/%s", root, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = match(line, arg);
	fclose(f);
	return found;
}

void proc_unescape(char *path)
{
	char *s, *to = path;

	for (s = path; *s; s++, to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				     (s[3] - '0'));
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

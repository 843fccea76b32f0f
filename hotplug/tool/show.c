// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "show.h"

void show_size(char text[SIZE_TEXT_MAX], unsigned long long bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
					     "PiB", "EiB" };
	unsigned long long whole = bytes, rest = 0;
	int unit = 0;

	for (; whole >= 1024; whole /= 1024, unit++)
		rest = whole % 1024;
	if (rest * 10 / 1024)
		snprintf(text, SIZE_TEXT_MAX, "%llu.%llu %s", whole,
			 rest * 10 / 1024, units[unit]);
	else
		snprintf(text, SIZE_TEXT_MAX, "%llu %s", whole, units[unit]);
}

char *show_clean(char *text)
{
	char *c;

	for (c = text; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return text;
}

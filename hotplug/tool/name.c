// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "name.h"
#include "block/vdev.h"

#define EXTENDED (1U << 28)
#define DISKS_MAX (1U << 20)

/* Parses a number without sign, blanks or leading text; @end is set to what follows. */
static bool parse_number(const char *s, const char **end, uint64_t *n)
{
	const char *start = s;

	for (*n = 0; *s >= '0' && *s <= '9' && *n <= UINT32_MAX; s++)
		*n = *n * 10 + (uint64_t)(*s - '0');
	*end = s;
	return s != start && *n <= UINT32_MAX;
}

/* Parses letters: a, ..., z, aa, ab, ...: base 26 without a zero. */
static bool parse_letters(const char *s, const char **end, uint64_t *n)
{
	const char *start = s;

	for (*n = 0; *s >= 'a' && *s <= 'z' && *n <= DISKS_MAX; s++)
		*n = *n * 26 + (uint64_t)(*s - 'a' + 1);
	*end = s;
	(*n)--;
	return s != start && *n < DISKS_MAX;
}

static uint64_t make_xvd_number(uint64_t disk, uint64_t part)
{
	if (disk < 16 && part < 16)
		return XVBD_MAJOR << 8 | disk << 4 | part;
	return EXTENDED | disk << 8 | part;
}

static uint64_t make_hd_number(uint64_t disk, uint64_t part)
{
	return (disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | part;
}

static uint64_t make_sd_number(uint64_t disk, uint64_t part)
{
	return 8 << 8 | disk << 4 | part;
}

static const struct {
	const char *prefix;
	bool (*disk)(const char *s, const char **end, uint64_t *n);
	const char *before_part;
	uint64_t disks, parts;
	uint64_t (*devid)(uint64_t disk, uint64_t part);
} kinds[] = {
	{ "xvd", parse_letters, "", DISKS_MAX, 256, make_xvd_number },
	{ "hd", parse_letters, "", 4, 64, make_hd_number },
	{ "sd", parse_letters, "", 16, 16, make_sd_number },
	{ "d", parse_number, "p", DISKS_MAX, 256, make_xvd_number },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool parse_with_prefix(size_t kind, const char *s, uint64_t *devid)
{
	size_t prefix = strlen(kinds[kind].prefix);
	size_t before = strlen(kinds[kind].before_part);
	uint64_t disk, part = 0;

	if (strncmp(s, kinds[kind].prefix, prefix) ||
	    !kinds[kind].disk(s + prefix, &s, &disk))
		return false;
	if (*s && (strncmp(s, kinds[kind].before_part, before) ||
		   !parse_number(s + before, &s, &part) || *s))
		return false;
	if (disk >= kinds[kind].disks || part >= kinds[kind].parts)
		return false;
	*devid = kinds[kind].devid(disk, part);
	return true;
}

bool disk_name_parse(const char *name, unsigned int *devid)
{
	const char *end;
	uint64_t n = 0;
	size_t i;
	bool ok;

	ok = parse_number(name, &end, &n) && !*end;
	for (i = 0; !ok && i < KINDS; i++)
		ok = parse_with_prefix(i, name, &n);
	*devid = (unsigned int)n;
	return ok;
}

void disk_name_print(unsigned int devid, char name[DISK_NAME_MAX])
{
	struct xvbd_vdev v;
	unsigned int same = 0;

	if (xvbd_vdev_parse(devid, &v))
		xvbd_vdev_name(&v, name);
	else
		*name = '\0';
	/* Linux shows IDE and SCSI numbers as xvd disks, too: print the number for these. */
	if (!disk_name_parse(name, &same) || same != devid)
		snprintf(name, DISK_NAME_MAX, "%u", devid);
}

long number_parse(const char *text, long max)
{
	long n = 0;
	const char *s;

	for (s = text; *s >= '0' && *s <= '9' && n <= max; s++)
		n = n * 10 + (*s - '0');
	return s == text || *s || n > max ? -1 : n;
}

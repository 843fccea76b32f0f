// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "vbd.h"

#define DOMID_MAX 0x7fefU
#define STATE_CLOSING 5

/* Parses a decimal number up to @max at *@p, and advances *@p. */
static bool parse_number(const char **p, unsigned int max, unsigned int *n)
{
	uint64_t value = 0;
	const char *s = *p;

	for (; *s >= '0' && *s <= '9' && value <= max; s++)
		value = value * 10 + (uint64_t)(*s - '0');
	if (s == *p || value > max)
		return false;
	*n = (unsigned int)value;
	*p = s;
	return true;
}

bool vbd_parse_domid(const char **s, unsigned int *domid)
{
	return parse_number(s, DOMID_MAX, domid);
}

bool vbd_parse_devid(const char **s, unsigned int *devid)
{
	return parse_number(s, UINT32_MAX, devid);
}

static bool parse_literal(const char **p, const char *literal)
{
	size_t len = strlen(literal);

	if (strncmp(*p, literal, len))
		return false;
	*p += len;
	return true;
}

/* Parses @prefix DOMID @separator DEVID, with nothing after it. */
static bool parse_pair(struct vbd *vbd, const char *s, const char *prefix,
		       const char *separator)
{
	return parse_literal(&s, prefix) && vbd_parse_domid(&s, &vbd->domid) &&
	       parse_literal(&s, separator) &&
	       vbd_parse_devid(&s, &vbd->devid) && !*s;
}

void vbd_name(struct vbd *vbd, unsigned int domid, unsigned int devid)
{
	vbd->domid = domid;
	vbd->devid = devid;
	snprintf(vbd->path, sizeof(vbd->path), "backend/vbd/%u/%u", domid,
		 devid);
}

int vbd_parse_path(struct vbd *vbd, const char *path)
{
	const char *s = path;
	unsigned int backend;

	if (parse_literal(&s, "/local/domain/") &&
	    (!parse_number(&s, DOMID_MAX, &backend) || !parse_literal(&s, "/")))
		return -EINVAL;
	if (!parse_pair(vbd, s, "backend/vbd/", "/"))
		return -EINVAL;
	if (snprintf(vbd->path, sizeof(vbd->path), "%s", path) >=
	    (int)sizeof(vbd->path))
		return -EINVAL;
	return 0;
}

int vbd_parse_bus_name(struct vbd *vbd, const char *name)
{
	if (!parse_pair(vbd, name, "vbd-", "-"))
		return -EINVAL;
	vbd_name(vbd, vbd->domid, vbd->devid);
	return 0;
}

bool vbd_read_device(const char *root, const char *name, dev_t *device)
{
	unsigned int ma, mi;
	char path[PATH_MAX];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/bus/xen-backend/devices/%s/physical_device", root,
		 name);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fscanf(f, "%x:%x", &ma, &mi) == 2;
	fclose(f);
	if (ok)
		*device = makedev(ma, mi);
	return ok;
}

/* For a stub domain, use its guest. */
static char *read_vm(struct store *s, const struct vbd *vbd)
{
	char dir[64];
	long guest;

	snprintf(dir, sizeof(dir), "/local/domain/%u", vbd->domid);
	guest = store_read_number(s, dir, "target", -1);
	if (guest >= 0 && guest <= (long)DOMID_MAX)
		snprintf(dir, sizeof(dir), "/local/domain/%ld", guest);
	return store_read(s, dir, "vm");
}

bool vbd_same_disk(struct store *s, const struct vbd *a, const struct vbd *b)
{
	char *vm_a = read_vm(s, a), *vm_b = read_vm(s, b);
	bool same = a->domid != b->domid && a->devid == b->devid && vm_a &&
		    vm_b && !strcmp(vm_a, vm_b);

	free(vm_a);
	free(vm_b);
	return same;
}

bool vbd_is_xenopsd(struct store *s, unsigned int domid, unsigned int devid)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/xenops/domain/%u/device/vbd/%u", domid, devid);
	return store_exists(s, dir);
}

bool vbd_has_owner(struct store *s, const struct vbd *vbd)
{
	return store_has(s, vbd->path, "script") || vbd_is_xenopsd(s, vbd->domid, vbd->devid);
}

bool vbd_is_leaving(struct store *s, const struct vbd *vbd)
{
	return !store_exists(s, vbd->path) ||
	       store_read_number(s, vbd->path, "state", 0) >= STATE_CLOSING;
}

void vbd_describe(struct store *s, const struct vbd *vbd, char *text,
		  size_t size)
{
	char *dev = store_read(s, vbd->path, "dev");

	if (dev)
		snprintf(text, size, "guest %u as %s", vbd->domid, dev);
	else
		snprintf(text, size, "guest %u as device %u", vbd->domid,
			 vbd->devid);
	free(dev);
}

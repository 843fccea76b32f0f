// SPDX-License-Identifier: GPL-2.0
#include "vdev.h"

#define EXTENDED BIT(28)
#define EXTENDED_PARTS 256
#define PARTS 16
#define MINORS BIT(20)

/* Majors whose numbers name xvd disks. A row may cover a range of majors. */
static const struct {
	u16 major, last_major;
	u16 minors_per_disk;
	u16 disks_per_major;
	u16 first_disk;
} majors[] = {
	{ XVBD_MAJOR, XVBD_MAJOR, 16, 16, 0 },
	{ 3, 3, 64, 2, 0 }, /* hda, hdb */
	{ 22, 22, 64, 2, 2 }, /* hdc, hdd */
	{ 8, 8, 16, 16, 0 }, /* sda to sdp */
	{ 65, 71, 16, 16, 16 },
	{ 128, 135, 16, 16, 128 },
};

static bool finish(struct xvbd_vdev *v, u32 parts)
{
	if (v->part >= parts)
		return false;
	v->first_minor = v->disk * parts + v->part;
	v->nr_minors = v->part ? 1 : parts;
	return v->first_minor + v->nr_minors <= MINORS;
}

bool xvbd_vdev_parse(u64 vdev, struct xvbd_vdev *v)
{
	u32 major = vdev >> 8, minor = vdev & 0xff;
	unsigned int i;

	if (vdev >= 2 * EXTENDED)
		return false;
	if (vdev & EXTENDED) {
		v->disk = (vdev & (EXTENDED - 1)) >> 8;
		v->part = minor;
		return finish(v, EXTENDED_PARTS);
	}
	for (i = 0; i < ARRAY_SIZE(majors); i++) {
		u32 per_disk = majors[i].minors_per_disk, per_major = majors[i].disks_per_major;

		if (major < majors[i].major || major > majors[i].last_major)
			continue;
		if (minor / per_disk >= per_major)
			return false;
		v->disk = majors[i].first_disk + (major - majors[i].major) * per_major +
			  minor / per_disk;
		v->part = minor % per_disk;
		return finish(v, PARTS);
	}
	return false;
}

bool xvbd_vdev_is_xvd(u64 vdev)
{
	return (vdev & EXTENDED) || vdev >> 8 == XVBD_MAJOR;
}

bool xvbd_vdev_is_emulated(u64 vdev, bool cdrom, bool plugged)
{
	return cdrom || (plugged && vdev && !xvbd_vdev_is_xvd(vdev));
}

void xvbd_vdev_name(const struct xvbd_vdev *v, char *name)
{
	char letters[8];
	u32 n = v->disk + 1;
	int i = sizeof(letters);

	/* The letters count a, ..., z, aa, ab, ...: base 26 without a zero. */
	letters[--i] = '\0';
	for (; n && i; n = (n - 1) / 26)
		letters[--i] = 'a' + (n - 1) % 26;
	if (v->part)
		snprintf(name, XVBD_NAME_MAX, "xvd%s%u", letters + i, v->part);
	else
		snprintf(name, XVBD_NAME_MAX, "xvd%s", letters + i);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Serial number and WWN of a disk in sysfs: the files "serial" and "wwid", if
 * the directory of the backend has keys of these names. udev makes links in
 * by-id from them.
 */
#include <linux/blkdev.h>
#include <linux/ctype.h>

#include "blkfront.h"

/* Read a text of the backend and replace characters that are unsafe in a file name. */
static void read_text(struct xbfront_vbd *vbd, const char *key, char *text)
{
	char *value = xsplit_read_string(vbd->core.otherend, key);
	char *c;

	strscpy(text, value ?: "", XBFRONT_IDENTITY_MAX);
	kfree(value);
	for (c = text; *c; c++)
		if (!isascii(*c) || (!isalnum(*c) && !strchr("-_.:+", *c)))
			*c = '_';
}

/**
 * xbfront_identity_read() - read serial number and WWN from the directory of the backend
 * @vbd: the vbd, whose disk is not shown yet
 *
 * Context: Sleeps.
 */
void xbfront_identity_read(struct xbfront_vbd *vbd)
{
	read_text(vbd, xvbd_key_name(XVBD_ID_SERIAL), vbd->serial);
	read_text(vbd, xvbd_key_name(XVBD_ID_WWID), vbd->wwid);
}

#define IDENTITY(name)                                                                     \
	static ssize_t name##_show(struct device *dev, struct device_attribute *attr,      \
				   char *buf)                                              \
	{                                                                                  \
		struct xbfront_vbd *vbd = dev_to_disk(dev)->private_data;                  \
                                                                                           \
		return sysfs_emit(buf, "%s\n", vbd->name);                                 \
	}                                                                                  \
	static DEVICE_ATTR_RO(name)

IDENTITY(serial);
IDENTITY(wwid);

static struct attribute *attrs[] = { &dev_attr_serial.attr, &dev_attr_wwid.attr, NULL };

/* A disk without a serial number or WWN does not have the file. */
static umode_t is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	struct xbfront_vbd *vbd = dev_to_disk(kobj_to_dev(kobj))->private_data;
	const char *text = attr == &dev_attr_serial.attr ? vbd->serial : vbd->wwid;

	return *text ? attr->mode : 0;
}

static const struct attribute_group group = {
	.attrs = attrs,
	.is_visible = is_visible,
};

const struct attribute_group *xbfront_identity_groups[] = { &group, NULL };

// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/slab.h>

#include "stats.h"

/**
 * struct xsplit_stat_file - the file of one counter
 * @attr:  its attribute
 * @index: number of the counter in the table of the class
 * @read:  reads it
 */
struct xsplit_stat_file {
	struct device_attribute attr;
	unsigned int index;
	u64 (*read)(struct device *dev, unsigned int index);
};

static ssize_t show_stat(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct xsplit_stat_file *file = container_of(attr, struct xsplit_stat_file, attr);

	return sysfs_emit(buf, "%llu\n", file->read(dev, file->index));
}

int xsplit_stats_init(struct xsplit_stats *stats, const struct xsplit_stat *stat, unsigned int nr,
		      u64 (*read)(struct device *dev, unsigned int index))
{
	struct xsplit_stat_file *files;
	struct attribute **attrs;
	unsigned int i;

	if (!nr)
		return 0;
	files = kcalloc(nr, sizeof(*files), GFP_KERNEL);
	attrs = kcalloc(nr + 1, sizeof(*attrs), GFP_KERNEL);
	if (!files || !attrs) {
		kfree(files);
		kfree(attrs);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
		files[i].index = i;
		files[i].read = read;
		sysfs_attr_init(&files[i].attr.attr);
		files[i].attr.attr.name = stat[i].name;
		files[i].attr.attr.mode = 0444;
		files[i].attr.show = show_stat;
		attrs[i] = &files[i].attr.attr;
	}
	stats->files = files;
	stats->group.name = "statistics";
	stats->group.attrs = attrs;
	return 0;
}

void xsplit_stats_free(struct xsplit_stats *stats)
{
	kfree(stats->group.attrs);
	kfree(stats->files);
	stats->group.attrs = NULL;
	stats->files = NULL;
}

int xsplit_stats_add(const struct xsplit_stats *stats, struct device *dev)
{
	return stats->files ? sysfs_create_group(&dev->kobj, &stats->group) : 0;
}

void xsplit_stats_remove(const struct xsplit_stats *stats, struct device *dev)
{
	if (stats->files)
		sysfs_remove_group(&dev->kobj, &stats->group);
}

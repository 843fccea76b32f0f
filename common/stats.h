/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Statistics in sysfs: a class has counters in its own structures, and the core
 * makes the files DEVICE/statistics/NAME. A counter is a u64 that one context at a
 * time changes. Readers take no lock that this context takes.
 */
#ifndef XSPLIT_STATS_H
#define XSPLIT_STATS_H

#include <linux/sysfs.h>

#include "types.h"

struct device;

/**
 * struct xsplit_stat - one counter
 * @name:   name of the file
 * @offset: where the u64 is, from the begin of the class's structure
 */
struct xsplit_stat {
	const char *name;
	size_t offset;
};

/* The counter @member of @type, in a file of the same name. */
#define XSPLIT_STAT(type, member) { .name = #member, .offset = offsetof(type, member) }

struct xsplit_stat_file;

/**
 * struct xsplit_stats - the files of a class, for all its devices
 * @group: the directory "statistics"
 * @files: its files; NULL: the class has no statistics
 */
struct xsplit_stats {
	struct attribute_group group;
	struct xsplit_stat_file *files;
};

/**
 * xsplit_stats_init() - make the files of a class
 * @stats: result, zeroed; release it with xsplit_stats_free()
 * @stat:  the counters
 * @nr:    number of counters; 0: the class has none
 * @read:  reads the counter of a device with this index. May sleep
 *
 * Context: Sleeps.
 *
 * Return: 0 or -ENOMEM.
 */
int xsplit_stats_init(struct xsplit_stats *stats, const struct xsplit_stat *stat, unsigned int nr,
		      u64 (*read)(struct device *dev, unsigned int index));

/**
 * xsplit_stats_free() - free the files of a class, whose devices are gone
 * @stats: the files; none: nothing is done
 *
 * Context: Any context.
 */
void xsplit_stats_free(struct xsplit_stats *stats);

/**
 * xsplit_stats_add() - make the files of a device
 * @stats: the files
 * @dev:   the device
 *
 * Context: Sleeps.
 *
 * Return: 0, also if the class has no statistics; or a negative errno.
 */
int xsplit_stats_add(const struct xsplit_stats *stats, struct device *dev);

/**
 * xsplit_stats_remove() - remove the files of a device
 * @stats: the files
 * @dev:   the device
 *
 * When it returns, no reader is left.
 *
 * Context: Sleeps.
 */
void xsplit_stats_remove(const struct xsplit_stats *stats, struct device *dev);

/* The counter @stat of the structure @base. */
static inline u64 *xsplit_stat_of(void *base, const struct xsplit_stat *stat)
{
	return base + stat->offset;
}

#endif /* XSPLIT_STATS_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * The statistics and the attributes of a vbd in sysfs. xentop and udev scripts depend on these
 * names.
 */
#include <linux/device.h>
#include <linux/jiffies.h>

#include "data.h"

#define LOG_EVERY (10 * HZ)

static void add_stats(struct xbback_stats *sum, const struct xbback_stats *part)
{
	unsigned int class;

	for (class = 0; class < XVBD_OP_CLASS_COUNT; class++)
		sum->reqs[class] += READ_ONCE(part->reqs[class]);
	sum->oo_req += READ_ONCE(part->oo_req);
	sum->rd_sect += READ_ONCE(part->rd_sect);
	sum->wr_sect += READ_ONCE(part->wr_sect);
}

void xbback_stats_count(struct xbback_stats *s, const struct xvbd_request *wire,
			const struct xvbd_segment *seg)
{
	const struct xvbd_op_trait *trait = xvbd_op_trait(wire->operation);

	if (!trait)
		return;
	s->reqs[trait->class]++;
	if (trait->data == XVBD_DATA_READ) {
		s->rd_sect += xvbd_request_sectors(wire, seg);
	} else if (trait->data == XVBD_DATA_WRITE) {
		if (trait->class != XVBD_COUNTS_WRITE && wire->nr_segments)
			s->reqs[XVBD_COUNTS_WRITE]++;
		s->wr_sect += xvbd_request_sectors(wire, seg);
	}
}

#define CLASS_TEXT(id, file, what) what " %llu, "
#define CLASS_VALUE(id, file, what) s->reqs[XVBD_COUNTS_##id],

void xbback_stats_log(struct xbback_ring *ring)
{
	const struct xbback_stats *s = &ring->stats;

	if (!READ_ONCE(xbback_params.log_stats) || time_before(jiffies, ring->log_due))
		return;
	ring->log_due = jiffies + LOG_EVERY;
	pr_info("xen-blkback: %s: " XVBD_OP_CLASSES(CLASS_TEXT) "out of memory %llu; %u of %u grants kept\n",
		ring->base.name, XVBD_OP_CLASSES(CLASS_VALUE) s->oo_req, ring->pgrants.nr,
		READ_ONCE(xbback_params.max_persistent_grants));
}

/* rings_lock keeps the rings from being freed meanwhile (CVE-2026-100082). */
void xbback_stats_sum(struct xbback_vbd *vbd, struct xbback_stats *sum)
{
	struct xbback_ring *ring;
	unsigned int i;

	mutex_lock(&vbd->back.rings_lock);
	*sum = vbd->past;
	xbback_for_each_ring(vbd, i, ring)
		add_stats(sum, &ring->stats);
	mutex_unlock(&vbd->back.rings_lock);
}

/* Readers still find the ring: count nothing twice. */
void xbback_stats_keep(struct xbback_ring *ring)
{
	struct xbback_vbd *vbd = ring->vbd;

	mutex_lock(&vbd->back.rings_lock);
	add_stats(&vbd->past, &ring->stats);
	memset(&ring->stats, 0, sizeof(ring->stats));
	mutex_unlock(&vbd->back.rings_lock);
}

static struct xbback_vbd *vbd_of(struct device *dev)
{
	return xbback_to_vbd(dev_get_drvdata(dev));
}

#define STATISTIC(file, field)                                                               \
	static ssize_t file##_show(struct device *dev, struct device_attribute *attr,        \
				   char *buf)                                                \
	{                                                                                    \
		struct xbback_stats sum;                                                     \
                                                                                             \
		xbback_stats_sum(vbd_of(dev), &sum);                                         \
		return sysfs_emit(buf, "%llu\n", sum.field);                                 \
	}                                                                                    \
	static DEVICE_ATTR_RO(file);

#define CLASS_STATISTIC(id, file, what) STATISTIC(file, reqs[XVBD_COUNTS_##id])
XVBD_OP_CLASSES(CLASS_STATISTIC)
STATISTIC(oo_req, oo_req)
STATISTIC(rd_sect, rd_sect)
STATISTIC(wr_sect, wr_sect)

#define CLASS_ATTR(id, file, what) &dev_attr_##file.attr,
static struct attribute *statistics_attrs[] = {
	XVBD_OP_CLASSES(CLASS_ATTR)
	&dev_attr_oo_req.attr,
	&dev_attr_rd_sect.attr,
	&dev_attr_wr_sect.attr,
	NULL,
};

static const struct attribute_group statistics_group = {
	.name = "statistics",
	.attrs = statistics_attrs,
};

static ssize_t physical_device_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct xbback_vbd *vbd = vbd_of(dev);
	u64 number;

	mutex_lock(&vbd->back.rings_lock);
	number = vbd->disk.number;
	mutex_unlock(&vbd->back.rings_lock);
	return sysfs_emit(buf, "%x:%x\n", (u32)(number >> 32), (u32)number);
}
static DEVICE_ATTR_RO(physical_device);

static ssize_t mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	static const char *const names[] = {
		[XSPLIT_MODE_READ] = "r",
		[XSPLIT_MODE_WRITE] = "w",
		[XSPLIT_MODE_SHARE] = "w!",
	};
	struct xbback_vbd *vbd = vbd_of(dev);
	const char *name;

	mutex_lock(&vbd->back.rings_lock);
	name = vbd->disk.handle ? names[vbd->disk.mode] : "";
	mutex_unlock(&vbd->back.rings_lock);
	return sysfs_emit(buf, "%s\n", name);
}
static DEVICE_ATTR_RO(mode);

static ssize_t cgroup_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return xbback_limit_show(vbd_of(dev), buf);
}
static DEVICE_ATTR_RO(cgroup);

static struct attribute *device_attrs[] = {
	&dev_attr_physical_device.attr,
	&dev_attr_mode.attr,
	&dev_attr_cgroup.attr,
	NULL,
};

static const struct attribute_group device_group = {
	.attrs = device_attrs,
};

const struct attribute_group *xbback_groups[] = {
	&device_group,
	&statistics_group,
	NULL,
};

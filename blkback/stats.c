// SPDX-License-Identifier: GPL-2.0
/*
 * The statistics and the attributes of a vbd in sysfs. xentop and udev scripts depend on these
 * names.
 */
#include <linux/device.h>
#include <linux/jiffies.h>

#include "data.h"

#define LOG_EVERY (10 * HZ)

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

static struct xbback_vbd *vbd_of(struct device *dev)
{
	return xbback_to_vbd(dev_get_drvdata(dev));
}

/* The requests of each class come first, in the order of enum xvbd_op_class. */
#define RING_STAT(file, field) { #file, offsetof(struct xbback_ring, stats.field) },
#define CLASS_STAT(id, file, what) RING_STAT(file, reqs[XVBD_COUNTS_##id])
const struct xsplit_stat xbback_ring_stats[XBBACK_RING_STATS] = {
	XVBD_OP_CLASSES(CLASS_STAT)
	RING_STAT(oo_req, oo_req)
	RING_STAT(rd_sect, rd_sect)
	RING_STAT(wr_sect, wr_sect)
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
	NULL,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * The statistics and the attributes of a vbd in sysfs. xentop and udev scripts depend on these
 * names.
 */
#include <linux/device.h>
#include <linux/jiffies.h>

#include "data.h"

#define LOG_EVERY (10 * HZ)

void xbback_stats_add(struct xbback_stats *sum, const struct xbback_stats *part)
{
	sum->rd_req += READ_ONCE(part->rd_req);
	sum->wr_req += READ_ONCE(part->wr_req);
	sum->f_req += READ_ONCE(part->f_req);
	sum->ds_req += READ_ONCE(part->ds_req);
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
	s->rd_req += trait->class == XVBD_COUNTS_READ;
	s->f_req += trait->class == XVBD_COUNTS_FLUSH;
	s->ds_req += trait->class == XVBD_COUNTS_DISCARD;
	if (trait->data == XVBD_DATA_READ) {
		s->rd_sect += xvbd_request_sectors(wire, seg);
	} else if (trait->data == XVBD_DATA_WRITE) {
		/* A flush with data counts as a write too. */
		s->wr_req += wire->nr_segments ? 1 : 0;
		s->wr_sect += xvbd_request_sectors(wire, seg);
	}
}

void xbback_stats_log(struct xbback_ring *ring)
{
	const struct xbback_stats *s = &ring->stats;

	if (!READ_ONCE(xbback_params.log_stats) || time_before(jiffies, ring->log_due))
		return;
	ring->log_due = jiffies + LOG_EVERY;
	pr_info("xen-blkback: %s: read %llu, write %llu, flush %llu, discard %llu, out of memory %llu; %u of %u grants kept\n",
		ring->name, s->rd_req, s->wr_req, s->f_req, s->ds_req, s->oo_req, ring->pgrants.nr,
		READ_ONCE(xbback_params.max_persistent_grants));
}

/* rings_lock keeps the rings from being freed meanwhile (CVE-2026-100082). */
void xbback_stats_sum(struct xbback_vbd *vbd, struct xbback_stats *sum)
{
	unsigned int i;

	mutex_lock(&vbd->rings_lock);
	*sum = vbd->past;
	for (i = 0; i < vbd->nr_rings; i++)
		xbback_stats_add(sum, &vbd->rings[i].stats);
	mutex_unlock(&vbd->rings_lock);
}

#define STATISTIC(field)                                                                     \
	static ssize_t field##_show(struct device *dev, struct device_attribute *attr,       \
				    char *buf)                                               \
	{                                                                                    \
		struct xbback_stats sum;                                                     \
                                                                                             \
		xbback_stats_sum(dev_get_drvdata(dev), &sum);                                \
		return sysfs_emit(buf, "%llu\n", sum.field);                                 \
	}                                                                                    \
	static DEVICE_ATTR_RO(field)

STATISTIC(oo_req);
STATISTIC(rd_req);
STATISTIC(wr_req);
STATISTIC(f_req);
STATISTIC(ds_req);
STATISTIC(rd_sect);
STATISTIC(wr_sect);

static struct attribute *statistics_attrs[] = {
	&dev_attr_oo_req.attr,	&dev_attr_rd_req.attr,	&dev_attr_wr_req.attr,
	&dev_attr_f_req.attr,	&dev_attr_ds_req.attr,	&dev_attr_rd_sect.attr,
	&dev_attr_wr_sect.attr, NULL,
};

static const struct attribute_group statistics_group = {
	.name = "statistics",
	.attrs = statistics_attrs,
};

static ssize_t physical_device_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct xbback_vbd *vbd = dev_get_drvdata(dev);
	u64 number;

	mutex_lock(&vbd->rings_lock);
	number = vbd->disk.number;
	mutex_unlock(&vbd->rings_lock);
	return sysfs_emit(buf, "%x:%x\n", (u32)(number >> 32), (u32)number);
}
static DEVICE_ATTR_RO(physical_device);

static ssize_t mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	static const char *const names[] = {
		[XVBD_MODE_READ] = "r",
		[XVBD_MODE_WRITE] = "w",
		[XVBD_MODE_SHARE] = "w!",
	};
	struct xbback_vbd *vbd = dev_get_drvdata(dev);
	const char *name;

	mutex_lock(&vbd->rings_lock);
	name = vbd->disk.handle ? names[vbd->disk.mode] : "";
	mutex_unlock(&vbd->rings_lock);
	return sysfs_emit(buf, "%s\n", name);
}
static DEVICE_ATTR_RO(mode);

static ssize_t cgroup_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return xbback_limit_show(dev_get_drvdata(dev), buf);
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

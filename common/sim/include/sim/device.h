/* SPDX-License-Identifier: GPL-2.0 */
/* Devices of the driver core, their messages, and attributes in sysfs. */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include "lock.h"

struct kobject {
	const char *name;
};
struct device {
	struct kobject kobj;
	struct mutex mutex;
	void *driver_data;
	int references;
	void (*release)(struct device *dev);
	const char *name;
};
#define kobj_to_dev(k) container_of(k, struct device, kobj)
#define dev_name(d) ((d)->name)
#define dev_get_drvdata(d) ((d)->driver_data)
#define dev_set_drvdata(d, v) ((void)((d)->driver_data = (v)))
struct device *get_device(struct device *dev);
void put_device(struct device *dev);
void device_unregister(struct device *dev);
#define device_lock(d) mutex_lock(&(d)->mutex)
#define device_trylock(d) mutex_trylock(&(d)->mutex)
#define device_unlock(d) mutex_unlock(&(d)->mutex)

void sim_dev_say(const struct device *dev, const char *fmt, ...) __printf(2, 3);
#define dev_dbg sim_dev_say
#define dev_info sim_dev_say
#define dev_warn sim_dev_say
#define dev_err sim_dev_say
#define dev_notice sim_dev_say
#define dev_info_ratelimited sim_dev_say
#define dev_warn_ratelimited sim_dev_say
#define dev_err_ratelimited sim_dev_say
#define dev_notice_ratelimited sim_dev_say
#define dev_warn_once sim_dev_say
#define dev_err_once sim_dev_say

struct attribute {
	const char *name;
	unsigned short mode;
};
struct attribute_group {
	const char *name;
	struct attribute **attrs;
};
struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *text);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr, const char *text,
			 size_t size);
};
struct dev_ext_attribute {
	struct device_attribute attr;
	void *var;
};
#define __ATTR(n, m, s, w) { .attr = { .name = #n, .mode = m }, .show = s, .store = w }
#define __ATTR_RO(n) __ATTR(n, 0444, n##_show, NULL)
#define DEVICE_ATTR_RO(n) struct device_attribute dev_attr_##n = __ATTR_RO(n)
#define DEVICE_ATTR_RW(n) \
	struct device_attribute dev_attr_##n = __ATTR(n, 0644, n##_show, n##_store)
#define sysfs_attr_init(a) ((void)(a))
int sysfs_create_groups(struct kobject *kobj, const struct attribute_group **groups);
void sysfs_remove_groups(struct kobject *kobj, const struct attribute_group **groups);
int sysfs_create_group(struct kobject *kobj, const struct attribute_group *group);
void sysfs_remove_group(struct kobject *kobj, const struct attribute_group *group);
#define device_add_groups(d, g) sysfs_create_groups(&(d)->kobj, g)
#define device_remove_groups(d, g) sysfs_remove_groups(&(d)->kobj, g)
#define device_add_group(d, g) sysfs_create_group(&(d)->kobj, g)
#define device_remove_group(d, g) sysfs_remove_group(&(d)->kobj, g)
int sysfs_emit(char *text, const char *fmt, ...) __printf(2, 3);

#endif /* SIM_DEVICE_H */

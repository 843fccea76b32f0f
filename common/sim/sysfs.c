// SPDX-License-Identifier: GPL-2.0
/* Attributes: only whether those that were made are removed again. */
#include "world.h"

static int nr_groups;

int sysfs_create_group(struct kobject *kobj,
		       const struct attribute_group *group)
{
	(void)kobj;
	sim_may_sleep("sysfs_create_group()");
	if (!group)
		return 0;
	if (sim_memory_short && !sim_random(16))
		return -ENOMEM;
	nr_groups++;
	return 0;
}

void sysfs_remove_group(struct kobject *kobj,
			const struct attribute_group *group)
{
	(void)kobj;
	sim_may_sleep("sysfs_remove_group()");
	nr_groups -= !!group;
}

int sysfs_create_groups(struct kobject *kobj,
			const struct attribute_group **groups)
{
	int i, err;

	for (i = 0; groups && groups[i]; i++) {
		err = sysfs_create_group(kobj, groups[i]);
		if (!err)
			continue;
		while (i--)
			sysfs_remove_group(kobj, groups[i]);
		return err;
	}
	return 0;
}

void sysfs_remove_groups(struct kobject *kobj,
			 const struct attribute_group **groups)
{
	for (; groups && *groups; groups++)
		sysfs_remove_group(kobj, *groups);
}

void sim_end_sysfs(void)
{
	if (nr_groups)
		sim_problem("%d groups of attributes are left", nr_groups);
	nr_groups = 0;
}

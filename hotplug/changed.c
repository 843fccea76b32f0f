// SPDX-License-Identifier: GPL-2.0
/*
 * The size or the existence of a block device has changed. The kernel reports
 * this to udev, but not always to openers of the device. If physical-device is
 * written again, unchanged, the backend checks its device.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "agent.h"

/* Write physical-device only if it still names this device. */
struct device_node {
	const char *dir;
	const char *device;
};

static int rewrite_device(struct store *s, void *arg)
{
	const struct device_node *n = arg;
	char *named = store_read(s, n->dir, "physical-device");
	int err = -ECANCELED;

	if (named && !strcmp(named, n->device))
		err = store_write(s, n->dir, "physical-device", n->device);
	free(named);
	return err;
}

static int recheck_vbd(struct job *job, const char *bus_name, dev_t device)
{
	char text[32];
	struct device_node n = { .dir = job->vbd.path, .device = text };
	dev_t served;
	int err;

	if (!vbd_read_device(job->root, bus_name, &served) || served != device ||
	    vbd_parse_bus_name(&job->vbd, bus_name))
		return 0;
	snprintf(text, sizeof(text), "%x:%x", major(device), minor(device));
	err = store_transaction(job->store, rewrite_device, &n);
	if (err && err != -ECANCELED)
		return fail_detail(&job->failure, MSG_STORE, n.dir, "%s", strerror(-err));
	return 0;
}

int agent_changed(struct job *job)
{
	const char *ma = getenv("MAJOR"), *mi = getenv("MINOR");
	char bus[PATH_MAX];
	struct dirent *e;
	dev_t device;
	int err = 0;
	DIR *dir;

	if (!ma || !mi)
		return fail(&job->failure, MSG_USAGE, "");
	device = makedev((unsigned int)strtoul(ma, NULL, 10),
			 (unsigned int)strtoul(mi, NULL, 10));
	snprintf(bus, sizeof(bus), "%s/sys/bus/xen-backend/devices", job->root);
	dir = opendir(bus);
	while (dir && (e = readdir(dir)))
		if (recheck_vbd(job, e->d_name, device))
			err = -1;
	if (dir)
		closedir(dir);
	return err;
}

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

#include "agent.h"

/* Write physical-device only if it still names this device. */
struct naming {
	const char *dir;
	const char *device;
};

static int name_again(struct store *s, void *arg)
{
	const struct naming *n = arg;
	char *named = store_read(s, n->dir, "physical-device");
	int err = -ECANCELED;

	if (named && !strcmp(named, n->device))
		err = store_write(s, n->dir, "physical-device", n->device);
	free(named);
	return err;
}

static bool serves(struct job *job, const char *bus_name, const char *device)
{
	char path[PATH_MAX], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/bus/xen-backend/devices/%s/physical_device",
		 job->root, bus_name);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, device);
}

static int tell(struct job *job, const char *bus_name, const char *device)
{
	struct naming n = { .dir = job->vbd.path, .device = device };
	int err;

	if (!serves(job, bus_name, device) || vbd_parse_bus_name(&job->vbd, bus_name))
		return 0;
	err = store_transaction(job->store, name_again, &n);
	if (err && err != -ECANCELED)
		return fail_detail(&job->failure, MSG_STORE, n.dir, "%s", strerror(-err));
	return 0;
}

int agent_changed(struct job *job)
{
	const char *major = getenv("MAJOR"), *minor = getenv("MINOR");
	char bus[PATH_MAX], device[32];
	struct dirent *e;
	int err = 0;
	DIR *dir;

	if (!major || !minor)
		return fail(&job->failure, MSG_USAGE, "");
	snprintf(device, sizeof(device), "%lx:%lx", strtoul(major, NULL, 10),
		 strtoul(minor, NULL, 10));
	snprintf(bus, sizeof(bus), "%s/sys/bus/xen-backend/devices", job->root);
	dir = opendir(bus);
	while (dir && (e = readdir(dir)))
		if (tell(job, e->d_name, device))
			err = -1;
	if (dir)
		closedir(dir);
	return err;
}

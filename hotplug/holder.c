// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "holder.h"
#include "proc.h"

#define RETRY_MS 50
#define LEAVING_MS 2500		/* for a vbd that drains after a forced detach */
#define UNKNOWN_MS 500		/* for another program that only probes, as this one does */

bool holder_worth_waiting(struct job *job, const struct holder *h,
			  int64_t since)
{
	int64_t limit = 0;

	if (h->leaving)
		limit = LEAVING_MS;
	else if (h->message == MSG_BUSY_UNKNOWN)
		limit = UNKNOWN_MS;
	return now_ms() - since < limit &&
	       !deadline_sleep(job->deadline, RETRY_MS);
}

static bool is_device(const char *path, dev_t device)
{
	struct stat st;

	return *path == '/' && !stat(path, &st) && S_ISBLK(st.st_mode) &&
	       st.st_rdev == device;
}

struct mount_search {
	dev_t device;
	bool read_only;	/* the job only reads: read-only mounts are allowed */
	bool found_read_only;
	char where[256];
};

/*
 * A file system may have its own device number, so compare the source of the
 * mount, too. The file system is read-only if its super block options say so,
 * which follow the source. The options of a mount are not enough: one mount may
 * be read-only while another is not.
 */
static bool match_mount(char *line, void *arg)
{
	struct mount_search *m = arg;
	char source[1024] = "", where[1024], options[8] = "";
	unsigned int major, minor;
	char *dash;

	if (sscanf(line, "%*s %*s %u:%u %*s %1023s", &major, &minor, where) != 3)
		return false;
	dash = strstr(line, " - ");
	if (dash)
		sscanf(dash, " - %*s %1023s %7[^,\n]", source, options);
	proc_unescape(source);
	if (makedev(major, minor) != m->device && !is_device(source, m->device))
		return false;
	if (m->read_only && !strcmp(options, "ro")) {
		m->found_read_only = true;
		return false;
	}
	proc_unescape(where);
	snprintf(m->where, sizeof(m->where), "%.255s", where);
	return true;
}

static bool match_swap(char *line, void *arg)
{
	const struct stat *want = arg;
	char path[1024];
	struct stat st;

	if (sscanf(line, "%1023s", path) != 1 || *path != '/')
		return false;
	proc_unescape(path);
	if (stat(path, &st))
		return false;
	if (S_ISBLK(want->st_mode))
		return S_ISBLK(st.st_mode) && st.st_rdev == want->st_rdev;
	return st.st_dev == want->st_dev && st.st_ino == want->st_ino;
}

bool holder_is_swap(const char *root, const struct stat *st)
{
	struct stat want = *st;

	return proc_find_line(root, "swaps", match_swap, &want);
}

/* Reads the first line of a file in sysfs, without the newline. */
static bool read_line(char *text, int size, const char *dir, const char *file)
{
	char path[PATH_MAX];
	bool ok = false;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= PATH_MAX)
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(text, size, f)) {
		text[strcspn(text, "\n")] = '\0';
		ok = true;
	}
	fclose(f);
	return ok;
}

/* A device and its directory in sysfs. */
struct block_device {
	dev_t device;
	char dir[PATH_MAX];
	char name[64];
};

static bool find_device(struct block_device *d, const char *root, dev_t device)
{
	char path[PATH_MAX];
	const char *slash;

	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u", root,
		 major(device), minor(device));
	d->device = device;
	if (!realpath(path, d->dir))
		return false;
	slash = strrchr(d->dir, '/');
	snprintf(d->name, sizeof(d->name), "%.63s", slash + 1);
	return true;
}

static bool find_mount(struct job *job, const struct block_device *d, struct holder *h)
{
	struct mount_search m = { .device = d->device, .read_only = !job->write };
	bool found = proc_find_line(job->root, "self/mountinfo", match_mount, &m);

	h->found_sharer |= m.found_read_only;
	if (!found)
		return false;
	h->message = MSG_BUSY_MOUNT;
	snprintf(h->text, sizeof(h->text), "%s is mounted at %s", d->name,
		 m.where);
	return true;
}

static bool find_swap(struct job *job, const struct block_device *d, struct holder *h)
{
	struct stat st = { .st_mode = S_IFBLK, .st_rdev = d->device };

	if (!holder_is_swap(job->root, &st))
		return false;
	h->message = MSG_BUSY_SWAP;
	snprintf(h->text, sizeof(h->text), "%s", d->name);
	return true;
}

/* md, device-mapper and bcache register themselves in holders/. */
static bool find_stacked_device(struct job *job, const struct block_device *d,
				struct holder *h)
{
	char path[PATH_MAX + 300], dm[128];
	struct dirent *e;
	DIR *dir;

	(void)job;
	snprintf(path, sizeof(path), "%s/holders", d->dir);
	dir = opendir(path);
	if (!dir)
		return false;
	do
		e = readdir(dir);
	while (e && e->d_name[0] == '.');
	if (e) {
		h->message = MSG_BUSY_HOLDER;
		snprintf(path, sizeof(path), "%s/holders/%.64s", d->dir,
			 e->d_name);
		if (read_line(dm, sizeof(dm), path, "dm/name"))
			snprintf(h->text, sizeof(h->text),
				 "%s is part of %.64s (%s)", d->name, e->d_name,
				 dm);
		else
			snprintf(h->text, sizeof(h->text),
				 "%s is part of %.64s", d->name, e->d_name);
	}
	closedir(dir);
	return e;
}

/* A device that a backend has open, with its mode: r, w or w!. */
struct served_device {
	struct block_device device;
	const char *bus_name;
	char mode[8];
};

/* The attributes exist while a backend is bound. */
static bool read_served_device(struct job *job, const char *bus, const char *name,
			       struct served_device *s)
{
	char path[PATH_MAX + 300];
	dev_t device;

	if (!vbd_read_device(job->root, name, &device) ||
	    !find_device(&s->device, job->root, device))
		return false;
	snprintf(path, sizeof(path), "%s/%s", bus, name);
	if (!read_line(s->mode, sizeof(s->mode), path, "mode"))
		s->mode[0] = '\0';
	s->bus_name = name;
	return true;
}

/* @same: the devices are the same, not only overlapping. */
static bool may_share(struct job *job, const struct served_device *s, const struct vbd *vbd,
		      bool same)
{
	if (!job->write)
		return !strcmp(s->mode, "r");
	if (job->share || !strcmp(s->mode, "w!"))
		return same && job->share && !strcmp(s->mode, "w!");
	return same && !strcmp(s->mode, "w") && vbd_same_disk(job->store, &job->vbd, vbd);
}

static void describe_vbd(struct job *job, const struct served_device *s, const struct vbd *vbd,
			 struct holder *h)
{
	const char *how = !strcmp(s->mode, "r") ? "read-only" :
			  !strcmp(s->mode, "w!") ? "writable by several (mode w!)" : "writable";
	char guest[200];

	h->message = MSG_BUSY_VBD;
	h->leaving = vbd_is_leaving(job->store, vbd);
	vbd_describe(job->store, vbd, guest, sizeof(guest));
	snprintf(h->text, sizeof(h->text), "%s is attached to %s, %s", s->device.name, guest, how);
}

static bool is_conflicting(struct job *job, dev_t device, const struct served_device *s,
			   struct holder *h)
{
	struct vbd vbd;

	if (!holder_overlap(job->root, device, s->device.device))
		return false;
	if (vbd_parse_bus_name(&vbd, s->bus_name)) {
		h->message = MSG_BUSY_VBD;
		snprintf(h->text, sizeof(h->text), "%s is attached as %.64s", s->device.name,
			 s->bus_name);
		return true;
	}
	if (may_share(job, s, &vbd, device == s->device.device)) {
		h->found_sharer = true;
		return false;
	}
	describe_vbd(job, s, &vbd, h);
	return true;
}

static bool find_vbd_holder(struct job *job, dev_t device, struct holder *h)
{
	char bus[PATH_MAX];
	bool found = false;
	struct served_device s;
	struct dirent *e;
	DIR *dir;

	snprintf(bus, sizeof(bus), "%s/sys/bus/xen-backend/devices", job->root);
	dir = opendir(bus);
	if (!dir)
		return false;
	while (!found && (e = readdir(dir)))
		found = read_served_device(job, bus, e->d_name, &s) &&
			is_conflicting(job, device, &s, h);
	closedir(dir);
	return found;
}

static bool find_direct_holder(struct job *job, const struct block_device *d, struct holder *h)
{
	return find_mount(job, d, h) || find_swap(job, d, h) || find_stacked_device(job, d, h);
}

static bool read_device_number(const char *dir, dev_t *device)
{
	unsigned int major, minor;
	char text[32];

	if (!read_line(text, sizeof(text), dir, "dev") ||
	    sscanf(text, "%u:%u", &major, &minor) != 2)
		return false;
	*device = makedev(major, minor);
	return true;
}

/* Partitions are the subdirectories of a disk that have a file "partition". */
static bool find_partition_holder(struct job *job, const struct block_device *whole,
				  struct holder *h)
{
	char path[PATH_MAX + 300], text[16];
	struct block_device part;
	bool found = false;
	struct dirent *e;
	dev_t device;
	DIR *dir;

	dir = opendir(whole->dir);
	if (!dir)
		return false;
	while (!found && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", whole->dir, e->d_name);
		if (e->d_name[0] != '.' &&
		    read_line(text, sizeof(text), path, "partition") &&
		    read_device_number(path, &device) &&
		    find_device(&part, job->root, device))
			found = find_direct_holder(job, &part, h);
	}
	closedir(dir);
	return found;
}

/* Finds the whole disk of a partition, and sets @part->dir to its directory. */
static bool find_whole_disk(struct block_device *part, dev_t *device)
{
	char text[16];

	if (!read_line(text, sizeof(text), part->dir, "partition"))
		return false;
	*strrchr(part->dir, '/') = '\0';
	return read_device_number(part->dir, device);
}

static bool find_disk_holder(struct job *job, struct block_device *part, struct holder *h)
{
	struct block_device whole;
	dev_t device;

	return find_whole_disk(part, &device) && find_device(&whole, job->root, device) &&
	       find_direct_holder(job, &whole, h);
}

static bool is_partition_of(const char *root, dev_t part, dev_t whole)
{
	struct block_device d;
	dev_t device;

	return find_device(&d, root, part) && find_whole_disk(&d, &device) && device == whole;
}

bool holder_overlap(const char *root, dev_t a, dev_t b)
{
	return a == b || is_partition_of(root, a, b) || is_partition_of(root, b, a);
}

bool holder_find(struct job *job, dev_t device, bool claimed, struct holder *h)
{
	struct block_device d;

	memset(h, 0, sizeof(*h));
	h->message = MSG_BUSY_UNKNOWN;
	if (claimed && find_device(&d, job->root, device) &&
	    (find_direct_holder(job, &d, h) || find_partition_holder(job, &d, h) ||
	     find_disk_holder(job, &d, h)))
		return true;
	return find_vbd_holder(job, device, h) || (claimed && !h->found_sharer);
}

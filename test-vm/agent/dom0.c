// SPDX-License-Identifier: GPL-2.0
/* What exists in dom0 and in Xen. Programs take 50 ms to start here: so none is started. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inventory.h"
#include "store.h"
#include "xen.h"

#define TRACING	"/sys/kernel/tracing"

struct domains domains;

static struct lines channels;

static const char *name_of(unsigned int id)
{
	static char gone[32];

	for (size_t i = 0; i < domains.count; i++)
		if (domains.id[i] == id)
			return domains.name[i];
	snprintf(gone, sizeof(gone), "domain %u (gone)", id);
	return gone;
}

int domain_exists(const char *name)
{
	for (size_t i = 0; i < domains.count; i++)
		if (!strcmp(domains.name[i], name))
			return 1;
	return 0;
}

static void add_domain(unsigned int id, const char *path)
{
	char name[4097];

	if (domains.count == sizeof(domains.id) / sizeof(*domains.id) ||
	    store_read(path, name, sizeof(name)))
		return;
	domains.id[domains.count] = id;
	domains.name[domains.count++] = strdup(name);
}

static void forget_domains(void)
{
	while (domains.count)
		free(domains.name[--domains.count]);
}

/* Whether the directory /backend/CLASS or /device/CLASS ends at that place in a path. */
static int is_below(const char *path, const char *end)
{
	return (end - path >= 8 && !strncmp(end - 8, "/backend", 8)) ||
	       (end - path >= 7 && !strncmp(end - 7, "/device", 7));
}

/* Whether a path is in the directory of a device of our classes: as far as its numbers go. */
static int is_device_dir(const char *path)
{
	char classes[512], *rest = classes, *name, part[80];

	snprintf(classes, sizeof(classes), "%s", classes_with(' '));
	while ((name = strsep(&rest, " "))) {
		snprintf(part, sizeof(part), "/%.64s/", name);
		for (const char *at = strstr(path, part); at; at = strstr(at + 1, part)) {
			const char *end = at + strlen(part);

			if (is_below(path, at))
				return *end && !end[strspn(end, "0123456789/")];
		}
	}
	return 0;
}

/* Whether a path is below a directory of one of our classes, where nodes come and go. */
static int is_in_class_dir(const char *path)
{
	char classes[512], *rest = classes, *name, pattern[80];

	snprintf(classes, sizeof(classes), "%s", classes_with(' '));
	while ((name = strsep(&rest, " "))) {
		snprintf(pattern, sizeof(pattern), "*/%.64s", name);
		if (!fnmatch(pattern, path, 0))
			return 1;
		snprintf(pattern, sizeof(pattern), "*/%.64s/*", name);
		if (!fnmatch(pattern, path, 0))
			return 1;
	}
	return 0;
}

/* Where guest_put() lends files to guests. */
static int is_of_harness(const char *path)
{
	return !fnmatch("/tool*", path, 0);
}

/* Error nodes come and go, but a guest cannot make again the directory where it writes them. */
static int is_error_dir_of_guest(const char *path)
{
	unsigned int id = 0;
	int end = 0;

	sscanf(path, "/local/domain/%u/error%n", &id, &end);
	return id && end && !path[end];
}

static int count_store(struct lines *list)
{
	struct store_tree tree = { 0 };
	unsigned int id;
	int end;

	if (store_walk(&tree)) {
		puts("xenstore does not answer");
		return -1;
	}
	forget_domains();
	for (size_t i = 0; i < tree.count; i++) {
		const char *path = tree.path[i];

		end = 0;
		sscanf(path, "/local/domain/%u/name%n", &id, &end);
		if (end && !path[end])
			add_domain(id, path);
		if (is_of_harness(path))
			;
		else if (is_device_dir(path))
			lines_add(list, "xenstore directory %s", path);
		else if (is_error_dir_of_guest(path) ||
			 (fnmatch("*/error*", path, 0) && fnmatch("*/device", path, 0) &&
			  fnmatch("*/backend", path, 0) && !is_in_class_dir(path)))
			lines_add(list, STATE "xenstore node %s", path);
		free(tree.path[i]);
	}
	free(tree.path);
	return 0;
}

static void see_channel(unsigned int domid, int remote)
{
	char *here = strdup(name_of(domid));

	lines_add(&channels, "event channels of %s to %s", here,
		  remote < 0 ? "itself" : name_of(remote));
	free(here);
}

static void count_channels(struct lines *list)
{
	for (size_t i = 0; i < domains.count; i++) {
		lines_add(list, STATE "domain %u is %s", domains.id[i], domains.name[i]);
		xen_each_channel(domains.id[i], see_channel);
	}
	lines_add_counts(list, &channels);
	lines_free(&channels);
}

static int count_grants(struct lines *list)
{
	static uint32_t position;
	struct lines grants = { 0 };
	unsigned int domain = 0;
	char *text, *rest, *line;

	free(xen_read_log(&position, 0));
	if (xen_print_grants() || !(text = xen_read_log(&position, 0))) {
		printf("Xen does not show its grant tables: %s\n", strerror(errno));
		return -1;
	}
	for (rest = text; (line = strsep(&rest, "\n"));) {
		const char *table = strstr(line, "grant-table for remote d");

		if (table)
			sscanf(table, "grant-table for remote d%u", &domain);
		else if (!strncmp(line, "(XEN) [0x", 9))
			lines_add(&grants, "active grants of %s", name_of(domain));
	}
	free(text);
	lines_add_counts(list, &grants);
	lines_free(&grants);
	return 0;
}

static void count_block_devices(struct lines *list)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[512], *backing;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", entry->d_name);
		backing = read_file(path);
		if (backing)
			lines_add(list, "block device /dev/%s on %.*s", entry->d_name,
				  (int)strcspn(backing, "\n"), backing);
		else if (strncmp(entry->d_name, "loop", 4))
			lines_add(list, "block device /dev/%s", entry->d_name);
		free(backing);
	}
	if (dir)
		closedir(dir);
}

static int contains(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return 1;
	return 0;
}

/* "12.xvda", as the back names its threads. */
static int is_disk_thread(const char *name)
{
	const char *at = strstr(name, ".xvd");

	return at && at > name && isdigit(at[-1]);
}

static void count_process(struct lines *list, const char *pid)
{
	static const char *const ours[] = { "xbback", "xen-vbd", "vbd", "blkback", NULL };
	char path[64], *name, *command;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	name = read_file(path);
	if (!name || !*name) {
		free(name);
		return;
	}
	name[strcspn(name, "\n")] = '\0';
	/* A worker of the kernel's pool bears the name of what it did last. */
	if (strncmp(name, "kworker", 7) && (contains(name, ours) || is_disk_thread(name)))
		lines_add(list, "kernel thread %s", name);
	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	command = read_file(path);
	/* udev starts and ends workers as it likes; this program's own ask the guests. */
	if (command && *command && strcmp(name, "inventory") && !strstr(name, "udev"))
		lines_add(list, STATE "process %s %s", pid, name);
	free(command);
	free(name);
}

static void count_processes(struct lines *list)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit(entry->d_name[0]))
			count_process(list, entry->d_name);
	if (dir)
		closedir(dir);
}

/* Interrupts bear the name of the class, or of the module. */
static int is_our_interrupt(const char *line)
{
	static const char *const ours[] = { "blkif", "xbback", "xbfront", "blkback", "blkfront", NULL };
	char classes[512], *rest = classes, *name;

	if (contains(line, ours))
		return 1;
	snprintf(classes, sizeof(classes), "%s", classes_with(' '));
	while ((name = strsep(&rest, " ")))
		if (strstr(line, name))
			return 1;
	return 0;
}

static void count_interrupts(struct lines *list)
{
	char *text = read_file("/proc/interrupts"), *rest = text, *line, *last;

	while (rest && (line = strsep(&rest, "\n"))) {
		last = strrchr(line, ' ');
		if (is_our_interrupt(line))
			lines_add(list, "interrupt %s", last ? last + 1 : line);
	}
	free(text);
}

static void count_modules(struct lines *list)
{
	char *text = read_file("/proc/modules"), *rest = text, *line, name[64], used[16];

	while (rest && (line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%63s %*s %15s", name, used) != 2)
			continue;
		if (!fnmatch("xen_*front", name, 0) || !fnmatch("xen_*back", name, 0))
			lines_add(list, "module %s used %s times", name, used);
		else
			lines_add(list, STATE "module %s", name);
	}
	free(text);
}

static void count_watches(struct lines *list)
{
	char *text = read_file(TRACING "/kprobe_profile"), *rest = text, *line, name[64];
	long watches = 0, hits;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%63s %ld", name, &hits) != 2)
			continue;
		if (!strcmp(name, "test_watch_add"))
			watches += hits;
		else if (!strcmp(name, "test_watch_del"))
			watches -= hits;
	}
	free(text);
	lines_add(list, "xenbus watches registered since the start: %ld", watches);
}

static void count_file(struct lines *list, const char *path)
{
	char *text = read_file(path), prefix[128];

	snprintf(prefix, sizeof(prefix), STATE "%s: ", path);
	if (text)
		lines_add_text(list, prefix, text);
	free(text);
}

/* Names, and with times what tells a changed file from the same. */
static void count_folder(struct lines *list, const char *path, int times)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char name[512];
		struct stat st;

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' || lstat(name, &st))
			continue;
		if (S_ISREG(st.st_mode) && times)
			lines_add(list, STATE "%s has %lld bytes of %lld", name,
				  (long long)st.st_size, (long long)st.st_mtime);
		else
			lines_add(list, STATE "%s is there", name);
	}
	if (dir)
		closedir(dir);
}

static void count_settings(struct lines *list)
{
	static const char *const files[] = {
		"/proc/self/mounts", TRACING "/kprobe_events", TRACING "/set_event",
		TRACING "/current_tracer", "/proc/sys/kernel/printk",
		"/proc/sys/kernel/hung_task_timeout_secs", "/proc/sys/vm/drop_caches",
		"/proc/sys/fs/aio-max-nr", "/proc/sys/vm/dirty_bytes",
		"/proc/sys/vm/min_free_kbytes",
	};
	static const char *const changed[] = {
		"/etc", "/etc/xen", "/etc/xen/scripts", "/etc/xen/scripts/targets",
		"/etc/udev/rules.d", "/etc/modprobe.d", "/etc/drbd.d", "/etc/lvm",
		"/var/lib/xen-vbd", "/run/udev/rules.d",
	};
	static const char *const made[] = {
		"/mnt", "/srv", "/var/lib/xen", "/run", "/run/xen",
		"/sys/fs/cgroup", "/dev/mapper", "/root", "/",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		count_file(list, files[i]);
	for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); i++)
		count_folder(list, changed[i], 1);
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		count_folder(list, made[i], 0);
}

int count_dom0(struct lines *list)
{
	if (count_store(list) || count_grants(list))
		return -1;
	count_channels(list);
	count_block_devices(list);
	count_processes(list);
	count_interrupts(list);
	count_modules(list);
	count_watches(list);
	count_settings(list);
	return 0;
}

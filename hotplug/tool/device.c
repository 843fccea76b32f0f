// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define BUS_NAME_MAX 19		/* XEN_BUS_ID_SIZE of Linux, less its NUL */

static bool is_class(const char *name)
{
	return *name >= 'a' && *name <= 'z' && strlen(name) < KIND_MAX &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

/* Classes of which libxl takes care: it would not know what became of their devices. */
static bool is_of_libxl(const char *class)
{
	static const char *const classes[] = {
		"9pfs", "console", "pci", "qusb", "vdispl", "vfb", "vif", "vinput", "vkb",
		"vkbd", "vsnd", "vtpm", "vusb", "virtio", "xen_9pfs",
	};
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (!strcmp(class, classes[i]))
			return true;
	return false;
}

int device_check_class(struct tool *t, const char *class, const char *instead)
{
	if (backend_is_known(class))
		return fail_detail(&t->failure, MSG_DEVICE_DISK, class, "%s", instead);
	if (is_of_libxl(class))
		return fail_detail(&t->failure, MSG_DEVICE_DISK, class, "%s", "xl");
	return is_class(class) ? 0 : fail(&t->failure, MSG_DEVICE_CLASS, class);
}

int device_parse_id(struct tool *t, const char *text, unsigned int *id)
{
	long n = number_parse(text, DEVICE_ID_MAX);

	if (n < 0)
		return fail_detail(&t->failure, MSG_DEVICE_ID, text, "%d", DEVICE_ID_MAX);
	*id = (unsigned int)n;
	return 0;
}

int device_check_length(struct tool *t, const struct disk *d)
{
	char name[KIND_MAX + 32];

	snprintf(name, sizeof(name), "%s-%u-%u", d->class, d->domid, d->devid);
	if (strlen(name) <= BUS_NAME_MAX)
		return 0;
	return fail_detail(&t->failure, MSG_DEVICE_LONG, name, "%d", BUS_NAME_MAX);
}

bool device_is_taken(struct tool *t, const struct disk *d)
{
	struct backend own = { .domid = t->domid };
	char dir[STORE_PATH_MAX];

	strcpy(own.kind, d->kind);
	backend_dir(&own, d->domid, d->devid, dir);
	return store_exists(t->store, d->front) || store_exists(t->store, d->copy) ||
	       store_exists(t->store, d->back) || store_exists(t->store, dir);
}

int device_fail_taken(struct tool *t, const struct disk *d)
{
	struct ends e = disk_ends(t, d);

	return fail_detail(&t->failure, MSG_DEVICE_TAKEN, d->label, "backend %s, frontend %s",
			   state_name(e.back), state_name(e.front));
}

/* What is looked for. */
struct search {
	const char *class;
	unsigned int domid, id;
	char front[STORE_PATH_MAX], copy[STORE_PATH_MAX];
};

static bool has_back(struct tool *t, const struct search *s, unsigned int backend,
		     char dir[STORE_PATH_MAX])
{
	struct backend b = { .domid = backend };

	snprintf(b.kind, sizeof(b.kind), "%s", s->class);
	backend_dir(&b, s->domid, s->id, dir);
	return store_exists(t->store, dir);
}

/* Reads the node "backend" in @dir; fails if it is no path for this device. */
static bool read_backend(struct tool *t, const struct search *s, const char *dir,
			 unsigned int *backend)
{
	char *path = store_read(t->store, dir, "backend");
	char same[STORE_PATH_MAX];
	bool ok = false;

	if (path && sscanf(path, "/local/domain/%5u/", backend) == 1 && *backend <= DOMID_MAX) {
		has_back(t, s, *backend, same);
		ok = !strcmp(path, same);
	}
	free(path);
	return ok;
}

static bool find_in_any_domain(struct tool *t, const struct search *s, unsigned int *backend)
{
	char dir[STORE_PATH_MAX];
	unsigned int i, count;
	bool found = false;
	char **ids;
	long id;

	ids = store_list(t->store, "/local/domain", &count);
	for (i = 0; !found && i < count; i++) {
		id = number_parse(ids[i], DOMID_MAX);
		found = id >= 0 && has_back(t, s, (unsigned int)id, dir);
		if (found)
			*backend = (unsigned int)id;
	}
	free(ids);
	return found;
}

/* As for a disk: the toolstack's copy; without it this domain, the guest's node, the others. */
static bool find_backend(struct tool *t, const struct search *s, unsigned int *backend)
{
	char dir[STORE_PATH_MAX];
	unsigned int named;

	if (read_backend(t, s, s->copy, backend))
		return true;
	*backend = t->domid;
	if (has_back(t, s, t->domid, dir))
		return true;
	if (read_backend(t, s, s->front, &named) && has_back(t, s, named, dir)) {
		*backend = named;
		return true;
	}
	return find_in_any_domain(t, s, backend) || store_exists(t->store, s->front) ||
	       store_exists(t->store, s->copy);
}

/* A domain that is gone has no name, and so is found by its number alone. */
static int find_domain(struct tool *t, const char *name, unsigned int *domid, bool *gone)
{
	long id = number_parse(name, DOMID_MAX);

	*gone = domain_find(t, name, domid);
	if (*gone && id >= 0)
		*domid = (unsigned int)id;
	return *gone && id < 0 ? -1 : 0;
}

static int fail_none(struct tool *t, const struct search *s, const char *domain)
{
	char dir[STORE_PATH_MAX], numbers[256] = "";
	unsigned int i, count;
	size_t n = 0;
	char **ids;

	snprintf(dir, sizeof(dir), "/local/domain/%u/device/%s", s->domid, s->class);
	ids = store_list(t->store, dir, &count);
	for (i = 0; i < count && n < sizeof(numbers); i++)
		n += (size_t)snprintf(numbers + n, sizeof(numbers) - n, "%s%s", i ? ", " : "",
				      ids[i]);
	free(ids);
	return fail_detail(&t->failure, MSG_DEVICE_NONE, domain, "%s %u: %s%s", s->class, s->id,
			   count ? "of this class it has " : "it has none of this class", numbers);
}

int device_find(struct tool *t, struct disk *d)
{
	const char *const *argument = t->options.argument;
	struct search s = { .class = argument[0] };
	unsigned int backend;
	bool gone;

	if (device_check_class(t, s.class, "vbd detach") ||
	    device_parse_id(t, argument[2], &s.id) ||
	    find_domain(t, argument[1], &s.domid, &gone))
		return -1;
	snprintf(s.front, sizeof(s.front), "/local/domain/%u/device/%s/%u", s.domid, s.class, s.id);
	snprintf(s.copy, sizeof(s.copy), "/libxl/%u/device/%s/%u", s.domid, s.class, s.id);
	if (!find_backend(t, &s, &backend))
		return gone ? -1 : fail_none(t, &s, argument[1]);
	disk_set_class(t, d, s.class, s.domid, s.id, backend);
	return 0;
}

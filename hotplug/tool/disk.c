// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "disk.h"

const char *state_name(unsigned int state)
{
	static const char *const names[STATES] = {
		"none",	     "Initialising", "InitWait", "Initialised",
		"Connected", "Closing",	     "Closed",
	};

	return state < STATES ? names[state] : "invalid";
}

static void name_domain_dir(char dir[STORE_PATH_MAX], unsigned int domid)
{
	snprintf(dir, STORE_PATH_MAX, "/local/domain/%u", domid);
}

static bool has_name(struct tool *t, unsigned int domid, const char *name)
{
	char dir[STORE_PATH_MAX];
	char *is;
	bool same;

	name_domain_dir(dir, domid);
	is = store_read(t->store, dir, "name");
	same = is && !strcmp(is, name);
	free(is);
	return same;
}

int domain_find(struct tool *t, const char *name, unsigned int *domid)
{
	char dir[STORE_PATH_MAX];
	unsigned int i, count;
	char **ids;
	long id = number_parse(name, DOMID_MAX);

	if (id >= 0) {
		name_domain_dir(dir, (unsigned int)id);
		if (!store_exists(t->store, dir))
			return fail(&t->failure, MSG_NO_DOMAIN, name);
		*domid = (unsigned int)id;
		return 0;
	}
	ids = store_list(t->store, "/local/domain", &count);
	for (i = 0; i < count && id < 0; i++) {
		id = number_parse(ids[i], DOMID_MAX);
		if (id >= 0 && !has_name(t, (unsigned int)id, name))
			id = -1;
	}
	free(ids);
	*domid = (unsigned int)id;
	return id < 0 ? fail(&t->failure, MSG_NO_DOMAIN, name) : 0;
}

/* The name is printed to a terminal: replace control characters. */
static void name_domain(struct tool *t, struct disk *d)
{
	char dir[STORE_PATH_MAX];
	char *name, *c;

	name_domain_dir(dir, d->domid);
	name = store_read(t->store, dir, "name");
	if (name && *name)
		snprintf(d->domain, sizeof(d->domain), "%s", name);
	else
		snprintf(d->domain, sizeof(d->domain), "%u", d->domid);
	free(name);
	for (c = d->domain; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* The disk may have been attached under another name, such as sda. */
static void name_disk(struct tool *t, struct disk *d)
{
	char *dev = store_read(t->store, d->back, "dev");
	unsigned int devid;

	if (dev && strlen(dev) < sizeof(d->name) &&
	    disk_name_parse(dev, &devid) && devid == d->devid)
		strcpy(d->name, dev);
	else
		disk_name_print(d->devid, d->name);
	free(dev);
}

/* The class and the name must be set. */
static void set_paths(struct tool *t, struct disk *d, const struct backend *b)
{
	d->backend = b->domid;
	d->here = b->domid == t->domid;
	memcpy(d->kind, b->kind, sizeof(d->kind));
	snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u",
		 d->domid, d->class, d->devid);
	backend_dir(b, d->domid, d->devid, d->back);
	snprintf(d->copy, sizeof(d->copy), "/libxl/%u/device/%s/%u", d->domid,
		 d->class, d->devid);
	name_domain(t, d);
}

static void set_disk(struct tool *t, struct disk *d, unsigned int domid,
		     unsigned int devid, const struct backend *b)
{
	d->domid = domid;
	d->devid = devid;
	strcpy(d->class, "vbd");
	set_paths(t, d, b);
	name_disk(t, d);
	snprintf(d->label, sizeof(d->label), "%s of %s", d->name, d->domain);
}

void disk_set(struct tool *t, struct disk *d, unsigned int domid,
	      unsigned int devid, unsigned int backend)
{
	struct backend b = { .domid = backend, .kind = "vbd" };

	set_disk(t, d, domid, devid, &b);
}

void disk_set_class(struct tool *t, struct disk *d, const char *class, unsigned int domid,
		    unsigned int devid, unsigned int backend)
{
	struct backend b = { .domid = backend };

	snprintf(b.kind, sizeof(b.kind), "%s", class);
	snprintf(d->class, sizeof(d->class), "%s", class);
	d->domid = domid;
	d->devid = devid;
	set_paths(t, d, &b);
	snprintf(d->name, sizeof(d->name), "%u", devid);
	snprintf(d->label, sizeof(d->label), "%s %u of %s", d->class, devid, d->domain);
}

bool disk_is_disk(const struct disk *d)
{
	return !strcmp(d->class, "vbd");
}

bool disk_look_up(struct tool *t, struct disk *d, unsigned int domid,
		  unsigned int devid)
{
	struct backend b;

	if (!backend_find(t, domid, devid, &b))
		return false;
	set_disk(t, d, domid, devid, &b);
	return true;
}

int disk_find(struct tool *t, int first, struct disk *d)
{
	const char *const *argument = t->options.argument + first;
	unsigned int domid, devid;

	if (domain_find(t, argument[0], &domid))
		return -1;
	if (!disk_name_parse(argument[1], &devid))
		return fail(&t->failure, MSG_DISK_NAME, argument[1]);
	if (!disk_look_up(t, d, domid, devid))
		return fail_detail(&t->failure, MSG_NO_DISK, argument[0], "%s",
				   argument[1]);
	return 0;
}

bool disk_is_vbd(const struct disk *d)
{
	return backend_is_vbd(d->kind);
}

void disk_describe_backend(const struct disk *d, char *text, size_t size)
{
	char program[KIND_TEXT_MAX];

	backend_describe(disk_is_disk(d) ? d->kind : "vbd", program);
	snprintf(text, size, "%s in domain %u", program, d->backend);
}

int disk_need_vbd(struct tool *t, const struct disk *d, const char *cannot)
{
	char program[KIND_TEXT_MAX];

	if (disk_is_vbd(d))
		return 0;
	backend_describe(d->kind, program);
	return fail_detail(&t->failure, MSG_OTHER_KIND, d->label, "%s, %s", program, cannot);
}

int disk_need_no_owner(struct tool *t, const struct disk *d, const char *instead)
{
	if (!vbd_is_xenopsd(t->store, d->domid, d->devid))
		return 0;
	return fail_detail(&t->failure, MSG_OTHER_OWNER, d->label, "%s", instead);
}

struct collection {
	struct disk *disks;
	size_t count;
};

static void collect_disk(struct tool *t, struct collection *c, unsigned int domid,
			 long devid)
{
	struct disk *more;
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->disks[i].domid == domid && c->disks[i].devid == devid)
			return;
	more = realloc(c->disks, (c->count + 1) * sizeof(*more));
	if (!more)
		return;
	c->disks = more;
	if (disk_look_up(t, &more[c->count], domid, (unsigned int)devid))
		c->count++;
}

/* @above/DOMID@below is a directory with one subdirectory per disk. */
static void collect_domain(struct tool *t, struct collection *c, long domid,
			   const char *above, const char *below)
{
	char dir[STORE_PATH_MAX];
	unsigned int i, count;
	char **ids;
	long devid;

	snprintf(dir, sizeof(dir), "%s/%ld%s", above, domid, below);
	ids = store_list(t->store, dir, &count);
	for (i = 0; i < count; i++) {
		devid = number_parse(ids[i], UINT32_MAX);
		if (devid >= 0)
			collect_disk(t, c, (unsigned int)domid, devid);
	}
	free(ids);
}

static int compare_disks(const void *a, const void *b)
{
	const struct disk *one = a, *other = b;

	if (one->domid != other->domid)
		return one->domid < other->domid ? -1 : 1;
	if (one->devid != other->devid)
		return one->devid < other->devid ? -1 : 1;
	return 0;
}

/* All domains below @above, or only domain @only. */
static void collect_domains(struct tool *t, struct collection *c, long only,
			    const char *above, const char *below)
{
	unsigned int i, count;
	char **ids = store_list(t->store, above, &count);
	long id;

	for (i = 0; i < count; i++) {
		id = number_parse(ids[i], DOMID_MAX);
		if (id >= 0 && (only < 0 || id == only))
			collect_domain(t, c, id, above, below);
	}
	free(ids);
}

size_t disk_list_all(struct tool *t, long only, struct disk **disks)
{
	char served[STORE_PATH_MAX], kind[2 * STORE_PATH_MAX];
	struct collection c = { 0 };
	unsigned int i, count;
	char **kinds;

	collect_domains(t, &c, only, "/local/domain", "/device/vbd");
	collect_domains(t, &c, only, "/libxl", "/device/vbd");
	snprintf(served, sizeof(served), "/local/domain/%u/backend", t->domid);
	kinds = store_list(t->store, served, &count);
	for (i = 0; i < count; i++) {
		snprintf(kind, sizeof(kind), "%s/%s", served, kinds[i]);
		collect_domains(t, &c, only, kind, "");
	}
	free(kinds);
	if (c.count)
		qsort(c.disks, c.count, sizeof(*c.disks), compare_disks);
	*disks = c.disks;
	return c.count;
}

static unsigned int read_state(struct tool *t, const char *dir)
{
	long state = store_read_number(t->store, dir, "state", STATE_UNKNOWN);

	return state < 0 || state >= STATES ? STATE_UNKNOWN : (unsigned int)state;
}

struct ends disk_ends(struct tool *t, const struct disk *d)
{
	return (struct ends){ .back = read_state(t, d->back),
			      .front = read_state(t, d->front) };
}

int disk_device(struct tool *t, const struct disk *d, dev_t *device)
{
	char *number = store_read(t->store, d->back, "physical-device");
	unsigned int ma, mi;
	int err = -1;

	if (number && sscanf(number, "%x:%x", &ma, &mi) == 2) {
		*device = makedev(ma, mi);
		err = 0;
	}
	free(number);
	return err;
}

static void name_error_dir(const struct disk *d, bool back, char dir[STORE_PATH_MAX])
{
	if (back)
		snprintf(dir, STORE_PATH_MAX,
			 "/local/domain/%u/error/backend/%s/%u/%u", d->backend,
			 d->kind, d->domid, d->devid);
	else
		snprintf(dir, STORE_PATH_MAX,
			 "/local/domain/%u/error/device/%s/%u", d->domid,
			 d->class, d->devid);
}

/* Drivers write the errno before the text: skip it. */
char *disk_error(struct tool *t, const struct disk *d, bool back)
{
	char dir[STORE_PATH_MAX];
	char *text, *rest;

	name_error_dir(d, back, dir);
	text = store_read(t->store, dir, "error");
	if (!text)
		return NULL;
	rest = text + strspn(text, "-0123456789");
	if (rest != text && *rest == ' ')
		memmove(text, rest + 1, strlen(rest));
	return text;
}

static void clear_error(struct tool *t, unsigned int domid, const char *dir)
{
	char top[STORE_PATH_MAX];

	snprintf(top, sizeof(top), "/local/domain/%u/error", domid);
	if (store_exists(t->store, dir))
		store_prune(t->store, top, dir);
}

void disk_clear_errors(struct tool *t, const struct disk *d)
{
	char dir[STORE_PATH_MAX];

	name_error_dir(d, true, dir);
	clear_error(t, d->backend, dir);
	name_error_dir(d, false, dir);
	clear_error(t, d->domid, dir);
}

int disk_watch(struct tool *t, const struct disk *d)
{
	char back[STORE_PATH_MAX], front[STORE_PATH_MAX];
	const char *const paths[] = { d->back, d->front, back, front };
	int err = 0;
	size_t i;

	name_error_dir(d, true, back);
	name_error_dir(d, false, front);
	for (i = 0; !err && i < sizeof(paths) / sizeof(paths[0]); i++) {
		err = t->store->ops->watch(t->store, paths[i]);
		if (err == -EEXIST)
			err = 0;
	}
	return err ? disk_store_failed(t, d, err) : 0;
}

void disk_job(struct tool *t, const struct disk *d, struct job *job)
{
	memset(job, 0, sizeof(*job));
	job->store = t->store;
	job->deadline = &t->deadline;
	job->root = t->root;
	vbd_parse_path(&job->vbd, d->back);
}

int disk_store_failed(struct tool *t, const struct disk *d, int err)
{
	return fail_detail(&t->failure, MSG_STORE, d->label, "%s",
			   strerror(-err));
}

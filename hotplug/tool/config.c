// SPDX-License-Identifier: GPL-2.0
/*
 * libxl has a JSON file for each domain that it has made, and expects each disk
 * in xenstore to be in it. A disk that is not in the file is lost when libxl
 * makes the domain again. The names of the files and of the lock are from
 * libxl_dom.c and libxl_internal.c. libxl ignores a disk that is only in the
 * file, so vbd removes none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "config_edit.h"
#include "json.h"

#define DIR_NAME "/var/lib/xen"
#define CONFIG_MAX (1 << 20)
#define RETRY_MS 10

struct config {
	char path[PATH_MAX], new_path[PATH_MAX], lock[PATH_MAX];
	int fd;			/* of the lock */
};

/* Returns false if libxl did not make the domain. */
static bool name_files(struct tool *t, const struct disk *d, struct config *c)
{
	char dir[STORE_PATH_MAX];
	char *vm;

	snprintf(dir, sizeof(dir), "/local/domain/%u", d->domid);
	vm = store_read(t->store, dir, "vm");
	if (!vm || strncmp(vm, "/vm/", 4) || strchr(vm + 4, '/')) {
		free(vm);
		return false;
	}
	snprintf(c->path, sizeof(c->path), "%s" DIR_NAME "/userdata-d.%u.%s.libxl-json",
		 t->root, d->domid, vm + 4);
	snprintf(c->new_path, sizeof(c->new_path), "%s" DIR_NAME "/userdata-n.%u.%s.libxl-json",
		 t->root, d->domid, vm + 4);
	snprintf(c->lock, sizeof(c->lock),
		 "%s" DIR_NAME "/userdata-l.%u.%s.domain-userdata-lock", t->root,
		 d->domid, vm + 4);
	free(vm);
	return !access(c->path, F_OK);
}

static bool is_same_file(int fd, const char *path)
{
	struct stat here, there;

	return !fstat(fd, &here) && !stat(path, &there) &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* libxl unlinks the lock file before it releases the lock. Returns 0 or an errno. */
static int lock_config(struct tool *t, struct config *c)
{
	for (;;) {
		c->fd = open(c->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (c->fd < 0)
			return errno;
		if (!flock(c->fd, LOCK_EX | LOCK_NB) && is_same_file(c->fd, c->lock))
			return 0;
		close(c->fd);
		if (deadline_sleep(&t->deadline, RETRY_MS))
			return ETIMEDOUT;
	}
}

static void unlock_config(struct config *c)
{
	unlink(c->lock);
	close(c->fd);
}

/* Returns a malloced string, or NULL with errno. */
static char *read_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? calloc(1, CONFIG_MAX) : NULL;
	int err = f ? 0 : errno;

	if (text && fread(text, 1, CONFIG_MAX - 1, f) == CONFIG_MAX - 1)
		err = EFBIG;
	if (text && !err && ferror(f))
		err = EIO;
	if (f)
		fclose(f);
	if (err) {
		free(text);
		text = NULL;
		errno = err;
	}
	return text;
}

/* Writes the file as libxl does, with a final NUL. Returns 0 or an errno. */
static int write_text(const struct config *c, const char *text)
{
	int fd = open(c->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text) + 1;
	int err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, len) != (ssize_t)len || fsync(fd))
		err = errno ? errno : ENOSPC;
	close(fd);
	if (!err && rename(c->new_path, c->path))
		err = errno;
	if (err)
		unlink(c->new_path);
	return err;
}

static void write_json_node(struct tool *t, const struct disk *d, struct json *j,
			    const char *key, const char *node)
{
	char *value = store_read(t->store, d->copy, node);

	if (value)
		json_string(j, key, value);
	free(value);
}

static bool is_node_set(struct tool *t, const struct disk *d, const char *node)
{
	return store_read_number(t->store, d->copy, node, 0) == 1;
}

/* Returns the entry with the names that libxl uses, malloced. */
static char *make_entry(struct tool *t, const struct disk *d)
{
	char dir[STORE_PATH_MAX];
	char *entry = NULL, *mode = store_read(t->store, d->copy, "mode");
	size_t size;
	struct json j = { .file = open_memstream(&entry, &size) };

	snprintf(dir, sizeof(dir), "/local/domain/%u", d->backend);
	json_open(&j, NULL, '{');
	if (d->backend) {
		char *name = store_read(t->store, dir, "name");

		json_number(&j, "backend_domid", d->backend);
		json_string(&j, "backend_domname", name ? name : "");
		free(name);
	}
	write_json_node(t, d, &j, "pdev_path", "params");
	json_string(&j, "vdev", d->name);
	json_string(&j, "backend", "phy");
	json_string(&j, "format", "raw");
	write_json_node(t, d, &j, "script", "script");
	json_number(&j, "removable", is_node_set(t, d, "removable"));
	json_number(&j, "readwrite", mode && *mode == 'w');
	json_string(&j, "discard_enable", is_node_set(t, d, "discard-enable") ? "True" : "False");
	json_bool(&j, "direct_io_safe", is_node_set(t, d, "direct-io-safe"));
	if (!store_read_number(t->store, d->front, "trusted", 1))
		json_string(&j, "trusted", "False");
	json_close(&j, '}');
	fclose(j.file);
	free(mode);
	return entry;
}

/* Returns 0 or an errno. */
static int edit_config(struct tool *t, const struct disk *d, const struct config *c)
{
	char *text = read_text(c->path), *entry, *edited;
	int err;

	if (!text)
		return errno;
	entry = make_entry(t, d);
	edited = config_edit(text, d->devid, entry);
	err = edited ? write_text(c, edited) : EBADMSG;
	free(edited);
	free(entry);
	free(text);
	return err;
}

void config_save_disk(struct tool *t, const struct disk *d)
{
	struct failure f;
	struct config c;
	int err;

	if (!name_files(t, d, &c))
		return;
	err = lock_config(t, &c);
	if (!err) {
		err = edit_config(t, d, &c);
		unlock_config(&c);
	}
	if (!err)
		return;
	fail_detail(&f, MSG_CONFIG, d->label, "%s: %s", c.path, strerror(err));
	fprintf(stderr, "vbd: %s\n", f.text);
}

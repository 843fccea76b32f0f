// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define NODE "hotplug-undo"

void record_start(struct record *r, const char *type)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->type, sizeof(r->type), "%s", type);
}

bool record_set_key(struct record *r, const char *key)
{
	if (!*key || strlen(key) >= sizeof(r->key) || strpbrk(key, " \t"))
		return false;
	strcpy(r->key, key);
	return true;
}

bool record_set_data(struct record *r, const char *data)
{
	if (strlen(data) >= sizeof(r->data))
		return false;
	strcpy(r->data, data);
	return true;
}

void record_describe(const struct record *r, char *text, size_t size)
{
	snprintf(text, size, "%s:%s", r->type, r->key);
}

/* Changes @text. */
static bool parse_record(struct record *r, char *text)
{
	char *key = strchr(text, ' '), *data = key ? strchr(key + 1, ' ') : NULL;

	if (!data || key - text >= RECORD_TYPE_MAX)
		return false;
	*key++ = '\0';
	*data++ = '\0';
	record_start(r, text);
	return record_set_key(r, key) && record_set_data(r, data);
}

static bool read_record(struct store *s, const char *dir, struct record *r)
{
	char *text = store_read(s, dir, NODE);
	bool ok = text && parse_record(r, text);

	free(text);
	return ok;
}

bool record_read(struct job *job, struct record *r)
{
	return read_record(job->store, job->vbd.path, r);
}

struct record_node {
	const char *dir, *text;
};

static int write_existing(struct store *s, void *arg)
{
	const struct record_node *w = arg;

	return store_exists(s, w->dir) ? store_write(s, w->dir, NODE, w->text) :
					 -ENOENT;
}

int record_write(struct job *job, const struct record *r)
{
	char text[RECORD_TYPE_MAX + 2 * RECORD_TEXT_MAX];
	struct record_node w = { job->vbd.path, text };
	int err;

	snprintf(text, sizeof(text), "%s %s %s", r->type, r->key, r->data);
	err = store_transaction(job->store, write_existing, &w);
	if (err == -ENOENT)
		return fail_detail(&job->failure, MSG_VANISHED, job->target,
				   "%s", job->vbd.path);
	return err ? fail_detail(&job->failure, MSG_STORE, job->target, "%s",
				 strerror(-err)) : 0;
}

void record_remove(struct job *job)
{
	store_remove(job->store, job->vbd.path, NODE);
}

static bool read_if_shared(struct store *s, const char *dir, struct record *r)
{
	struct record other;

	if (!read_record(s, dir, &other) || strcmp(other.type, r->type) ||
	    strcmp(other.key, r->key))
		return false;
	strcpy(r->data, other.data);
	return true;
}

/* Sets @dir to "backend/vbd", in the same form as the path of the job's vbd. */
static void name_vbd_dir(const struct job *job, char *dir)
{
	strcpy(dir, job->vbd.path);
	*strrchr(dir, '/') = '\0';
	*strrchr(dir, '/') = '\0';
}

bool record_find_sharer(struct job *job, struct record *r)
{
	char top[STORE_PATH_MAX], dir[2 * STORE_PATH_MAX];
	unsigned int i, k, domains, disks;
	struct store *s = job->store;
	char **domain, **disk;
	bool found = false;

	name_vbd_dir(job, top);
	domain = store_list(s, top, &domains);
	for (i = 0; !found && i < domains; i++) {
		snprintf(dir, sizeof(dir), "%s/%s", top, domain[i]);
		disk = store_list(s, dir, &disks);
		for (k = 0; !found && k < disks; k++) {
			snprintf(dir, sizeof(dir), "%s/%s/%s", top, domain[i],
				 disk[k]);
			found = strcmp(dir, job->vbd.path) && read_if_shared(s, dir, r);
		}
		free(disk);
	}
	free(domain);
	return found;
}

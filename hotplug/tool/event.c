// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "block/blkkeys.h"
#include "event.h"
#include "show.h"

#define GONE "-"

struct seen {
	char *path, *value;
};

static const char *const writers[WRITERS] = {
	"before", "toolstack", "hotplug", "backend", "frontend",
};

/* The writer in the table of keys. */
static const enum writer writer_by[XSPLIT_WRITERS] = {
	[XSPLIT_BY_TOOLSTACK] = BY_TOOLSTACK,
	[XSPLIT_BY_HOTPLUG] = BY_HOTPLUG,
	[XSPLIT_BY_BACK] = BY_BACKEND,
	[XSPLIT_BY_FRONT] = BY_FRONTEND,
};

static struct seen *find_seen(const struct recorder *r, const char *path)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (!strcmp(r->seen[i].path, path))
			return &r->seen[i];
	return NULL;
}

static bool has_seen(const struct recorder *r, const char *beginning)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->seen[i].value &&
		    !strncmp(r->seen[i].path, beginning, strlen(beginning)))
			return true;
	return false;
}

bool recorder_has(const struct recorder *r, const char *dir)
{
	char beginning[256];

	snprintf(beginning, sizeof(beginning), "%s/", dir);
	return has_seen(r, beginning);
}

/* A toolstack writes "protocol" for a PV guest. A frontend writes it with its rings. */
static bool is_toolstack_protocol(const struct recorder *r, const struct event *e)
{
	char ring[128];

	snprintf(ring, sizeof(ring), "/local/domain/%u/device/vbd/%u/ring-",
		 e->domid, e->devid);
	return !e->back && !strcmp(e->key, "protocol") && !has_seen(r, ring);
}

/* Whether the toolstack has set the key "online" to 0 in the directory of the key @path. */
static bool is_offline(const struct recorder *r, const char *path)
{
	const struct seen *s;
	char online[256];

	snprintf(online, sizeof(online), "%.*s/online", (int)(strrchr(path, '/') - path), path);
	s = find_seen(r, online);
	return s && s->value && !strcmp(s->value, "0");
}

static enum writer find_writer(const struct recorder *r, const struct event *e, const char *path)
{
	const struct xsplit_key *key;

	if (!strcmp(e->key, GONE) || is_toolstack_protocol(r, e))
		return BY_TOOLSTACK;
	if (!strcmp(e->key, "state") &&
	    (!strcmp(e->value, "1") ||
	     (e->back && !strcmp(e->value, "5") && is_offline(r, path))))
		return BY_TOOLSTACK;
	key = xvbd_blkkey_find(e->back ? XSPLIT_DIR_BACK : XSPLIT_DIR_FRONT, e->key);
	if (key)
		return writer_by[key->writer];
	/* The key is not in the table: assume that the end which owns the directory wrote it. */
	return e->back ? BY_BACKEND : BY_FRONTEND;
}

bool event_path(struct event *e, const char *path)
{
	char kind[KIND_MAX];
	unsigned int other;
	int end = 0;

	if (sscanf(path, "/local/domain/%u/backend/%31[^/]/%u/%u%n", &other, kind,
		   &e->domid, &e->devid, &end) == 4 && end && backend_is_known(kind))
		e->back = true;
	else if (sscanf(path, "/local/domain/%u/device/vbd/%u%n", &e->domid,
			&e->devid, &end) == 2 && end)
		e->back = false;
	else
		return false;
	if (path[end] == '\0') {
		e->key[0] = '\0';
		return true;
	}
	if (path[end] != '/' || strlen(path + end + 1) >= sizeof(e->key) ||
	    strpbrk(path + end + 1, "/ "))
		return false;
	snprintf(e->key, sizeof(e->key), "%s", path + end + 1);
	return *e->key;
}

/* Stores @value; returns true if it has changed. */
static bool store_value(struct recorder *r, const char *path, const char *value)
{
	struct seen *s = find_seen(r, path), *more;

	if (s && s->value && !strcmp(s->value, value))
		return false;
	if (!s) {
		more = realloc(r->seen, (r->count + 1) * sizeof(*more));
		if (!more)
			return true;
		r->seen = more;
		s = &more[r->count++];
		s->path = strdup(path);
		s->value = NULL;
	}
	free(s->value);
	s->value = strdup(value);
	return true;
}

/* Forgets all keys of @dir; returns true if there were any. */
static bool forget_dir(struct recorder *r, const char *dir)
{
	size_t len = strlen(dir), i;
	bool any = false;

	for (i = 0; i < r->count; i++) {
		if (strncmp(r->seen[i].path, dir, len) ||
		    (r->seen[i].path[len] && r->seen[i].path[len] != '/'))
			continue;
		any |= r->seen[i].value != NULL;
		free(r->seen[i].value);
		r->seen[i].value = NULL;
	}
	return any;
}

void recorder_end(struct recorder *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		free(r->seen[i].path);
		free(r->seen[i].value);
	}
	free(r->seen);
	memset(r, 0, sizeof(*r));
}

bool recorder_event(struct recorder *r, const char *path, const char *value,
		    double when, struct event *e)
{
	memset(e, 0, sizeof(*e));
	if (!event_path(e, path))
		return false;
	if (!*e->key) {
		if (value || !forget_dir(r, path))
			return false;
		strcpy(e->key, GONE);
	} else if (!value) {
		forget_dir(r, path);
		return false;
	} else if (!store_value(r, path, value)) {
		return false;
	}
	snprintf(e->value, sizeof(e->value), "%s", value ? value : "");
	show_clean(e->value);
	e->writer = when == 0 ? BY_NOBODY : find_writer(r, e, path);
	if (!r->started)
		r->started = when;
	e->at = when == 0 ? 0 : when - r->started;
	return true;
}

void event_print(FILE *f, const struct event *e)
{
	fprintf(f, "%9.3f %u/%u %s %s %s %s\n", e->at, e->domid, e->devid,
		writers[e->writer], e->back ? "backend" : "frontend", e->key,
		e->value);
}

bool event_parse(struct event *e, const char *line)
{
	char writer[16], directory[16];
	int end = 0;

	memset(e, 0, sizeof(*e));
	if (sscanf(line, "%lf %u/%u %15s %15s %63s%n", &e->at, &e->domid,
		   &e->devid, writer, directory, e->key, &end) != 6)
		return false;
	for (e->writer = 0; e->writer < WRITERS; e->writer++)
		if (!strcmp(writer, writers[e->writer]))
			break;
	e->back = !strcmp(directory, "backend");
	if (e->writer == WRITERS || (!e->back && strcmp(directory, "frontend")))
		return false;
	if (line[end] == ' ')
		end++;
	snprintf(e->value, sizeof(e->value), "%s", line + end);
	e->value[strcspn(e->value, "\n")] = '\0';
	show_clean(e->value);
	return true;
}

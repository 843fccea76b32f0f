// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "disk.h"

const char *const backend_kinds[] = { "vbd", "qdisk", "vbd3", NULL };

static const struct {
	const char *kind, *program;
	bool removes;
} programs[] = {
	{ "qdisk", "QEMU", true },
	{ "vbd3", "tapdisk", false },
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

bool backend_is_vbd(const char *kind)
{
	return !strcmp(kind, backend_kinds[0]);
}

bool backend_is_known(const char *kind)
{
	size_t i;

	for (i = 0; backend_kinds[i]; i++)
		if (!strcmp(kind, backend_kinds[i]))
			return true;
	return false;
}

static size_t find_program(const char *kind)
{
	size_t i = 0;

	while (i < PROGRAMS && strcmp(kind, programs[i].kind))
		i++;
	return i;
}

bool backend_removes(const char *kind)
{
	size_t i = find_program(kind);

	return i < PROGRAMS && programs[i].removes;
}

void backend_describe(const char *kind, char text[KIND_TEXT_MAX])
{
	size_t i = find_program(kind);

	if (i < PROGRAMS)
		snprintf(text, KIND_TEXT_MAX, "%s (%s)", programs[i].program, kind);
	else if (backend_is_vbd(kind))
		snprintf(text, KIND_TEXT_MAX, "the backend");
	else
		snprintf(text, KIND_TEXT_MAX, "the backend of kind %s", kind);
}

void backend_dir(const struct backend *b, unsigned int domid, unsigned int devid,
		 char dir[STORE_PATH_MAX])
{
	snprintf(dir, STORE_PATH_MAX, "/local/domain/%u/backend/%s/%u/%u", b->domid,
		 b->kind, domid, devid);
}

static void set_backend(struct backend *b, unsigned int domid, const char *kind)
{
	b->domid = domid;
	snprintf(b->kind, sizeof(b->kind), "%s", kind);
}

/* A backend of an unknown kind may serve other devices, too: check its key "frontend". */
static bool serves_disk(struct tool *t, const struct backend *b, unsigned int domid,
			unsigned int devid)
{
	char dir[STORE_PATH_MAX], front[STORE_PATH_MAX];
	char *is;
	bool same;

	backend_dir(b, domid, devid, dir);
	if (backend_is_known(b->kind))
		return store_exists(t->store, dir);
	snprintf(front, sizeof(front), "/local/domain/%u/device/vbd/%u", domid, devid);
	is = store_read(t->store, dir, "frontend");
	same = is && !strcmp(is, front);
	free(is);
	return same;
}

/* Whether it may be left by a former disk: it is Closed, or it is a "vbd" without a state. */
static bool is_stale(struct tool *t, const struct backend *b, unsigned int domid,
		     unsigned int devid)
{
	char dir[STORE_PATH_MAX];
	long state;

	backend_dir(b, domid, devid, dir);
	state = store_read_number(t->store, dir, "state", 0);
	return state == STATE_CLOSED || (state == 0 && backend_is_vbd(b->kind));
}

/* Prefers the kind "vbd", but an active backend to a stale one. */
bool backend_find_in(struct tool *t, unsigned int backend, unsigned int domid,
		     unsigned int devid, struct backend *b)
{
	char dir[STORE_PATH_MAX];
	struct backend other;
	unsigned int i, count;
	bool found, stale;
	char **kinds;

	set_backend(b, backend, backend_kinds[0]);
	found = serves_disk(t, b, domid, devid);
	stale = !found || is_stale(t, b, domid, devid);
	if (!stale)
		return true;
	snprintf(dir, sizeof(dir), "/local/domain/%u/backend", backend);
	kinds = store_list(t->store, dir, &count);
	for (i = 0; stale && i < count; i++) {
		set_backend(&other, backend, kinds[i]);
		if (!serves_disk(t, &other, domid, devid))
			continue;
		stale = is_stale(t, &other, domid, devid);
		if (!found || !stale)
			*b = other;
		found = true;
	}
	free(kinds);
	return found;
}

/* Searches the backends of all domains. */
static bool find_in_any_domain(struct tool *t, unsigned int domid, unsigned int devid,
			       struct backend *b)
{
	unsigned int i, count, backend;
	bool found = false;
	char **domains;

	domains = store_list(t->store, "/local/domain", &count);
	for (i = 0; !found && i < count; i++) {
		const char *text = domains[i];

		found = vbd_parse_domid(&text, &backend) && !*text &&
			backend_find_in(t, backend, domid, devid, b);
	}
	free(domains);
	return found;
}

/* Reads the node "backend" in @dir; fails if it is not a path for this disk. */
static bool read_backend(struct tool *t, const char *dir, unsigned int domid,
			 unsigned int devid, struct backend *b)
{
	char *path = store_read(t->store, dir, "backend");
	char same[STORE_PATH_MAX];
	bool ok = false;

	if (path && sscanf(path, "/local/domain/%5u/backend/%31[a-z0-9_-]/",
			   &b->domid, b->kind) == 2 && b->domid <= DOMID_MAX) {
		backend_dir(b, domid, devid, same);
		ok = !strcmp(path, same);
	}
	free(path);
	return ok;
}

/*
 * The guest can write this node. Do not accept the backend of another device of
 * the guest. If the node names a directory that does not exist, search for the
 * real one.
 */
static bool read_guest_node(struct tool *t, const char *front, unsigned int domid,
			    unsigned int devid, struct backend *b)
{
	struct backend real;
	char dir[STORE_PATH_MAX];

	if (!read_backend(t, front, domid, devid, b))
		return false;
	backend_dir(b, domid, devid, dir);
	if (store_exists(t->store, dir))
		return serves_disk(t, b, domid, devid);
	if (find_in_any_domain(t, domid, devid, &real))
		*b = real;
	return true;
}

/*
 * Use the toolstack's copy, which the guest cannot write. If there is none, the
 * disk was made by hand: use a directory in this domain, or else the node of
 * the guest.
 */
bool backend_find(struct tool *t, unsigned int domid, unsigned int devid,
		  struct backend *b)
{
	char front[STORE_PATH_MAX], copy[STORE_PATH_MAX];
	long id;

	snprintf(front, sizeof(front), "/local/domain/%u/device/vbd/%u", domid, devid);
	snprintf(copy, sizeof(copy), "/libxl/%u/device/vbd/%u", domid, devid);
	if (read_backend(t, copy, domid, devid, b) ||
	    backend_find_in(t, t->domid, domid, devid, b) ||
	    read_guest_node(t, front, domid, devid, b))
		return true;
	id = store_read_number(t->store, front, "backend-id", t->domid);
	set_backend(b, id >= 0 && id <= DOMID_MAX ? (unsigned int)id : t->domid,
		    backend_kinds[0]);
	return store_exists(t->store, front) || store_exists(t->store, copy);
}

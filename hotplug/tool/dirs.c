// SPDX-License-Identifier: GPL-2.0
#include "dirs.h"

static int write_nodes(struct store *s, const char *dir, const struct node *n)
{
	int err = 0;

	for (; !err && n->name; n++)
		err = store_write(s, dir, n->name, n->value);
	return err;
}

/* As libxl has it: nodes written later in the directory have its owner and its reader, too. */
static int make_dir(struct store *s, const char *dir, unsigned int owner,
		    unsigned int reader)
{
	int err = s->ops->write(s, dir, "");

	return err ? err : s->ops->permit(s, dir, owner, reader);
}

static int write_front(struct store *s, const struct disk *d, const struct node *nodes)
{
	char backend[16];
	const struct node links[] = {
		{ "backend", d->back },
		{ "backend-id", backend },
		{ NULL, NULL }
	};
	int err;

	snprintf(backend, sizeof(backend), "%u", d->backend);
	err = make_dir(s, d->front, d->domid, d->backend);
	if (!err)
		err = write_nodes(s, d->front, links);
	return err ? err : write_nodes(s, d->front, nodes);
}

static int write_back(struct store *s, const struct disk *d, const char *dir,
		      const struct node *nodes)
{
	char domid[16];
	const struct node links[] = {
		{ "frontend", d->front },
		{ "frontend-id", domid },
		{ NULL, NULL }
	};
	int err;

	snprintf(domid, sizeof(domid), "%u", d->domid);
	err = write_nodes(s, dir, links);
	return err ? err : write_nodes(s, dir, nodes);
}

/* The toolstack's copy has the same nodes as the backend's directory. */
int dirs_write(struct store *s, const struct disk *d, const struct node *front,
	       const struct node *back)
{
	int err = write_front(s, d, front);

	if (!err)
		err = s->ops->write(s, d->copy, "");
	if (!err)
		err = store_write(s, d->copy, "backend", d->back);
	if (!err)
		err = write_back(s, d, d->copy, back);
	if (!err)
		err = make_dir(s, d->back, d->backend, d->domid);
	return err ? err : write_back(s, d, d->back, back);
}

int dirs_remove(struct store *s, const struct disk *d)
{
	char top[STORE_PATH_MAX];
	int err;

	snprintf(top, sizeof(top), "/local/domain/%u/device", d->domid);
	err = store_prune(s, top, d->front);
	if (err)
		return err;
	snprintf(top, sizeof(top), "/local/domain/%u/backend", d->backend);
	err = store_prune(s, top, d->back);
	if (err)
		return err;
	snprintf(top, sizeof(top), "/libxl/%u/device", d->domid);
	return store_prune(s, top, d->copy);
}

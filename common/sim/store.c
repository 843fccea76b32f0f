// SPDX-License-Identifier: GPL-2.0
/*
 * Xenstore: nodes and transactions. A transaction has its own copy of the nodes; it fails if what
 * it has read has changed meanwhile. A domain that writes outside of its own directory is a
 * problem.
 */
#include <stdlib.h>

#include "world.h"

#define MAX_NODES 200
#define MAX_VALUE 200
#define MAX_TRANSACTIONS 8
#define MAX_LOG 96

struct node {
	char path[SIM_PATH_MAX];
	char value[MAX_VALUE];
	unsigned int generation; /* another one after each write */
};
struct tree {
	unsigned int nr;
	struct node nodes[MAX_NODES];
};
struct transaction {
	bool used;
	struct tree begin; /* as it was at the start */
	struct tree tree;
	struct {
		char path[SIM_PATH_MAX];
		unsigned int seen; /* see digest() */
		bool written;
	} log[MAX_LOG];
	unsigned int nr;
};

static struct tree live;
static struct transaction transactions[MAX_TRANSACTIONS];
static unsigned int generation;

static struct node *find_node(struct tree *tree, const char *path)
{
	unsigned int i;

	for (i = 0; i < tree->nr; i++)
		if (!strcmp(tree->nodes[i].path, path))
			return &tree->nodes[i];
	return NULL;
}

/* Whether @path is @dir or below it. */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

static bool has_node(struct tree *tree, const char *dir)
{
	unsigned int i;

	for (i = 0; i < tree->nr; i++)
		if (is_below(tree->nodes[i].path, dir))
			return true;
	return false;
}

static void set_node(struct tree *tree, const char *path, const char *value)
{
	struct node *node = find_node(tree, path);

	if (!node) {
		if (tree->nr == MAX_NODES)
			sim_die(__func__);
		node = &tree->nodes[tree->nr++];
		snprintf(node->path, sizeof(node->path), "%s", path);
	}
	snprintf(node->value, sizeof(node->value), "%s", value);
	node->generation = ++generation;
}

static bool remove_nodes(struct tree *tree, const char *dir)
{
	unsigned int i, kept = 0;

	for (i = 0; i < tree->nr; i++)
		if (!is_below(tree->nodes[i].path, dir))
			tree->nodes[kept++] = tree->nodes[i];
	i = tree->nr - kept;
	tree->nr = kept;
	return i;
}

static void copy_tree(struct tree *to, const struct tree *from)
{
	to->nr = from->nr;
	memcpy(to->nodes, from->nodes, from->nr * sizeof(*from->nodes));
}

static bool is_gone(const char *path)
{
	return !has_node(&live, path);
}

const char *sim_get(const char *path)
{
	struct node *node = find_node(&live, path);

	return node ? node->value : NULL;
}

bool sim_exists(const char *path)
{
	return has_node(&live, path);
}

void sim_put(const char *path, const char *value)
{
	if (sim_verbose)
		sim_say("%s = \"%s\"", path, value);
	set_node(&live, path, value);
	sim_fire(path);
}

void sim_remove(const char *path)
{
	sim_say("rm %s", path);
	if (!remove_nodes(&live, path))
		return;
	sim_fire(path);
	sim_fire_below(path, is_gone);
}

/* What a reader of @path has seen: its value, whether it exists, the names below it. */
static unsigned int digest(struct tree *tree, const char *path)
{
	struct node *node = find_node(tree, path);
	unsigned int i, sum = node ? node->generation : 0;

	for (i = 0; i < tree->nr; i++)
		if (is_below(tree->nodes[i].path, path))
			sum += 1000003;
	return sum;
}

/* The absolute path of a node, for the domain that runs now. */
static char *spell(char *path, const char *dir, const char *node)
{
	char relative[SIM_PATH_MAX];

	snprintf(relative, sizeof(relative), *node ? "%s/%s" : "%s%s", dir,
		 node);
	return sim_absolute(path, sim_domain(), relative);
}

static struct tree *begin_op(struct xenbus_transaction t, const char *path,
			     bool write)
{
	struct transaction *ta = t.id ? &transactions[t.id - 1] : NULL;
	char own[SIM_PATH_MAX];

	sim_may_sleep("xenstore");
	sim_point();
	if (write && !is_below(path, sim_absolute(own, sim_domain(), "")))
		sim_problem("%s writes %s, which is not its own",
			    sim_current->name, path);
	if (!ta)
		return &live;
	if (!ta->used || ta->nr == MAX_LOG) {
		sim_problem(
			"a transaction is used after its end, or is too long");
		return &live;
	}
	snprintf(ta->log[ta->nr].path, SIM_PATH_MAX, "%s", path);
	ta->log[ta->nr].seen = digest(&ta->begin, path);
	ta->log[ta->nr++].written = write;
	return &ta->tree;
}

int xenbus_transaction_start(struct xenbus_transaction *t)
{
	unsigned int i;

	sim_may_sleep("xenstore");
	sim_point();
	for (i = 0; i < MAX_TRANSACTIONS && transactions[i].used; i++)
		;
	if (i == MAX_TRANSACTIONS)
		return -ENOSPC;
	transactions[i].used = true;
	transactions[i].nr = 0;
	copy_tree(&transactions[i].begin, &live);
	copy_tree(&transactions[i].tree, &live);
	t->id = i + 1;
	return 0;
}

/* A path that this transaction has written before tells nothing about what others do. */
static bool has_conflict(struct transaction *ta)
{
	unsigned int i;

	for (i = 0; i < ta->nr; i++)
		if (!ta->log[i].written &&
		    digest(&live, ta->log[i].path) != ta->log[i].seen)
			return true;
	return false;
}

static void commit(struct transaction *ta)
{
	unsigned int i;

	for (i = 0; i < ta->nr; i++) {
		struct node *node = find_node(&ta->tree, ta->log[i].path);

		if (!ta->log[i].written)
			continue;
		if (node)
			sim_put(node->path, node->value);
		else
			sim_remove(ta->log[i].path);
	}
}

int xenbus_transaction_end(struct xenbus_transaction t, int abort)
{
	struct transaction *ta = &transactions[t.id - 1];
	int err = 0;

	sim_may_sleep("xenstore");
	sim_point();
	if (!abort && has_conflict(ta))
		err = -EAGAIN;
	if (!abort && !err)
		commit(ta);
	ta->used = false;
	sim_point();
	return err;
}

void *xenbus_read(struct xenbus_transaction t, const char *dir,
		  const char *node, unsigned int *len)
{
	char path[SIM_PATH_MAX], own[SIM_PATH_MAX], value[MAX_VALUE], *copy;
	struct tree *tree = begin_op(t, spell(path, dir, node), false);
	struct node *found = find_node(tree, path);

	if (!found) {
		/* A guest may not read the directory of another domain itself. */
		if (strcmp(path, sim_absolute(own, sim_domain(), "")) &&
		    has_node(tree, path) &&
		    !strchr(path + strlen("/local/domain/"), '/'))
			return ERR_PTR(-EACCES);
		if (!has_node(tree, path))
			return ERR_PTR(-ENOENT);
	}
	/* The allocation may sleep: the node may change meanwhile. */
	snprintf(value, sizeof(value), "%s", found ? found->value : "");
	copy = kstrdup(value, GFP_KERNEL);
	if (copy && len)
		*len = strlen(copy);
	return copy ? copy : ERR_PTR(-ENOMEM);
}

int xenbus_write(struct xenbus_transaction t, const char *dir, const char *node,
		 const char *text)
{
	char path[SIM_PATH_MAX];
	struct tree *tree = begin_op(t, spell(path, dir, node), true);

	if (tree == &live)
		sim_put(path, text);
	else
		set_node(tree, path, text);
	sim_point();
	return 0;
}

int xenbus_exists(struct xenbus_transaction t, const char *dir,
		  const char *node)
{
	char path[SIM_PATH_MAX];

	return has_node(begin_op(t, spell(path, dir, node), false), path);
}

int xenbus_rm(struct xenbus_transaction t, const char *dir, const char *node)
{
	char path[SIM_PATH_MAX];
	struct tree *tree = begin_op(t, spell(path, dir, node), true);

	if (!has_node(tree, path))
		return -ENOENT;
	if (tree == &live)
		sim_remove(path);
	else
		remove_nodes(tree, path);
	sim_point();
	return 0;
}

/* The names of what is directly in @dir, each once. */
static unsigned int list_names(struct tree *tree, const char *dir,
			       char (*names)[64])
{
	unsigned int i, k, nr = 0;
	size_t len = strlen(dir);

	for (i = 0; i < tree->nr; i++) {
		const char *path = tree->nodes[i].path;

		if (!is_below(path, dir) || !path[len])
			continue;
		snprintf(names[nr], 64, "%.*s",
			 (int)strcspn(path + len + 1, "/"), path + len + 1);
		for (k = 0; k < nr && strcmp(names[k], names[nr]); k++)
			;
		nr += k == nr;
	}
	return nr;
}

char **xenbus_directory(struct xenbus_transaction t, const char *dir,
			const char *node, unsigned int *num)
{
	char path[SIM_PATH_MAX], names[MAX_NODES][64], **list, *text;
	struct tree *tree = begin_op(t, spell(path, dir, node), false);
	unsigned int i;

	if (!has_node(tree, path))
		return ERR_PTR(-ENOENT);
	*num = list_names(tree, path, names);
	list = kmalloc((*num + 1) * (sizeof(char *) + 64), GFP_KERNEL);
	if (!list)
		return ERR_PTR(-ENOMEM);
	text = (char *)(list + *num + 1);
	for (i = 0; i < *num; i++)
		list[i] = strcpy(text + i * 64, names[i]);
	return list;
}

int xenbus_scanf(struct xenbus_transaction t, const char *dir, const char *node,
		 const char *fmt, ...)
{
	char *text = xenbus_read(t, dir, node, NULL);
	va_list ap;
	int nr;

	if (IS_ERR(text))
		return PTR_ERR(text);
	va_start(ap, fmt);
	nr = vsscanf(text, fmt, ap);
	va_end(ap);
	kfree(text);
	return nr > 0 ? nr : -ERANGE;
}

int xenbus_printf(struct xenbus_transaction t, const char *dir,
		  const char *node, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	sim_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return xenbus_write(t, dir, node, text);
}

unsigned int xenbus_read_unsigned(const char *dir, const char *node,
				  unsigned int fallback)
{
	unsigned int value;

	return xenbus_scanf(XBT_NIL, dir, node, "%u", &value) > 0 ? value :
								    fallback;
}

void sim_end_store(void)
{
	unsigned int i;

	for (i = 0; i < MAX_TRANSACTIONS; i++) {
		if (transactions[i].used)
			sim_problem("a transaction is not ended");
		transactions[i].used = false;
	}
	live.nr = 0;
}

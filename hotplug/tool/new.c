// SPDX-License-Identifier: GPL-2.0
/* vbd new: the directories of a device of any class, and its hotplug script. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connected.h"
#include "device.h"
#include "dirs.h"
#include "remove.h"
#include "script.h"

#define FIRST 2			/* of the arguments KEY=VALUE */
#define KEY_MAX 128
#define VALUE_MAX 2048		/* with its path it has to fit into a message of xenstore */
#define NODES (ARGUMENTS_MAX + 3)

struct new_device {
	struct tool *tool;
	const char *class;
	unsigned int domid, backend, id;
	bool has_id;
	char keys[ARGUMENTS_MAX][KEY_MAX];
	char script[STORE_PATH_MAX];	/* "" for none */
	struct node front[NODES], back[NODES];
	size_t fronts, backs;
	struct disk disk;
};

static int fail_key(struct tool *t, const char *argument, const char *why)
{
	return fail_detail(&t->failure, MSG_DEVICE_KEY, argument, "%s", why);
}

static bool has_node(const struct node *nodes, size_t count, const char *name)
{
	while (count)
		if (!strcmp(nodes[--count].name, name))
			return true;
	return false;
}

/* The characters of a path in xenstore; no empty name in it. */
static bool is_key(const char *key)
{
	size_t len = strlen(key);

	return len && key[0] != '/' && key[len - 1] != '/' && !strstr(key, "//") &&
	       !key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_@:./")];
}

/* Begins both lists with what libxl writes for every class. */
static void add_first_nodes(struct new_device *n)
{
	n->back[n->backs++] = (struct node){ "online", "1" };
	n->back[n->backs++] = (struct node){ "state", "1" };
	n->front[n->fronts++] = (struct node){ "state", "1" };
}

static bool is_own_key(const char *key, bool front)
{
	static const char *const both[] = { "backend", "backend-id", "frontend", "frontend-id" };
	size_t i;

	for (i = 0; i < 2; i++)
		if (!strcmp(key, both[front ? i : i + 2]))
			return true;
	return !strcmp(key, "state") || (!front && !strcmp(key, "online"));
}

static int add_node(struct new_device *n, const char *argument, const char *key,
		    const char *value)
{
	bool front = !strncmp(key, "front.", strlen("front."));

	if (front)
		key += strlen("front.");
	if (!is_key(key))
		return fail_key(n->tool, argument, "this is no key of xenstore");
	if (is_own_key(key, front))
		return fail_key(n->tool, argument, "vbd new writes this key itself");
	if (front ? has_node(n->front, n->fronts, key) : has_node(n->back, n->backs, key))
		return fail_key(n->tool, argument, "this key is given twice");
	if (strlen(value) > VALUE_MAX)
		return fail_key(n->tool, argument, "the value is longer than 2048 bytes");
	if (front)
		n->front[n->fronts++] = (struct node){ key, value };
	else
		n->back[n->backs++] = (struct node){ key, value };
	return 0;
}

/* A script without a leading slash is where those of Xen are, as for xl. */
static int set_script(struct new_device *n, const char *argument, const char *value)
{
	if (!*value || strlen(value) + sizeof(SCRIPTS) + 1 > sizeof(n->script))
		return fail_key(n->tool, argument, "this is no path of a script");
	snprintf(n->script, sizeof(n->script), "%s%s", *value == '/' ? "" : SCRIPTS "/", value);
	if (n->backend == n->tool->domid && access(n->script, X_OK))
		return fail_key(n->tool, argument, "there is no such executable here");
	return add_node(n, argument, "script", n->script);
}

/* The key of KEY=VALUE; the value is behind it. */
static int split_argument(struct new_device *n, size_t i)
{
	const char *argument = n->tool->options.argument[i];
	size_t len = strcspn(argument, "=");

	if (!argument[len])
		return fail_key(n->tool, argument, "it has no '='");
	if (len >= KEY_MAX)
		return fail_key(n->tool, argument, "the key is longer than 127 characters");
	memcpy(n->keys[i], argument, len);
	n->keys[i][len] = '\0';
	return 0;
}

/* id= and back= come first: where a script is run depends on them. */
static int parse_place(struct new_device *n)
{
	struct tool *t = n->tool;
	bool has_back = false;
	size_t i;

	for (i = FIRST; t->options.argument[i]; i++) {
		const char *argument = t->options.argument[i], *value;
		bool id, back;

		if (split_argument(n, i))
			return -1;
		value = argument + strlen(n->keys[i]) + 1;
		id = !strcmp(n->keys[i], "id");
		back = !strcmp(n->keys[i], "back");
		if ((id && n->has_id) || (back && has_back))
			return fail_key(t, argument, "this key is given twice");
		if (id && device_parse_id(t, value, &n->id))
			return -1;
		if (back && domain_find(t, value, &n->backend))
			return -1;
		n->has_id |= id;
		has_back |= back;
	}
	return 0;
}

static int parse_keys(struct new_device *n)
{
	const char *const *argument = n->tool->options.argument;
	const char *value;
	size_t i;
	int err = 0;

	add_first_nodes(n);
	for (i = FIRST; !err && argument[i]; i++) {
		const char *key = n->keys[i];

		value = argument[i] + strlen(key) + 1;
		if (!strcmp(key, "script"))
			err = set_script(n, argument[i], value);
		else if (strcmp(key, "id") && strcmp(key, "back"))
			err = add_node(n, argument[i], key, value);
	}
	return err;
}

/* Without id= the lowest number that is free in this transaction. */
static int choose_id(struct new_device *n)
{
	struct tool *t = n->tool;
	unsigned int id = n->has_id ? n->id : 0;

	do
		disk_set_class(t, &n->disk, n->class, n->domid, id, n->backend);
	while (device_is_taken(t, &n->disk) && !n->has_id && id++ < DEVICE_ID_MAX);
	if (device_is_taken(t, &n->disk))
		return -EEXIST;
	return device_check_length(t, &n->disk) ? -ENAMETOOLONG : 0;
}

/* One transaction, so that the drivers see all nodes or none. */
static int write_device(struct store *s, void *arg)
{
	struct new_device *n = arg;
	int err = choose_id(n);

	if (err)
		return err;
	disk_clear_errors(n->tool, &n->disk);
	return dirs_write(s, &n->disk, n->front, n->back);
}

static int publish_device(struct new_device *n)
{
	int err = store_transaction(n->tool->store, write_device, n);

	if (err == -EEXIST)
		return device_fail_taken(n->tool, &n->disk);
	if (err == -ENAMETOOLONG && n->tool->failure.id == MSG_DEVICE_LONG)
		return -1;
	return err ? disk_store_failed(n->tool, &n->disk, err) : 0;
}

static int fail_script(struct new_device *n, int status)
{
	struct tool *t = n->tool;

	if (status == SCRIPT_LATE)
		return fail_detail(&t->failure, MSG_DEVICE_TIME, n->disk.label,
				   "gave up waiting for %s", n->script);
	return fail_detail(&t->failure, MSG_SCRIPT_SAYS, n->disk.label,
			   "%s ended with status %d", n->script, status);
}

/* As libxl: once the backend waits for the script. What the script says of itself comes first. */
static int run_script(struct new_device *n)
{
	struct tool *t = n->tool;
	int status;

	if (wait_taken(t, &n->disk, MSG_DEVICE_TIME))
		return -1;
	status = script_run(t, &n->disk, n->script, "add");
	if (store_has(t->store, n->disk.back, "hotplug-error"))
		return fail_connect(t, &n->disk);
	return status ? fail_script(n, status) : 0;
}

static void print_elsewhere(const struct new_device *n)
{
	if (n->tool->progress)
		fprintf(n->tool->progress,
			"%s: %s is not run here: domain %u has to, by its own udev rule or agent\n",
			n->disk.label, n->script, n->backend);
}

static int start_device(struct new_device *n)
{
	struct tool *t = n->tool;

	if (*n->script && !n->disk.here)
		print_elsewhere(n);
	else if (*n->script && run_script(n))
		return -1;
	if (t->options.no_wait)
		return deadline_cancelled(&t->deadline) ? -1 : 0;
	return wait_connected(t, &n->disk, false, MSG_DEVICE_TIME);
}

static int make_device(struct new_device *n)
{
	static const struct undo undo = {
		.what = "vbd new",
		.interrupted = "is not made, and nothing is left of it",
		.late = MSG_DEVICE_LATE,
	};

	if (publish_device(n))
		return -1;
	if (start_device(n)) {
		disk_undo(n->tool, &n->disk, &undo);
		return -1;
	}
	fprintf(n->tool->out, "%s\n", n->disk.name);
	return 0;
}

int command_new(struct tool *t)
{
	struct new_device *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return fail_detail(&t->failure, MSG_STORE, "new", "%s", strerror(ENOMEM));
	n->tool = t;
	n->class = t->options.argument[0];
	n->backend = t->domid;
	err = device_check_class(t, n->class, "vbd attach") ||
	      domain_find(t, t->options.argument[1], &n->domid) || parse_place(n) ||
	      parse_keys(n) || make_device(n);
	free(n);
	return err ? -1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent.h"
#include "limit.h"
#include "target.h"

enum { STATE_INITWAIT = 2, STATE_CLOSING = 5 };

static bool has_node(struct job *job, const char *node)
{
	return store_has(job->store, job->vbd.path, node);
}

static bool is_gone(struct job *job)
{
	return !store_exists(job->store, job->vbd.path);
}

static int fail_vanished(struct job *job)
{
	return fail_detail(&job->failure, MSG_VANISHED,
			   *job->target ? job->target : "the disk", "%s",
			   job->vbd.path);
}

static int fail_store(struct job *job, int err)
{
	if (err == -ENOENT)
		return fail_vanished(job);
	return fail_detail(&job->failure, MSG_STORE, job->target, "%s",
			   strerror(-err));
}

static int read_mode(struct job *job)
{
	static const struct {
		const char *mode;
		bool write, share;
	} modes[] = {
		{ "r", false, false }, { "ro", false, false },
		{ "w", true, false }, { "rw", true, false }, { "w!", true, true },
	};
	char *mode = store_read(job->store, job->vbd.path, "mode");
	int result = -1;
	size_t i;

	for (i = 0; mode && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(mode, modes[i].mode))
			continue;
		job->write = modes[i].write;
		job->share = modes[i].share;
		result = 0;
	}
	if (result)
		fail_detail(&job->failure, MSG_MODE, job->target, "%s", mode ? mode : "");
	free(mode);
	return result;
}

static bool is_cdrom(struct job *job)
{
	char *type = store_read(job->store, job->vbd.path, "device-type");
	bool yes = type && !strcmp(type, "cdrom");

	free(type);
	return yes;
}

/* An empty CD drive is not an error: job->target stays empty. */
static int read_request(struct job *job)
{
	char *params = store_read(job->store, job->vbd.path, "params");
	int result;

	if (!params)
		result = is_gone(job) ? fail_vanished(job) :
			 fail_detail(&job->failure, MSG_NO_PARAMS, "", "missing");
	else if (!*params && is_cdrom(job))
		result = 0;
	else
		result = target_parse(job, params) ? -1 : read_mode(job);
	free(params);
	return result;
}

static int fail_not_ready(struct job *job)
{
	int64_t waited = now_ms() - job->deadline->started;

	if (now_ms() < job->deadline->expires)
		return job_out_of_time(job);
	return fail_detail(&job->failure, MSG_NO_DRIVER, job->target,
			   "vbd-%u-%u within %lld s", job->vbd.domid,
			   job->vbd.devid, (long long)waited / 1000);
}

/*
 * The toolstack waits for the backend to reach InitWait. Write nothing before
 * that, or the backend could leave this state before the toolstack has seen it.
 */
static int wait_for_backend(struct job *job)
{
	struct store *s = job->store;
	bool watching = false;
	long state;
	int err = 0;

	for (;;) {
		state = store_read_number(s, job->vbd.path, "state", 0);
		if (state == 0 && is_gone(job))
			return fail_vanished(job);
		if (state >= STATE_CLOSING)
			return fail_detail(&job->failure, MSG_CLOSING,
					   job->target, "%ld", state);
		if (state >= STATE_INITWAIT)
			return 0;
		if (deadline_step(job->deadline, "waiting for the backend to go from state %ld to 2", state))
			return fail_not_ready(job);
		err = watching ? store_wait(s, job->deadline, INT64_MAX) :
				 s->ops->watch(s, job->vbd.path);
		watching = true;
		if (err)
			return fail_store(job, err);
	}
}

/* Nodes to write into the directory of a vbd, in this order. */
struct change {
	const char *dir;
	const char *node[8];
	const char *value[8];	/* NULL: remove the node */
	int count;
};

static void add_node(struct change *c, const char *node, const char *value)
{
	c->node[c->count] = node;
	c->value[c->count++] = value;
}

static int write_change(struct store *s, void *arg)
{
	const struct change *c = arg;
	int i, err = store_exists(s, c->dir) ? 0 : -ENOENT;

	for (i = 0; !err && i < c->count; i++)
		err = c->value[i] ?
		      store_write(s, c->dir, c->node[i], c->value[i]) :
		      store_remove(s, c->dir, c->node[i]);
	return err;
}

/* Writes all nodes or none. Returns -ENOENT if the directory is gone: it is not created. */
static int commit_change(struct job *job, struct change *c)
{
	c->dir = job->vbd.path;
	return store_transaction(job->store, write_change, c);
}

void agent_report(struct job *job)
{
	struct change c = { 0 };

	add_node(&c, "hotplug-error", job->failure.text);
	add_node(&c, "hotplug-status", message_status(job->failure.id));
	commit_change(job, &c);
}

/* Text of the nodes of a device; must live until they are written. */
struct device_text {
	char device[24];
	char sequence[48];
};

/* The backend opens the device by number later. The sequence shows if it is still the same. */
static const char *read_sequence(const struct attached *a, struct device_text *n)
{
	uint64_t sequence;

	if (ioctl(a->fd, BLKGETDISKSEQ, &sequence))
		return NULL;
	snprintf(n->sequence, sizeof(n->sequence), "%s@%" PRIx64, n->device,
		 sequence);
	return n->sequence;
}

static void add_device(struct change *c, const struct attached *a,
		       struct device_text *n)
{
	snprintf(n->device, sizeof(n->device), "%x:%x", major(a->device),
		 minor(a->device));
	add_node(c, "physical-device", n->device);
	add_node(c, "physical-device-path", a->path);
	add_node(c, "diskseq", read_sequence(a, n));
	add_node(c, "node", *a->node ? a->node : NULL);
}

/* Writes @a, or nothing for an empty drive (NULL), and the nodes of @c. */
static int write_connected(struct job *job, const struct attached *a,
			   struct change *c)
{
	struct device_text n;
	int err;

	if (a)
		add_device(c, a, &n);
	add_node(c, "hotplug-error", NULL);
	add_node(c, "hotplug-status", "connected");
	err = commit_change(job, c);
	return err ? fail_store(job, err) : 0;
}

/* Passes the target to the backend. If this fails, the target is brought offline again. */
static int hand_over_target(struct job *job, struct attached *a, struct change *c)
{
	int err = job_step(job, "writing to xenstore");

	if (!err)
		err = target_keep(job, a);
	if (!err)
		err = write_connected(job, a, c);
	if (err)
		target_undo(job, a);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	return err;
}

int agent_offer(struct job *job, struct attached *a)
{
	struct change c = { 0 };

	if (!wait_for_backend(job))
		return hand_over_target(job, a, &c);
	target_drop(job, a);
	return -1;
}

int agent_replace(struct job *job, struct attached *a, const char *params)
{
	char *old = store_read(job->store, job->vbd.path, "node");
	struct change c = { 0 };
	int err;

	add_node(&c, "params", params);
	add_node(&c, "node-replaced", old);
	err = hand_over_target(job, a, &c);
	free(old);
	return err;
}

int agent_release_replaced(struct job *job)
{
	char *old = store_read(job->store, job->vbd.path, "node-replaced");
	int err = old ? target_detach(job, old) : engine_detach(job);

	if (!err)
		store_remove(job->store, job->vbd.path, "node-replaced");
	free(old);
	return err;
}

static int attach_and_offer(struct job *job)
{
	struct attached a;

	return target_attach(job, &a) ? -1 : agent_offer(job, &a);
}

int agent_add(struct job *job)
{
	struct change c = { 0 };
	int err;

	if (has_node(job, "physical-device"))
		return 0;
	err = read_request(job);
	if (!err)
		err = *job->target ? attach_and_offer(job) : write_connected(job, NULL, &c);
	if (err)
		agent_report(job);
	return err;
}

/*
 * An attached disk without any of these nodes was not attached by this agent,
 * so do not release it. A disk with one of them may have more resources, if a
 * program was killed: a target of a swap, new or old, and a cgroup that is not
 * in the store.
 */
int agent_remove(struct job *job)
{
	limit_remove(job);
	if (has_node(job, "node") || has_node(job, "node-replaced") ||
	    has_node(job, "hotplug-undo") || !has_node(job, "physical-device"))
		return target_detach(job, NULL);
	return 0;
}

int agent_bind(struct job *job)
{
	if (is_gone(job) || vbd_has_owner(job->store, &job->vbd))
		return 0;
	return agent_add(job);
}

/* What to release of a vbd whose driver was unbound. */
struct unbound {
	struct job *job;
	char *node;
	bool release;
};

/*
 * If the vbd is online, its driver is being reloaded and needs the disk again:
 * keep it. Else release the disk; if a driver comes back, bind attaches it
 * again. The event may be late, and the directory may belong to another vbd by
 * now: so make the decision in the transaction that removes the nodes.
 */
static int remove_nodes(struct store *s, void *arg)
{
	static const char *const nodes[] = { "physical-device", "physical-device-path",
					     "diskseq", "node", "hotplug-status" };
	struct unbound *u = arg;
	const char *dir = u->job->vbd.path;
	size_t i;
	int err = 0;

	free(u->node);
	u->node = store_read(s, dir, "node");
	u->release = !vbd_has_owner(s, &u->job->vbd) &&
		     store_read_number(s, dir, "online", 0) != 1;
	if (!u->release || !store_exists(s, dir))
		return -ECANCELED;
	for (i = 0; !err && i < sizeof(nodes) / sizeof(nodes[0]); i++)
		err = store_remove(s, dir, nodes[i]);
	return err;
}

int agent_unbind(struct job *job)
{
	struct unbound u = { .job = job };
	int err = store_transaction(job->store, remove_nodes, &u);

	if (err == -ECANCELED)
		err = 0;
	if (err)
		err = fail_store(job, err);
	else if (u.release)
		err = target_detach(job, u.node);
	free(u.node);
	return err;
}

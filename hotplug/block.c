// SPDX-License-Identifier: GPL-2.0
/* The hotplug agent, /etc/xen/scripts/block: verbs, environment, deadline. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "supervise.h"
#include "target.h"

/* The toolstack kills this program after 40 s and reports nothing: give up before. */
#define DEADLINE_MS 25000
#define TAKEOVER_S 5

static const struct verb {
	const char *name;
	int (*run)(struct job *job);
	bool attaches;
	bool any_vbd; /* finds the vbds itself */
} verbs[] = {
	{ "add", agent_add, true, false },
	{ "remove", agent_remove, false, false },
	{ "bind", agent_bind, true, false },
	{ "unbind", agent_unbind, false, false },
	{ "changed", agent_changed, false, true },
};

struct run {
	const struct verb *verb;
	struct deadline deadline;
	struct job job;
};

/* For each type of target, "block-TYPE" is a link to this program. */
static const char *parse_type(const char *name)
{
	const char *base = strrchr(name, '/');

	base = base ? base + 1 : name;
	return strncmp(base, "block-", 6) ? NULL : base + 6;
}

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static bool open_store(struct job *job)
{
	job->store = xenstore_open();
	if (!job->store)
		fail_detail(&job->failure, MSG_STORE, job->vbd.path, "%s",
			    strerror(errno));
	return job->store;
}

static int run_verb(void *arg)
{
	struct run *run = arg;
	int result;

	deadline_step(&run->deadline, "connecting to xenstore");
	if (!open_store(&run->job))
		return -1;
	result = run->verb->run(&run->job);
	xenstore_close(run->job.store);
	return result;
}

/*
 * The worker hangs in the kernel. Report this in its place, on another
 * connection to the store. Do so before target_detach(), which may hang, too.
 */
static void take_over_worker(struct run *run)
{
	static struct job job;
	char reason[300];

	alarm(TAKEOVER_S);
	job = (struct job){ .deadline = &run->deadline, .vbd = run->job.vbd };
	memcpy(job.target, run->job.target, sizeof(job.target));
	deadline_reason(&run->deadline, reason, sizeof(reason));
	fail_detail(&job.failure,
		    run->verb->attaches ? MSG_TIMEOUT : MSG_RELEASE,
		    *job.target ? job.target : job.vbd.path, "%s", reason);
	fprintf(stderr, "%s\n", job.failure.text);
	if (!run->verb->attaches || !open_store(&job))
		return;
	agent_report(&job);
	target_detach(&job, NULL);
}

/* The systemd unit passes the path of the device in sysfs; other callers set XENBUS_PATH. */
static int find_vbd(struct run *run, const char *sysfs)
{
	const char *path = getenv("XENBUS_PATH");
	struct failure *f = &run->job.failure;

	if (sysfs && strrchr(sysfs, '/') &&
	    !vbd_parse_bus_name(&run->job.vbd, strrchr(sysfs, '/') + 1))
		return 0;
	if (sysfs)
		return fail(f, MSG_USAGE, "");
	if (!path && !run->verb->any_vbd)
		return fail_detail(f, MSG_ENVIRONMENT, "", "not set");
	if (!run->verb->any_vbd && vbd_parse_path(&run->job.vbd, path))
		return fail_detail(f, MSG_ENVIRONMENT, "", "'%s'", path);
	return 0;
}

static int prepare_run(struct run *run, int argc, char **argv)
{
	struct failure *f = &run->job.failure;

	run->verb = argc == 2 || argc == 3 ? find_verb(argv[1]) : NULL;
	if (!run->verb)
		return fail(f, MSG_USAGE, "");
	if (find_vbd(run, argv[2]))
		return -1;
	if (deadline_init(&run->deadline, DEADLINE_MS))
		return fail_detail(f, MSG_STORE, "xenstore", "%s", strerror(errno));
	run->job.deadline = &run->deadline;
	run->job.root = "";
	run->job.called_as = parse_type(argv[0]);
	return 0;
}

int main(int argc, char **argv)
{
	static struct run run;
	int result;

	signal(SIGPIPE, SIG_IGN);
	if (prepare_run(&run, argc, argv)) {
		fprintf(stderr, "%s\n", run.job.failure.text);
		return 1;
	}
	if (supervise(&run.deadline, run_verb, &run, &result)) {
		take_over_worker(&run);
		_exit(1);
	}
	if (result)
		fprintf(stderr, "%s\n", run.job.failure.text);
	return result ? 1 : 0;
}

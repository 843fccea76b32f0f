// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "program.h"
#include "record.h"

#define UNDO_MS 6000		/* of an attach's time, reserved for its undo */
#define LOCK_MS 50

/* A run of the executable of a target. */
struct engine {
	struct job *job;
	struct record record;	/* its share and undo lines so far */
	int lock;		/* on record.key, once that is set */
	bool announced;		/* there may be something to undo */
	char *device;		/* PATH_MAX bytes */
};

static void name_executable(char *path, const char *root, const char *type,
			    size_t len)
{
	snprintf(path, PATH_MAX, "%s" SCRIPTS "/targets/%.*s", root, (int)len,
		 type);
}

bool engine_known(const char *root, const char *type, size_t len)
{
	char path[PATH_MAX];

	name_executable(path, root, type, len);
	return len && !access(path, X_OK);
}

/* The lock serializes vbds that attach or detach the same storage. */
static int open_lock(struct job *job)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/run/xen-vbd.lock", job->root);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		fail_detail(&job->failure, MSG_TARGET, job->target, "%s: %s",
			    path, strerror(errno));
	return fd;
}

/* Each key has a byte of the lock file, by its hash. */
static off_t find_lock_offset(const struct record *r)
{
	uint32_t hash = 2166136261u;
	const char *s;

	for (s = r->type; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	for (s = r->key; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash & 0x7fffffff;
}

static int take_lock(struct engine *e)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
			      .l_start = find_lock_offset(&e->record), .l_len = 1 };

	while (fcntl(e->lock, F_OFD_SETLK, &lock)) {
		if (errno != EAGAIN && errno != EACCES)
			return -1;
		if (deadline_step(e->job->deadline, "waiting for another attach or detach of the same storage") ||
		    deadline_sleep(e->job->deadline, LOCK_MS))
			return -1;
	}
	return 0;
}

static int fail_protocol(struct engine *e, const char *what)
{
	return fail_detail(&e->job->failure, MSG_PROTOCOL, e->job->target, "%s",
			   what);
}

/* "share KEY": the answer says whether another vbd shares the storage. */
static int handle_share(struct engine *e, const char *key, char *answer,
			size_t size)
{
	struct record *r = &e->record;

	if (*r->key || !record_set_key(r, key))
		return fail_protocol(e, "prints share without a key, with blanks in the key, or twice");
	if (take_lock(e))
		return job_out_of_time(e->job);
	if (!record_find_sharer(e->job, r)) {
		snprintf(answer, size, "new\n");
		return 0;
	}
	e->announced = true;
	snprintf(answer, size, "shared %s\n", r->data);
	return record_write(e->job, r);
}

/* "undo DATA": the answer is sent after the record is in the store. */
static int handle_undo(struct engine *e, const char *data, char *answer,
		       size_t size)
{
	if (!*e->record.key || !record_set_data(&e->record, data))
		return fail_protocol(e, "prints undo before share, or with too much data");
	e->announced = true;
	snprintf(answer, size, "ok\n");
	return record_write(e->job, &e->record);
}

static int handle_line(void *arg, const char *line, char *answer, size_t size)
{
	struct engine *e = arg;

	if (!strncmp(line, "share ", 6))
		return handle_share(e, line + 6, answer, size);
	if (!strncmp(line, "undo ", 5))
		return handle_undo(e, line + 5, answer, size);
	if (*line == '/' && e->device && strlen(line) < PATH_MAX) {
		strcpy(e->device, line);
		return 0;
	}
	return e->device ? fail_protocol(e, "prints a line that is neither a device nor share nor undo") : 0;
}

/* Append "NAME=value" to a list that ends with NULL. */
static bool add_variable(char **environment, const char *fmt, const char *value)
{
	while (*environment)
		environment++;
	return asprintf(environment, fmt, value) >= 0 || (*environment = NULL);
}

static enum program_end run_executable(struct engine *e, const char *verb, int64_t ms,
				       struct program *p, int *status)
{
	char *environment[8] = { 0 }, path[PATH_MAX], seconds[24];
	struct job *job = e->job;
	enum program_end how = PROGRAM_FAILED;
	int i;

	name_executable(path, job->root, e->record.type, strlen(e->record.type));
	snprintf(seconds, sizeof(seconds), "%lld", (long long)ms / 1000);
	*p = (struct program){ .path = path, .argument = verb, .arg = e,
			       .environment = environment, .handle_line = handle_line,
			       .lock = e->lock };
	*status = ENOMEM;
	if (add_variable(environment, "PATH=%s", "/usr/sbin:/usr/bin:/sbin:/bin") &&
	    add_variable(environment, "LC_ALL=%s", "C") &&
	    add_variable(environment, "VBD_TARGET=%s", job->spec) &&
	    add_variable(environment, "VBD_MODE=%s", job->write ? "w" : "r") &&
	    add_variable(environment, "VBD_KEY=%s", e->record.key) &&
	    add_variable(environment, "VBD_UNDO=%s", e->record.data) &&
	    add_variable(environment, "VBD_SECONDS=%s", seconds))
		how = program_run(p, job->deadline, ms, status);
	for (i = 0; environment[i]; i++)
		free(environment[i]);
	return how;
}

/* Set one message for each way in which the executable can fail. */
static int fail_executable(struct engine *e, enum message id, enum program_end how,
			   int status, const struct program *p)
{
	struct failure *f = &e->job->failure;
	const char *target = e->job->target, *said;

	switch (how) {
	case PROGRAM_EXITED:
		if (status && *p->last_error)
			return fail_detail(f, id, target, "%s", p->last_error);
		return fail_detail(f, MSG_PROTOCOL, target, status ?
				   "ended with status %d and printed no error message" :
				   "ended with status %d and printed no device",
				   status);
	case PROGRAM_KILLED:
		return fail_detail(f, MSG_PROTOCOL, target,
				   "was ended by signal %d (%s)", status,
				   strsignal(status));
	case PROGRAM_STOPPED:
		return -1;	/* handle_line() has set the failure */
	case PROGRAM_LATE:
		said = *p->last_error ? "its last message is: " : "it printed no message";
		if (id == MSG_TARGET_RELEASE)
			return fail_detail(f, id, target, "it did not go offline in time (%s%s)",
					   said, p->last_error);
		return fail_detail(f, MSG_TARGET_LATE, target, "%s%s", said, p->last_error);
	default:
		return fail_detail(f, MSG_PROTOCOL, target, "cannot be run: %s",
				   strerror(status));
	}
}

/* The caller holds the lock. */
static int undo_record(struct engine *e)
{
	int64_t left = deadline_left(e->job->deadline);
	struct record other = e->record;
	struct program p;
	enum program_end how;
	int status;

	e->device = NULL;
	deadline_step(e->job->deadline, "running the target %s detach",
		      e->record.type);
	if (!record_find_sharer(e->job, &other)) {
		how = run_executable(e, "detach", left > UNDO_MS ? left : UNDO_MS, &p,
				     &status);
		if (how != PROGRAM_EXITED || status)
			return fail_executable(e, MSG_TARGET_RELEASE, how, status, &p);
	}
	record_remove(e->job);
	return 0;
}

static int run_attach(struct engine *e)
{
	int64_t left = deadline_left(e->job->deadline) - UNDO_MS;
	struct failure why;
	struct program p;
	enum program_end how;
	int status;

	how = run_executable(e, "attach", left < 0 ? 0 : left, &p, &status);
	if (how == PROGRAM_EXITED && !status && *e->device)
		return 0;
	fail_executable(e, MSG_TARGET, how, status, &p);
	why = e->job->failure;
	if (e->announced && undo_record(e))
		fprintf(stderr, "%s\n", e->job->failure.text);
	e->job->failure = why;
	return -1;
}

/* If there is a record before an attach, a killed agent has left it: undo it first. */
int engine_attach(struct job *job, char *device, struct record *record)
{
	struct engine e = { .job = job, .device = device };
	int err;

	if (engine_detach(job) ||
	    job_step(job, "running the target %s attach", job->type))
		return -1;
	e.lock = open_lock(job);
	if (e.lock < 0)
		return -1;
	*device = '\0';
	record_start(&e.record, job->type);
	err = run_attach(&e);
	if (!err && e.announced)
		*record = e.record;
	close(e.lock);
	return err;
}

int engine_undo(struct job *job, const struct record *record)
{
	struct engine e = { .job = job, .record = *record };
	int err;

	e.lock = open_lock(job);
	if (e.lock < 0)
		return -1;
	err = take_lock(&e) ? fail_detail(&job->failure, MSG_TARGET_RELEASE,
					  job->target,
					  "another attach or detach of it has not ended") :
			      undo_record(&e);
	close(e.lock);
	return err;
}

int engine_detach(struct job *job)
{
	struct record record;

	if (!record_read(job, &record))
		return 0;
	if (!*job->target)
		record_describe(&record, job->target, sizeof(job->target));
	return engine_undo(job, &record);
}

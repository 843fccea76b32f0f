/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All messages of the agent and of vbd for people. Each names the target, the
 * reason and what to do. unit/messages.golden has all of them.
 */
#ifndef HOTPLUG_MESSAGE_H
#define HOTPLUG_MESSAGE_H

#include <stdbool.h>

#define MESSAGE_MAX 1024

enum message {
	MSG_NONE,
	MSG_MISSING,
	MSG_DIRECTORY,
	MSG_KIND,
	MSG_EMPTY,
	MSG_SMALL,
	MSG_FORMAT,
	MSG_SHARED_FILE,
	MSG_READONLY_DEVICE,
	MSG_READONLY_FILE,
	MSG_READONLY_MOUNT,
	MSG_PERMISSION,
	MSG_OPEN,
	MSG_BUSY_MOUNT,
	MSG_BUSY_SWAP,
	MSG_BUSY_HOLDER,
	MSG_BUSY_VBD,
	MSG_BUSY_LOOP,
	MSG_BUSY_LOCK,
	MSG_BUSY_UNKNOWN,
	MSG_NO_LOOP,
	MSG_LOOP,
	MSG_RELEASE,
	MSG_TARGET,
	MSG_TARGET_LATE,
	MSG_TARGET_RELEASE,
	MSG_PROTOCOL,
	MSG_NO_PARAMS,
	MSG_TYPE,
	MSG_MODE,
	MSG_NO_DRIVER,
	MSG_CLOSING,
	MSG_VANISHED,
	MSG_TIMEOUT,
	MSG_STORE,
	MSG_ENVIRONMENT,
	MSG_USAGE,
	/* only used by vbd */
	MSG_COMMAND,
	MSG_OPTION,
	MSG_NO_DOMAIN,
	MSG_NO_DISK,
	MSG_DISK_NAME,
	MSG_DISK_TAKEN,
	MSG_NONE_FREE,
	MSG_NO_BACKEND,
	MSG_ELSEWHERE,
	MSG_OTHER_KIND,
	MSG_OTHER_LIVES,
	MSG_OTHER_OWNER,
	MSG_NOT_CONNECTED,
	MSG_BACKEND_SAYS,
	MSG_FRONTEND_SAYS,
	MSG_SCRIPT_SAYS,
	MSG_ATTACH_TIME,
	MSG_DETACH_TIME,
	MSG_SWAP_TIME,
	MSG_SWAP_TYPE,
	MSG_MOVE_HERE,
	MSG_MOVE_LIVES,
	MSG_MOVE_GONE,
	MSG_MOVE_COPY,
	MSG_MOVE_FRONT,
	MSG_MOVE_TIME,
	MSG_RESIZE_TIME,
	MSG_LIMIT,
	MSG_CGROUP,
	MSG_NO_LIMITS,
	MSG_LIMIT_TIME,
	MSG_CONFIG,
	MSG_NO_SCRIPT,
	MSG_DEVICE_CLASS,
	MSG_DEVICE_DISK,
	MSG_DEVICE_LONG,
	MSG_DEVICE_ID,
	MSG_DEVICE_KEY,
	MSG_DEVICE_TAKEN,
	MSG_DEVICE_NONE,
	MSG_DEVICE_ENDED,
	MSG_DEVICE_TIME,
	MSG_DEVICE_LATE,
	MSG_DEVICE_BUSY,
	MSG_DEVICE_SCRIPT,
	MSG_INTERRUPTED,
	MSG_LOG,
	MSG_LOG_LINE,
	MSG_COUNT
};

/* Exit status of vbd, documented in tool/vbd.8. */
enum {
	EXIT_DONE,
	EXIT_REFUSED,
	EXIT_USAGE,
	EXIT_NONE,		/* no such domain or disk */
	EXIT_BUSY,
	EXIT_TIME,
	EXIT_STORE,
	EXIT_INTERRUPTED = 130,
};

struct failure {
	enum message id;
	char text[MESSAGE_MAX];
};

/* The name of a message in the golden file. */
const char *message_name(enum message id);

/* The value of hotplug-status for a message. */
const char *message_status(enum message id);

int message_exit(enum message id);

/*
 * Set @f and return -1, so that a function can end with "return fail(...)".
 * Control characters in the arguments become '?'; long arguments are shortened.
 */
int fail(struct failure *f, enum message id, const char *target);
int fail_detail(struct failure *f, enum message id, const char *target,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif

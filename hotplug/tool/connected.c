// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "connected.h"
#include "wait.h"

int fail_connect(struct tool *t, const struct disk *d)
{
	char *back = disk_error(t, d, true), *front = disk_error(t, d, false);
	char *script = store_read(t->store, d->back, "hotplug-error");

	if (script)
		fail_detail(&t->failure, MSG_SCRIPT_SAYS, d->label, "%s", script);
	else if (back)
		fail_detail(&t->failure, MSG_BACKEND_SAYS, d->label, "%s", back);
	else if (front)
		fail_detail(&t->failure, MSG_FRONTEND_SAYS, d->label, "%s", front);
	else if (disk_is_disk(d))
		fail_detail(&t->failure, MSG_CLOSING, d->label, "%u",
			    disk_ends(t, d).back);
	else
		fail_detail(&t->failure, MSG_DEVICE_ENDED, d->label, "backend %s, frontend %s",
			    state_name(disk_ends(t, d).back), state_name(disk_ends(t, d).front));
	free(script);
	free(back);
	free(front);
	return -1;
}

struct wait_mode {
	bool no_wait;		/* do not wait for the guest */
	bool taken;		/* wait for no more than the backend */
	bool moved;		/* the ends may be Closed from before */
};

static bool has_error(struct tool *t, const struct disk *d)
{
	char *back = disk_error(t, d, true), *front = disk_error(t, d, false);
	bool has = back || front;

	free(back);
	free(front);
	return has;
}

static bool has_ended(struct tool *t, const struct disk *d, const struct wait_mode *mode)
{
	struct ends e = disk_ends(t, d);

	if (store_has(t->store, d->back, "hotplug-error"))
		return true;
	if (e.back < STATE_CLOSING && e.front < STATE_CLOSING)
		return false;
	return !mode->moved || has_error(t, d);
}

/* Returns 1 once the disk is connected, or ready for the guest if @no_wait. */
static int is_connected(struct tool *t, const struct disk *d, void *arg)
{
	struct ends e = disk_ends(t, d);
	const struct wait_mode *mode = arg;

	if (e.back == STATE_CONNECTED && e.front == STATE_CONNECTED)
		return 1;
	if (has_ended(t, d, mode))
		return fail_connect(t, d);
	if (e.back == STATE_UNKNOWN && !disk_is_disk(d))
		return fail_connect(t, d);
	if (e.back == STATE_UNKNOWN)
		return fail_detail(&t->failure, MSG_VANISHED, d->label, "%s", d->back);
	if (mode->taken)
		return e.back >= STATE_INITWAIT;
	return mode->no_wait && e.back >= STATE_INITWAIT &&
	       store_has(t->store, d->back, "physical-device");
}

static int wait_until_connected(struct tool *t, const struct disk *d, struct wait_mode mode,
				enum message late)
{
	int result = disk_wait(t, d, is_connected, &mode);
	struct waiting w;

	if (result)
		return result < 0 ? -1 : 0;
	disk_describe_wait(t, d, &w);
	return fail_detail(&t->failure, late, d->label, "gave up waiting for %s", w.text);
}

int wait_connected(struct tool *t, const struct disk *d, bool no_wait, enum message late)
{
	return wait_until_connected(t, d, (struct wait_mode){ .no_wait = no_wait }, late);
}

int wait_taken(struct tool *t, const struct disk *d, enum message late)
{
	return wait_until_connected(t, d, (struct wait_mode){ .taken = true }, late);
}

int wait_moved(struct tool *t, const struct disk *d, enum message late)
{
	return wait_until_connected(t, d, (struct wait_mode){ .moved = true }, late);
}

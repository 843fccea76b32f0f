// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "connected.h"
#include "wait.h"

/* In the words of the one who ended it, if it left any. */
static int fail_ended(struct tool *t, const struct disk *d)
{
	char *back = disk_error(t, d, true), *front = disk_error(t, d, false);
	char *script = store_read(t->store, d->back, "hotplug-error");

	if (script)
		fail_detail(&t->failure, MSG_SCRIPT_SAYS, d->label, "%s", script);
	else if (back)
		fail_detail(&t->failure, MSG_BACKEND_SAYS, d->label, "%s", back);
	else if (front)
		fail_detail(&t->failure, MSG_FRONTEND_SAYS, d->label, "%s", front);
	else
		fail_detail(&t->failure, MSG_CLOSING, d->label, "%u",
			    disk_ends(t, d).back);
	free(script);
	free(back);
	free(front);
	return -1;
}

/* 1 once the disk is as far as it is to come. */
static int is_connected(struct tool *t, const struct disk *d, void *arg)
{
	struct ends e = disk_ends(t, d);
	bool no_wait = *(bool *)arg;

	if (e.back == STATE_CONNECTED && e.front == STATE_CONNECTED)
		return 1;
	if (store_has(t->store, d->back, "hotplug-error") ||
	    e.back >= STATE_CLOSING || e.front >= STATE_CLOSING)
		return fail_ended(t, d);
	if (e.back == STATE_UNKNOWN)
		return fail_detail(&t->failure, MSG_VANISHED, d->label, "%s", d->back);
	return no_wait && e.back >= STATE_INITWAIT &&
	       store_has(t->store, d->back, "physical-device");
}

int wait_connected(struct tool *t, const struct disk *d, bool no_wait, enum message late)
{
	int result = disk_wait(t, d, is_connected, &no_wait);
	struct waiting w;

	if (result)
		return result < 0 ? -1 : 0;
	disk_waiting(t, d, &w);
	return fail_detail(&t->failure, late, d->label, "gave up waiting for %s", w.text);
}

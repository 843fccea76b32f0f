// SPDX-License-Identifier: GPL-2.0
/* vbd delete: a device of any class, as vbd detach for a disk. */
#include <stdlib.h>

#include "device.h"
#include "remove.h"
#include "wait.h"

/* Set the failure, with the error of the guest if it has reported one. */
static int fail_not_closed(struct tool *t, const struct disk *d)
{
	char *error = disk_error(t, d, false);
	struct waiting w;

	disk_describe_wait(t, d, &w);
	if (deadline_cancelled(&t->deadline))
		fail_detail(&t->failure, MSG_INTERRUPTED, d->label,
			    "was asked to close: when the guest has closed it, run vbd delete again to remove it");
	else if (error)
		fail_detail(&t->failure, MSG_DEVICE_BUSY, d->label, "the guest says: %s", error);
	else
		fail_detail(&t->failure, MSG_DEVICE_BUSY, d->label, "it waits for %s", w.text);
	free(error);
	return -1;
}

static void print_forced(struct tool *t, const struct disk *d)
{
	if (t->progress)
		fprintf(t->progress, "%s: removing it, though its backend has not closed it\n",
			d->label);
}

static int close_device(struct tool *t, const struct disk *d)
{
	int result;

	if (disk_is_unserved(t, d))
		return 0;
	if (disk_ask_to_close(t, d, t->options.force))
		return -1;
	result = disk_wait(t, d, disk_is_closed, NULL);
	if (result)
		return result < 0 ? -1 : 0;
	if (!t->options.force || deadline_cancelled(&t->deadline))
		return fail_not_closed(t, d);
	print_forced(t, d);
	return 0;
}

int command_delete(struct tool *t)
{
	struct disk d;

	if (device_find(t, &d) || close_device(t, &d))
		return -1;
	return disk_remove(t, &d);
}

// SPDX-License-Identifier: GPL-2.0
/* vbd detach. */
#include <stdlib.h>

#include "disk.h"
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
			    "was asked to close: when the guest has closed it, run vbd detach again to remove it");
	else if (t->options.force && !disk_is_vbd(d))
		disk_fail_not_closed(t, d);
	else if (error)
		fail_detail(&t->failure, MSG_DETACH_TIME, d->label,
			    "the guest says: %s", error);
	else
		fail_detail(&t->failure, MSG_DETACH_TIME, d->label,
			    "it waits for %s", w.text);
	free(error);
	return -1;
}

/* If --force is used on a disk that QEMU or another program serves, name that program. */
static void print_force(struct tool *t, const struct disk *d)
{
	char program[KIND_TEXT_MAX + 32];

	if (!t->options.force || disk_is_vbd(d) || !t->progress)
		return;
	disk_describe_backend(d, program, sizeof(program));
	fprintf(t->progress,
		"%s: taking it from the guest, and telling %s to close it: I/O in flight fails\n",
		d->label, program);
	fflush(t->progress);
}

int command_detach(struct tool *t)
{
	struct disk d;
	int result;

	if (disk_find(t, 0, &d) || disk_need_no_owner(t, &d, "vbd-unplug"))
		return -1;
	print_force(t, &d);
	if (disk_ask_to_close(t, &d, t->options.force))
		return -1;
	result = disk_wait(t, &d, disk_is_closed, NULL);
	if (result < 0)
		return -1;
	if (result == 0)
		return fail_not_closed(t, &d);
	return disk_remove(t, &d);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the holder of a device: a mount, swap, another block device, or a vbd. */
#ifndef HOTPLUG_HOLDER_H
#define HOTPLUG_HOLDER_H

#include <sys/stat.h>

#include "job.h"

struct holder {
	enum message message;	/* message for the refusal */
	char text[400];		/* its detail */
	bool leaving;		/* will release the device soon */
	bool found_sharer;	/* a holder was found that may share the device with the job */
};

/*
 * Look for a holder of the device, of its partitions, or of the whole disk of a partition, that
 * may not share it with the job. @claimed: the kernel has refused an exclusive open. If not, look
 * only for vbds that read the device, as these do not claim it.
 *
 * A reader may share a device with read-only mounts and with other readers. A writer may share it
 * with other domains of its VM in which it is the same disk. A vbd with mode w! may share it with
 * vbds of that mode.
 *
 * Returns false if the job may have the device. If it is claimed and no holder is found, returns
 * true with MSG_BUSY_UNKNOWN.
 */
bool holder_find(struct job *job, dev_t device, bool claimed, struct holder *h);

/* Whether the devices are the same, or a partition and its whole disk. */
bool holder_overlap(const char *root, dev_t a, dev_t b);

/* Whether the device or the file is swap space in use. */
bool holder_is_swap(const char *root, const struct stat *st);

/*
 * Call this after each refusal because of @h; @since is the time of the first.
 * Returns true after a short sleep if a retry makes sense, since the holder may
 * be about to release the device.
 */
bool holder_worth_waiting(struct job *job, const struct holder *h,
			  int64_t since);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of a disk's I/O, by what the kernel has for that: the backend charges
 * a vbd's I/O to the cgroup that the node "cgroup" names, and its file io.max
 * holds the limits. The cgroup exists for as long as there are limits.
 */
#ifndef HOTPLUG_LIMIT_H
#define HOTPLUG_LIMIT_H

#include <sys/types.h>

#include "job.h"

#define LIMIT_MAX 256
#define CGROUP_NAME_MAX 64

/*
 * Read "iops=N,bps=N" with any of iops, riops, wiops, bps, rbps, wbps; N may
 * end in K, M or G, and "max" is none. As io.max has it: "riops=N wiops=N ...".
 * 0, or -1 with the failure filled in.
 */
int limit_parse(struct job *job, const char *text, char limits[LIMIT_MAX]);

/*
 * Have a cgroup with these limits for @device. @cgroup: result, the value for
 * the node. 0, or -1 with the failure filled in.
 */
int limit_make(struct job *job, dev_t device, const char *limits,
	       char cgroup[CGROUP_NAME_MAX]);

/* What holds for @device, "" if nothing does. */
void limit_read(struct job *job, dev_t device, char limits[LIMIT_MAX]);

/*
 * No limits for @device from here on, so that what is held back goes on at once:
 * who waits for it need not wait for the limits. The cgroup stays, if there is one.
 */
void limit_lift(struct job *job, dev_t device);

/* The cgroup goes, if there is one. */
void limit_remove(struct job *job);

#endif

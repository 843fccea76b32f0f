/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of the I/O of a disk. The backend charges the I/O of a vbd to the
 * cgroup that the node "cgroup" names. The file io.max of this cgroup has the
 * limits. The cgroup exists as long as there are limits.
 */
#ifndef HOTPLUG_LIMIT_H
#define HOTPLUG_LIMIT_H

#include <sys/types.h>

#include "job.h"

#define LIMIT_MAX 256
#define CGROUP_NAME_MAX 64

/*
 * Parse "iops=N,bps=N", with any of iops, riops, wiops, bps, rbps, wbps. N may
 * end in K, M or G; "max" means no limit. @limits is in the format of io.max:
 * "riops=N wiops=N ...". Returns 0, or -1 with the failure set.
 */
int limit_parse(struct job *job, const char *text, char limits[LIMIT_MAX]);

/*
 * Make the cgroup and set these limits for @device. @cgroup is set to the value
 * of the node. Returns 0, or -1 with the failure set.
 */
int limit_make(struct job *job, dev_t device, const char *limits,
	       char cgroup[CGROUP_NAME_MAX]);

/* Read the limits of @device; "" if there are none. */
void limit_read(struct job *job, dev_t device, char limits[LIMIT_MAX]);

/*
 * Remove the limits of @device, but not the cgroup. I/O that was throttled
 * continues at once, so a detach or a swap does not wait for it.
 */
void limit_lift(struct job *job, dev_t device);

/* Remove the cgroup, if there is one. */
void limit_remove(struct job *job);

#endif

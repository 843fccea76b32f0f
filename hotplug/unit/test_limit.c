// SPDX-License-Identifier: GPL-2.0
/* The cgroup of a disk, in a directory that stands for the cgroup file system. */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"
#include "limit.h"
#include "test.h"

static struct fixture fx;

/*
 * The kernel writes a blank as \040 and a backslash as \134. The first cgroup2
 * is a bind mount of a subtree.
 */
static void mount_with_blanks(void)
{
	char line[1000], limits[LIMIT_MAX], cgroup[CGROUP_NAME_MAX];
	const dev_t device = makedev(240, 0);

	make_file("c\\g 2/cgroup.subtree_control", "");
	make_file("c\\g 2/xen-vbd/cgroup.subtree_control", "");
	make_file("c\\g 2/xen-vbd/5-51712/io.max", "");
	snprintf(line, sizeof(line),
		 "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
		 "29 22 0:26 /sub /sub rw shared:4 - cgroup2 cgroup2 rw\n"
		 "30 22 0:26 / %s/c\\134g\\0402 rw shared:4 - cgroup2 cgroup2 rw\n", scratch);
	make_file("proc/self/mountinfo", line);
	fixture_init(&fx, "/x", "w");
	CHECK(!limit_make(&fx.job, device, "riops=5 wiops=5 rbps=max wbps=max", cgroup));
	CHECK_TEXT(fx.job.failure.text, "");
	limit_read(&fx.job, device, limits);
	CHECK_TEXT(limits, "riops=5 wiops=5 rbps=max wbps=max");
	unlink(in_scratch("proc/self/mountinfo"));
	CHECK(limit_make(&fx.job, device, limits, cgroup) == -1);
	CHECK(strstr(fx.job.failure.text, "no cgroup2 is mounted"));
	fixture_end(&fx);
}

const struct test limit_tests[] = {
	{ "limit: cgroup2 on a mount point with blanks", mount_with_blanks },
	{ 0 }
};

// SPDX-License-Identifier: GPL-2.0
/* Who has a device, read from a made-up /proc and /sys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"
#include "holder.h"
#include "qdisk.h"
#include "test.h"

#define DISK "sys/devices/sdq"

static struct fixture fx;

/* sdq 240:0 with the partitions sdq1 240:1 and sdq2 240:2 */
static void setup(void)
{
	make_file(DISK "/dev", "240:0\n");
	make_file(DISK "/sdq1/dev", "240:1\n");
	make_file(DISK "/sdq1/partition", "1\n");
	make_file(DISK "/sdq2/dev", "240:2\n");
	make_file(DISK "/sdq2/partition", "2\n");
	make_file("sys/dev/block/.keep", "");
	CHECK(!symlink("../../devices/sdq", in_scratch("sys/dev/block/240:0")));
	CHECK(!symlink("../../devices/sdq/sdq1", in_scratch("sys/dev/block/240:1")));
	CHECK(!symlink("../../devices/sdq/sdq2", in_scratch("sys/dev/block/240:2")));
	fixture_init(&fx, "/dev/sdq", "w");
}

static void teardown(void)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf '%s/sys' '%s/proc'", scratch,
		 scratch);
	CHECK(!system(command));
	fixture_end(&fx);
}

static void expect(unsigned int minor, enum message id, const char *text)
{
	struct holder h;

	holder_find(&fx.job, makedev(240, minor), &h);
	CHECK_TEXT(message_name(h.message), message_name(id));
	CHECK_TEXT(h.text, text);
}

static void nobody(void)
{
	setup();
	expect(0, MSG_BUSY_UNKNOWN, "");
	expect(99, MSG_BUSY_UNKNOWN, "");
	teardown();
}

static void mounted(void)
{
	setup();
	make_file("proc/self/mountinfo",
		  "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
		  "30 22 240:1 / /srv/a\\040b\\134 rw shared:1 - ext4 /dev/sdq1 rw\n");
	expect(1, MSG_BUSY_MOUNT, "sdq1 is mounted at /srv/a b\\");
	expect(0, MSG_BUSY_MOUNT, "sdq1 is mounted at /srv/a b\\");
	expect(2, MSG_BUSY_UNKNOWN, "");
	teardown();
}

static void stacked(void)
{
	setup();
	make_file(DISK "/sdq2/holders/dm-3/dm/name", "vg-root\n");
	expect(2, MSG_BUSY_HOLDER, "sdq2 is part of dm-3 (vg-root)");
	expect(0, MSG_BUSY_HOLDER, "sdq2 is part of dm-3 (vg-root)");
	make_file(DISK "/holders/md0/dev", "9:0\n");
	expect(0, MSG_BUSY_HOLDER, "sdq is part of md0");
	expect(1, MSG_BUSY_HOLDER, "sdq is part of md0");
	teardown();
}

static void other_vbd(void)
{
	const char *bus = "sys/bus/xen-backend/devices/vbd-7-51728";
	char name[200];
	struct holder h;

	setup();
	snprintf(name, sizeof(name), "%s/physical_device", bus);
	make_file(name, "f0:1\n");
	snprintf(name, sizeof(name), "%s/mode", bus);
	make_file(name, "r\n");
	fake_set(&fx.store, "backend/vbd/7/51728/dev", "xvdb");
	fake_set(&fx.store, "backend/vbd/7/51728/state", "4");
	expect(1, MSG_BUSY_VBD, "sdq1 is attached to guest 7 as xvdb, read-only");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(h.reader && !h.leaving);
	holder_find(&fx.job, makedev(240, 0), &h);
	CHECK(h.message == MSG_BUSY_VBD && !h.reader);
	CHECK(!holder_worth_waiting(&fx.job, &h, now_ms()));

	make_file(name, "w\n");
	/* The VM's other domain: its own disk, of this device, and no other. */
	fake_set(&fx.store, "/local/domain/5/vm", "/vm/1-2-3");
	fake_set(&fx.store, "/local/domain/7/vm", "/vm/1-2-3");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(!h.moving);
	vbd_name(&fx.job.vbd, 5, 51728);
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(h.moving && !h.reader);
	holder_find(&fx.job, makedev(240, 0), &h);
	CHECK(!h.moving);
	fake_set(&fx.store, "/local/domain/7/vm", "/vm/1-2-4");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(!h.moving);
	/* Its stub domain, whose "target" names it; of another domain; of none. */
	fake_set(&fx.store, "/local/domain/7/target", "5");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(h.moving && !h.reader);
	fake_set(&fx.store, "/local/domain/7/target", "6");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(!h.moving);
	fake_set(&fx.store, "/local/domain/7/target", "4294967301");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(!h.moving);
	fake_remove(&fx.store, "/local/domain/7/target");

	fake_set(&fx.store, "backend/vbd/7/51728/state", "5");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(!h.reader && h.leaving);
	fake_remove(&fx.store, "backend/vbd/7");
	expect(1, MSG_BUSY_VBD,
	       "sdq1 is attached to guest 7 as device 51728, writable");
	holder_find(&fx.job, makedev(240, 1), &h);
	CHECK(h.leaving && holder_worth_waiting(&fx.job, &h, now_ms()));
	CHECK(!holder_worth_waiting(&fx.job, &h, now_ms() - 3000));
	teardown();
}

static void overlap(void)
{
	const dev_t whole = makedev(240, 0), first = makedev(240, 1), second = makedev(240, 2);

	setup();
	CHECK(holder_overlap(scratch, whole, whole));
	CHECK(holder_overlap(scratch, first, whole));
	CHECK(holder_overlap(scratch, whole, second));
	CHECK(!holder_overlap(scratch, first, second));
	CHECK(!holder_overlap(scratch, first, makedev(240, 99)));
	CHECK(holder_overlap(scratch, makedev(240, 99), makedev(240, 99)));
	teardown();
}

/* QEMU has the whole disk. Only root can make the node that its params name. */
static void overlap_qemu(void)
{
	struct stat st = { .st_mode = S_IFBLK, .st_rdev = makedev(240, 1) };
	char params[600];

	snprintf(params, sizeof(params), "aio:%s", in_scratch("sdq"));
	if (mknod(params + 4, S_IFBLK | 0600, makedev(240, 0)))
		return;
	setup();
	fake_set(&fx.store, "backend/qdisk/9/51728/params", params);
	fake_set(&fx.store, "backend/qdisk/9/51728/state", "4");
	CHECK(qdisk_check(&fx.job, &st) == -1 && fx.job.failure.id == MSG_BUSY_VBD);
	st.st_rdev = makedev(240, 99);
	CHECK(qdisk_check(&fx.job, &st) == 0);
	unlink(params + 4);
	teardown();
}

/* VBD is 5/51712; another vbd has the same device, and one has another. */
static void changed(void)
{
	setup();
	make_file("sys/bus/xen-backend/devices/vbd-5-51712/physical_device", "f0:0\n");
	make_file("sys/bus/xen-backend/devices/vbd-6-51712/physical_device", "f0:0\n");
	make_file("sys/bus/xen-backend/devices/vbd-7-51712/physical_device", "f0:1\n");
	fake_set(&fx.store, VBD "/physical-device", "f0:0");
	fake_set(&fx.store, "backend/vbd/6/51712/physical-device", "fe:9");
	fake_set(&fx.store, "backend/vbd/7/51712/physical-device", "f0:1");
	setenv("MAJOR", "240", 1);
	unsetenv("MINOR");
	CHECK(agent_changed(&fx.job) == -1 && fx.job.failure.id == MSG_USAGE);
	setenv("MINOR", "0", 1);
	CHECK(agent_changed(&fx.job) == 0);
	/* Of 6 the store names another by now. */
	CHECK(fx.store.commits == 1);
	CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device"), "f0:0");
	CHECK_TEXT(fake_get(&fx.store, "backend/vbd/6/51712/physical-device"), "fe:9");
	setenv("MINOR", "2", 1);
	CHECK(agent_changed(&fx.job) == 0);
	CHECK(fx.store.commits == 1);
	teardown();
}

const struct test holder_tests[] = {
	{ "holder: nobody is seen", nobody },
	{ "holder: a mount, of the device or of a partition", mounted },
	{ "holder: md and device-mapper, below and above", stacked },
	{ "holder: another vbd; readers; one that is leaving", other_vbd },
	{ "holder: a partition and its whole disk overlap", overlap },
	{ "holder: a partition of a disk that QEMU serves", overlap_qemu },
	{ "changed: the vbds that serve the device look at it, no other", changed },
	{ 0 }
};

// SPDX-License-Identifier: GPL-2.0
/* The holder of a device, found in a test's own /proc and /sys. */
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

static void expect_holder(unsigned int minor, enum message id, const char *text)
{
	struct holder h;

	CHECK(holder_find(&fx.job, makedev(240, minor), true, &h));
	CHECK_TEXT(message_name(h.message), message_name(id));
	CHECK_TEXT(h.text, text);
}

static void nobody(void)
{
	setup();
	expect_holder(0, MSG_BUSY_UNKNOWN, "");
	expect_holder(99, MSG_BUSY_UNKNOWN, "");
	teardown();
}

static void mounted(void)
{
	setup();
	make_file("proc/self/mountinfo",
		  "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
		  "30 22 240:1 / /srv/a\\040b\\134 rw shared:1 - ext4 /dev/sdq1 rw\n");
	expect_holder(1, MSG_BUSY_MOUNT, "sdq1 is mounted at /srv/a b\\");
	expect_holder(0, MSG_BUSY_MOUNT, "sdq1 is mounted at /srv/a b\\");
	expect_holder(2, MSG_BUSY_UNKNOWN, "");
	teardown();
}

static void stacked(void)
{
	setup();
	make_file(DISK "/sdq2/holders/dm-3/dm/name", "vg-root\n");
	expect_holder(2, MSG_BUSY_HOLDER, "sdq2 is part of dm-3 (vg-root)");
	expect_holder(0, MSG_BUSY_HOLDER, "sdq2 is part of dm-3 (vg-root)");
	make_file(DISK "/holders/md0/dev", "9:0\n");
	expect_holder(0, MSG_BUSY_HOLDER, "sdq is part of md0");
	expect_holder(1, MSG_BUSY_HOLDER, "sdq is part of md0");
	teardown();
}

/* Whether the job may have the device 240:@minor. @claimed: somebody has it open exclusively. */
static bool may_have(unsigned int minor, bool claimed)
{
	struct holder h;

	return !holder_find(&fx.job, makedev(240, minor), claimed, &h);
}

/* Set the mode of the job: r, w or w!. */
static void set_mode(const char *mode)
{
	fx.job.write = *mode == 'w';
	fx.job.share = !strcmp(mode, "w!");
}

#define BUS "sys/bus/xen-backend/devices/vbd-7-51728"

/* Attach sdq1 to guest 7 in this mode. */
static void set_served(const char *mode)
{
	make_file(BUS "/physical_device", "f0:1\n");
	make_file(BUS "/mode", mode);
}

static void other_vbd(void)
{
	struct holder h;

	setup();
	set_served("r\n");
	fake_set(&fx.store, "backend/vbd/7/51728/dev", "xvdb");
	fake_set(&fx.store, "backend/vbd/7/51728/state", "4");
	set_mode("w");
	expect_holder(1, MSG_BUSY_VBD, "sdq1 is attached to guest 7 as xvdb, read-only");
	CHECK(holder_find(&fx.job, makedev(240, 1), false, &h));
	CHECK(!h.found_sharer && !h.leaving);
	CHECK(!holder_worth_waiting(&fx.job, &h, now_ms()));

	fake_set(&fx.store, "backend/vbd/7/51728/state", "5");
	CHECK(holder_find(&fx.job, makedev(240, 1), true, &h) && h.leaving);
	fake_remove(&fx.store, "backend/vbd/7");
	set_served("w\n");
	expect_holder(1, MSG_BUSY_VBD, "sdq1 is attached to guest 7 as device 51728, writable");
	CHECK(holder_find(&fx.job, makedev(240, 1), true, &h) && h.leaving);
	CHECK(holder_worth_waiting(&fx.job, &h, now_ms()));
	CHECK(!holder_worth_waiting(&fx.job, &h, now_ms() - 3000));
	teardown();
}

/* Which modes may share sdq1 (1) or sdq (0) with guest 7. sdq2 (2) is not shared. */
static void modes(void)
{
	static const struct {
		const char *has, *wants;
		bool same, whole;
	} all[] = {
		{ "r\n", "r", true, true }, { "r\n", "w", false, false },
		{ "r\n", "w!", false, false },
		{ "w\n", "r", false, false }, { "w\n", "w", false, false },
		{ "w\n", "w!", false, false },
		{ "w!\n", "r", false, false }, { "w!\n", "w", false, false },
		{ "w!\n", "w!", true, false },
	};
	size_t i;

	setup();
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool claimed = all[i].has[0] == 'w';

		set_served(all[i].has);
		set_mode(all[i].wants);
		if (!CHECK(may_have(1, claimed) == all[i].same) ||
		    !CHECK(may_have(0, claimed) == all[i].whole) ||
		    !CHECK(may_have(2, false)))
			printf("# %s beside %s\n", all[i].wants, all[i].has);
	}
	teardown();
}

/* Another domain of the VM may share the device, if it is the same disk. */
static void same_vm(void)
{
	setup();
	set_served("w\n");
	set_mode("w");
	fake_set(&fx.store, "/local/domain/5/vm", "/vm/1-2-3");
	fake_set(&fx.store, "/local/domain/7/vm", "/vm/1-2-3");
	CHECK(!may_have(1, true));
	vbd_name(&fx.job.vbd, 5, 51728);
	CHECK(may_have(1, true));
	CHECK(!may_have(0, true));
	set_mode("w!");
	CHECK(!may_have(1, true));
	set_mode("w");
	set_served("w!\n");
	CHECK(!may_have(1, true));
	set_served("w\n");
	fake_set(&fx.store, "/local/domain/7/vm", "/vm/1-2-4");
	CHECK(!may_have(1, true));
	/* Domain 7 is the stub domain of 5, of 6, or of a domain number that is too large. */
	fake_set(&fx.store, "/local/domain/7/target", "5");
	CHECK(may_have(1, true));
	fake_set(&fx.store, "/local/domain/7/target", "6");
	CHECK(!may_have(1, true));
	fake_set(&fx.store, "/local/domain/7/target", "4294967301");
	CHECK(!may_have(1, true));
	teardown();
}

/* sdq1 and sdq2 are mounted, in some cases read-only. */
static void read_only_mounts(void)
{
	static const char mounts[] = "30 22 240:1 / /srv/a ro - ext4 /dev/sdq1 ro,errors=continue\n";
	char both[400];

	setup();
	make_file("proc/self/mountinfo", mounts);
	set_mode("r");
	CHECK(may_have(1, true) && may_have(0, true));
	set_mode("w");
	expect_holder(1, MSG_BUSY_MOUNT, "sdq1 is mounted at /srv/a");
	set_mode("w!");
	expect_holder(0, MSG_BUSY_MOUNT, "sdq1 is mounted at /srv/a");
	/* The mount of sdq2 is read-only, but its file system is not. */
	set_mode("r");
	snprintf(both, sizeof(both), "%s31 22 240:2 / /srv/b ro - ext4 /dev/sdq2 rw\n", mounts);
	make_file("proc/self/mountinfo", both);
	CHECK(may_have(1, true));
	expect_holder(0, MSG_BUSY_MOUNT, "sdq2 is mounted at /srv/b");
	expect_holder(2, MSG_BUSY_MOUNT, "sdq2 is mounted at /srv/b");
	/* The device is claimed, but no holder is found. */
	CHECK(!may_have(99, true));
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

/* Vbds 5 and 6 have the same device open, vbd 7 has another. */
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
	/* In the store, vbd 6 already has another device. */
	CHECK(fx.store.commits == 1);
	CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device"), "f0:0");
	CHECK_TEXT(fake_get(&fx.store, "backend/vbd/6/51712/physical-device"), "fe:9");
	setenv("MINOR", "2", 1);
	CHECK(agent_changed(&fx.job) == 0);
	CHECK(fx.store.commits == 1);
	teardown();
}

const struct test holder_tests[] = {
	{ "holder: none is found", nobody },
	{ "holder: a mount, of the device or of a partition", mounted },
	{ "holder: md and device-mapper, below and above", stacked },
	{ "holder: another vbd; one that is closing", other_vbd },
	{ "holder: which modes may share a device", modes },
	{ "holder: another domain of the VM, and its stub domain", same_vm },
	{ "holder: read-only mounts", read_only_mounts },
	{ "holder: a partition and its whole disk overlap", overlap },
	{ "holder: a partition of a disk that QEMU serves", overlap_qemu },
	{ "changed: only the vbds with this device are rechecked", changed },
	{ 0 }
};

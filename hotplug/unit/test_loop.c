// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs of the agent with real loop devices: image files, and a loop device
 * as the block device of phy. Without loop devices the tests are skipped.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"
#include "loop.h"
#include "target.h"
#include "test.h"

static struct fixture fx, other;

static bool read_loop_status(const char *node, struct loop_info64 *info)
{
	int fd = open(node, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && !ioctl(fd, LOOP_GET_STATUS64, info);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The number of loop devices of this host with our mark. */
static int count_marked(void)
{
	DIR *dir = opendir("/sys/block");
	struct loop_info64 info;
	struct dirent *e;
	char node[300];
	int n = 0;

	while ((e = readdir(dir))) {
		snprintf(node, sizeof(node), "/dev/%s", e->d_name);
		if (!strncmp(e->d_name, "loop", 4) && read_loop_status(node, &info))
			n += !strncmp((char *)info.lo_file_name, "xen-vbd:", 8);
	}
	closedir(dir);
	return n;
}

/*
 * Marks are valid for the whole host, so only one test program may use them at
 * a time: it holds a lock until it ends. If a guest of this host has a marked
 * device, skip the tests: they could have the same vbd.
 */
static bool have_loops(void)
{
	static int control = -1;

	if (control >= 0)
		return true;
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0 || ioctl(control, LOOP_CTL_GET_FREE) < 0)
		skip("no loop devices here (needs root and the module loop)");
	else if (flock(control, LOCK_EX) || count_marked())
		skip("a loop device of this host has a guest's mark (losetup -a)");
	else
		return true;
	if (control >= 0)
		close(control);
	control = -1;
	return false;
}

static const char *make_image(const char *name)
{
	const char *path = make_file(name, "");

	set_size(path, 1 << 20);
	return path;
}

static void init_other(const char *params, const char *mode)
{
	fixture_init(&other, params, mode);
	vbd_name(&other.job.vbd, 6, 51728);
	fake_set(&other.store, "backend/vbd/6/51728/params", params);
	fake_set(&other.store, "backend/vbd/6/51728/mode", mode);
	fake_set(&other.store, "backend/vbd/6/51728/state", "2");
}

static void file_add_and_remove(void)
{
	struct loop_info64 info;
	const char *node;
	char want[32];
	struct stat st;

	if (!have_loops())
		return;
	fixture_init(&fx, make_image("i m\"g\\\xc3\xa4"), "w");
	fx.store.refuse_commits = 2;
	CHECK(!agent_add(&fx.job));
	node = fake_get(&fx.store, VBD "/node");
	if (CHECK(node) && CHECK(!stat(node, &st))) {
		snprintf(want, sizeof(want), "%x:%x", major(st.st_rdev),
			 minor(st.st_rdev));
		CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device"), want);
		CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device-path"), node);
		CHECK(!strncmp(fake_get(&fx.store, VBD "/diskseq"), want, strlen(want)));
		CHECK(read_loop_status(node, &info));
		CHECK_TEXT((char *)info.lo_file_name, "xen-vbd:5:51712");
		CHECK(!(info.lo_flags & (LO_FLAGS_AUTOCLEAR | LO_FLAGS_READ_ONLY)));
	}
	CHECK_TEXT(fake_get(&fx.store, VBD "/hotplug-status"), "connected");
	CHECK(count_marked() == 1);
	unlink(in_scratch("i m\"g\\\xc3\xa4"));
	CHECK(!agent_remove(&fx.job) && count_marked() == 0);
	CHECK(!agent_remove(&fx.job));
	fixture_end(&fx);
}

static void remove_with_no_directory(void)
{
	if (!have_loops())
		return;
	fixture_init(&fx, make_image("gone"), "r");
	CHECK(!agent_add(&fx.job) && count_marked() == 1);
	fake_remove(&fx.store, VBD);
	CHECK(!agent_unbind(&fx.job) && count_marked() == 0);
	CHECK(fake_count(&fx.store) == 0);
	fixture_end(&fx);
}

static void left_by_a_killed_agent(void)
{
	if (!have_loops())
		return;
	fixture_init(&fx, make_image("again"), "w");
	CHECK(!agent_add(&fx.job) && count_marked() == 1);
	fake_remove(&fx.store, VBD "/physical-device");
	fake_remove(&fx.store, VBD "/node");
	fixture_again(&fx);
	CHECK(!agent_add(&fx.job) && count_marked() == 1);
	CHECK(!agent_remove(&fx.job) && count_marked() == 0);
	fixture_end(&fx);
}

static void same_file_twice(void)
{
	const char *image;

	if (!have_loops())
		return;
	image = make_image("shared");
	fixture_init(&fx, image, "w");
	CHECK(!link(image, in_scratch("hard link")));
	init_other(in_scratch("hard link"), "r");
	fake_set(&other.store, VBD "/dev", "xvda");
	CHECK(!agent_add(&fx.job));
	CHECK(agent_add(&other.job) == -1);
	CHECK(other.job.failure.id == MSG_BUSY_VBD);
	CHECK(strstr(other.job.failure.text, "attached to guest 5 as xvda"));
	CHECK_TEXT(fake_get(&other.store, "backend/vbd/6/51728/hotplug-status"),
		   "busy");
	CHECK(count_marked() == 1);
	CHECK(!agent_remove(&other.job) && count_marked() == 1);
	CHECK(!agent_remove(&fx.job) && count_marked() == 0);
	fixture_end(&fx);
	fixture_end(&other);
}

/* The VM of 5/51712 migrates to domain 6. Each of the two jobs has its own store. */
static void init_migration(const char *vm_of_6)
{
	fixture_init(&fx, make_image("moving"), "w");
	fixture_init(&other, in_scratch("moving"), "w");
	vbd_name(&other.job.vbd, 6, 51712);
	fake_set(&other.store, "backend/vbd/6/51712/params", in_scratch("moving"));
	fake_set(&other.store, "backend/vbd/6/51712/mode", "w");
	fake_set(&other.store, "backend/vbd/6/51712/state", "2");
	fake_set(&other.store, "/local/domain/5/vm", "/vm/1-2-3");
	fake_set(&other.store, "/local/domain/6/vm", vm_of_6);
}

static void expect_mark(const char *node, const char *want)
{
	struct loop_info64 info;

	if (CHECK(node && read_loop_status(node, &info)))
		CHECK_TEXT((char *)info.lo_file_name, want);
}

static void moving(void)
{
	const char *node;

	if (!have_loops())
		return;
	/* The migration succeeds: the source domain is destroyed. */
	init_migration("/vm/1-2-3");
	CHECK(!agent_add(&fx.job) && !agent_add(&other.job) && count_marked() == 1);
	node = fake_get(&fx.store, VBD "/node");
	CHECK_TEXT(fake_get(&other.store, "backend/vbd/6/51712/node"), node);
	expect_mark(node, "xen-vbd:5,6:51712");
	CHECK(!agent_remove(&fx.job));
	expect_mark(node, "xen-vbd:6:51712");
	CHECK(!agent_remove(&other.job) && count_marked() == 0);
	fixture_end(&fx);
	fixture_end(&other);

	/* The migration fails before, and then after, the agent has written to the store. */
	init_migration("/vm/1-2-3");
	CHECK(!agent_add(&fx.job));
	fake_set(&other.store, "backend/vbd/6/51712/state", "6");
	CHECK(agent_add(&other.job));
	expect_mark(fake_get(&fx.store, VBD "/node"), "xen-vbd:5:51712");
	fake_set(&other.store, "backend/vbd/6/51712/state", "2");
	CHECK(!agent_add(&other.job) && !agent_remove(&other.job));
	expect_mark(fake_get(&fx.store, VBD "/node"), "xen-vbd:5:51712");
	CHECK(!agent_remove(&fx.job) && count_marked() == 0);
	fixture_end(&fx);
	fixture_end(&other);

	/* Domain 6 is another VM, or has no VM in the store. */
	init_migration("/vm/1-2-4");
	CHECK(!agent_add(&fx.job) && agent_add(&other.job));
	CHECK_TEXT(message_name(other.job.failure.id), "BUSY_VBD");
	fake_remove(&other.store, "/local/domain/6");
	CHECK(agent_add(&other.job));
	CHECK(!agent_remove(&fx.job) && count_marked() == 0);
	fixture_end(&fx);
	fixture_end(&other);
}

static void two_readers(void)
{
	if (!have_loops())
		return;
	fixture_init(&fx, make_image("readers"), "r");
	init_other(in_scratch("readers"), "r");
	CHECK(!agent_add(&fx.job) && !agent_add(&other.job) && count_marked() == 2);
	CHECK(!agent_remove(&fx.job) && count_marked() == 1);
	CHECK(!agent_remove(&other.job) && count_marked() == 0);
	fixture_end(&fx);
	fixture_end(&other);
}

static void *add_thread(void *arg)
{
	return agent_add(arg) ? arg : NULL;
}

/* Exactly one of two writers that start together succeeds. */
static void race(void)
{
	pthread_t a, b;
	void *ra, *rb;
	int i;

	if (!have_loops())
		return;
	make_image("race");
	for (i = 0; i < 20; i++) {
		fixture_init(&fx, in_scratch("race"), "w");
		init_other(in_scratch("race"), "w");
		fake_set(&fx.store, "backend/vbd/6/51728/state", "2");
		pthread_create(&a, NULL, add_thread, &fx.job);
		pthread_create(&b, NULL, add_thread, &other.job);
		pthread_join(a, &ra);
		pthread_join(b, &rb);
		CHECK(!ra != !rb);
		CHECK(count_marked() == 1);
		CHECK(!agent_remove(&fx.job) && !agent_remove(&other.job));
		CHECK(count_marked() == 0);
		fixture_end(&fx);
		fixture_end(&other);
	}
}

/* Make a loop device without our mark. */
static int make_foreign_loop(const char *image, int flags, char node[32])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int file = open(image, flags | O_CLOEXEC), fd;

	snprintf(node, 32, "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
	fd = open(node, flags | O_CLOEXEC);
	config.fd = (__u32)file;
	CHECK(!ioctl(fd, LOOP_CONFIGURE, &config));
	close(file);
	close(control);
	return fd;
}

static void foreign(void)
{
	const char *image;
	char node[32], node_was[64];
	int fd;

	if (!have_loops())
		return;
	image = make_image("foreign");
	fd = make_foreign_loop(image, O_RDWR, node);
	fixture_init(&fx, image, "r");
	expect_refused(&fx, MSG_BUSY_LOOP);
	snprintf(node_was, sizeof(node_was), "%s has it, writable", node);
	CHECK(strstr(fx.job.failure.text, node_was));
	fake_set(&fx.store, VBD "/node", node);
	CHECK(!agent_remove(&fx.job));
	CHECK(access(node, F_OK) == 0 && !ioctl(fd, LOOP_GET_STATUS64,
						&(struct loop_info64){ 0 }));
	close(fd);
	fixture_end(&fx);
}

static void phy_device(void)
{
	char node[32], want[32];
	struct stat st;
	int fd, claim;

	if (!have_loops())
		return;
	fd = make_foreign_loop(make_image("phy"), O_RDWR, node);
	fixture_init(&fx, node, "w");
	CHECK(!agent_add(&fx.job));
	CHECK(!fstat(fd, &st));
	snprintf(want, sizeof(want), "%x:%x", major(st.st_rdev),
		 minor(st.st_rdev));
	CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device"), want);
	CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device-path"), node);
	CHECK(!fake_get(&fx.store, VBD "/node"));
	fixture_end(&fx);

	claim = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	CHECK(claim >= 0);
	fixture_init(&fx, node, "w");
	expect_refused(&fx, MSG_BUSY_UNKNOWN);
	fixture_end(&fx);
	close(claim);
	close(fd);

	fd = make_foreign_loop(in_scratch("phy"), O_RDONLY, node);
	fixture_init(&fx, node, "w");
	expect_refused(&fx, MSG_READONLY_DEVICE);
	fixture_end(&fx);
	fixture_init(&fx, node, "r");
	CHECK(!agent_add(&fx.job));
	fixture_end(&fx);
	close(fd);
}

static void bump_state(struct fake_store *f)
{
	if (f->watches)
		fake_set(f, VBD "/state", "2");
}

static void waits_for_the_backend(void)
{
	if (!have_loops())
		return;
	fixture_init(&fx, make_image("wait"), "w");
	fake_set(&fx.store, VBD "/state", "1");
	fx.store.other = bump_state;
	CHECK(!agent_add(&fx.job) && fx.store.watches == 1);
	CHECK(!agent_remove(&fx.job));
	fixture_end(&fx);

	fixture_init(&fx, in_scratch("wait"), "w");
	fake_set(&fx.store, VBD "/state", "1");
	fx.deadline.expires = now_ms() + 300;
	expect_refused(&fx, MSG_NO_DRIVER);
	CHECK(count_marked() == 0);
	fixture_end(&fx);

	fixture_init(&fx, in_scratch("wait"), "w");
	fake_set(&fx.store, VBD "/state", "6");
	expect_refused(&fx, MSG_CLOSING);
	CHECK(count_marked() == 0);
	fixture_end(&fx);
}

static void held_open(void)
{
	const char *node;
	int64_t start;
	int fd;

	if (!have_loops())
		return;
	fixture_init(&fx, make_image("held"), "w");
	CHECK(!agent_add(&fx.job));
	node = fake_get(&fx.store, VBD "/node");
	fd = open(node ? node : "", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	start = now_ms();
	CHECK(!agent_remove(&fx.job));
	CHECK(now_ms() - start >= 2000 && count_marked() == 1);
	close(fd);
	CHECK(count_marked() == 0);
	fixture_end(&fx);
}

/* The agent cannot read the flags: it must not write them either. */
static void keep_fails(void)
{
	struct attached a = { .fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };

	fixture_init(&fx, "/x", "w");
	CHECK(loop_keep(&fx.job, &a) == -1 && fx.job.failure.id == MSG_LOOP);
	CHECK(strstr(fx.job.failure.text, "keeping it: Inappropriate ioctl"));
	close(a.fd);
	fixture_end(&fx);
}

/* Attach another image to the vbd of the fixture, which already has one. */
static bool attach_other_image(const char *name)
{
	const char *path = make_image(name);
	struct attached a;

	fixture_again(&fx);
	fx.job.keep_attached = true;
	fx.job.write = true;
	return CHECK(!target_parse(&fx.job, path)) &&
	       CHECK(!target_attach(&fx.job, &a)) &&
	       CHECK(!agent_replace(&fx.job, &a, path));
}

static void replaced(void)
{
	char old[32];

	if (!have_loops())
		return;
	fixture_init(&fx, make_image("before"), "w");
	CHECK(!agent_add(&fx.job));
	snprintf(old, sizeof(old), "%s", fake_get(&fx.store, VBD "/node"));
	if (attach_other_image("after")) {
		CHECK(count_marked() == 2);
		CHECK_TEXT(fake_get(&fx.store, VBD "/node-replaced"), old);
		CHECK(strcmp(fake_get(&fx.store, VBD "/node"), old));
		CHECK_TEXT(fake_get(&fx.store, VBD "/params"), in_scratch("after"));
		CHECK(!agent_release_replaced(&fx.job) && count_marked() == 1);
		CHECK(!fake_get(&fx.store, VBD "/node-replaced"));
	}
	/* The agent was killed before it released the old device: remove releases both. */
	if (attach_other_image("last"))
		CHECK(count_marked() == 2);
	fixture_again(&fx);
	CHECK(!agent_remove(&fx.job) && count_marked() == 0);
	fixture_end(&fx);
}

const struct test loop_tests[] = {
	{ "file: add and remove, image deleted in between, odd name", file_add_and_remove },
	{ "file: released when the directory is gone", remove_with_no_directory },
	{ "file: the next add releases what a killed agent has left", left_by_a_killed_agent },
	{ "file: a second attach is refused, also by a hard link", same_file_twice },
	{ "file: another domain of the VM shares; the last one detaches", moving },
	{ "file: two readers share", two_readers },
	{ "file: one of two writers at the same time succeeds", race },
	{ "file: a loop device without our mark is not changed", foreign },
	{ "phy: free, claimed, read-only", phy_device },
	{ "add: waits for the backend's state; undoes at the deadline", waits_for_the_backend },
	{ "file: a loop device that cannot be kept", keep_fails },
	{ "file: replaced by another image; remove releases both", replaced },
	{ "remove: the device is open: waits a short time; the kernel releases it", held_open },
	{ 0 }
};

// SPDX-License-Identifier: GPL-2.0
/* The verbs of the agent with a store in memory, where no device is needed. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "target.h"
#include "test.h"

static struct fixture fx;

void fixture_again(struct fixture *f)
{
	memset(&f->job, 0, sizeof(f->job));
	f->job.store = &f->store.store;
	f->job.deadline = &f->deadline;
	f->job.root = scratch;
	CHECK(!vbd_parse_path(&f->job.vbd, VBD));
}

void fixture_init(struct fixture *f, const char *params, const char *mode)
{
	fake_init(&f->store);
	fake_set(&f->store, VBD "/params", params);
	fake_set(&f->store, VBD "/mode", mode);
	fake_set(&f->store, VBD "/state", "2");
	fake_set(&f->store, VBD "/online", "1");
	CHECK(!deadline_init(&f->deadline, 10000));
	fixture_again(f);
}

void fixture_end(struct fixture *f)
{
	deadline_destroy(&f->deadline);
}

void expect_refused(struct fixture *f, enum message id)
{
	CHECK(agent_add(&f->job) == -1);
	CHECK_TEXT(message_name(f->job.failure.id), message_name(id));
	CHECK_TEXT(fake_get(&f->store, VBD "/hotplug-status"),
		   message_status(id));
	CHECK_TEXT(fake_get(&f->store, VBD "/hotplug-error"),
		   f->job.failure.text);
	CHECK(!fake_get(&f->store, VBD "/physical-device"));
	CHECK(!fake_get(&f->store, VBD "/physical-device-path"));
	CHECK(!fake_get(&f->store, VBD "/node"));
}

static void expect_refusal(const char *params, const char *mode, enum message id)
{
	fixture_init(&fx, params, mode);
	expect_refused(&fx, id);
	fixture_end(&fx);
}

static void refusals(void)
{
	const char *image = make_file("image", "");
	const char *small = make_file("small", "x");

	mkdir(in_scratch("dir"), 0755);
	mkfifo(in_scratch("fifo"), 0644);
	expect_refusal(in_scratch("none"), "w", MSG_MISSING);
	expect_refusal(in_scratch("image/below"), "w", MSG_MISSING);
	expect_refusal(in_scratch("dir"), "w", MSG_DIRECTORY);
	expect_refusal(in_scratch("fifo"), "w", MSG_KIND);
	expect_refusal("/dev/null", "w", MSG_KIND);
	expect_refusal(image, "w", MSG_EMPTY);
	expect_refusal(image, "r", MSG_EMPTY);
	expect_refusal(small, "w", MSG_SMALL);
	expect_refusal("", "w", MSG_NO_PARAMS);
	expect_refusal("gopher:x", "w", MSG_TYPE);
	expect_refusal(small, "x", MSG_MODE);
	expect_refusal(small, "r!", MSG_MODE);
	expect_refusal(small, "w!", MSG_SHARED_FILE);
	CHECK(!chmod(small, 0444));
	expect_refusal(small, "w", MSG_READONLY_FILE);
	expect_refusal(small, "r", MSG_SMALL);
}

/* Make a file of 512 bytes, with these bytes at @at. */
static const char *make_image(const char *name, size_t at, const char *bytes, size_t size)
{
	const char *path = make_file(name, "");
	int fd = open(path, O_WRONLY);

	CHECK(!ftruncate(fd, 512) && pwrite(fd, bytes, size, (off_t)at) == (ssize_t)size);
	close(fd);
	return path;
}

static void formats(void)
{
	static const struct {
		const char *bytes, *says;
		size_t at, size;
	} all[] = {
		{ "QFI\xfb\0\0\0\3", "is a qcow2 image", 0, 8 },
		{ "conectix", "is a vhd image", 0, 8 },
		{ "vhdxfile", "is a vhdx image", 0, 8 },
		{ "KDMV\1", "is a vmdk image", 0, 5 },
		{ "# Disk DescriptorFile\nversion=1\n", "is a vmdk image", 0, 33 },
		{ "\x7f\x10\xda\xbe", "is a vdi image", 64, 4 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		fixture_init(&fx, make_image("format", all[i].at, all[i].bytes, all[i].size),
			     i % 2 ? "r" : "w");
		expect_refused(&fx, MSG_FORMAT);
		CHECK(strstr(fx.job.failure.text, all[i].says));
		fixture_end(&fx);
	}
}

static void refusal_sentence(void)
{
	const char *name = make_file("a b'\"\\\xc3\xa4", "");
	char want[600];

	fixture_init(&fx, name, "w");
	expect_refused(&fx, MSG_EMPTY);
	snprintf(want, sizeof(want), "%s is empty (size 0): give the image a size (truncate -s 10G FILE), or bring the storage behind the device online",
		 name);
	CHECK_TEXT(fx.job.failure.text, want);
	fixture_end(&fx);
}

#define QDISK "backend/qdisk/9/51728"

/* The agent refuses the image unless both only read. If it accepts it, it reports MSG_SMALL. */
static void used_by_qemu(void)
{
	static const struct {
		const char *mode, *qemu, *state, *online, *domain;
		enum message id;
	} all[] = {
		{ "w", "w", "4", "1", "9", MSG_BUSY_VBD },
		{ "r", "w", "4", "1", "9", MSG_BUSY_VBD },
		{ "w", "r", "4", "1", "9", MSG_BUSY_VBD },
		{ "r", "r", "4", "1", "9", MSG_SMALL },
		{ "w", "w", "5", "0", "9", MSG_BUSY_VBD },
		{ "w", "w", "6", "0", "9", MSG_SMALL },
		/* the guest has closed it, and may connect again */
		{ "w", "w", "6", "1", "9", MSG_BUSY_VBD },
		{ "w", "w", "6", NULL, "9", MSG_BUSY_VBD },
		/* the domain does not exist any more */
		{ "w", "w", "4", "1", "8", MSG_SMALL },
		/* a driver domain cannot see other domains */
		{ "w", "w", "4", "1", NULL, MSG_BUSY_VBD },
	};
	const char *path = make_file("qemu", "x");
	char params[600], domain[64];
	size_t i;

	snprintf(params, sizeof(params), "aio:%s", path);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		fixture_init(&fx, path, all[i].mode);
		if (all[i].domain) {
			snprintf(domain, sizeof(domain), "/local/domain/%s/name", all[i].domain);
			fake_set(&fx.store, domain, "guest");
		}
		fake_set(&fx.store, QDISK "/params", params);
		fake_set(&fx.store, QDISK "/mode", all[i].qemu);
		fake_set(&fx.store, QDISK "/state", all[i].state);
		if (all[i].online)
			fake_set(&fx.store, QDISK "/online", all[i].online);
		fake_set(&fx.store, QDISK "/dev", "xvdb");
		expect_refused(&fx, all[i].id);
		if (all[i].id == MSG_BUSY_VBD)
			CHECK(strstr(fx.job.failure.text, "QEMU has it for guest 9 as xvdb, "));
		fixture_end(&fx);
	}
}

static void locked_image(void)
{
	const char *path = make_file("locked", "");
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET,
			      .l_start = 101, .l_len = 1 };
	int fd;

	set_size(path, 1 << 20);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(!fcntl(fd, F_OFD_SETLK, &lock));
	expect_refusal(path, "w", MSG_BUSY_LOCK);
	close(fd);
}

static void swap_file(void)
{
	const char *path = make_file("swap file", "");
	char line[600];

	set_size(path, 1 << 20);
	snprintf(line, sizeof(line), "Filename\tType\n%s/swap\\040file file 1 0 -2\n",
		 scratch);
	make_file("proc/swaps", line);
	expect_refusal(path, "w", MSG_BUSY_SWAP);
	unlink(in_scratch("proc/swaps"));
}

static void read_only_mount(void)
{
	const char *dir = in_scratch("ro");
	const char *image = in_scratch("ro/image");

	mkdir(dir, 0755);
	if (mount("none", dir, "tmpfs", 0, NULL)) {
		skip("no right to mount a tmpfs");
		return;
	}
	set_size(make_file("ro/image", ""), 1 << 20);
	CHECK(!mount("none", dir, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	expect_refusal(image, "w", MSG_READONLY_MOUNT);
	CHECK(!umount(dir));
}

static void no_permission(void)
{
	const char *path = make_file("forbidden", "");

	if (geteuid()) {
		set_size(path, 1 << 20);
		CHECK(!chmod(path, 0200));
		expect_refusal(path, "w", MSG_PERMISSION);
	} else {
		skip("root may open every file");
	}
}

static void nothing_there(void)
{
	fixture_init(&fx, "/x", "w");
	fake_remove(&fx.store, VBD "/params");
	expect_refused(&fx, MSG_NO_PARAMS);
	fake_set_bytes(&fx.store, VBD "/params", "/dev/a\0b", 8);
	fixture_again(&fx);
	expect_refused(&fx, MSG_NO_PARAMS);
	fixture_end(&fx);

	fixture_init(&fx, "/x", "w");
	fake_remove(&fx.store, VBD);
	CHECK(agent_add(&fx.job) == -1 && fx.job.failure.id == MSG_VANISHED);
	CHECK(agent_remove(&fx.job) == 0);
	CHECK(agent_bind(&fx.job) == 0);
	CHECK(agent_unbind(&fx.job) == 0);
	CHECK(fake_count(&fx.store) == 0);
	fixture_end(&fx);
}

/* An empty drive needs no device: this tests what is written on success. */
static void empty_drive(void)
{
	fixture_init(&fx, "", "r");
	fake_set(&fx.store, VBD "/device-type", "cdrom");
	fake_set(&fx.store, VBD "/hotplug-error", "of an earlier try");
	fx.store.refuse_commits = 3;
	CHECK(agent_add(&fx.job) == 0);
	CHECK(fx.store.commits == 1);
	CHECK_TEXT(fake_get(&fx.store, VBD "/hotplug-status"), "connected");
	CHECK(!fake_get(&fx.store, VBD "/hotplug-error"));
	CHECK(!fake_get(&fx.store, VBD "/physical-device"));
	fixture_end(&fx);
}

static void vanish(struct fake_store *f)
{
	fake_remove(f, VBD);
}

static void vanish_in_transaction(void)
{
	fixture_init(&fx, "", "r");
	fake_set(&fx.store, VBD "/device-type", "cdrom");
	fx.store.refuse_commits = 1;
	fx.store.other = vanish;
	CHECK(agent_add(&fx.job) == -1 && fx.job.failure.id == MSG_VANISHED);
	CHECK(fake_count(&fx.store) == 0);
	CHECK(fx.store.commits == 0);
	fixture_end(&fx);

	fixture_init(&fx, in_scratch("none"), "w");
	fx.store.refuse_commits = 1;
	fx.store.other = vanish;
	CHECK(agent_add(&fx.job) == -1 && fx.job.failure.id == MSG_MISSING);
	CHECK(fake_count(&fx.store) == 0);
	fixture_end(&fx);
}

static void endless_conflict(void)
{
	fixture_init(&fx, "", "r");
	fake_set(&fx.store, VBD "/device-type", "cdrom");
	fx.store.refuse_commits = 1000;
	CHECK(agent_add(&fx.job) == -1 && fx.job.failure.id == MSG_STORE);
	CHECK(fx.store.commits == 0);
	fixture_end(&fx);
}

static void toolstack_owns(void)
{
	int nodes;

	fixture_init(&fx, in_scratch("none"), "w");
	fake_set(&fx.store, VBD "/script", "/etc/xen/scripts/block");
	nodes = fake_count(&fx.store);
	CHECK(agent_bind(&fx.job) == 0);
	CHECK(agent_unbind(&fx.job) == 0);
	CHECK(fx.store.commits == 0 && fake_count(&fx.store) == nodes);
	fake_remove(&fx.store, VBD "/script");
	CHECK(agent_bind(&fx.job) == -1 && fx.job.failure.id == MSG_MISSING);
	fixture_end(&fx);
}

/*
 * xenopsd does not name a script: its own udev rule runs one. The agent does not
 * change what that script has written, even if the disk goes offline.
 */
static void xenopsd_owns(void)
{
	int nodes;

	fixture_init(&fx, in_scratch("none"), "w");
	fake_set(&fx.store, "/xenops/domain/5/device/vbd/51712/backend",
		 "/local/domain/0/" VBD);
	fake_set(&fx.store, VBD "/physical-device", "fe:0");
	fake_set(&fx.store, VBD "/hotplug-status", "connected");
	fake_set(&fx.store, VBD "/online", "0");
	nodes = fake_count(&fx.store);
	CHECK(agent_unbind(&fx.job) == 0);
	fake_remove(&fx.store, VBD "/physical-device");
	CHECK(agent_bind(&fx.job) == 0);
	CHECK(fx.store.commits == 0 && fake_count(&fx.store) == nodes - 1);
	/* The directory of another disk of xenopsd does not matter. */
	fake_remove(&fx.store, "/xenops/domain/5");
	fake_set(&fx.store, "/xenops/domain/5/device/vbd/51728/backend", "");
	CHECK(agent_bind(&fx.job) == -1 && fx.job.failure.id == MSG_MISSING);
	fixture_end(&fx);
}

static void already_attached(void)
{
	fixture_init(&fx, in_scratch("none"), "w");
	fake_set(&fx.store, VBD "/physical-device", "fe:0");
	CHECK(agent_add(&fx.job) == 0);
	CHECK(agent_bind(&fx.job) == 0);
	CHECK(agent_remove(&fx.job) == 0);
	CHECK(fx.store.commits == 0);
	fixture_end(&fx);
}

static void unbind(void)
{
	fixture_init(&fx, in_scratch("none"), "w");
	fake_set(&fx.store, VBD "/physical-device", "fe:0");
	fake_set(&fx.store, VBD "/hotplug-status", "connected");
	CHECK(agent_unbind(&fx.job) == 0);
	CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device"), "fe:0");
	fake_set(&fx.store, VBD "/online", "0");
	CHECK(agent_unbind(&fx.job) == 0);
	CHECK(!fake_get(&fx.store, VBD "/physical-device"));
	CHECK(!fake_get(&fx.store, VBD "/hotplug-status"));
	CHECK(fake_get(&fx.store, VBD "/params"));
	fixture_end(&fx);
}

/* A toolstack has made a directory of the same name. */
static void succeed(struct fake_store *f)
{
	fake_set(f, VBD "/online", "1");
	fake_set(f, VBD "/script", "/etc/xen/scripts/block");
}

static void unbind_late(void)
{
	fixture_init(&fx, in_scratch("none"), "w");
	fake_set(&fx.store, VBD "/physical-device", "fe:0");
	fake_set(&fx.store, VBD "/online", "0");
	fx.store.refuse_commits = 1;
	fx.store.other = succeed;
	CHECK(agent_unbind(&fx.job) == 0);
	CHECK_TEXT(fake_get(&fx.store, VBD "/physical-device"), "fe:0");
	CHECK(fx.store.commits == 0);
	fixture_end(&fx);
}

const struct test agent_tests[] = {
	{ "add: targets that are missing, of a wrong type, empty, small, read-only", refusals },
	{ "add: images that are not raw are refused", formats },
	{ "add: the message for a name with blanks, quotes, backslash", refusal_sentence },
	{ "refused: an image that QEMU serves", used_by_qemu },
	{ "add: an image that another program has locked", locked_image },
	{ "add: an image that is swap space", swap_file },
	{ "add: a writer on a read-only mount", read_only_mount },
	{ "add: no permission", no_permission },
	{ "add: no params, a NUL in them; no directory: it is not created", nothing_there },
	{ "add: empty drive; three refused commits; old error is removed", empty_drive },
	{ "add: the directory is removed in the transaction and not created", vanish_in_transaction },
	{ "add: gives up after many conflicts", endless_conflict },
	{ "bind, unbind: ignore a vbd whose toolstack runs the script", toolstack_owns },
	{ "bind, unbind: ignore a disk of xenopsd", xenopsd_owns },
	{ "add, bind, remove: the vbd already has a device", already_attached },
	{ "unbind: keeps the device if online, releases it if offline", unbind },
	{ "unbind: a late event does not release the device of a new vbd", unbind_late },
	{ 0 }
};

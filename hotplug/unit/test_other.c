// SPDX-License-Identifier: GPL-2.0
/* Disks of other kinds of backend, with a store in memory and simulated ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "fake_store.h"
#include "test.h"
#include "wait.h"

#define BACK "/local/domain/0/backend/qdisk/5/51728"
#define FRONT "/local/domain/5/device/vbd/51728"
#define COPY "/libxl/5/device/vbd/51728"
#define UNKNOWN "/local/domain/0/backend/fuse/5/51744"

static struct fake_store store;
static struct tool tool;
static char *output, *told;
static size_t output_size, told_size;
static int nodes_before;

/* This runs in domain 0; domain 5 is a guest. */
static void begin_test(const char *a, const char *b, const char *c)
{
	fake_init(&store);
	fake_set(&store, "/local/domain/0/name", "Domain-0");
	fake_set(&store, "/local/domain/5/name", "guest");
	nodes_before = fake_count(&store);
	memset(&tool, 0, sizeof(tool));
	tool.store = &store.store;
	tool.root = scratch;
	CHECK(!deadline_init(&tool.deadline, 2000));
	tool.out = open_memstream(&output, &output_size);
	tool.progress = open_memstream(&told, &told_size);
	tool.options.argument[0] = a;
	tool.options.argument[1] = b;
	tool.options.argument[2] = c;
}

static void end_test(void)
{
	fclose(tool.out);
	fclose(tool.progress);
	free(output);
	free(told);
	deadline_destroy(&tool.deadline);
}

/* Write the nodes that libxl and QEMU write. */
static void make_qdisk(void)
{
	fake_set(&store, COPY "/backend", BACK);
	fake_set(&store, COPY "/params", "aio:/dev/x");
	fake_set(&store, FRONT "/backend", BACK);
	fake_set(&store, FRONT "/backend-id", "0");
	fake_set(&store, FRONT "/state", "4");
	fake_set(&store, BACK "/frontend", FRONT);
	fake_set(&store, BACK "/params", "aio:/dev/x");
	fake_set(&store, BACK "/mode", "w");
	fake_set(&store, BACK "/online", "1");
	fake_set(&store, BACK "/state", "4");
}

/* QEMU writes Closed when the guest is Closed or gone, then removes its directory. */
static void play_qemu(struct fake_store *f)
{
	const char *back = fake_get(f, BACK "/state");
	const char *front = fake_get(f, FRONT "/state");

	if (!back)
		return;
	if (*back == '5' && front && *front == '4')
		fake_set(f, FRONT "/state", "6");
	else if (*back == '5')
		fake_set(f, BACK "/state", "6");
	else if (*back == '6')
		fake_remove(f, BACK);
}

static void refuse(struct fake_store *f)
{
	if (fake_get(f, FRONT "/state"))
		fake_set(f, "/local/domain/5/error/device/vbd/51728/error", "0 xvdb is in use");
}

static void detach(void)
{
	begin_test("guest", "xvdb", NULL);
	make_qdisk();
	store.other = play_qemu;
	CHECK(command_detach(&tool) == 0);
	CHECK_TEXT(tool.failure.text, "");
	CHECK(fake_count(&store) == nodes_before);
	fflush(tool.progress);
	CHECK_TEXT(told, "");
	end_test();
}

static void detach_in_use(void)
{
	begin_test("guest", "xvdb", NULL);
	make_qdisk();
	store.other = refuse;
	tool.deadline.expires = now_ms() + 50;
	CHECK(command_detach(&tool) == -1 && tool.failure.id == MSG_DETACH_TIME);
	CHECK(strstr(tool.failure.text, "the guest says: xvdb is in use"));
	CHECK_TEXT(fake_get(&store, BACK "/online"), "0");
	CHECK_TEXT(fake_get(&store, BACK "/state"), "5");
	CHECK_TEXT(fake_get(&store, FRONT "/state"), "4");
	CHECK_TEXT(fake_get(&store, COPY "/backend"), BACK);
	end_test();
}

/* With --force the guest loses the disk. A backend that is not Closed keeps its directory. */
static void detach_by_force(void)
{
	begin_test("guest", "xvdb", NULL);
	make_qdisk();
	tool.options.force = true;
	store.other = refuse;
	tool.deadline.expires = now_ms() + 50;
	CHECK(command_detach(&tool) == -1 && tool.failure.id == MSG_OTHER_LIVES);
	CHECK(strstr(tool.failure.text, "QEMU (qdisk) in domain 0 has not closed it"));
	CHECK(strstr(tool.failure.text, "xenstore-rm " BACK));
	CHECK(message_exit(tool.failure.id) == EXIT_BUSY);
	CHECK_TEXT(fake_get(&store, BACK "/state"), "5");
	CHECK_TEXT(fake_get(&store, COPY "/backend"), BACK);
	CHECK(!fake_get(&store, FRONT "/state"));
	fflush(tool.progress);
	CHECK(strstr(told, "xvdb of guest: taking it from the guest, and telling QEMU (qdisk) in domain 0 to close it"));
	deadline_renew(&tool.deadline, 2000);
	store.other = play_qemu;
	CHECK(command_detach(&tool) == 0);
	CHECK(fake_count(&store) == nodes_before);
	end_test();
}

static void stop_waiting(struct fake_store *f)
{
	(void)f;
	deadline_cancel(&tool.deadline);
}

/* QEMU stays Closed and keeps its directory: vbd removes it, and reports that. */
static void detach_late(void)
{
	begin_test("guest", "xvdb", NULL);
	make_qdisk();
	fake_set(&store, BACK "/state", "6");
	store.other = stop_waiting;
	CHECK(command_detach(&tool) == 0);
	CHECK(fake_count(&store) == nodes_before);
	fflush(tool.progress);
	CHECK_TEXT(told, "xvdb of guest: removed, but QEMU (qdisk) in domain 0 may still have its target open\n");
	end_test();
}

/* QEMU opens the disk again while vbd waits for it to remove its directory. */
static void come_back(struct fake_store *f)
{
	fake_set(f, BACK "/state", "4");
	deadline_cancel(&tool.deadline);
}

static void detach_come_back(void)
{
	begin_test("guest", "xvdb", NULL);
	make_qdisk();
	fake_set(&store, BACK "/state", "6");
	store.other = come_back;
	CHECK(command_detach(&tool) == -1 && tool.failure.id == MSG_OTHER_LIVES);
	CHECK_TEXT(fake_get(&store, BACK "/state"), "4");
	CHECK_TEXT(fake_get(&store, FRONT "/state"), "4");
	CHECK_TEXT(fake_get(&store, COPY "/backend"), BACK);
	end_test();
}

/* vbd removes the directory of a Closed backend in another domain that does not do so. */
static void detach_elsewhere(void)
{
	static const char *const kinds[] = { "vbd3", "fuse" };
	char dir[64], node[80];
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		begin_test("guest", "xvdb", NULL);
		snprintf(dir, sizeof(dir), "/local/domain/7/backend/%s/5/51728", kinds[i]);
		snprintf(node, sizeof(node), "%s/frontend", dir);
		fake_set(&store, node, FRONT);
		snprintf(node, sizeof(node), "%s/state", dir);
		fake_set(&store, node, "6");
		fake_set(&store, COPY "/backend", dir);
		fake_set(&store, FRONT "/backend", dir);
		fake_set(&store, FRONT "/state", "6");
		store.other = stop_waiting;
		CHECK(command_detach(&tool) == 0);
		CHECK_TEXT(tool.failure.text, "");
		CHECK(fake_count(&store) == nodes_before);
		end_test();
	}
}

/* Unknown kinds: the toolstack's node counts first, then the directory's, then the guest's. */
static void unknown_kinds(void)
{
	struct disk d;

	begin_test("guest", "xvdc", NULL);
	fake_set(&store, UNKNOWN "/frontend", "/local/domain/5/device/vbd/51744");
	fake_set(&store, UNKNOWN "/state", "4");
	CHECK(!disk_find(&tool, 0, &d));
	CHECK_TEXT(d.back, UNKNOWN);
	CHECK_TEXT(d.kind, "fuse");
	/* another device with the same number */
	fake_set(&store, UNKNOWN "/frontend", "/local/domain/5/device/vif/51744");
	CHECK(disk_find(&tool, 0, &d) == -1 && tool.failure.id == MSG_NO_DISK);
	/* the guest claims that this is the backend of its disk */
	fake_set(&store, "/local/domain/5/device/vbd/51744/backend", UNKNOWN);
	CHECK(!disk_find(&tool, 0, &d));
	CHECK_TEXT(d.kind, "vbd");
	fake_set(&store, "/local/domain/5/device/vbd/51744/backend",
		 "/local/domain/0/backend/qdisk/5/51728");
	CHECK(!disk_find(&tool, 0, &d));
	CHECK_TEXT(d.kind, "vbd");
	fake_set(&store, "/local/domain/5/device/vbd/51744/backend",
		 "/local/domain/7/backend/fuse/5/51744");
	CHECK(!disk_find(&tool, 0, &d));
	CHECK_TEXT(d.back, "/local/domain/7/backend/fuse/5/51744");
	CHECK_TEXT(d.label, "xvdc of guest");
	end_test();
}

/* The guest names a directory that does not exist: vbd uses the one that exists. */
static void guest_lies(void)
{
	static const char *const real[] = {
		"/local/domain/7/backend/qdisk/5/51728",
		"/local/domain/8/backend/vbd/5/51728",
	};
	char node[128];
	struct disk d;
	size_t i;

	for (i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		begin_test("guest", "xvdb", NULL);
		snprintf(node, sizeof(node), "%s/state", real[i]);
		fake_set(&store, node, "4");
		fake_set(&store, FRONT "/backend", "/local/domain/7/backend/vbd/5/51728");
		fake_set(&store, FRONT "/backend-id", "7");
		fake_set(&store, FRONT "/state", "6");
		CHECK(!disk_find(&tool, 0, &d));
		CHECK_TEXT(d.back, real[i]);
		tool.deadline.expires = now_ms() + 50;
		CHECK(command_detach(&tool) == -1 && tool.failure.id == MSG_DETACH_TIME);
		CHECK_TEXT(fake_get(&store, node), "5");
		CHECK_TEXT(fake_get(&store, FRONT "/state"), "6");
		end_test();
	}
}

/* Two directories of one disk: one that is left from a former disk is used last. */
static void stale_directory(void)
{
	static const struct {
		const char *vbd, *qdisk, *kind;
	} all[] = {
		{ "6", "4", "qdisk" }, { NULL, "4", "qdisk" }, { "4", "4", "vbd" },
		{ "4", "6", "vbd" }, { "6", "6", "vbd" }, { "5", "4", "vbd" },
	};
	struct disk d;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin_test("guest", "xvdb", NULL);
		fake_set(&store, "/local/domain/0/backend/vbd/5/51728/frontend", FRONT);
		if (all[i].vbd)
			fake_set(&store, "/local/domain/0/backend/vbd/5/51728/state", all[i].vbd);
		fake_set(&store, BACK "/state", all[i].qdisk);
		CHECK(!disk_find(&tool, 0, &d));
		CHECK_TEXT(d.kind, all[i].kind);
		end_test();
	}
}

static void expect_unchanged(int (*command)(struct tool *t), const char *third,
			     const char *says)
{
	begin_test("guest", "xvdb", third);
	make_qdisk();
	CHECK(command(&tool) == -1 && tool.failure.id == MSG_OTHER_KIND);
	CHECK(!strncmp(tool.failure.text, "xvdb of guest is served by QEMU (qdisk), ", 41));
	if (!CHECK(strstr(tool.failure.text, says)))
		printf("# %s\n", tool.failure.text);
	CHECK(message_exit(tool.failure.id) == EXIT_REFUSED);
	CHECK(store.commits == 0 && store.watches == 0);
	CHECK_TEXT(fake_get(&store, BACK "/online"), "1");
	end_test();
}

static void cannot(void)
{
	expect_unchanged(command_swap, "/dev/y", "detach it, and attach the other");
	expect_unchanged(command_resize, NULL, "detach it and attach it again");
	expect_unchanged(command_limit, NULL, "whose limits vbd does not know");
	expect_unchanged(command_limit, "iops=5", "vbd attach --limit");
	expect_unchanged(command_limit, "none", "vbd attach --limit");
	expect_unchanged(command_move, "0", "vbd attach --backend");
}

/* A name is taken if the guest, the toolstack or any kind of backend has a directory. */
static void names_in_use(void)
{
	static const char *const taken[] = {
		FRONT "/state", COPY "/backend", BACK "/state",
		"/local/domain/0/backend/vbd/5/51728/state",
		"/local/domain/0/backend/vbd3/5/51728/state",
		"/local/domain/5/backend/qdisk/5/51728/state",
	};
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		begin_test("guest", "/dev/x", "xvdb");
		tool.options.backend = "guest";
		fake_set(&store, taken[i], "6");
		if (!CHECK(command_attach(&tool) == -1) ||
		    !CHECK(tool.failure.id == MSG_DISK_TAKEN))
			printf("# for %s\n", taken[i]);
		CHECK(store.commits == 0);
		end_test();
	}
	begin_test("guest", "/dev/x", "xvdb");
	make_qdisk();
	CHECK(command_attach(&tool) == -1);
	CHECK(strstr(tool.failure.text, "QEMU (qdisk) Connected, frontend Connected"));
	end_test();
}

static void waits(void)
{
	static const struct {
		const char *back, *text;
	} all[] = {
		{ "1", "QEMU (qdisk) in domain 0 to start serving it (does it run?)" },
		{ "2", "the frontend in guest to start using it (is xen-blkfront loaded there?)" },
		{ "5", "the frontend in guest to close" },
		{ "6", "QEMU (qdisk) in domain 0 to start over" },
	};
	struct waiting w;
	struct disk d;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin_test("guest", "xvdb", NULL);
		make_qdisk();
		fake_set(&store, FRONT "/state", "1");
		fake_set(&store, BACK "/state", all[i].back);
		CHECK(!disk_find(&tool, 0, &d));
		disk_describe_wait(&tool, &d, &w);
		CHECK_TEXT(w.text, all[i].text);
		end_test();
	}
}

static void lists(void)
{
	begin_test(NULL, NULL, NULL);
	make_qdisk();
	fake_set(&store, BACK "/sectors", "131072");
	fake_set(&store, BACK "/type", "qdisk");
	fake_set(&store, UNKNOWN "/frontend", "/local/domain/5/device/vbd/51744");
	fake_set(&store, UNKNOWN "/state", "4");
	fake_set(&store, "/local/domain/5/device/vbd/51744/state", "4");
	fake_set(&store, "/local/domain/0/backend/vif/5/0/frontend", "/local/domain/5/device/vif/0");
	CHECK(command_list(&tool) == 0);
	CHECK(command_status(&tool) == 0);
	tool.options.json = true;
	CHECK(command_list(&tool) == 0);
	CHECK(command_status(&tool) == 0);
	tool.options.json = false;
	tool.options.count = 1;
	tool.deadline.expires = now_ms() + 5000;
	CHECK(command_top(&tool) == 0);
	fflush(tool.out);
	check_golden(output, "other");
	end_test();
}

/* A disk of xenopsd: vbd must not change it. */
static void xenopsd(void)
{
	static int (*const commands[])(struct tool *t) = {
		command_detach, command_swap, command_move,
	};
	const char *back = "/local/domain/0/backend/vbd/5/51728";
	char node[128];
	size_t i;
	int nodes;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		begin_test("guest", "xvdb", i == 2 ? "0" : "/dev/null");
		snprintf(node, sizeof(node), "%s/state", back);
		fake_set(&store, node, "4");
		fake_set(&store, FRONT "/backend", back);
		fake_set(&store, FRONT "/state", "4");
		fake_set(&store, "/xenops/domain/5/device/vbd/51728/backend", back);
		nodes = fake_count(&store);
		tool.options.force = true;
		CHECK(commands[i](&tool) == -1);
		CHECK_TEXT(message_name(tool.failure.id), message_name(MSG_OTHER_OWNER));
		CHECK(store.commits == 0 && fake_count(&store) == nodes);
		end_test();
	}
}

const struct test other_tests[] = {
	{ "other kinds: detach, nothing left", detach },
	{ "other kinds: detach in use keeps all directories", detach_in_use },
	{ "other kinds: detach --force keeps the backend's directory", detach_by_force },
	{ "other kinds: detach, the backend is late", detach_late },
	{ "other kinds: detach, the backend comes back", detach_come_back },
	{ "other kinds: detach in another domain without waiting", detach_elsewhere },
	{ "other kinds: which node names the backend", unknown_kinds },
	{ "other kinds: a wrong node of the guest does not hide the backend", guest_lies },
	{ "other kinds: an active backend before a stale one", stale_directory },
	{ "other kinds: refused commands change nothing", cannot },
	{ "other kinds: names that are taken", names_in_use },
	{ "other kinds: what the disk waits for", waits },
	{ "other kinds: list, status and top", lists },
	{ "other owners: vbd does not change xenopsd's disks", xenopsd },
	{ 0 }
};

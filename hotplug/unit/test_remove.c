// SPDX-License-Identifier: GPL-2.0
/* vbd detach runs the script of a disk of this domain; when a device counts as closed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_store.h"
#include "remove.h"
#include "test.h"

#define BACK "/local/domain/0/backend/vbd/5/51728"

static struct fake_store store;
static struct tool tool;
static struct disk disk;

/* A disk whose backend has closed, and whose script has these lines. */
static void begin_test(const char *lines)
{
	char script[1000];
	const char *path;

	snprintf(script, sizeof(script), "#!/bin/sh\necho $1 $XENBUS_TYPE $XENBUS_PATH >%s/log\n%s\n",
		 scratch, lines);
	path = make_file("script", script);
	CHECK(!chmod(path, 0755));
	fake_init(&store);
	fake_set(&store, BACK "/state", "6");
	fake_set(&store, BACK "/script", path);
	memset(&tool, 0, sizeof(tool));
	tool.store = &store.store;
	tool.root = scratch;
	CHECK(!deadline_init(&tool.deadline, 2000));
	disk_set(&tool, &disk, 5, 51728, 0);
}

static void end_test(void)
{
	deadline_destroy(&tool.deadline);
}

static void expect_log(const char *want)
{
	char text[200] = "";
	FILE *f = fopen(in_scratch("log"), "re");

	if (CHECK(f)) {
		CHECK(fgets(text, sizeof(text), f));
		fclose(f);
	}
	CHECK_TEXT(text, want);
}

static void script_runs(void)
{
	begin_test("exit 0");
	CHECK(!disk_remove(&tool, &disk));
	expect_log("remove vbd backend/vbd/5/51728\n");
	CHECK(fake_count(&store) == 0);
	end_test();
}

/* The directories are removed even if the script fails. */
static void expect_script_fails(const char *lines, const char *says)
{
	begin_test(lines);
	CHECK(disk_remove(&tool, &disk) && tool.failure.id == MSG_NO_SCRIPT);
	if (!CHECK(strstr(tool.failure.text, says)))
		printf("# %s\n", tool.failure.text);
	CHECK(fake_count(&store) == 0);
	end_test();
}

static void script_fails(void)
{
	expect_script_fails("exit 3", "script ended with status 3");
	expect_script_fails("kill -TERM $$", "script ended with status 143");
}

/* vbd ignores SIGPIPE, and its caller may ignore SIGCHLD. The script has the defaults. */
static void signals_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	script_runs();
	signal(SIGCHLD, SIG_IGN);
	expect_script_fails("exit 3", "script ended with status 3");
	expect_script_fails("kill -PIPE $$", "script ended with status 141");
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
}

/* A device of another class whose backend is asked to close. Nobody answers. */
static void driver_unbound(void)
{
	begin_test("exit 0");
	disk = (struct disk){ .here = true, .domid = 5, .label = "echo 0" };
	snprintf(disk.class, sizeof(disk.class), "echo");
	snprintf(disk.kind, sizeof(disk.kind), "echo");
	snprintf(disk.back, sizeof(disk.back), "/local/domain/0/backend/echo/5/0");
	fake_set(&store, "/local/domain/0/backend/echo/5/0/state", "5");
	CHECK(!disk_is_closed(&tool, &disk, NULL));
	make_file("sys/bus/xen-backend/drivers/echo/bind", "");
	CHECK(disk_is_closed(&tool, &disk, NULL));
	make_file("sys/bus/xen-backend/devices/echo-5-0/driver", "");
	CHECK(!disk_is_closed(&tool, &disk, NULL));
	end_test();
}

const struct test remove_tests[] = {
	{ "remove: the script of a disk is run", script_runs },
	{ "remove: a script that fails", script_fails },
	{ "remove: the script does not inherit ignored signals", signals_ignored },
	{ "remove: a device that no driver serves any more is closed", driver_unbound },
	{ 0 }
};

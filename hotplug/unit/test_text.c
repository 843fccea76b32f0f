// SPDX-License-Identifier: GPL-2.0
/* Paths, prefixes, messages, deadlines. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mark.h"
#include "supervise.h"
#include "target.h"
#include "test.h"

static void xenbus_paths(void)
{
	static const char *const bad[] = {
		"", "backend", "backend/vbd/", "backend/vbd/5", "backend/vbd/5/",
		"backend/vbd/5/51712/", "backend/vbd/5/51712/x",
		"backend/vbd//51712", "backend/vbd/-5/51712",
		"backend/vbd/ 5/51712", "backend/vbd/32752/51712",
		"backend/vbd/5/4294967296", "backend/vbd/5/99999999999999999999",
		"backend/vif/5/0", "/backend/vbd/5/51712",
		"/local/domain/backend/vbd/5/51712",
		"/local/domain/0backend/vbd/5/51712", "backend/vbd/5/../51712",
	};
	struct vbd vbd;
	size_t i;

	CHECK(!vbd_parse_path(&vbd, "backend/vbd/5/51712"));
	CHECK(vbd.domid == 5 && vbd.devid == 51712);
	CHECK_TEXT(vbd.path, "backend/vbd/5/51712");
	CHECK(!vbd_parse_path(&vbd, "/local/domain/3/backend/vbd/0/4294967295"));
	CHECK(vbd.domid == 0 && vbd.devid == 4294967295U);
	CHECK_TEXT(vbd.path, "/local/domain/3/backend/vbd/0/4294967295");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(vbd_parse_path(&vbd, bad[i])))
			printf("# for '%s'\n", bad[i]);
}

static void marks_and_bus_names(void)
{
	struct vbd vbd;

	static const char *const bad[] = {
		"", "/srv/disk.img", "xen-vbd:", "xen-vbd:7", "xen-vbd:7:",
		"xen-vbd:7:51728x", "xen-vbd:7,:51728", "xen-vbd:,7:51728",
		"xen-vbd:7:51728,8:51728", "xen-vbd:32752:51728",
		"xen-vbd:1,2,3,4,5:51728",
	};
	char text[MARK_TEXT];
	struct mark mark;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(mark_parse(&mark, bad[i])))
			printf("# for '%s'\n", bad[i]);

	vbd_name(&vbd, 7, 51728);
	CHECK_TEXT(vbd.path, "backend/vbd/7/51728");
	CHECK(!mark_parse(&mark, "xen-vbd:32751,7,32750:4294967295"));
	CHECK(!mark_has(&mark, &vbd) && !mark_add(&mark, &vbd));
	vbd_name(&vbd, 7, 4294967295U);
	CHECK(mark_has(&mark, &vbd) && mark_add(&mark, &vbd) && mark.count == 3);
	vbd_name(&vbd, 32749, 4294967295U);
	CHECK(mark_add(&mark, &vbd));
	mark_format(&mark, text);
	CHECK_TEXT(text, "xen-vbd:32751,7,32750,32749:4294967295");
	vbd_name(&vbd, 8, 4294967295U);
	CHECK(!mark_add(&mark, &vbd));

	CHECK(!mark_parse(&mark, "xen-vbd:7,9:51728"));
	vbd_name(&vbd, 7, 51728);
	mark_drop(&mark, &vbd);
	mark_drop(&mark, &vbd);
	mark_format(&mark, text);
	CHECK_TEXT(text, "xen-vbd:9:51728");
	vbd_name(&vbd, 9, 51728);
	mark_drop(&mark, &vbd);
	mark_format(&mark, text);
	CHECK_TEXT(text, "");

	CHECK(!vbd_parse_bus_name(&vbd, "vbd-7-51728"));
	CHECK_TEXT(vbd.path, "backend/vbd/7/51728");
	CHECK(vbd_parse_bus_name(&vbd, "vif-7-0"));
}

static void params_prefixes(void)
{
	static const struct {
		const char *params, *target;
	} good[] = {
		{ "/dev/sda", "/dev/sda" },
		{ "phy:/dev/sda", "/dev/sda" },
		{ "phy:vg/lv", "/dev/vg/lv" },
		{ "sdb1", "/dev/sdb1" },
		{ "file:/srv/a b'\"\\\xc3\xa4", "/srv/a b'\"\\\xc3\xa4" },
		{ "/dev/disk/by-path/pci-0:1", "/dev/disk/by-path/pci-0:1" },
		{ "phy:/srv/phy:x", "/srv/phy:x" },
	};
	static struct job job;
	char longest[PATH_MAX + 8];
	size_t i;

	job.root = scratch;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK(!target_parse(&job, good[i].params));
		CHECK_TEXT(job.target, good[i].target);
	}
	CHECK(target_parse(&job, "nbd:host") && job.failure.id == MSG_TYPE);
	CHECK(target_parse(&job, "phy:") && job.failure.id == MSG_NO_PARAMS);
	CHECK(target_parse(&job, "") && job.failure.id == MSG_NO_PARAMS);
	memset(longest, '/', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	CHECK(target_parse(&job, longest) && job.failure.id == MSG_OPEN);
}

static void golden_messages(void)
{
	char *text = NULL;
	struct failure f;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int id;

	for (id = MSG_NONE + 1; id < MSG_COUNT; id++) {
		fail_detail(&f, (enum message)id,
			    id < MSG_COMMAND ? "/dev/target" : "TARGET", "DETAIL");
		fprintf(out, "%s (%s, %d): %s\n", message_name((enum message)id),
			message_status((enum message)id),
			message_exit((enum message)id), f.text);
	}
	fclose(out);
	check_golden(text, "messages");
	free(text);
}

static void hostile_names(void)
{
	char name[PATH_MAX];
	struct failure f;

	fail(&f, MSG_MISSING, "/a\nb\x1b[2J {detail} %s");
	CHECK(strstr(f.text, "/a?b?[2J {detail} %s does not exist"));
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	fail_detail(&f, MSG_OPEN, name, "%s", name);
	CHECK(strlen(f.text) < MESSAGE_MAX);
	CHECK(strstr(f.text, "xxx... cannot be opened: xxx"));
	CHECK(strstr(f.text, "(dmesg)"));
}

static void deadline_arithmetic(void)
{
	struct deadline d;
	char reason[300];
	int64_t left;

	CHECK(!deadline_init(&d, 25000));
	left = deadline_left(&d);
	CHECK(left > 24000 && left <= 25000);
	CHECK(!deadline_step(&d, "opening %s", "it"));
	CHECK(!deadline_sleep(&d, 10));
	d.expires = now_ms() - 1;
	CHECK(deadline_left(&d) == 0);
	CHECK(deadline_step(&d, "never") == -1);
	CHECK(deadline_sleep(&d, 60000) == -1);
	d.expires = d.started + 24001;
	deadline_reason(&d, reason, sizeof(reason));
	CHECK_TEXT(reason, "gave up after 25 s while opening it");
	deadline_cancel(&d);
	CHECK(deadline_over(&d));
	CHECK(deadline_sleep(&d, 60000) == -1);
	deadline_reason(&d, reason, sizeof(reason));
	CHECK_TEXT(reason, "stopped by a signal while opening it");
	deadline_destroy(&d);
}

static int work_well(void *arg)
{
	(void)arg;
	return 7;
}

static int work_until_stopped(void *arg)
{
	struct deadline *d = arg;

	kill(getpid(), SIGTERM);
	while (!deadline_sleep(d, 60000))
		;
	return -1;
}

static void supervised(void)
{
	struct deadline d;
	int result = 0;
	int64_t start = now_ms();

	CHECK(!deadline_init(&d, 25000));
	CHECK(!supervise(&d, work_well, NULL, &result) && result == 7);
	CHECK(!d.cancelled);
	CHECK(!supervise(&d, work_until_stopped, &d, &result) && result == -1);
	CHECK(d.cancelled);
	CHECK(now_ms() - start < 2000);
	deadline_destroy(&d);
}

static int work_hangs(void *arg)
{
	usleep((useconds_t)*(int *)arg);
	return 0;
}

static void supervised_hang(void)
{
	static int us = 2600000;
	struct deadline d;
	int result;

	CHECK(!deadline_init(&d, 10));
	CHECK(supervise(&d, work_hangs, &us, &result) == -1);
	usleep(800000);
	deadline_destroy(&d);
}

const struct test text_tests[] = {
	{ "xenbus paths: valid and invalid", xenbus_paths },
	{ "marks and bus names", marks_and_bus_names },
	{ "params: prefixes, names in /dev, unusual names", params_prefixes },
	{ "messages are the same as in the golden file", golden_messages },
	{ "messages: control characters, format signs, long names", hostile_names },
	{ "deadline: left, expired, cancelled, the reason", deadline_arithmetic },
	{ "supervisor: result; SIGTERM cancels the work", supervised },
	{ "supervisor: gives up work that hangs", supervised_hang },
	{ 0 }
};

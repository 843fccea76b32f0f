// SPDX-License-Identifier: GPL-2.0
/* The record that libxl keeps of a domain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "config_edit.h"
#include "fake_store.h"
#include "test.h"

static void edits(void)
{
	static const struct {
		const char *text, *edited;	/* NULL: refused */
	} cases[] = {
		{ "{}", "{ \"disks\": [ NEW ]}" },
		{ " { \"a\": 1 }\n", " { \"disks\": [ NEW ], \"a\": 1 }\n" },
		{ "{\"a\":[{}],\"disks\":[],\"z\":\"}\"}",
		  "{\"a\":[{}],\"disks\":[ NEW ],\"z\":\"}\"}" },
		{ "{\"disks\": [ {\"vdev\": \"xvdb\", \"x\": [1, {\"y\": \"]\"}]} ] }",
		  "{\"disks\": [ NEW ] }" },
		{ "{\"disks\": [{\"vdev\":\"51728\"},{\"vdev\":\"xvda\"} , {\"vdev\":\"hda\"}]}",
		  "{\"disks\": [ NEW, {\"vdev\":\"xvda\"}, {\"vdev\":\"hda\"} ]}" },
		{ "{\"disks\": [{}, {\"vdev\": null}, {\"vdev\": \"xvdb1\"}]}",
		  "{\"disks\": [ NEW, {}, {\"vdev\": null}, {\"vdev\": \"xvdb1\"} ]}" },
		{ "{\"x\": {\"disks\": [1]}, \"s\": \"\\\"disks\\\": [\"}",
		  "{ \"disks\": [ NEW ],\"x\": {\"disks\": [1]}, \"s\": \"\\\"disks\\\": [\"}" },
		{ "", NULL }, { "[]", NULL }, { "{", NULL }, { "{\"disks\": [}", NULL },
		{ "{\"disks\": null}", NULL }, { "{\"disks\": [{} {}]}", NULL },
		{ "{\"disks\": [\"\\", NULL }, { "{\"disks", NULL }, { "xl", NULL },
	};
	char *is;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is = config_edit(cases[i].text, 51728, "NEW");
		if (!(cases[i].edited ? CHECK(is) && CHECK_TEXT(is, cases[i].edited) :
					CHECK(!is)))
			printf("# for '%s'\n", cases[i].text);
		free(is);
	}
}

#define COPY "/libxl/5/device/vbd/51728/"
#define FILE_NAME "var/lib/xen/userdata-d.5.u-u-i-d.libxl-json"

static char *save_and_read(struct tool *t, const struct disk *d)
{
	static char text[1024];
	FILE *f;

	memset(text, 0, sizeof(text));
	config_save_disk(t, d);
	f = fopen(in_scratch(FILE_NAME), "re");
	if (CHECK(f)) {
		CHECK(fread(text, 1, sizeof(text), f) == strlen(text) + 1);
		fclose(f);
	}
	return text;
}

static void files(void)
{
	static struct fake_store store;
	struct tool t = { .store = &store.store, .root = scratch };
	struct disk d;

	fake_init(&store);
	CHECK(!deadline_init(&t.deadline, 2000));
	fake_set(&store, "/local/domain/3/name", "storage");
	fake_set(&store, COPY "params", "/dev/a \"b\"");
	fake_set(&store, COPY "script", "/etc/xen/scripts/block");
	fake_set(&store, COPY "mode", "w");
	fake_set(&store, COPY "discard-enable", "1");
	disk_set(&t, &d, 5, 51728, 3);
	config_save_disk(&t, &d);
	fake_set(&store, "/local/domain/5/vm", "/vm/u-u-i-d");
	config_save_disk(&t, &d);	/* libxl did not make the domain: no file is created */
	CHECK(access(in_scratch("var/lib/xen"), F_OK));
	make_file(FILE_NAME, "{ \"disks\": [ ] }");
	CHECK_TEXT(save_and_read(&t, &d), "{ \"disks\": [ {\n"
		"  \"backend_domid\": 3,\n  \"backend_domname\": \"storage\",\n"
		"  \"pdev_path\": \"/dev/a \\\"b\\\"\",\n  \"vdev\": \"xvdb\",\n"
		"  \"backend\": \"phy\",\n  \"format\": \"raw\",\n"
		"  \"script\": \"/etc/xen/scripts/block\",\n  \"removable\": 0,\n"
		"  \"readwrite\": 1,\n  \"discard_enable\": \"True\",\n"
		"  \"direct_io_safe\": false\n}\n ] }");
	fake_set(&store, COPY "mode", "r");
	CHECK(strstr(save_and_read(&t, &d), "\"readwrite\": 0"));
	CHECK(!strstr(save_and_read(&t, &d), "\"readwrite\": 1"));
	fake_set(&store, "/local/domain/5/device/vbd/51728/trusted", "1");
	CHECK(!strstr(save_and_read(&t, &d), "trusted"));
	fake_set(&store, "/local/domain/5/device/vbd/51728/trusted", "0");
	CHECK(strstr(save_and_read(&t, &d), "\"trusted\": \"False\""));
	CHECK(access(in_scratch("var/lib/xen/userdata-l.5.u-u-i-d.domain-userdata-lock"), F_OK));
	CHECK(access(in_scratch("var/lib/xen/userdata-n.5.u-u-i-d.libxl-json"), F_OK));
	deadline_destroy(&t.deadline);
}

const struct test config_tests[] = {
	{ "libxl's record of a domain: add or replace a disk", edits },
	{ "libxl's record of a domain: files, lock, contents", files },
	{ 0 }
};

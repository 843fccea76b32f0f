// SPDX-License-Identifier: GPL-2.0
/* Names, JSON, sizes, the command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "json.h"
#include "limit.h"
#include "name.h"
#include "path.h"
#include "show.h"
#include "test.h"

static void disk_names(void)
{
	static const struct {
		const char *name;
		unsigned int devid;
	} good[] = {
		{ "xvda", 51712 }, { "xvdb", 51728 }, { "xvdb3", 51731 },
		{ "xvdp15", 51967 }, { "xvdq", 268439552 },
		{ "xvdaa", 268442112 }, { "xvda16", 268435472 },
		{ "hda", 768 }, { "hdb1", 833 }, { "hdd63", 5759 },
		{ "sda", 2048 }, { "sdp15", 2303 }, { "d0", 51712 },
		{ "d16p2", 268439554 }, { "51728", 51728 }, { "0", 0 },
		{ "4294967295", 4294967295U },
	};
	static const char *const bad[] = {
		"", "xvd", "xvd1", "xvdb ", "xvdb-1", "xvdb256", "xvdB",
		"hde", "hda64", "sdq", "sda16", "d", "d1p", "d1x2", "disk",
		"xvdzzzzz", "xvdzzzzzzzzzzzzzzzzz", "-1", "4294967296",
		"51728x", "99999999999999999999999",
	};
	char name[DISK_NAME_MAX];
	unsigned int devid;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!CHECK(disk_name_parse(good[i].name, &devid)) ||
		    !CHECK(devid == good[i].devid))
			printf("# for '%s': %u\n", good[i].name, devid);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(!disk_name_parse(bad[i], &devid)))
			printf("# for '%s'\n", bad[i]);
	for (i = 0; i < 5; i++) {
		disk_name_print(good[i].devid, name);
		CHECK_TEXT(name, good[i].name);
	}
	disk_name_print(51967 + 1, name);
	CHECK_TEXT(name, "51968");
	disk_name_print(2048, name);
	CHECK_TEXT(name, "2048");
}

static void json_bytes(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct json j = { .file = f };

	json_open(&j, NULL, '{');
	json_string(&j, "a \"b\"\\", "\n\x1b \xc3\xa4 \xff \xe2\x82 \xed\xa0\x80 \xc0\x80");
	json_string(&j, "none", NULL);
	json_open(&j, "list", '[');
	json_close(&j, ']');
	json_open(&j, "values", '[');
	json_value(&j, NULL, "0");
	json_value(&j, NULL, "00");
	json_value(&j, NULL, "");
	json_value(&j, NULL, "123456789012345");
	json_value(&j, NULL, "1234567890123456");
	json_value(&j, NULL, "x86_64-abi");
	json_bool(&j, NULL, true);
	json_close(&j, ']');
	json_number(&j, "n", -1);
	json_close(&j, '}');
	fclose(f);
	CHECK_TEXT(text, "{\n"
		"  \"a \\\"b\\\"\\\\\": \"\\u000a\\u001b \xc3\xa4 \\ufffd \\ufffd\\ufffd "
		"\\ufffd\\ufffd\\ufffd \\ufffd\\ufffd\",\n"
		"  \"none\": null,\n  \"list\": [],\n  \"values\": [\n"
		"    0,\n    \"00\",\n    \"\",\n    123456789012345,\n"
		"    \"1234567890123456\",\n    \"x86_64-abi\",\n    true\n  ],\n"
		"  \"n\": -1\n}\n");
	free(text);
}

static void sizes(void)
{
	static const struct {
		unsigned long long bytes;
		const char *text;
	} all[] = {
		{ 0, "0 B" }, { 512, "512 B" }, { 1536, "1.5 KiB" },
		{ 64ULL << 20, "64 MiB" }, { (1ULL << 40) - 1, "1023.9 GiB" },
		{ ~0ULL, "15.9 EiB" },
	};
	char text[SIZE_TEXT_MAX];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		show_size(text, all[i].bytes);
		CHECK_TEXT(text, all[i].text);
	}
}

static void limits(void)
{
	static const struct {
		const char *text, *limits;
	} good[] = {
		{ "iops=100", "riops=100 wiops=100 rbps=max wbps=max" },
		{ "bps=10M,wiops=5", "riops=max wiops=5 rbps=10485760 wbps=10485760" },
		{ "rbps=1k,wbps=2G", "riops=max wiops=max rbps=1024 wbps=2147483648" },
		{ "iops=10,riops=max", "riops=max wiops=10 rbps=max wbps=max" },
		{ "bps=9223372036854775807", "riops=max wiops=max rbps=9223372036854775807 wbps=9223372036854775807" },
	};
	static const char *const bad[] = {
		"", "iops", "iops=", "iops=0", "iops=-1", "iops=1x", "iops=1KK",
		"iops=1 ", "iops= 1", "speed=1", "=1", "bps=9223372036854775808",
		"bps=9007199254740992K", "iops=99999999999999999999999", "iops=1:",
	};
	static struct job job;
	char limits[LIMIT_MAX];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK(!limit_parse(&job, good[i].text, limits));
		CHECK_TEXT(limits, good[i].limits);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(limit_parse(&job, bad[i], limits)))
			printf("# for '%s'\n", bad[i]);
}

/* Errors of the arguments are reported before errors of the disk. */
static void limit_words(void)
{
	static struct tool t = { .options.argument = { "nobody", "xvdb", "bogus=1" } };

	CHECK(command_limit(&t) == -1 && t.failure.id == MSG_LIMIT);
	CHECK(strstr(t.failure.text, "'bogus=1' is not a limit"));
}

static void relative_paths(void)
{
	static const struct {
		const char *typed, *taken;	/* "@" is the working directory; NULL: as typed */
		bool told;
	} all[] = {
		{ "disk.img", "@/disk.img", true },
		{ "./disk.img", "@/disk.img", true },
		{ "file:disk.img", "file:@/disk.img", true },
		{ "phy:./disk.img", "phy:@/disk.img", true },
		{ "../disk.img", "@/../disk.img", true },
		{ "sub/disk.img", "@/sub/disk.img", true },
		{ "a:b", "@/a:b", true },
		/* A file that does not exist: the path where vbd looked for it. */
		{ "./none.img", "@/none.img", true },
		{ "none.img", NULL, false },
		{ "/dev/null", NULL, false },
		/* A name in /dev, as for xl, even if the working directory has such a file. */
		{ "zero", NULL, false },
		{ "null", NULL, true },
		{ "nbd:server/disk", NULL, false },
		{ "phy:", NULL, false },
	};
	char was[PATH_MAX], full[TARGET_MAX], want[TARGET_MAX];
	static struct tool t;
	char *text;
	size_t i, size;

	make_file("disk.img", "");
	make_file("sub/disk.img", "");
	make_file("null", "");
	make_file("a:b", "");
	CHECK(getcwd(was, sizeof(was)) != NULL && !chdir(scratch));
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *taken = all[i].taken, *at = taken ? strchr(taken, '@') : NULL, *is;
		char here[PATH_MAX];

		CHECK(getcwd(here, sizeof(here)) != NULL);
		if (at)
			snprintf(want, sizeof(want), "%.*s%.2000s%s", (int)(at - taken), taken, here,
				 at + 1);
		t.progress = open_memstream(&text, &size);
		is = path_resolve(&t, all[i].typed, full);
		fclose(t.progress);
		CHECK_TEXT(is, at ? want : all[i].typed);
		if (!CHECK(!*text == !all[i].told))
			printf("# for '%s': %s\n", all[i].typed, text);
		free(text);
	}
	CHECK(!chdir(was));
}

/* Parse a command line whose arguments are separated by blanks. */
static const struct command *parse(const char *line, struct options *o,
				   struct failure *f)
{
	static char copy[256];
	char *argv[16] = { NULL };
	int argc = 0;
	char *word;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	memset(o, 0, sizeof(*o));
	memset(f, 0, sizeof(*f));
	optind = 0;
	return command_parse(argc, argv, o, f);
}

static void command_line(void)
{
	static const char *const bad[] = {
		"vbd frobnicate", "vbd attach", "vbd attach 1",
		"vbd attach 1 /x xvda more", "vbd attach --json 1 /x",
		"vbd attach --timeout 0 1 /x", "vbd attach --timeout 1x 1 /x",
		"vbd attach --timeout", "vbd attach --nonsense 1 /x",
		"vbd top 1", "vbd top --count -1", "vbd list 1 2",
		"vbd top --interval 0", "vbd top --interval 0.0001", "vbd top --interval 1.",
		"vbd top --interval .", "vbd top --interval 1e3", "vbd top --interval 1000000.1",
		"vbd --nonsense", "vbd -x list", "vbd --force list", "vbd help list more",
		"vbd version 1", "vbd --timeout",
	};
	static const struct {
		const char *line, *says;
	} told[] = {
		{ "vbd nosuch", "nosuch: there is no such command, only attach, detach, " },
		{ "vbd list --nosuch", "list: there is no option --nosuch: vbd help list" },
		{ "vbd detach 1 xvda --timeout", "the option --timeout needs a value" },
		{ "vbd --timeout 5 list", "list: it has no option --timeout" },
		{ "vbd --nosuch", "vbd: there is no option --nosuch: vbd help shows" },
		{ "vbd top --interval 0", "'0' is not a number of seconds from 0.001" },
	};
	const struct command *c;
	struct options o;
	struct failure f;
	size_t i;

	c = parse("vbd attach --ro 5 phy:/dev/x xvdb --timeout 7", &o, &f);
	if (CHECK(c)) {
		CHECK_TEXT(c->name, "attach");
		CHECK(o.read_only && o.ms == 7000);
		CHECK_TEXT(o.argument[0], "5");
		CHECK_TEXT(o.argument[1], "phy:/dev/x");
		CHECK_TEXT(o.argument[2], "xvdb");
	}
	c = parse("vbd list", &o, &f);
	CHECK(c && !o.argument[0]);
	c = parse("vbd --json list 5", &o, &f);
	CHECK(c && !strcmp(c->name, "list") && o.json && !strcmp(o.argument[0], "5"));
	c = parse("vbd --interval 0.25 top --json", &o, &f);
	CHECK(c && !strcmp(c->name, "top") && o.json && o.ms == 250);
	c = parse("vbd top --interval .001", &o, &f);
	CHECK(c && o.ms == 1);
	c = parse("vbd detach --timeout=1000000 -- 1 xvda", &o, &f);
	CHECK(c && o.ms == 1000000000);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(!parse(bad[i], &o, &f)) ||
		    !CHECK(message_exit(f.id) == EXIT_USAGE))
			printf("# for '%s'\n", bad[i]);
	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (!CHECK(!parse(told[i].line, &o, &f)) ||
		    !CHECK(strstr(f.text, told[i].says)))
			printf("# for '%s': %s\n", told[i].line, f.text);
}

/* Every way to ask for help. @about: the command, or NULL for all. */
static void help(void)
{
	static const struct {
		const char *line, *about, *prints;
	} asked[] = {
		{ "vbd", NULL, "vbd attach DOMAIN" },
		{ "vbd help", NULL, "vbd top" },
		{ "vbd -h", NULL, "vbd help [COMMAND]" },
		{ "vbd --help", NULL, "vbd version" },
		{ "vbd help --help", NULL, "vbd attach" },
		{ "vbd help list", "list", "vbd list [DOMAIN]" },
		{ "vbd --help list", "list", "--json" },
		{ "vbd list -h", "list", "vbd list" },
		{ "vbd attach --help", "attach", "--backend" },
		{ "vbd attach --nonsense --help", "attach", "vbd attach" },
		{ "vbd help help", "help", "vbd help" },
	};
	const struct command *c;
	static struct tool t;
	char *text;
	size_t i, size;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		c = parse(asked[i].line, &t.options, &t.failure);
		t.out = open_memstream(&text, &size);
		CHECK(c && c->store == STORE_NEVER && !c->run(&t));
		fclose(t.out);
		if (!CHECK(asked[i].about ? !strncmp(text, "vbd ", 4) &&
				!strncmp(text + 4, asked[i].about, strlen(asked[i].about)) :
				strlen(text) > 1000) ||
		    !CHECK(strstr(text, asked[i].prints)))
			printf("# for '%s': %s\n", asked[i].line, text);
		free(text);
	}
	c = parse("vbd help nosuch", &t.options, &t.failure);
	t.out = stdout;
	CHECK(c && c->run(&t) && message_exit(t.failure.id) == EXIT_USAGE);
	CHECK(strstr(t.failure.text, "nosuch: there is no such command, only attach"));
}

static void version(void)
{
	static const char *const asked[] = {
		"vbd version", "vbd --version", "vbd -V", "vbd list --version",
	};
	const struct command *c;
	static struct tool t;
	char *text;
	size_t i, size;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		c = parse(asked[i], &t.options, &t.failure);
		t.out = open_memstream(&text, &size);
		CHECK(c && c->store == STORE_NEVER && !c->run(&t));
		fclose(t.out);
		CHECK(!strncmp(text, "vbd ", 4) && strlen(text) > 5);
		free(text);
	}
}

const struct test tool_pure_tests[] = {
	{ "names of disks and their numbers", disk_names },
	{ "JSON: any bytes, numbers, nesting", json_bytes },
	{ "sizes", sizes },
	{ "limits: what is taken and what is refused", limits },
	{ "limits: their words are judged before the disk is looked for", limit_words },
	{ "targets without their root", relative_paths },
	{ "command line: what is taken and what is refused", command_line },
	{ "command line: help for all and for one", help },
	{ "command line: the version", version },
	{ 0 }
};

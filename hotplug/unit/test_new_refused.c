// SPDX-License-Identifier: GPL-2.0
/* What vbd new and vbd delete refuse, with nothing left of it. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "fake_store.h"
#include "test.h"

static struct fake_store store;
static struct tool tool;
static int nodes_before;

/* The guest is domain 5. */
static void begin_test(const char *const *arguments)
{
	size_t i;

	fake_init(&store);
	fake_set(&store, "/local/domain/0/name", "Domain-0");
	fake_set(&store, "/local/domain/5/name", "guest");
	nodes_before = fake_count(&store);
	memset(&tool, 0, sizeof(tool));
	tool.store = &store.store;
	tool.root = scratch;
	tool.out = stdout;
	tool.options.no_wait = true;
	for (i = 0; arguments[i]; i++)
		tool.options.argument[i] = arguments[i];
	CHECK(!deadline_init(&tool.deadline, 2000));
}

static void end_test(void)
{
	deadline_destroy(&tool.deadline);
}

static void refused_to_make(void)
{
	static const struct {
		const char *arguments[6];
		enum message id;
		const char *says;
	} all[] = {
		{ { "Echo", "guest" }, MSG_DEVICE_CLASS, "'Echo'" },
		{ { "", "guest" }, MSG_DEVICE_CLASS, "''" },
		{ { "9p", "guest" }, MSG_DEVICE_CLASS, "'9p'" },
		{ { "../x", "guest" }, MSG_DEVICE_CLASS, "'../x'" },
		{ { "abcdefghijklmnopqrstuvwxyzabcdef", "guest" }, MSG_DEVICE_CLASS, "31" },
		{ { "vbd", "guest" }, MSG_DEVICE_DISK, "use vbd attach" },
		{ { "qdisk", "guest" }, MSG_DEVICE_DISK, "use vbd attach" },
		{ { "abcdefghijklmnop", "guest" }, MSG_DEVICE_LONG, "abcdefghijklmnop-5-0 is too long" },
		{ { "echo", "nobody" }, MSG_NO_DOMAIN, "nobody" },
		{ { "echo", "guest", "back=nobody" }, MSG_NO_DOMAIN, "nobody" },
		{ { "echo", "guest", "id=x" }, MSG_DEVICE_ID, "'x'" },
		{ { "echo", "guest", "id=-1" }, MSG_DEVICE_ID, "'-1'" },
		{ { "echo", "guest", "id=2147483648" }, MSG_DEVICE_ID, "to 2147483647" },
		{ { "echo", "guest", "id=1", "id=2" }, MSG_DEVICE_KEY, "twice" },
		{ { "echo", "guest", "back=0", "back=0" }, MSG_DEVICE_KEY, "twice" },
		{ { "echo", "guest", "a=1", "a=2" }, MSG_DEVICE_KEY, "twice" },
		{ { "echo", "guest", "rot13" }, MSG_DEVICE_KEY, "it has no '='" },
		{ { "echo", "guest", "=1" }, MSG_DEVICE_KEY, "no key" },
		{ { "echo", "guest", "a b=1" }, MSG_DEVICE_KEY, "no key" },
		{ { "echo", "guest", "a//b=1" }, MSG_DEVICE_KEY, "no key" },
		{ { "echo", "guest", "/a=1" }, MSG_DEVICE_KEY, "no key" },
		{ { "echo", "guest", "front.=1" }, MSG_DEVICE_KEY, "no key" },
		{ { "echo", "guest", "state=4" }, MSG_DEVICE_KEY, "itself" },
		{ { "echo", "guest", "online=0" }, MSG_DEVICE_KEY, "itself" },
		{ { "echo", "guest", "frontend=x" }, MSG_DEVICE_KEY, "itself" },
		{ { "echo", "guest", "front.backend-id=3" }, MSG_DEVICE_KEY, "itself" },
		{ { "echo", "guest", "script=/no/such" }, MSG_DEVICE_KEY, "no such executable" },
		{ { "echo", "guest", "script=" }, MSG_DEVICE_KEY, "no path" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin_test(all[i].arguments);
		CHECK(command_new(&tool) == -1);
		CHECK_TEXT(message_name(tool.failure.id), message_name(all[i].id));
		if (!CHECK(strstr(tool.failure.text, all[i].says)))
			printf("# %s\n", tool.failure.text);
		CHECK(fake_count(&store) == nodes_before && !store.commits);
		end_test();
	}
}

static void refused_to_delete(void)
{
	static const struct {
		const char *arguments[6];
		enum message id;
		const char *says;
	} all[] = {
		{ { "vbd", "guest", "0" }, MSG_DEVICE_DISK, "use vbd detach" },
		{ { "e cho", "guest", "0" }, MSG_DEVICE_CLASS, "'e cho'" },
		{ { "echo", "nobody", "0" }, MSG_NO_DOMAIN, "nobody" },
		{ { "echo", "99", "0" }, MSG_NO_DOMAIN, "99" },
		{ { "echo", "guest", "x" }, MSG_DEVICE_ID, "'x'" },
		{ { "echo", "guest", "0" }, MSG_DEVICE_NONE, "guest has no device echo 0" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin_test(all[i].arguments);
		CHECK(command_delete(&tool) == -1);
		CHECK_TEXT(message_name(tool.failure.id), message_name(all[i].id));
		if (!CHECK(strstr(tool.failure.text, all[i].says)))
			printf("# %s\n", tool.failure.text);
		CHECK(fake_count(&store) == nodes_before && !store.commits);
		end_test();
	}
}

const struct test new_refused_tests[] = {
	{ "new: what is refused", refused_to_make },
	{ "delete: what is refused", refused_to_delete },
	{ 0 }
};

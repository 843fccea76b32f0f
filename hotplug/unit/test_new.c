// SPDX-License-Identifier: GPL-2.0
/* vbd new and vbd delete with a store in memory and simulated ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "fake_store.h"
#include "test.h"

#define BACK "/local/domain/0/backend/echo/5/0"
#define FRONT "/local/domain/5/device/echo/0"
#define COPY "/libxl/5/device/echo/0"
#define ELSEWHERE "/local/domain/3/backend/echo/5/0"

static struct fake_store store;
static struct tool tool;
static char *output, *told;
static size_t output_size, told_size;
static int nodes_before;
static const char *back_of_test;

static void set_arguments(const char *const *arguments)
{
	size_t i;

	memset(tool.options.argument, 0, sizeof(tool.options.argument));
	for (i = 0; arguments[i]; i++)
		tool.options.argument[i] = arguments[i];
}

#define ARGUMENTS(...) set_arguments((const char *const[]){ __VA_ARGS__, NULL })

/* This runs in domain 0; domain 3 serves devices, 5 is a guest. */
static void begin_test(void)
{
	fake_init(&store);
	fake_set(&store, "/local/domain/0/name", "Domain-0");
	fake_set(&store, "/local/domain/3/name", "driver");
	fake_set(&store, "/local/domain/5/name", "guest");
	nodes_before = fake_count(&store);
	back_of_test = BACK;
	memset(&tool, 0, sizeof(tool));
	tool.store = &store.store;
	tool.root = scratch;
	CHECK(!deadline_init(&tool.deadline, 2000));
	tool.out = open_memstream(&output, &output_size);
	tool.progress = open_memstream(&told, &told_size);
}

static void end_test(void)
{
	fclose(tool.out);
	fclose(tool.progress);
	free(output);
	free(told);
	deadline_destroy(&tool.deadline);
}

static const char *get(const char *dir, const char *node)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	return fake_get(&store, path);
}

static void set(const char *dir, const char *node, const char *value)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	fake_set(&store, path, value);
}

static const struct fake_node *find_node(const char *path)
{
	int i;

	for (i = 0; i < FAKE_NODES; i++)
		if (!strcmp(store.nodes[i].path, path))
			return &store.nodes[i];
	CHECK(!path);
	return &store.nodes[0];
}

/* Simulates the next step of both ends each time that the command waits. */
static void play(struct fake_store *f)
{
	const char *back = get(back_of_test, "state"), *front = get(FRONT, "state");

	(void)f;
	if (!back)
		return;
	if (*back == '1')
		set(back_of_test, "state", "2");
	else if (*back == '2' && front && *front == '1')
		set(FRONT, "state", "3");
	else if (*back == '2' && front && *front == '3')
		set(back_of_test, "state", "4");
	else if (*back == '4' && front && *front == '3')
		set(FRONT, "state", "4");
	else if (*back == '5' && front && *front == '4')
		set(FRONT, "state", "6");
	else if (*back == '5')
		set(back_of_test, "state", "6");
}

/* The backend takes the device, and then nobody does anything, until it is told to close. */
static void play_back(struct fake_store *f)
{
	const char *back = get(back_of_test, "state");

	(void)f;
	if (back && *back == '1')
		set(back_of_test, "state", "2");
	else if (back && *back == '5')
		set(back_of_test, "state", "6");
}

static void play_nothing(struct fake_store *f)
{
	(void)f;
}

static void interrupt(struct fake_store *f)
{
	if (!tool.undoing)
		deadline_cancel(&tool.deadline);
	play_back(f);
}

static void expect_dirs(const char *back, unsigned int backend, const char *number)
{
	CHECK(find_node(FRONT)->owner == 5 && find_node(FRONT)->reader == backend);
	CHECK(find_node(back)->owner == backend && find_node(back)->reader == 5);
	CHECK_TEXT(get(back, "frontend"), FRONT);
	CHECK_TEXT(get(back, "frontend-id"), "5");
	CHECK_TEXT(get(back, "online"), "1");
	CHECK_TEXT(get(FRONT, "backend"), back);
	CHECK_TEXT(get(FRONT, "backend-id"), number);
	CHECK_TEXT(get(COPY, "backend"), back);
	CHECK_TEXT(get(COPY, "frontend"), FRONT);
	CHECK_TEXT(get(COPY, "online"), "1");
}

static void new_and_delete(void)
{
	begin_test();
	store.other = play;
	store.refuse_commits = 2;
	ARGUMENTS("echo", "guest", "params=rot13", "front.colour=blue", "limits/high=a=b", "none=");
	CHECK(command_new(&tool) == 0);
	CHECK_TEXT(tool.failure.text, "");
	expect_dirs(BACK, 0, "0");
	CHECK_TEXT(get(BACK, "state"), "4");
	CHECK_TEXT(get(FRONT, "state"), "4");
	CHECK_TEXT(get(BACK, "params"), "rot13");
	CHECK_TEXT(get(COPY, "params"), "rot13");
	CHECK_TEXT(get(FRONT, "colour"), "blue");
	CHECK_TEXT(get(BACK, "limits/high"), "a=b");
	CHECK_TEXT(get(BACK, "none"), "");
	CHECK(!get(BACK, "front.colour") && !get(BACK, "colour") && !get(FRONT, "params"));
	fflush(tool.out);
	CHECK_TEXT(output, "0\n");

	ARGUMENTS("echo", "5", "0");
	CHECK(command_delete(&tool) == 0);
	CHECK_TEXT(tool.failure.text, "");
	CHECK(fake_count(&store) == nodes_before);
	end_test();
}

/* Nobody serves the class: it is made without waiting, and goes at once. */
static void no_driver(void)
{
	static const char *const numbers[] = { "0", "1", "2", "3" };
	size_t i;

	begin_test();
	tool.options.no_wait = true;
	ARGUMENTS("echo", "guest", "id=0", "back=Domain-0");
	CHECK(command_new(&tool) == 0);
	expect_dirs(BACK, 0, "0");
	CHECK_TEXT(get(BACK, "state"), "1");
	CHECK_TEXT(get(FRONT, "state"), "1");

	/* a number that is given, one that is free, and one that is not */
	ARGUMENTS("echo", "guest", "id=2");
	CHECK(command_new(&tool) == 0);
	ARGUMENTS("echo", "guest");
	CHECK(command_new(&tool) == 0 && command_new(&tool) == 0);
	fflush(tool.out);
	CHECK_TEXT(output, "0\n2\n1\n3\n");
	ARGUMENTS("echo", "guest", "id=2");
	CHECK(command_new(&tool) == -1);
	CHECK_TEXT(message_name(tool.failure.id), "DEVICE_TAKEN");
	CHECK(strstr(tool.failure.text, "echo 2 of guest already exists "
					"(backend Initialising, frontend Initialising)"));

	/* another class has numbers of its own; the numbers are told */
	ARGUMENTS("other", "guest");
	CHECK(command_new(&tool) == 0);
	ARGUMENTS("echo", "guest", "7");
	CHECK(command_delete(&tool) == -1 && tool.failure.id == MSG_DEVICE_NONE);
	CHECK_TEXT(tool.failure.text, "guest has no device echo 7: of this class it has 0, 2, 1, 3");
	ARGUMENTS("nosuch", "guest", "0");
	CHECK(command_delete(&tool) == -1);
	CHECK_TEXT(tool.failure.text, "guest has no device nosuch 0: it has none of this class");

	ARGUMENTS("other", "guest", "0");
	CHECK(command_delete(&tool) == 0);
	for (i = 0; i < 4; i++) {
		ARGUMENTS("echo", "guest", numbers[i]);
		CHECK(command_delete(&tool) == 0);
	}
	CHECK(fake_count(&store) == nodes_before);
	end_test();
}

static const char *make_script(const char *lines)
{
	char text[1000];
	const char *path;

	snprintf(text, sizeof(text),
		 "#!/bin/sh\necho $1 $script $XENBUS_TYPE $XENBUS_BASE_PATH $XENBUS_PATH >>%s/log\n%s\n",
		 scratch, lines);
	path = make_file("script", text);
	CHECK(!chmod(path, 0755));
	remove(in_scratch("log"));
	return path;
}

static void read_log(char text[1000])
{
	FILE *f = fopen(in_scratch("log"), "re");

	text[0] = '\0';
	if (CHECK(f)) {
		text[fread(text, 1, 999, f)] = '\0';
		fclose(f);
	}
}

/* The script of the test, as an argument and in the log. */
static const char *script_argument(const char *lines)
{
	static char argument[600];

	snprintf(argument, sizeof(argument), "script=%s", make_script(lines));
	return argument;
}

static void expect_log(const char *const *actions)
{
	char want[1000] = "", text[1000];
	size_t n = 0;

	for (; *actions; actions++)
		n += (size_t)snprintf(want + n, sizeof(want) - n,
				      "%s %s/script echo backend backend/echo/5/0\n", *actions,
				      scratch);
	read_log(text);
	CHECK_TEXT(text, want);
}

static void script_runs(void)
{
	const char *argument = script_argument("exit 0");

	begin_test();
	store.other = play;
	ARGUMENTS("echo", "guest", argument);
	CHECK(command_new(&tool) == 0);
	CHECK_TEXT(get(BACK, "script"), argument + strlen("script="));
	expect_log((const char *const[]){ "add", NULL });
	ARGUMENTS("echo", "guest", "0");
	CHECK(command_delete(&tool) == 0);
	expect_log((const char *const[]){ "add", "remove", NULL });
	CHECK(fake_count(&store) == nodes_before);
	end_test();
}

static void expect_undone(enum message id, const char *says)
{
	CHECK(command_new(&tool) == -1);
	CHECK_TEXT(message_name(tool.failure.id), message_name(id));
	if (!CHECK(strstr(tool.failure.text, says)))
		printf("# %s\n", tool.failure.text);
	CHECK(fake_count(&store) == nodes_before);
	fflush(tool.out);
	CHECK_TEXT(output, "");
}

/* What a script has written to the store of this host shows up in that of the test. */
static void play_error(struct fake_store *f)
{
	play_back(f);
	if (!tool.undoing && get(BACK, "state") && *get(BACK, "state") == '2')
		set(BACK, "hotplug-error", "there is no rot14");
}

static void script_fails(void)
{
	const char *argument = script_argument("[ $1 = remove ] || exit 3");

	begin_test();
	store.other = play_back;
	ARGUMENTS("echo", "guest", argument);
	expect_undone(MSG_SCRIPT_SAYS, "script ended with status 3");
	CHECK(message_exit(tool.failure.id) == EXIT_REFUSED);
	expect_log((const char *const[]){ "add", "remove", NULL });
	end_test();

	begin_test();
	store.other = play_error;
	ARGUMENTS("echo", "guest", argument);
	expect_undone(MSG_SCRIPT_SAYS, "there is no rot14");
	end_test();

	/* it is ended with its children */
	argument = script_argument("[ $1 = remove ] || { sleep 60; exit 0; }");
	begin_test();
	tool.deadline.expires = now_ms() + 300;
	store.other = play_back;
	ARGUMENTS("echo", "guest", argument);
	expect_undone(MSG_DEVICE_TIME, "gave up waiting for");
	end_test();

	/* a remove that fails leaves nothing in the store either, but it is told */
	argument = script_argument("[ $1 = add ] || exit 4");
	begin_test();
	store.other = play;
	ARGUMENTS("echo", "guest", argument);
	CHECK(command_new(&tool) == 0);
	ARGUMENTS("echo", "guest", "0");
	CHECK(command_delete(&tool) == -1 && tool.failure.id == MSG_DEVICE_SCRIPT);
	CHECK(strstr(tool.failure.text, "ended with status 4"));
	CHECK(fake_count(&store) == nodes_before);
	end_test();
}

static void fail_in_the_back(struct fake_store *f)
{
	if (!tool.undoing && get(BACK, "state") && *get(BACK, "state") == '1') {
		fake_set(f, "/local/domain/0/error/backend/echo/5/0/error", "22 no rotate");
		set(BACK, "state", "5");
	} else {
		play_back(f);
	}
}

static void close_silently(struct fake_store *f)
{
	if (!tool.undoing && get(BACK, "state") && *get(BACK, "state") == '1')
		set(BACK, "state", "6");
	else
		play_back(f);
}

static void failures(void)
{
	begin_test();
	store.other = fail_in_the_back;
	ARGUMENTS("echo", "guest");
	expect_undone(MSG_BACKEND_SAYS, "echo 0 of guest: the backend refuses: no rotate");
	end_test();

	begin_test();
	store.other = close_silently;
	ARGUMENTS("echo", "guest");
	expect_undone(MSG_DEVICE_ENDED, "(backend Closed, frontend Initialising)");
	end_test();

	begin_test();
	tool.deadline.expires = now_ms() + 50;
	store.other = play_nothing;
	ARGUMENTS("echo", "guest");
	expect_undone(MSG_DEVICE_TIME,
		      "the backend in domain 0 to start serving it (is its driver loaded?)");
	CHECK(message_exit(tool.failure.id) == EXIT_TIME);
	end_test();

	begin_test();
	tool.deadline.expires = now_ms() + 50;
	store.other = play_back;
	ARGUMENTS("echo", "guest");
	expect_undone(MSG_DEVICE_TIME,
		      "the frontend in guest to start using it (is its driver loaded there?)");
	end_test();

	begin_test();
	store.other = interrupt;
	ARGUMENTS("echo", "guest");
	expect_undone(MSG_INTERRUPTED, "echo 0 of guest is not made, and nothing is left of it");
	end_test();
}

static void elsewhere(void)
{
	begin_test();
	back_of_test = ELSEWHERE;
	store.other = play;
	ARGUMENTS("echo", "guest", "back=driver", "script=echo");
	CHECK(command_new(&tool) == 0);
	expect_dirs(ELSEWHERE, 3, "3");
	CHECK_TEXT(get(ELSEWHERE, "script"), SCRIPTS "/echo");
	fflush(tool.progress);
	CHECK(strstr(told, SCRIPTS "/echo is not run here: domain 3 has to"));
	ARGUMENTS("echo", "guest", "0");
	CHECK(command_delete(&tool) == 0);
	CHECK(fake_count(&store) == nodes_before);
	end_test();
}

static void hold(struct fake_store *f)
{
	(void)f;
	if (get(BACK, "state") && *get(BACK, "state") == '5' && !get(FRONT, "state"))
		set(BACK, "state", "6");
}

/* The guest keeps it; forced, it goes, also if the backend does not close it. */
static void in_use(void)
{
	int forced;

	for (forced = 0; forced < 2; forced++) {
		begin_test();
		store.other = play;
		ARGUMENTS("echo", "guest");
		CHECK(command_new(&tool) == 0);
		store.other = forced ? play_nothing : hold;
		ARGUMENTS("echo", "guest", "0");
		tool.deadline.expires = now_ms() + 50;
		CHECK(command_delete(&tool) == -1 && tool.failure.id == MSG_DEVICE_BUSY);
		CHECK(strstr(tool.failure.text, "the frontend in guest to close it"));
		CHECK_TEXT(get(FRONT, "state"), "4");
		CHECK_TEXT(get(BACK, "online"), "0");
		tool.options.force = true;
		tool.deadline.expires = now_ms() + (forced ? 50 : 2000);
		CHECK(command_delete(&tool) == 0);
		fflush(tool.progress);
		CHECK(!strstr(told, "removing it") == !forced);
		CHECK(fake_count(&store) == nodes_before);
		end_test();
	}
}

/* libxl removes a guest's directory and its copy; the backend's stays. */
static void guest_gone(void)
{
	const char *const backs[] = { BACK, ELSEWHERE };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin_test();
		back_of_test = backs[i];
		store.other = play;
		ARGUMENTS("echo", "guest", i ? "back=3" : "back=0");
		CHECK(command_new(&tool) == 0);
		fake_remove(&store, "/local/domain/5");
		fake_remove(&store, "/libxl/5");
		set(backs[i], "state", "6");
		ARGUMENTS("echo", "guest", "0");
		CHECK(command_delete(&tool) == -1 && tool.failure.id == MSG_NO_DOMAIN);
		ARGUMENTS("echo", "5", "0");
		CHECK(command_delete(&tool) == 0);
		CHECK(fake_count(&store) == nodes_before - 1);
		end_test();
	}
}

const struct test new_tests[] = {
	{ "new and delete: all nodes and permissions; nothing is left", new_and_delete },
	{ "new and delete: numbers; a class without drivers", no_driver },
	{ "new and delete: the script is run", script_runs },
	{ "new and delete: a script that fails", script_fails },
	{ "new: the end that fails is quoted; nothing is left", failures },
	{ "new and delete: the backend is in another domain", elsewhere },
	{ "delete: in use, then forced", in_use },
	{ "delete: what is left of a guest that is gone", guest_gone },
	{ 0 }
};

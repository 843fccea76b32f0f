// SPDX-License-Identifier: GPL-2.0
/* Commands with a store in memory and simulated ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "fake_store.h"
#include "test.h"
#include "wait.h"

#define BACK "/local/domain/3/backend/vbd/5/51728"
#define FRONT "/local/domain/5/device/vbd/51728"
#define COPY "/libxl/5/device/vbd/51728"

static struct fake_store store;
static struct tool tool;
static char *output;
static size_t output_size;
static int nodes_before;

/* This runs in domain 0; domain 3 serves disks, 5 is a guest. */
static void begin_test(const char *a, const char *b, const char *c)
{
	fake_init(&store);
	fake_set(&store, "/local/domain/0/name", "Domain-0");
	fake_set(&store, "/local/domain/3/name", "storage");
	fake_set(&store, "/local/domain/5/name", "guest");
	fake_set(&store, "/libxl/5/type", "pv");
	nodes_before = fake_count(&store);
	memset(&tool, 0, sizeof(tool));
	tool.store = &store.store;
	tool.root = scratch;
	CHECK(!deadline_init(&tool.deadline, 2000));
	tool.out = open_memstream(&output, &output_size);
	tool.options.backend = "storage";
	tool.options.argument[0] = a;
	tool.options.argument[1] = b;
	tool.options.argument[2] = c;
}

static void end_test(void)
{
	fclose(tool.out);
	free(output);
	deadline_destroy(&tool.deadline);
}

/* Simulates the next step of both ends each time that the command waits. */
static void play(struct fake_store *f)
{
	const char *back = fake_get(f, BACK "/state");
	const char *front = fake_get(f, FRONT "/state");

	if (!back || !front)
		return;
	if (*back == '1') {
		fake_set(f, BACK "/state", "2");
	} else if (*back == '2' && *front == '1') {
		fake_set(f, BACK "/physical-device", "fa:0");
		fake_set(f, FRONT "/state", "3");
	} else if (*back == '2' && *front == '3') {
		fake_set(f, BACK "/state", "4");
	} else if (*back == '4' && *front == '3') {
		fake_set(f, FRONT "/state", "4");
	} else if (*back == '5' && *front == '4') {
		fake_set(f, FRONT "/state", "6");
	} else if (*back == '5') {
		fake_set(f, BACK "/state", "6");
	} else if (*back == '6') {
		fake_remove(f, BACK);
	}
}

/* Simulates a back that closes when the guest's directory is gone. */
static void play_forced(struct fake_store *f)
{
	if (fake_get(f, FRONT "/state"))
		return;
	if (fake_get(f, BACK "/state") && *fake_get(f, BACK "/state") != '6')
		fake_set(f, BACK "/state", "6");
	else
		fake_remove(f, BACK);
}

static void interrupt(struct fake_store *f)
{
	if (!tool.undoing)
		deadline_cancel(&tool.deadline);
	play_forced(f);
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

static void attach_and_detach(void)
{
	begin_test("guest", "/dev/x y", "xvdb");
	store.other = play;
	store.refuse_commits = 2;
	CHECK(command_attach(&tool) == 0);
	CHECK_TEXT(tool.failure.text, "");
	CHECK_TEXT(fake_get(&store, BACK "/state"), "4");
	CHECK_TEXT(fake_get(&store, FRONT "/state"), "4");
	CHECK(find_node(FRONT)->owner == 5 && find_node(FRONT)->reader == 3);
	CHECK(find_node(BACK)->owner == 3 && find_node(BACK)->reader == 5);
	CHECK_TEXT(fake_get(&store, BACK "/params"), "/dev/x y");
	CHECK_TEXT(fake_get(&store, BACK "/frontend"), FRONT);
	CHECK_TEXT(fake_get(&store, BACK "/frontend-id"), "5");
	CHECK_TEXT(fake_get(&store, BACK "/mode"), "w");
	CHECK_TEXT(fake_get(&store, BACK "/online"), "1");
	CHECK_TEXT(fake_get(&store, BACK "/type"), "phy");
	CHECK_TEXT(fake_get(&store, FRONT "/backend"), BACK);
	CHECK_TEXT(fake_get(&store, FRONT "/backend-id"), "3");
	CHECK_TEXT(fake_get(&store, FRONT "/virtual-device"), "51728");
	CHECK_TEXT(fake_get(&store, FRONT "/protocol"), "x86_64-abi");
	CHECK_TEXT(fake_get(&store, COPY "/backend"), BACK);
	CHECK_TEXT(fake_get(&store, COPY "/params"), "/dev/x y");
	fflush(tool.out);
	CHECK_TEXT(output, "xvdb\n");

	tool.options.argument[1] = "51728";
	CHECK(command_detach(&tool) == 0);
	CHECK_TEXT(tool.failure.text, "");
	CHECK(fake_count(&store) == nodes_before);
	end_test();
}

static void expect_nothing_left(enum message id)
{
	CHECK(command_attach(&tool) == -1);
	CHECK_TEXT(message_name(tool.failure.id), message_name(id));
	CHECK(fake_count(&store) == nodes_before);
}

/* The message quotes the end that fails, and all nodes are removed. */
static void fail_in_the_back(struct fake_store *f)
{
	if (fake_get(f, FRONT "/state") && !tool.undoing) {
		fake_set(f, "/local/domain/3/error/backend/vbd/5/51728/error",
			 "16 cannot open device fa:0");
		fake_set(f, BACK "/state", "5");
	}
	play_forced(f);
}

static void fail_in_the_script(struct fake_store *f)
{
	if (fake_get(f, BACK "/state") && !tool.undoing)
		fake_set(f, BACK "/hotplug-error", "/dev/x does not exist");
	play_forced(f);
}

static void failures(void)
{
	begin_test("5", "/dev/x", NULL);
	tool.options.argument[2] = "xvdb";
	store.other = fail_in_the_back;
	expect_nothing_left(MSG_BACKEND_SAYS);
	CHECK(strstr(tool.failure.text, "xvdb of guest: the backend refuses: cannot open device fa:0:"));
	end_test();

	begin_test("5", "/dev/x", "xvdb");
	store.other = fail_in_the_script;
	expect_nothing_left(MSG_SCRIPT_SAYS);
	end_test();

	begin_test("5", "/dev/x", "xvdb");
	store.other = interrupt;
	expect_nothing_left(MSG_INTERRUPTED);
	CHECK(message_exit(tool.failure.id) == 130);
	end_test();

	begin_test("5", "/dev/x", "xvdb");
	tool.deadline.expires = now_ms() + 50;
	store.other = play_forced;
	expect_nothing_left(MSG_ATTACH_TIME);
	CHECK(strstr(tool.failure.text, "the backend in domain 3 to start serving it"));
	end_test();

	begin_test("nobody", "/dev/x", "xvdb");
	expect_nothing_left(MSG_NO_DOMAIN);
	end_test();
	begin_test("5", "/dev/x", "sdz");
	expect_nothing_left(MSG_DISK_NAME);
	end_test();
	begin_test("5", "/dev/x", "xvdb");
	tool.options.backend = NULL;
	expect_nothing_left(MSG_NO_BACKEND);
	end_test();
}

static void names_in_use(void)
{
	begin_test("guest", "/dev/x", "xvdb");
	fake_set(&store, COPY "/backend", BACK);
	CHECK(command_attach(&tool) == -1 && tool.failure.id == MSG_DISK_TAKEN);
	CHECK(store.commits == 0);
	end_test();

	begin_test("guest", "/dev/x", NULL);
	fake_set(&store, "/local/domain/5/device/vbd/51712/state", "4");
	tool.options.no_wait = tool.options.untrusted = true;
	store.other = play;
	CHECK(command_attach(&tool) == 0);
	fflush(tool.out);
	CHECK_TEXT(output, "xvdb\n");
	CHECK_TEXT(fake_get(&store, FRONT "/state"), "3");
	CHECK_TEXT(fake_get(&store, "/local/domain/5/device/vbd/51728/trusted"), "0");
	end_test();
}

/* Simulates a front with feature-rejoin. */
static char moved_state[2]; /* state of the front when vbd names the new back */
static const char *front_fails; /* the error that the front writes instead */
static bool front_stays, back_early; /* the back had a state before the front had followed */

static void play_move(struct fake_store *f)
{
	const char *front = fake_get(f, FRONT "/state");
	bool told = !strcmp(fake_get(f, FRONT "/backend-id"), "3");

	if (told && !*moved_state)
		snprintf(moved_state, sizeof(moved_state), "%s", front);
	if (told && *front == '6' && fake_get(f, BACK "/state"))
		back_early = true;
	if (front_stays)
		return;
	if (told && *front != '6')
		play(f);
	else if (told && front_fails)
		fake_set(f, "/local/domain/5/error/device/vbd/51728/error", front_fails);
	else
		fake_set(f, FRONT "/state", told ? "1" : "6");
}

static void begin_move(void)
{
	begin_test("guest", "xvdb", "storage");
	*moved_state = '\0';
	back_early = front_stays = false;
	front_fails = NULL;
	store.other = play_move;
	fake_set(&store, COPY "/params", "/dev/x y");
	fake_set(&store, COPY "/backend", "/local/domain/2/backend/vbd/5/51728");
	fake_set(&store, COPY "/mode", "w");
	fake_set(&store, COPY "/online", "0");
	fake_set(&store, FRONT, "");
	fake_set(&store, FRONT "/backend-id", "2");
	fake_set(&store, FRONT "/state", "4");
	fake_set(&store, FRONT "/ring-ref", "8");
}

/* Domain 2, which served the disk, is gone with its directories. */
static void move(void)
{
	begin_move();
	fake_remove(&store, COPY "/params");
	CHECK(command_move(&tool) == -1 && tool.failure.id == MSG_MOVE_COPY && !store.commits);
	fake_set(&store, COPY "/params", "/dev/x y");
	CHECK(command_move(&tool) == 0);
	CHECK_TEXT(moved_state, "1");
	CHECK_TEXT(fake_get(&store, BACK "/state"), "4");
	CHECK_TEXT(fake_get(&store, BACK "/params"), "/dev/x y");
	CHECK_TEXT(fake_get(&store, BACK "/mode"), "w");
	CHECK_TEXT(fake_get(&store, BACK "/online"), "1");
	CHECK_TEXT(fake_get(&store, BACK "/frontend"), FRONT);
	CHECK_TEXT(fake_get(&store, BACK "/frontend-id"), "5");
	CHECK(!fake_get(&store, BACK "/backend"));
	CHECK(find_node(BACK)->owner == 3 && find_node(BACK)->reader == 5);
	CHECK_TEXT(fake_get(&store, FRONT "/state"), "4");
	CHECK_TEXT(fake_get(&store, FRONT "/backend"), BACK);
	CHECK_TEXT(fake_get(&store, FRONT "/backend-id"), "3");
	CHECK(find_node(FRONT)->owner == 5 && find_node(FRONT)->reader == 3);
	CHECK(find_node(FRONT "/ring-ref")->owner == 5 && find_node(FRONT "/ring-ref")->reader == 3);
	CHECK_TEXT(fake_get(&store, COPY "/backend"), BACK);
	CHECK(command_move(&tool) == -1 && tool.failure.id == MSG_MOVE_LIVES);
	end_test();
}

/*
 * Since Linux 7.0, a front in Initialising with another backend-id is a new device, so the
 * front must close first. No backend may see that it is Closed.
 */
static void move_rejoining(void)
{
	begin_move();
	fake_set(&store, FRONT "/feature-rejoin", "2");
	CHECK(command_move(&tool) == 0);
	CHECK_TEXT(moved_state, "6");
	CHECK(!back_early);
	CHECK_TEXT(fake_get(&store, FRONT "/backend-id"), "3");
	CHECK_TEXT(fake_get(&store, FRONT "/state"), "4");
	CHECK_TEXT(fake_get(&store, BACK "/state"), "4");
	end_test();

	/* An earlier version of the front waits in Initialising, where the kernel allows that. */
	begin_move();
	fake_set(&store, FRONT "/feature-rejoin", "1");
	fake_set(&store, FRONT "/state", "1");
	CHECK(command_move(&tool) == 0);
	CHECK_TEXT(moved_state, "1");
	end_test();
}

static void move_waits(void)
{
	begin_move();
	fake_set(&store, FRONT "/feature-rejoin", "2");
	front_stays = true;
	deadline_renew(&tool.deadline, 50);
	CHECK(command_move(&tool) == -1 && tool.failure.id == MSG_MOVE_FRONT);
	CHECK(!fake_get(&store, BACK "/frontend"));
	CHECK_TEXT(fake_get(&store, FRONT "/backend-id"), "2");
	end_test();

	/* The front has closed, but its domain does not run: the disk comes back when it runs. */
	begin_move();
	fake_set(&store, FRONT "/feature-rejoin", "2");
	fake_set(&store, FRONT "/state", "6");
	front_stays = true;
	deadline_renew(&tool.deadline, 50);
	CHECK(command_move(&tool) == -1 && tool.failure.id == MSG_MOVE_TIME);
	CHECK_TEXT(fake_get(&store, FRONT "/backend-id"), "3");
	CHECK_TEXT(fake_get(&store, BACK "/state"), "1");
	end_test();

	begin_move();
	fake_set(&store, FRONT "/feature-rejoin", "2");
	front_fails = "12 no memory";
	CHECK(command_move(&tool) == -1 && tool.failure.id == MSG_FRONTEND_SAYS);
	CHECK(!fake_get(&store, BACK "/state"));
	fake_remove(&store, FRONT);
	CHECK(command_move(&tool) == -1 && strstr(tool.failure.text, FRONT " is gone"));
	end_test();
}

/* An earlier vbd move was killed before it wrote the state of the back. */
static void move_again(void)
{
	begin_move();
	fake_set(&store, FRONT "/feature-rejoin", "2");
	fake_set(&store, FRONT "/state", "1");
	fake_set(&store, "/local/domain/2/backend/vbd/5/51728/frontend", FRONT);
	CHECK(command_move(&tool) == 0);
	CHECK(!fake_get(&store, "/local/domain/2/backend/vbd/5/51728/frontend"));
	CHECK_TEXT(fake_get(&store, BACK "/state"), "4");
	end_test();
}

/* Simulates a back that writes Closed for the former front before it connects. */
static void play_closed_back(struct fake_store *f)
{
	const char *back = fake_get(f, BACK "/state");

	if (back && *back == '1' && *fake_get(f, FRONT "/state") == '1')
		fake_set(f, BACK "/state", "6");
	else if (back && *back == '6')
		fake_set(f, BACK "/state", "2");
	else
		play_move(f);
}

static void move_to_closed(void)
{
	begin_move();
	fake_set(&store, FRONT "/feature-rejoin", "2");
	store.other = play_closed_back;
	CHECK(command_move(&tool) == 0);
	CHECK_TEXT(fake_get(&store, BACK "/state"), "4");
	end_test();
}

static void in_use(struct fake_store *f)
{
	if (fake_get(f, FRONT "/state"))
		fake_set(f, "/local/domain/5/error/device/vbd/51728/error", "0 xvdb is in use");
}

static void detach_in_use(void)
{
	begin_test("guest", "xvdb", NULL);
	fake_set(&store, COPY "/backend", BACK);
	fake_set(&store, BACK "/state", "4");
	fake_set(&store, FRONT "/state", "4");
	store.other = in_use;
	tool.deadline.expires = now_ms() + 50;
	CHECK(command_detach(&tool) == -1 && tool.failure.id == MSG_DETACH_TIME);
	CHECK(strstr(tool.failure.text, "the guest says: xvdb is in use"));
	CHECK_TEXT(fake_get(&store, BACK "/online"), "0");
	CHECK_TEXT(fake_get(&store, BACK "/state"), "5");
	deadline_renew(&tool.deadline, 2000);
	tool.options.force = true;
	store.other = play_forced;
	CHECK(command_detach(&tool) == 0);
	CHECK(fake_count(&store) == nodes_before);
	end_test();

	begin_test("guest", "xvdc", NULL);
	CHECK(command_detach(&tool) == -1 && tool.failure.id == MSG_NO_DISK);
	end_test();
}

/* Print a line if the text differs from that of the facts before. */
static void print_wait(FILE *out, unsigned int back, unsigned int front,
		       unsigned int facts, const struct waiting *w)
{
	static char last[512];
	const char *text = w->who ? w->text : "nothing";

	if (facts && !strcmp(text, last))
		return;
	snprintf(last, sizeof(last), "%s", text);
	fprintf(out, "%-12s %-12s %-7s %-6s %-5s %s\n", state_name(back),
		state_name(front), facts & 1 ? "online" : "offline",
		facts & 2 ? "device" : "-", facts & 4 ? "error" : "-", text);
}

/* What the disk waits for, for all pairs of states and all facts. */
static void waits(void)
{
	FILE *out;
	char *text = NULL;
	size_t size;
	unsigned int back, front, facts;
	struct waiting w;
	struct disk d;
	char state[2] = "0";

	out = open_memstream(&text, &size);
	for (back = 0; back < STATES; back++)
		for (front = 0; front < STATES; front++)
			for (facts = 0; facts < 8; facts++) {
				begin_test("5", NULL, NULL);
				disk_set(&tool, &d, 5, 51728, 3);
				state[0] = (char)('0' + back);
				if (back)
					fake_set(&store, BACK "/state", state);
				state[0] = (char)('0' + front);
				if (front)
					fake_set(&store, FRONT "/state", state);
				fake_set(&store, BACK "/online", facts & 1 ? "1" : "0");
				if (facts & 2)
					fake_set(&store, BACK "/physical-device", "1:0");
				if (facts & 4)
					fake_set(&store, BACK "/hotplug-error", "why");
				disk_describe_wait(&tool, &d, &w);
				print_wait(out, back, front, facts, &w);
				end_test();
			}
	fclose(out);
	check_golden(text, "waits");
	free(text);
}

static void lists(void)
{
	begin_test(NULL, NULL, NULL);
	fake_set(&store, COPY "/backend", BACK);
	fake_set(&store, BACK "/state", "4");
	fake_set(&store, BACK "/mode", "w");
	fake_set(&store, BACK "/sectors", "131072");
	fake_set(&store, BACK "/params", "/dev/\x1b[2Jx");
	fake_set(&store, BACK "/feature-flush-cache", "1");
	fake_set(&store, FRONT "/state", "4");
	fake_set(&store, FRONT "/ring-ref", "8");
	fake_set(&store, "/local/domain/0/backend/vbd/9/51712/state", "5");
	fake_set(&store, "/local/domain/5/device/vbd/2048/state", "1");
	CHECK(command_list(&tool) == 0);
	CHECK(command_status(&tool) == 0);
	tool.options.json = true;
	CHECK(command_list(&tool) == 0);
	CHECK(command_status(&tool) == 0);
	fflush(tool.out);
	check_golden(output, "lists");
	end_test();
}

const struct test tool_tests[] = {
	{ "attach and detach: all nodes and permissions; nothing is left", attach_and_detach },
	{ "attach: the end that fails is quoted; nothing is left", failures },
	{ "attach: a name that is taken; the first free name", names_in_use },
	{ "move: the backend's directory in another domain", move },
	{ "move: a front with a disk closes first, and the back does not see it", move_rejoining },
	{ "move: waits for a front that does not run; a front that fails", move_waits },
	{ "move: again after a killed vbd move", move_again },
	{ "move: a back that first closes the former front", move_to_closed },
	{ "detach: in use, then forced", detach_in_use },
	{ "what the disk waits for, in all states", waits },
	{ "list and status, as text and JSON", lists },
	{ 0 }
};

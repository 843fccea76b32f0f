// SPDX-License-Identifier: GPL-2.0
/* Storage that an executable brings online: protocol, record and undo. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "fixture.h"
#include "target.h"
#include "test.h"

#define OTHER "backend/vbd/6/51728"

static struct fixture fx;
static char device[PATH_MAX];
static struct record record;

/* Make the executable "demo", and an empty log. */
static void make_target(const char *attach, const char *detach)
{
	char script[4000];

	snprintf(script, sizeof(script),
		 "#!/bin/sh\nlog() { echo \"$*\" >>%s/log; }\n"
		 "attach() {\n%s\n:\n}\ndetach() {\n%s\n:\n}\n"
		 "log $1 $VBD_TARGET $VBD_MODE\n$1\n",
		 scratch, attach, detach);
	CHECK(!chmod(make_file("etc/xen/scripts/targets/demo", script), 0755));
	make_file("log", "");
	make_file("run/xen-vbd.lock", "");
}

static const char *read_log(void)
{
	static char text[2000];
	FILE *f = fopen(in_scratch("log"), "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

static void begin_test(const char *attach, const char *detach)
{
	make_target(attach, detach);
	fixture_init(&fx, "demo:what ever", "w");
	CHECK(!target_parse(&fx.job, "demo:what ever"));
	fx.job.write = true;
	memset(&record, 0, sizeof(record));
}

static int try_attach(void)
{
	return engine_attach(&fx.job, device, &record);
}

static const char *read_record_node(void)
{
	const char *text = fake_get(&fx.store, VBD "/hotplug-undo");

	return text ? text : "";
}

#define SHARE "echo share k/1; read answer data; log $answer $data;"
#define UNDO "echo undo a b; read ok; log $ok;"

static void attach_and_detach(void)
{
	begin_test(SHARE UNDO "echo noise >&2; echo /dev/x", "log $VBD_KEY $VBD_UNDO");
	CHECK(!try_attach());
	CHECK_TEXT(device, "/dev/x");
	CHECK_TEXT(read_record_node(), "demo k/1 a b");
	CHECK_TEXT(record.data, "a b");
	CHECK(!engine_detach(&fx.job));
	CHECK_TEXT(read_record_node(), "");
	CHECK(!engine_detach(&fx.job));
	CHECK_TEXT(read_log(), "attach what ever w\nnew\nok\n"
		   "detach what ever w\nk/1 a b\n");
	fixture_end(&fx);
}

/* Do not undo what was online before the attach. */
static void nothing_to_undo(void)
{
	begin_test(SHARE "echo /dev/x", "");
	CHECK(!try_attach());
	CHECK_TEXT(read_record_node(), "");
	CHECK(!*record.type);
	CHECK(!engine_detach(&fx.job));
	CHECK_TEXT(read_log(), "attach what ever w\nnew\n");
	fixture_end(&fx);
}

static void shared(void)
{
	begin_test(SHARE "echo /dev/x", "");
	fake_set(&fx.store, OTHER "/hotplug-undo", "demo k/1 c d");
	fake_set(&fx.store, "backend/vbd/7/51728/hotplug-undo", "demo k/2 e");
	CHECK(!try_attach());
	CHECK_TEXT(read_record_node(), "demo k/1 c d");
	CHECK(!engine_detach(&fx.job));
	CHECK_TEXT(read_record_node(), "");
	CHECK_TEXT(read_log(), "attach what ever w\nshared c d\n");
	fixture_again(&fx);
	CHECK(!vbd_parse_path(&fx.job.vbd, OTHER));
	CHECK(!engine_detach(&fx.job));
	CHECK_TEXT(read_log(), "attach what ever w\nshared c d\ndetach r\n");
	fixture_end(&fx);
}

/* Check that the attach fails with this message, after undoing what was announced. */
static void expect_failure(const char *attach, enum message id, const char *words)
{
	begin_test(attach, "log undone; sleep 0");
	CHECK(try_attach() == -1);
	CHECK_TEXT(message_name(fx.job.failure.id), message_name(id));
	if (!strstr(fx.job.failure.text, words))
		CHECK_TEXT(fx.job.failure.text, words);
	CHECK_TEXT(read_record_node(), "");
	CHECK(!strstr(attach, "read ok") == !strstr(read_log(), "undone"));
	fixture_end(&fx);
}

static void failures(void)
{
	expect_failure(SHARE UNDO "echo one >&2; echo two: do it >&2; exit 3",
		       MSG_TARGET, "demo:what ever is not attached: two: do it");
	expect_failure("printf 'no end' >&2; exit 1", MSG_TARGET, "no end");
	expect_failure(SHARE UNDO "exit 3", MSG_PROTOCOL, "status 3");
	expect_failure(SHARE UNDO ":", MSG_PROTOCOL, "printed no device");
	expect_failure(SHARE UNDO "echo hello; sleep 9", MSG_PROTOCOL, "neither a device");
	expect_failure("echo undo; sleep 9", MSG_PROTOCOL, "neither a device");
	expect_failure("echo share; sleep 9", MSG_PROTOCOL, "neither a device");
	expect_failure("echo 'share a b'; sleep 9", MSG_PROTOCOL, "without a key");
	expect_failure(SHARE "echo share x; sleep 9", MSG_PROTOCOL, "twice");
	expect_failure(SHARE UNDO "kill -SEGV $$", MSG_PROTOCOL, "signal 11");
}

static void undo_before_share(void)
{
	begin_test("echo undo x; sleep 9", "log undone");
	CHECK(try_attach() == -1);
	CHECK(strstr(fx.job.failure.text, "undo before share"));
	CHECK_TEXT(read_log(), "attach what ever w\n");
	fixture_end(&fx);
}

static void too_late(void)
{
	int64_t since = now_ms();

	begin_test(SHARE UNDO "echo asking >&2; trap '' TERM; sleep 30; sleep 30", "log undone");
	fx.deadline.expires = now_ms() + 6500;
	CHECK(try_attach() == -1);
	CHECK(fx.job.failure.id == MSG_TARGET_LATE);
	CHECK(strstr(fx.job.failure.text, "asking"));
	CHECK(strstr(read_log(), "undone"));
	CHECK(now_ms() - since < 5000);
	fixture_end(&fx);
}

/* The attach does not wait for a daemon that keeps the output open. */
static void daemon_stays(void)
{
	int64_t since = now_ms();

	begin_test("sleep 4 & echo /dev/x", "");
	CHECK(!try_attach());
	CHECK(now_ms() - since < 3000);
	fixture_end(&fx);
}

/* The agent is killed while its executable runs: a release waits until the executable has ended. */
static void killed(void)
{
	pid_t child;
	int i;

	begin_test(SHARE UNDO "exec 2>/dev/null; trap 'log ends; exit' TERM; log begins; while :; do sleep 0.1; done",
		   "log $VBD_UNDO");
	fflush(stdout);
	child = fork();
	if (child == 0) {
		try_attach();
		_exit(0);
	}
	for (i = 0; i < 300 && !strstr(read_log(), "begins"); i++)
		usleep(10000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	fake_set(&fx.store, VBD "/hotplug-undo", "demo k/1 a b");
	CHECK(!engine_detach(&fx.job));
	CHECK_TEXT(read_log(), "attach what ever w\nnew\nok\nbegins\nends\n"
		   "detach what ever w\na b\n");
	fixture_end(&fx);
}

static bool kill_keeper;

/* Replaces the function of libc. The keeper may die before its child calls it. */
int prctl(int option, ...)
{
	pid_t keeper = getppid();
	unsigned long argument[4];
	va_list args;
	int i;

	if (kill_keeper && option == PR_SET_PDEATHSIG) {
		kill(keeper, SIGKILL);
		while (getppid() == keeper)
			usleep(1000);
	}
	if (option == PR_SET_PDEATHSIG)
		return (int)syscall(SYS_prctl, option, SIGKILL, 0, 0, 0);
	va_start(args, option);
	for (i = 0; i < 4; i++)
		argument[i] = va_arg(args, unsigned long);
	va_end(args);
	return (int)syscall(SYS_prctl, option, argument[0], argument[1], argument[2], argument[3]);
}

/* Without its keeper the executable has no lock: it must not run. */
static void keeper_killed(void)
{
	begin_test("log runs; echo /dev/x", "");
	kill_keeper = true;
	CHECK(try_attach() == -1);
	kill_keeper = false;
	CHECK(fx.job.failure.id == MSG_PROTOCOL);
	usleep(300000);
	CHECK_TEXT(read_log(), "");
	fixture_end(&fx);
}

/* The caller's disposition of SIGCHLD is inherited. It must not hide how the executable ends. */
static void children_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	begin_test("echo /dev/x", "");
	CHECK(!try_attach());
	fixture_end(&fx);
	begin_test("echo first; exit 3", "");
	CHECK(try_attach() == -1);
	fixture_end(&fx);
	signal(SIGCHLD, SIG_DFL);
}

/* The next attach first undoes what a killed agent has left. */
static void again(void)
{
	begin_test("echo /dev/x", "log $VBD_UNDO");
	fake_set(&fx.store, VBD "/hotplug-undo", "demo k/1 old");
	CHECK(!try_attach());
	CHECK_TEXT(read_log(), "detach what ever w\nold\nattach what ever w\n");
	fixture_end(&fx);
}

/* The directory is gone, but the storage is still online. */
static void vanished(void)
{
	begin_test(SHARE UNDO "echo /dev/x", "log $VBD_KEY $VBD_UNDO");
	CHECK(!try_attach());
	fake_remove(&fx.store, VBD);
	CHECK(!engine_undo(&fx.job, &record));
	CHECK(strstr(read_log(), "k/1 a b"));
	CHECK(fake_count(&fx.store) == 0);
	fixture_end(&fx);
}

static void vanishes_meanwhile(void)
{
	begin_test(SHARE UNDO "echo /dev/x", "log undone");
	fake_remove(&fx.store, VBD);
	CHECK(try_attach() == -1 && fx.job.failure.id == MSG_VANISHED);
	CHECK(fake_count(&fx.store) == 0);
	CHECK(!strstr(read_log(), "ok"));
	fixture_end(&fx);
}

static void release_fails(void)
{
	begin_test("", "echo held by x: end that >&2; exit 1");
	fake_set(&fx.store, VBD "/hotplug-undo", "demo k/1 old");
	fake_set(&fx.store, VBD "/physical-device", "2b:0");
	fixture_again(&fx);
	CHECK(agent_remove(&fx.job) == -1);
	CHECK_TEXT(fx.job.failure.text, "demo:k/1 is not released: held by x: end that");
	CHECK_TEXT(read_record_node(), "demo k/1 old");
	fixture_end(&fx);
}

/* A detach that hangs has its own message, and keeps the record. */
static void release_too_late(void)
{
	begin_test("", "echo asking >&2; sleep 30");
	fake_set(&fx.store, VBD "/hotplug-undo", "demo k/1 old");
	fx.deadline.expires = now_ms() + 500;
	CHECK(engine_detach(&fx.job) == -1);
	CHECK(fx.job.failure.id == MSG_TARGET_RELEASE);
	CHECK(strstr(fx.job.failure.text,
		     "is not released: it did not go offline in time (its last message is: asking)"));
	CHECK_TEXT(read_record_node(), "demo k/1 old");
	fixture_end(&fx);
}

/* An executable may print the path of an image. It is checked as any other image. */
static void image(void)
{
	char attach[400];

	snprintf(attach, sizeof(attach), SHARE UNDO "echo %s",
		 make_file("image", ""));
	begin_test(attach, "log undone");
	fixture_again(&fx);
	expect_refused(&fx, MSG_EMPTY);
	CHECK(strstr(fx.job.failure.text, "demo:what ever is empty"));
	CHECK(strstr(read_log(), "undone"));
	CHECK_TEXT(read_record_node(), "");
	fixture_end(&fx);
}

static void names(void)
{
	struct job job = { .root = scratch };

	make_target("", "");
	CHECK(!target_parse(&job, "demo:a:b,password=x y,c=d"));
	CHECK_TEXT(job.type, "demo");
	CHECK_TEXT(job.spec, "a:b,password=x y,c=d");
	CHECK_TEXT(job.target, "demo:a:b,password=***,c=d");
	job = (struct job){ .root = scratch, .called_as = "demo" };
	CHECK(!target_parse(&job, "//host/x"));
	CHECK_TEXT(job.spec, "//host/x");
	CHECK(!target_parse(&job, "demo:demo:x"));
	CHECK_TEXT(job.spec, "demo:x");
	CHECK(!target_parse(&job, "phy:x"));
	CHECK_TEXT(job.spec, "phy:x");
	job = (struct job){ .root = scratch, .called_as = "phy" };
	CHECK(!target_parse(&job, "phy:vg/lv") && !*job.type);
	CHECK_TEXT(job.target, "/dev/vg/lv");
	CHECK(!target_parse(&job, "vg/lv"));
	CHECK_TEXT(job.target, "/dev/vg/lv");
	job = (struct job){ .root = scratch, .called_as = "none" };
	CHECK(target_parse(&job, "x") && job.failure.id == MSG_TYPE);
	job = (struct job){ .root = scratch };
	CHECK(target_parse(&job, "demo:") && job.failure.id == MSG_NO_PARAMS);
	CHECK(target_parse(&job, "none:x") && job.failure.id == MSG_TYPE);
}

const struct test engine_tests[] = {
	{ "target: attach, then detach with the announced data", attach_and_detach },
	{ "target: nothing announced, nothing undone", nothing_to_undo },
	{ "target: two disks share, the last one undoes", shared },
	{ "target: failures, and their undo", failures },
	{ "target: undo before share", undo_before_share },
	{ "target: ignores SIGTERM, is killed after its time", too_late },
	{ "target: a daemon that stays", daemon_stays },
	{ "target: the agent is killed; the release waits", killed },
	{ "target: the keeper is killed before the executable runs", keeper_killed },
	{ "target: the caller ignores SIGCHLD", children_ignored },
	{ "target: attach after a killed agent", again },
	{ "target: the directory is removed after the attach", vanished },
	{ "target: the directory is removed before the attach", vanishes_meanwhile },
	{ "target: a detach that fails keeps the record", release_fails },
	{ "target: a detach that hangs keeps the record", release_too_late },
	{ "target: an image that is empty", image },
	{ "target: types by prefix and by name; passwords are masked", names },
	{ 0 }
};

// SPDX-License-Identifier: GPL-2.0
/* Runs the tests and prints TAP. Exit status 0 if none failed. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

const char *scratch;

static const char *golden_dir;

static bool failed;
static const char *skipped;

const char *in_scratch(const char *name)
{
	static char paths[8][512];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

static void make_parents(const char *path)
{
	char copy[512];
	char *slash;

	snprintf(copy, sizeof(copy), "%s", path);
	for (slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash = '/';
	}
}

const char *make_file(const char *name, const char *content)
{
	const char *path = in_scratch(name);
	FILE *f;

	make_parents(path);
	f = fopen(path, "we");
	if (CHECK(f)) {
		fputs(content, f);
		fclose(f);
	}
	return path;
}

void set_size(const char *path, long size)
{
	CHECK(!truncate(path, size));
}

bool check(bool ok, const char *file, int line, const char *what)
{
	if (!ok) {
		printf("# %s:%d: not so: %s\n", file, line, what);
		failed = true;
	}
	return ok;
}

bool check_text(const char *is, const char *want, const char *file, int line)
{
	bool ok = is && !strcmp(is, want);

	if (!ok) {
		printf("# %s:%d: is   '%s'\n# want '%s'\n", file, line,
		       is ? is : "(nothing)", want);
		failed = true;
	}
	return ok;
}

const char *golden(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s.golden", golden_dir, name);
	return path;
}

/* On a difference, write the new text to a file, to compare it with the golden file. */
void check_golden(const char *is, const char *name)
{
	static char want[65536];
	FILE *f = fopen(golden(name), "re");
	size_t len = f ? fread(want, 1, sizeof(want) - 1, f) : 0;
	char path[512];

	want[len] = '\0';
	if (f)
		fclose(f);
	if (!strcmp(is, want))
		return;
	failed = true;
	snprintf(path, sizeof(path), "%s/build/%s.is", golden_dir, name);
	f = fopen(path, "we");
	if (f) {
		fputs(is, f);
		fclose(f);
	}
	printf("# not so: %s is %s\n", path, golden(name));
}

void skip(const char *reason)
{
	skipped = reason;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int run(const struct test *t, int *number)
{
	int failures = 0;

	for (; t->name; t++) {
		failed = false;
		skipped = NULL;
		t->run();
		printf("%sok %d - %s%s%s\n", failed ? "not " : "", ++*number,
		       t->name, skipped ? " # SKIP " : "",
		       skipped ? skipped : "");
		fflush(stdout);
		failures += failed;
	}
	return failures;
}

int main(int argc, char **argv)
{
	char template[] = "/tmp/hotplug-unit.XXXXXX";
	int number = 0, failures;

	if (argc != 2 || !mkdtemp(template)) {
		fprintf(stderr, "usage: test DIRECTORY\n");
		return 2;
	}
	golden_dir = argv[1];
	scratch = template;
	failures = run(text_tests, &number) + run(agent_tests, &number) +
		   run(engine_tests, &number) + run(holder_tests, &number) +
		   run(loop_tests, &number) + run(tool_pure_tests, &number) +
		   run(draw_tests, &number) + run(config_tests, &number) +
		   run(tool_tests, &number) + run(other_tests, &number) +
		   run(new_tests, &number) + run(new_refused_tests, &number) +
		   run(remove_tests, &number) + run(limit_tests, &number) +
		   run(watch_tests, &number);
	printf("1..%d\n%d passed, %d failed\n", number, number - failures, failures);
	nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return failures ? 1 : 0;
}

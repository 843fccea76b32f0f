/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTPLUG_UNIT_TEST_H
#define HOTPLUG_UNIT_TEST_H

#include <stdbool.h>

struct test {
	const char *name;
	void (*run)(void);
};

extern const struct test agent_tests[], config_tests[], draw_tests[], engine_tests[],
	holder_tests[], limit_tests[], loop_tests[], new_tests[], new_refused_tests[],
	other_tests[], remove_tests[],
	text_tests[], tool_tests[], tool_pure_tests[], watch_tests[];

/* A golden file, in the directory given on the command line. */
const char *golden(const char *name);

/* Check that the text is the same as the golden file. */
void check_golden(const char *is, const char *name);

/* The directory of this run. It is removed at the end. */
extern const char *scratch;

/* "SCRATCH/name"; the buffer is reused by the eighth call after it. */
const char *in_scratch(const char *name);

/* Make a file in the scratch directory, and its parents. */
const char *make_file(const char *name, const char *content);
void set_size(const char *path, long size);

bool check(bool ok, const char *file, int line, const char *what);
bool check_text(const char *is, const char *want, const char *file, int line);
void skip(const char *reason);

#define CHECK(x) check(x, __FILE__, __LINE__, #x)
#define CHECK_TEXT(is, want) check_text(is, want, __FILE__, __LINE__)

#endif

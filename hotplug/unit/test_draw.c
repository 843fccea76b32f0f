// SPDX-License-Identifier: GPL-2.0
/* Events of the store, and the diagram of a handshake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "test.h"

#define BACK "/local/domain/0/backend/vbd/5/51728"
#define OTHER_BACK "/local/domain/0/backend/vbd/5/51744"
#define FRONT "/local/domain/5/device/vbd/51728"

static void news_only(void)
{
	struct recorder r = { 0 };
	struct event e;

	CHECK(!recorder_event(&r, "/local/domain/5/device/vif/0/state", "1", 1, &e));
	CHECK(!recorder_event(&r, "/local/domain/5/device/vbd", "", 1, &e));
	CHECK(!recorder_event(&r, FRONT, "", 1, &e));
	CHECK(!recorder_event(&r, FRONT "/deep/er", "1", 1, &e));
	CHECK(!recorder_event(&r, FRONT, NULL, 1, &e));
	CHECK(recorder_event(&r, FRONT "/state", "1", 0, &e));
	CHECK(e.writer == BY_NOBODY && e.at == 0);
	CHECK(!recorder_event(&r, FRONT "/state", "1", 1, &e));
	CHECK(recorder_event(&r, FRONT "/state", "3", 5.5, &e) && e.at == 0);
	CHECK(e.writer == BY_FRONTEND && !e.back && e.domid == 5 && e.devid == 51728);
	CHECK(recorder_event(&r, FRONT "/x\n", "a\nb\x1b", 7, &e) && e.at == 1.5);
	CHECK_TEXT(e.value, "a?b?");
	CHECK(!recorder_event(&r, FRONT "/state", NULL, 1, &e));
	CHECK(recorder_event(&r, FRONT, NULL, 1, &e));
	CHECK_TEXT(e.key, "-");
	CHECK(recorder_event(&r, FRONT "/state", "1", 1, &e));
	CHECK(e.writer == BY_TOOLSTACK);
	recorder_end(&r);
}

static void writers(void)
{
	static const struct {
		const char *path, *value;
		enum writer writer;
	} steps[] = {
		{ BACK "/state", "1", BY_TOOLSTACK },
		{ BACK "/params", "/dev/x", BY_TOOLSTACK },
		{ BACK "/feature-anything", "1", BY_BACKEND },
		{ BACK "/state", "2", BY_BACKEND },
		{ BACK "/physical-device", "fa:0", BY_HOTPLUG },
		{ FRONT "/ring-ref", "8", BY_FRONTEND },
		{ BACK "/state", "5", BY_BACKEND },
		{ BACK "/state", "4", BY_BACKEND },
		{ BACK "/online", "0", BY_TOOLSTACK },
		{ BACK "/state", "5", BY_TOOLSTACK },
		{ BACK "/state", "6", BY_BACKEND },
	};
	struct recorder r = { 0 };
	struct event e;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!CHECK(recorder_event(&r, steps[i].path, steps[i].value, 1, &e)) ||
		    !CHECK(e.writer == steps[i].writer))
			printf("# for %s = %s\n", steps[i].path, steps[i].value);
	recorder_end(&r);
}

/* Only the disk that is offline is closed by a toolstack. A new disk begins anew. */
static void writers_of_disks(void)
{
	static const struct {
		const char *path, *value;
		enum writer writer;
	} steps[] = {
		{ BACK "/online", "1", BY_TOOLSTACK },
		{ OTHER_BACK "/online", "1", BY_TOOLSTACK },
		{ BACK "/online", "0", BY_TOOLSTACK },
		{ OTHER_BACK "/state", "5", BY_BACKEND },
		{ BACK "/state", "5", BY_TOOLSTACK },
		{ OTHER_BACK "/online", "0", BY_TOOLSTACK },
		{ OTHER_BACK "/online", "1", BY_TOOLSTACK },
		{ BACK "/state", "4", BY_BACKEND },
		{ BACK "/state", "5", BY_TOOLSTACK },
		{ BACK, NULL, BY_TOOLSTACK },
		{ BACK "/state", "5", BY_BACKEND },
	};
	struct recorder r = { 0 };
	struct event e;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!CHECK(recorder_event(&r, steps[i].path, steps[i].value, 1, &e)) ||
		    !CHECK(e.writer == steps[i].writer))
			printf("# for step %zu: %s\n", i, steps[i].path);
	recorder_end(&r);
}

static void log_lines(void)
{
	static const char *const bad[] = {
		"", "\n", "1.0 5/51728 backend backend\n",
		"1.0 5/51728 somebody backend state 1\n",
		"1.0 5/51728 backend nowhere state 1\n",
		"x 5/51728 backend backend state 1\n", "1.0 5 backend backend state 1\n",
	};
	struct event e = { .at = 1.25, .domid = 5, .devid = 51728, .back = true,
			   .writer = BY_HOTPLUG, .key = "hotplug-error",
			   .value = "two words" };
	struct event again;
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	event_print(f, &e);
	fclose(f);
	CHECK_TEXT(text, "    1.250 5/51728 hotplug backend hotplug-error two words\n");
	CHECK(event_parse(&again, text) && again.at == e.at && again.back &&
	      again.writer == e.writer && again.devid == e.devid);
	CHECK_TEXT(again.key, e.key);
	CHECK_TEXT(again.value, e.value);
	CHECK(event_parse(&again, "0.000 5/51728 toolstack frontend -\n"));
	CHECK_TEXT(again.value, "");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(!event_parse(&again, bad[i])))
			printf("# for '%s'\n", bad[i]);
	free(text);
}

static void picture(void)
{
	FILE *log = fopen(golden("handshake-log"), "re"), *out;
	char line[1024], *text = NULL;
	struct draw d;
	struct event e;
	size_t size;

	if (!CHECK(log))
		return;
	out = open_memstream(&text, &size);
	draw_begin(&d, out);
	while (fgets(line, sizeof(line), log))
		if (CHECK(event_parse(&e, line)))
			draw_event(&d, &e);
	draw_flush(&d);
	fclose(out);
	fclose(log);
	check_golden(text, "handshake");
	free(text);
}

/* Lines of the diagram stay within its columns for any recording. */
static void hostile_picture(void)
{
	char *text = NULL, *line;
	struct event e = { .domid = 5, .devid = 51728 };
	struct draw d;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i;

	memset(e.key, 'k', sizeof(e.key) - 1);
	memset(e.value, 'v', sizeof(e.value) - 1);
	draw_begin(&d, out);
	for (i = 0; i < 200; i++) {
		e.back = i & 1;
		e.writer = (enum writer)(i / 2 % WRITERS);
		draw_event(&d, &e);
		if (i % 50 == 0)
			strcpy(e.key, "state");
		if (i % 50 == 10)
			strcpy(e.key, "params");
	}
	draw_flush(&d);
	fclose(out);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		CHECK(strlen(line) <= 105);
	free(text);
}

const struct test draw_tests[] = {
	{ "events: only changed keys of a disk", news_only },
	{ "events: who wrote", writers },
	{ "events: who wrote, with two disks", writers_of_disks },
	{ "events: as lines of a recording", log_lines },
	{ "diagram of a recorded attach, change and detach", picture },
	{ "diagram of random events: stays within its columns", hostile_picture },
	{ 0 }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Writes down the handshake of a domain's disks as it happens: a line for every
 * key of the two directories that gets a new value.
 *
 *   handshake-log DOMID        until it is killed; run in dom0
 *
 * A line is: seconds since the first event, who writes such a key, whose
 * directory, key, value. The store does not say who wrote; the protocol gives
 * each key one writer, but for "state", of which a toolstack writes the first
 * value of both ends and a backend's 5 together with online = 0.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>

#define KEYS_MAX 512

static const char *const states[] = {
	"Unknown", "Initialising", "InitWait", "Initialised", "Connected", "Closing", "Closed",
};

static const struct {
	const char *key, *writer;
} writers[] = {
	{ "physical-device", "hotplug" },
	{ "physical-device-path", "hotplug" },
	{ "node", "hotplug" },
	{ "hotplug-status", "hotplug" },
	{ "hotplug-error", "hotplug" },
	{ "sectors", "back" },
	{ "sector-size", "back" },
	{ "physical-sector-size", "back" },
	{ "info", "back" },
	{ "feature-flush-cache", "back" },
	{ "ring-ref", "front" },
	{ "event-channel", "front" },
};

/* What was seen last of each path. */
static struct {
	char path[256];
	char value[128];
} seen[KEYS_MAX];

static bool going_offline;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* True if value is news; remembers it. */
static bool is_new(const char *path, const char *value)
{
	for (int i = 0; i < KEYS_MAX; i++) {
		if (seen[i].path[0] && strcmp(seen[i].path, path))
			continue;
		if (!seen[i].path[0])
			snprintf(seen[i].path, sizeof(seen[i].path), "%s", path);
		else if (!strcmp(seen[i].value, value))
			return false;
		snprintf(seen[i].value, sizeof(seen[i].value), "%s", value);
		return true;
	}
	return true;
}

static const char *writer_of(bool back, const char *key, const char *value)
{
	if (!strcmp(key, "state")) {
		if (!strcmp(value, "1") || (back && !strcmp(value, "5") && going_offline))
			return "toolstack";
		return back ? "back" : "front";
	}
	for (unsigned int i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (!strcmp(key, writers[i].key))
			return writers[i].writer;
	return "toolstack";
}

static void show(double at, const char *path, const char *value)
{
	const char *key = strrchr(path, '/') + 1;
	bool back = strstr(path, "/backend/");
	unsigned int state = atoi(value);

	if (back && !strcmp(key, "online"))
		going_offline = !strcmp(value, "0");
	printf("%7.3f  %-9s  %-9s %-20s %s", at, writer_of(back, key, value),
	       back ? "backend" : "frontend", key, value);
	if (!strcmp(key, "state") && state < sizeof(states) / sizeof(states[0]))
		printf(" %s", states[state]);
	putchar('\n');
	fflush(stdout);
}

static void event(struct xs_handle *xs, const char *path, double *start)
{
	unsigned int len;
	char *value = xs_read(xs, XBT_NULL, path, &len);

	/* A directory, or gone again. */
	if (!value || !len) {
		free(value);
		return;
	}
	if (!*start)
		*start = now();
	if (is_new(path, value))
		show(now() - *start, path, value);
	free(value);
}

int main(int argc, char **argv)
{
	struct xs_handle *xs = xs_open(0);
	char back[64], front[64];
	double start = 0;
	unsigned int n;

	if (argc != 2 || !xs) {
		fprintf(stderr, argc == 2 ? "handshake-log: xenstored does not answer\n" :
					    "usage: handshake-log DOMID\n");
		return 2;
	}
	snprintf(back, sizeof(back), "/local/domain/0/backend/vbd/%s", argv[1]);
	snprintf(front, sizeof(front), "/local/domain/%s/device/vbd", argv[1]);
	if (!xs_watch(xs, back, "b") || !xs_watch(xs, front, "f")) {
		fprintf(stderr, "handshake-log: cannot watch %s\n", back);
		return 2;
	}
	for (;;) {
		char **e = xs_read_watch(xs, &n);

		if (!e)
			return 0;
		event(xs, e[XS_WATCH_PATH], &start);
		free(e);
	}
}

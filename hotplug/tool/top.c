// SPDX-License-Identifier: GPL-2.0
/* vbd top: the I/O of the disks that this domain serves, per interval. */
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "json.h"

#define SECTOR 512
#define INTERVAL_MS 1000
#define CLEAR "\033[H\033[2J"

/* A disk, its last counters, and its rates per second. */
struct sample {
	struct disk disk;
	struct counters total;
	double rate[COUNTERS];
};

struct samples {
	struct sample *all;
	size_t count;
	size_t uncounted;	/* disks of other kinds of backend here */
	int64_t at;
};

static int read_samples(struct tool *t, struct samples *s)
{
	struct disk *disks;
	size_t i, count = disk_list_all(t, -1, &disks);

	s->at = now_ms();
	s->count = s->uncounted = 0;
	s->all = calloc(count + 1, sizeof(*s->all));
	for (i = 0; s->all && i < count; i++) {
		struct sample *one = &s->all[s->count];

		one->disk = disks[i];
		if (counters_read(t, &disks[i], &one->total))
			s->count++;
		else if (disks[i].here && !disk_is_vbd(&disks[i]))
			s->uncounted++;
	}
	free(disks);
	return s->all ? 0 : fail_detail(&t->failure, MSG_STORE, "vbd top", "%s",
					"out of memory");
}

static void set_rate(struct sample *now, const struct sample *then,
		     double seconds)
{
	int i;

	for (i = 0; i < COUNTERS; i++) {
		unsigned long long is = now->total.value[i], was = then->total.value[i];

		/* Smaller: it is a new disk with the same numbers, which counts from 0. */
		now->rate[i] = (double)(is < was ? is : is - was) / seconds;
	}
}

static void set_rates(struct samples *now, const struct samples *then)
{
	double seconds = (double)(now->at - then->at) / 1000;
	size_t i, k;

	for (i = 0; i < now->count; i++)
		for (k = 0; k < then->count; k++)
			if (now->all[i].disk.domid == then->all[k].disk.domid &&
			    now->all[i].disk.devid == then->all[k].disk.devid)
				set_rate(&now->all[i], &then->all[k], seconds);
}

static double sum_rates(const struct sample *s)
{
	return s->rate[READS] + s->rate[WRITES] + s->rate[FLUSHES] +
	       s->rate[DISCARDS] + s->rate[ZEROES];
}

/* Sorts by load, highest first, then by number. */
static int compare_samples(const void *a, const void *b)
{
	const struct sample *one = a, *other = b;
	double difference = sum_rates(other) - sum_rates(one);

	if (difference != 0)
		return difference > 0 ? 1 : -1;
	if (one->disk.domid != other->disk.domid)
		return one->disk.domid < other->disk.domid ? -1 : 1;
	return one->disk.devid < other->disk.devid ? -1 : 1;
}

static void print_samples(struct tool *t, const struct samples *s, bool screen)
{
	size_t i;

	if (screen)
		fputs(CLEAR, t->out);
	fprintf(t->out, "%-16s %-8s %10s %10s %10s %10s %8s %8s %8s\n", "DOMAIN",
		"DISK", "READS/S", "WRITES/S", "KIB READ/S", "WRITTEN/S",
		"FLUSH/S", "DISC/S", "ZERO/S");
	for (i = 0; i < s->count; i++) {
		const struct sample *one = &s->all[i];

		fprintf(t->out, "%-16s %-8s %10.0f %10.0f %10.0f %10.0f %8.0f %8.0f %8.0f\n",
			one->disk.domain, one->disk.name, one->rate[READS],
			one->rate[WRITES], one->rate[READ_SECTORS] * SECTOR / 1024,
			one->rate[WRITE_SECTORS] * SECTOR / 1024,
			one->rate[FLUSHES], one->rate[DISCARDS],
			one->rate[ZEROES]);
	}
	if (s->uncounted)
		fprintf(t->out, "not shown: %zu disk%s of other backends (QEMU, for example), which have no counters\n",
			s->uncounted, s->uncounted == 1 ? "" : "s");
	fflush(t->out);
}

static void write_json_sample(struct json *j, const struct sample *s)
{
	int i;

	json_open(j, NULL, '{');
	json_string(j, "domain", s->disk.domain);
	json_number(j, "domid", s->disk.domid);
	json_string(j, "disk", s->disk.name);
	json_open(j, "per_second", '{');
	for (i = 0; i < COUNTERS; i++)
		json_number(j, counter_key[i], (long long)(s->rate[i] + 0.5));
	json_close(j, '}');
	json_close(j, '}');
}

static void show_samples(struct tool *t, struct samples *s, bool screen)
{
	struct json j = { .file = t->out };
	size_t i;

	if (s->count)
		qsort(s->all, s->count, sizeof(*s->all), compare_samples);
	if (!t->options.json) {
		print_samples(t, s, screen);
		return;
	}
	json_open(&j, NULL, '[');
	for (i = 0; i < s->count; i++)
		write_json_sample(&j, &s->all[i]);
	json_close(&j, ']');
	fflush(t->out);
}

int command_top(struct tool *t)
{
	long interval = t->options.ms ? t->options.ms : INTERVAL_MS;
	bool screen = t->options.screen;
	struct samples then, now;
	long shown = 0;
	int err;

	err = read_samples(t, &then);
	while (!err && !ferror(t->out) &&
	       !(t->options.count && shown == t->options.count)) {
		if (deadline_sleep(&t->deadline, interval))
			break;
		err = read_samples(t, &now);
		if (err)
			break;
		set_rates(&now, &then);
		show_samples(t, &now, screen);
		shown++;
		free(then.all);
		then = now;
	}
	free(then.all);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
#include "counters.h"

const char *const counter_key[COUNTERS] = {
	"reads", "writes", "flushes", "discards", "write_zeroes",
	"read_sectors", "write_sectors", "request_waits",
};

static const char *const files[COUNTERS] = {
	"rd_req", "wr_req", "f_req", "ds_req", "wz_req", "rd_sect", "wr_sect",
	"oo_req",
};

static bool read_counter(struct tool *t, const struct disk *d, const char *file,
			 unsigned long long *n)
{
	char path[512];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path),
		 "%s/sys/bus/xen-backend/devices/vbd-%u-%u/statistics/%s",
		 t->root, d->domid, d->devid, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fscanf(f, "%llu", n) == 1;
	fclose(f);
	return ok;
}

bool counters_read(struct tool *t, const struct disk *d, struct counters *c)
{
	bool any = false;
	int i;

	for (i = 0; d->here && disk_is_vbd(d) && i < COUNTERS; i++) {
		c->value[i] = 0;
		any |= read_counter(t, d, files[i], &c->value[i]);
	}
	return any;
}

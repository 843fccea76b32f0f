// SPDX-License-Identifier: GPL-2.0
/*
 * The order of disks on one device: every sequence of moves of three disks.
 *
 * A disk knows the device as it was when the disk took its lease, and its own
 * requests since then. So it must not serve after another disk has served.
 */
#include "tap.h"
#include "block/lease.h"

#define DISKS 3
#define MOVES_DEEP 12

struct disk {
	struct xvbd_lease lease;
	bool in; /* it has taken its lease and not left */
	bool served; /* it has served since it took its lease */
	bool outdated; /* another disk has served since this one took its lease */
	bool forgotten; /* it was fenced when it left: it may not come back */
};

static struct world {
	struct xvbd_leases leases;
	struct disk disk[DISKS];
} w;

static unsigned long worlds, given_back;
static const char *wrong;

static bool serves(const struct disk *d)
{
	return d->in && !d->lease.fenced;
}

static void check_one_serves(void)
{
	unsigned int i, n = 0, able = 0;

	for (i = 0; i < DISKS; i++) {
		n += serves(&w.disk[i]);
		able += w.disk[i].in && !w.disk[i].outdated;
		if (serves(&w.disk[i]) && w.disk[i].outdated)
			wrong = "a disk serves after another has";
		if (serves(&w.disk[i]) != (w.leases.holder == &w.disk[i].lease))
			wrong = "the holder of the lease does not serve";
	}
	if (n > 1)
		wrong = "two serve";
	/* No disk serves, but a disk that is not out of date could: a needless outage. */
	if (!n && able)
		wrong = "nobody serves, and somebody could";
}

static bool take(struct disk *d)
{
	struct xvbd_lease *drain, *was = w.leases.holder;
	bool taken;

	if (d->in)
		return false;
	taken = xvbd_lease_take(&w.leases, &d->lease, &drain);
	if (taken == d->forgotten)
		wrong = "who was fenced comes back, or another does not";
	if (!taken)
		return false;
	if (drain != was || (drain && !drain->fenced))
		wrong = "who served before is not drained";
	d->in = true;
	d->served = d->outdated = false;
	return true;
}

static bool serve(struct disk *d)
{
	unsigned int i;

	if (!serves(d) || d->served)
		return false;
	d->served = true;
	for (i = 0; i < DISKS; i++)
		w.disk[i].outdated |= &w.disk[i] != d;
	return true;
}

static bool leave(struct disk *d)
{
	struct xvbd_lease *next;

	if (!d->in)
		return false;
	d->in = false;
	d->forgotten = d->lease.fenced;
	next = xvbd_lease_release(&w.leases, &d->lease, d->served);
	if (next && (next != w.leases.holder || next->fenced))
		wrong = "the lease goes to nobody";
	given_back += !!next;
	return true;
}

static void explore(unsigned int depth)
{
	static bool (*const moves[])(struct disk *) = { take, serve, leave };
	const struct world before = w;
	unsigned int i, m;

	worlds++;
	for (i = 0; depth && !wrong && i < DISKS; i++)
		for (m = 0; !wrong && m < ARRAY_SIZE(moves); m++) {
			if (moves[m](&w.disk[i])) {
				check_one_serves();
				explore(depth - 1);
			}
			w = before;
		}
}

int main(void)
{
	explore(MOVES_DEEP);
	ok(!wrong, "of three disks one serves, and none that is out of date: %s",
	   wrong ?: "nothing wrong");
	diag("%lu courses of up to %d moves, %lu leases given back", worlds, MOVES_DEEP,
	     given_back);
	ok(worlds > 100000 && given_back > 1000, "enough was seen");
	return tap_done();
}

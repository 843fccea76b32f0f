// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual device numbers, as xen-vbd-interface(7) defines them and as the
 * kernel's own frontend shows them.
 */
#include "block/vdev.h"
#include "tap.h"

#define EXT (1ULL << 28)
#define EXT_DISK(d, p) (EXT | (u64)(d) << 8 | (p))

static const struct {
	u64 vdev;
	const char *name; /* NULL: not a disk */
	u32 first_minor, nr_minors;
} rows[] = {
	{ 51712, "xvda", 0, 16 },
	{ 51713, "xvda1", 1, 1 },
	{ 51727, "xvda15", 15, 1 },
	{ 51728, "xvdb", 16, 16 },
	{ 51729, "xvdb1", 17, 1 },
	{ 51744, "xvdc", 32, 16 },
	{ 51952, "xvdp", 240, 16 },
	{ 51967, "xvdp15", 255, 1 },
	{ 51968, NULL, 0, 0 }, /* major 203 */

	{ 268439552, "xvdq", 4096, 256 }, /* 1 << 28 | 16 << 8 */
	{ 268439553, "xvdq1", 4097, 1 },
	{ 268439807, "xvdq255", 4351, 1 },
	{ EXT_DISK(0, 0), "xvda", 0, 256 },
	{ EXT_DISK(25, 0), "xvdz", 6400, 256 },
	{ EXT_DISK(26, 0), "xvdaa", 6656, 256 },
	{ EXT_DISK(27, 3), "xvdab3", 6915, 1 },
	{ EXT_DISK(51, 0), "xvdaz", 13056, 256 },
	{ EXT_DISK(52, 0), "xvdba", 13312, 256 },
	{ EXT_DISK(701, 0), "xvdzz", 179456, 256 },
	{ EXT_DISK(702, 0), "xvdaaa", 179712, 256 },
	{ EXT_DISK(4095, 0), "xvdfan", 1048320, 256 },
	{ EXT_DISK(4095, 255), "xvdfan255", 1048575, 1 },
	{ EXT_DISK(4096, 0), NULL, 0, 0 }, /* past the last minor, 2^20 - 1 */
	{ EXT_DISK(1048575, 0), NULL, 0, 0 },
	{ EXT_DISK(1048575, 255), NULL, 0, 0 },

	{ 768, "xvda", 0, 16 }, /* hda */
	{ 769, "xvda1", 1, 1 },
	{ 783, "xvda15", 15, 1 },
	{ 784, NULL, 0, 0 }, /* hda16: an xvd disk with an IDE number has 15 partitions */
	{ 832, "xvdb", 16, 16 }, /* hdb */
	{ 5632, "xvdc", 32, 16 }, /* hdc */
	{ 5696, "xvdd", 48, 16 }, /* hdd */
	{ 5697, "xvdd1", 49, 1 },
	{ 896, NULL, 0, 0 }, /* a third disk on the first IDE channel */
	{ 5760, NULL, 0, 0 },

	{ 2048, "xvda", 0, 16 }, /* sda */
	{ 2049, "xvda1", 1, 1 },
	{ 2064, "xvdb", 16, 16 }, /* sdb */
	{ 2288, "xvdp", 240, 16 }, /* sdp */
	{ 65 << 8, "xvdq", 256, 16 }, /* sdq */
	{ 66 << 8, "xvdag", 512, 16 }, /* sdag */
	{ 71 << 8, "xvddi", 1792, 16 }, /* sddi */
	{ (71 << 8) + 255, "xvddx15", 2047, 1 },
	{ 72 << 8, NULL, 0, 0 },
	{ 127 << 8, NULL, 0, 0 },
	{ 128 << 8, "xvddy", 2048, 16 }, /* sddy */
	{ (135 << 8) + 240, "xvdiv", 4080, 16 }, /* sdiv */
	{ 136 << 8, NULL, 0, 0 },

	{ 0, NULL, 0, 0 },
	{ 1, NULL, 0, 0 },
	{ 2 << 8, NULL, 0, 0 },
	{ 4 << 8, NULL, 0, 0 },
	{ 7 << 8, NULL, 0, 0 },
	{ 9 << 8, NULL, 0, 0 },
	{ 201 << 8, NULL, 0, 0 },
	{ (1 << 16) + 51712, NULL, 0, 0 },
	{ EXT - 1, NULL, 0, 0 },
	{ 2 * EXT, NULL, 0, 0 },
	{ 2 * EXT + 51712, NULL, 0, 0 },
	{ 3 * EXT, NULL, 0, 0 },
	{ 0xffffffff, NULL, 0, 0 },
	{ (1ULL << 32) + 51712, NULL, 0, 0 },
	{ ~0ULL, NULL, 0, 0 },
};

static void test_rows(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long long vdev = rows[i].vdev;
		char name[XVBD_NAME_MAX] = "";
		struct xvbd_vdev v = { 0 };

		if (!is(xvbd_vdev_parse(vdev, &v), !!rows[i].name, "%#llx is %s", vdev,
			rows[i].name ?: "no disk") || !rows[i].name)
			continue;
		xvbd_vdev_name(&v, name);
		if (!ok(!strcmp(name, rows[i].name), "%#llx is called %s", vdev, rows[i].name))
			diag("found %s", name);
		is(v.first_minor, rows[i].first_minor, "%s of %#llx: first minor", name, vdev);
		is(v.nr_minors, rows[i].nr_minors, "%s of %#llx: minors", name, vdev);
	}
}

static void test_is_xvd(void)
{
	static const struct {
		u64 vdev;
		bool want;
	} cases[] = {
		{ 51712, true },  { 51967, true },  { EXT_DISK(0, 0), true },
		{ EXT_DISK(26, 0), true },
		{ 51711, false }, { 51968, false }, { 768, false }, { 5632, false },
		{ 2048, false }, { 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		is(xvbd_vdev_is_xvd(cases[i].vdev), cases[i].want, "%#llx is a number of xvd's own",
		   (unsigned long long)cases[i].vdev);
}

/* What a fully virtualised guest sees. The kernel's own frontend decides the same. */
static void test_is_emulated(void)
{
	static const struct {
		u64 vdev;
		bool cdrom, plugged, want;
	} cases[] = {
		/*
		 * Unplugged: every disk is ours, with any number. A CD drive is
		 * not ours.
		 */
		{ 51712, false, false, false },		   { 768, false, false, false },
		{ 2048, false, false, false },		   { EXT_DISK(26, 0), false, false, false },
		{ 5632, true, false, true },		   { 51744, true, false, true },
		/* Not unplugged: only numbers that no emulated disk has are ours. */
		{ 51712, false, true, false },		   { EXT_DISK(26, 0), false, true, false },
		{ 768, false, true, true },		   { 5696, false, true, true },
		{ 2048, false, true, true },		   { 2049, false, true, true },
		{ 51744, true, true, true },		   { 768, true, true, true },
		/* No number: the frontend reports that when it connects. */
		{ 0, false, true, false },		   { 0, false, false, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		is(xvbd_vdev_is_emulated(cases[i].vdev, cases[i].cdrom, cases[i].plugged),
		   cases[i].want, "%#llx, %s, %s: left to the emulation",
		   (unsigned long long)cases[i].vdev, cases[i].cdrom ? "a CD drive" : "a disk",
		   cases[i].plugged ? "not unplugged" : "unplugged");
}

/* The numbers of a family, shifted right by 8: at most three ranges. */
struct family {
	const char *name;
	struct {
		u32 first, last;
	} majors[3];
};

static bool is_member(const struct family *f, u64 vdev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(f->majors); i++)
		if (vdev >> 8 >= f->majors[i].first && vdev >> 8 <= f->majors[i].last)
			return true;
	return false;
}

/* The numbers to test: all below 2^17, and enough extended ones. */
static u64 next(u64 vdev)
{
	return vdev == 1 << 17 ? EXT : vdev + 1;
}

#define END EXT_DISK(5000, 0)

/* Two whole disks of one family share no minor. A partition is inside its disk. */
static void test_family(const struct family *f)
{
	static u64 owner[1 << 20];
	bool apart = true, inside = true, fits = true;
	unsigned int disks = 0;
	struct xvbd_vdev v;
	u64 vdev;
	u32 m;

	memset(owner, 0, sizeof(owner));
	for (vdev = 1; vdev < END; vdev = next(vdev)) {
		if (!is_member(f, vdev) || !xvbd_vdev_parse(vdev, &v) || v.part)
			continue;
		fits &= v.first_minor + v.nr_minors <= ARRAY_SIZE(owner);
		for (m = v.first_minor; fits && m < v.first_minor + v.nr_minors; m++) {
			apart &= !owner[m];
			owner[m] = vdev;
		}
		disks++;
	}
	for (vdev = 1; fits && vdev < END; vdev = next(vdev)) {
		if (!is_member(f, vdev) || !xvbd_vdev_parse(vdev, &v) || !v.part)
			continue;
		inside &= v.nr_minors == 1 && owner[v.first_minor] == vdev - v.part;
	}
	ok(fits, "%s: minors below 2^20", f->name);
	ok(disks && apart, "%s: %u disks share no minor", f->name, disks);
	ok(fits && inside, "%s: partitions lie in their disks", f->name);
}

static const struct family families[] = {
	{ "xvd", { { 202, 202 } } },
	{ "IDE", { { 3, 3 }, { 22, 22 } } },
	{ "SCSI", { { 8, 8 }, { 65, 71 }, { 128, 135 } } },
	{ "extended", { { EXT >> 8, (2 * EXT - 1) >> 8 } } },
};

/* Every name of a parsed number fits. */
static void test_names(void)
{
	char name[XVBD_NAME_MAX];
	struct xvbd_vdev v;
	size_t longest = 0;
	u64 vdev;

	for (vdev = 0; vdev < END; vdev = next(vdev)) {
		if (!xvbd_vdev_parse(vdev, &v))
			continue;
		xvbd_vdev_name(&v, name);
		if (strlen(name) > longest)
			longest = strlen(name);
	}
	is(longest, strlen("xvdfan255"), "the longest name");
	v = (struct xvbd_vdev){ .disk = 0xfffffffe, .part = 0xffffffff };
	xvbd_vdev_name(&v, name);
	ok(strlen(name) < XVBD_NAME_MAX, "a name that no disk has ends in time");
}

int main(void)
{
	unsigned int i;

	test_rows();
	test_is_xvd();
	test_is_emulated();
	for (i = 0; i < ARRAY_SIZE(families); i++)
		test_family(&families[i]);
	test_names();
	return tap_done();
}

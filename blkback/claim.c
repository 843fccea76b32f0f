// SPDX-License-Identifier: GPL-2.0
/*
 * Who may have a device: one VM that writes, and of its vbds one at a time; or
 * any number that read; or, in mode w!, any number that write and know of each
 * other.
 *
 * Who writes claims the device, in the name of its VM or of all that are w!, and
 * the kernel refuses whoever claims it in another name, a mount among them.
 * Readers claim nothing: a mount that is read-only claims a device as any other
 * does, and is welcome beside them. So of readers the kernel knows nothing;
 * that no vbd writes beside them is seen to here. A mount that writes is the
 * hotplug script's to refuse.
 *
 * While a VM migrates within a host, its source and its target hold the same
 * device. The claim is therefore the VM's: the kernel admits whoever claims in
 * the same name, and refuses all others. Which of the two serves is the turn
 * (turn.h): the target takes it when it connects, which it can only do once the
 * VM runs there; by then all that the source had in flight has ended, and it
 * begins nothing more. So no late write of the source lands after one of the
 * target, and a flush of the target covers what the source has answered: it
 * is the same device.
 *
 * A stub domain runs the device model of a guest, and has the guest's disks:
 * both are one VM. Its vbd takes no turn. The guest may use the emulated disk
 * for as long as it likes, its firmware may use the other one before that, and
 * a guest that has its own driver has the device model close the emulated disk
 * first. Which of the two is in use is the guest's business alone, as with a
 * device model in dom0.
 */
#include <linux/list.h>
#include <linux/slab.h>

#include "blkback.h"

/**
 * struct claim - a device that is held for writing
 * @entry:  in @claims
 * @places: struct xbback_place; this and @entry under @claims_lock
 * @disk:   which disk of which VM; NULL: unknown, nobody else is let in
 * @number: of the device
 * @lock:   keeps @turns; held while who had the turn drains. Its holder takes
 *          no lock but a vbd's held_lock or rings_lock
 * @turns:  whose turn it is, and who may have it back
 *
 * Its address is the holder that the kernel compares.
 */
struct claim {
	struct list_head entry;
	struct list_head places;
	char *disk;
	u64 number;
	struct mutex lock;
	struct xvbd_turns turns;
};

/**
 * struct xbback_place - a vbd's place among those that have a device
 * @user:    in @users, once the device is open
 * @bdev:    which device, only to be compared: it is closed before the place is given back
 * @disk:    its whole disk, likewise
 * @part:    it is a partition of that
 * @mode:    what for
 * @claim:   a writer's; NULL for all others, and for those the rest is unused
 * @entry:   in the claim's list
 * @vbd:     whose place
 * @turn:    its place in the row
 * @stub:    the vbd is a stub domain's, and stands beside the row
 * @taken:   it has had its turn
 * @started: requests that the vbd had begun when it took its turn
 */
struct xbback_place {
	struct list_head user;
	const struct block_device *bdev;
	const struct gendisk *disk;
	bool part;
	enum xvbd_mode mode;
	struct claim *claim;
	struct list_head entry;
	struct xbback_vbd *vbd;
	struct xvbd_turn turn;
	bool stub;
	bool taken;
	u64 started;
};

static LIST_HEAD(claims);
static DEFINE_MUTEX(claims_lock);

static LIST_HEAD(users);
static DEFINE_SPINLOCK(users_lock);
static DECLARE_WAIT_QUEUE_HEAD(user_left);

/* In whose name all that are w! claim a device. */
static char sharers[] = "xen-blkback sharers";

#define LEAVE_WAIT (2 * HZ) /* for a vbd that lets go of the device just now */

/* The guest of a stub domain, or -1. */
static int read_guest(int domid)
{
	char dir[32], *text;
	int guest;

	snprintf(dir, sizeof(dir), "/local/domain/%d", domid);
	text = xvbd_read_string(dir, xvbd_key_name(XVBD_ID_TARGET));
	if (!text || kstrtoint(text, 10, &guest))
		guest = -1;
	kfree(text);
	return guest;
}

/*
 * The VM as its toolstack names it, "/vm/UUID", and the number of the disk. A
 * guest cannot pretend to be another VM: libxl makes /local/domain/DOMID for
 * the guest to read, and gives it only some directories below; "vm" and
 * "target" are not among them. In a driver domain nobody but dom0 may read
 * them, and then a device has one vbd.
 */
static char *name_disk(struct xbback_vbd *vbd, bool *stub)
{
	int guest = read_guest(vbd->dev->otherend_id);
	char dir[32], *vm, *disk;

	*stub = guest >= 0;
	snprintf(dir, sizeof(dir), "/local/domain/%d",
		 *stub ? guest : vbd->dev->otherend_id);
	vm = xvbd_read_string(dir, xvbd_key_name(XVBD_ID_VM));
	if (!vm)
		return NULL;
	disk = kasprintf(GFP_KERNEL, "%s %s", vm, strrchr(vbd->dev->nodename, '/') + 1);
	kfree(vm);
	return disk;
}

/* The VM's other domains are let in; what one of them holds twice is an error. */
static bool lets_in(const struct claim *claim, const struct xbback_vbd *vbd, const char *disk,
		    u64 number)
{
	const struct xbback_place *place;

	if (claim->number != number || !claim->disk || !disk || strcmp(claim->disk, disk))
		return false;
	list_for_each_entry(place, &claim->places, entry)
		if (place->vbd->dev->otherend_id == vbd->dev->otherend_id)
			return false;
	return true;
}

/* Takes over @disk. */
static struct claim *claim_alloc(char *disk, u64 number)
{
	struct claim *claim = kzalloc(sizeof(*claim), GFP_KERNEL);

	if (!claim) {
		kfree(disk);
		return NULL;
	}
	claim->disk = disk;
	claim->number = number;
	mutex_init(&claim->lock);
	INIT_LIST_HEAD(&claim->places);
	list_add_tail(&claim->entry, &claims);
	return claim;
}

static struct claim *claim_find(const struct xbback_vbd *vbd, char *disk, u64 number)
{
	struct claim *claim;

	list_for_each_entry(claim, &claims, entry) {
		if (lets_in(claim, vbd, disk, number)) {
			kfree(disk);
			return claim;
		}
	}
	return claim_alloc(disk, number);
}

/* A share of a claim that lets @place->vbd in. */
static int join_claim(struct xbback_place *place, u64 number)
{
	char *disk = name_disk(place->vbd, &place->stub);

	mutex_lock(&claims_lock);
	place->claim = claim_find(place->vbd, disk, number);
	if (place->claim)
		list_add_tail(&place->entry, &place->claim->places);
	mutex_unlock(&claims_lock);
	return place->claim ? 0 : -ENOMEM;
}

struct xbback_place *xbback_place_get(struct xbback_vbd *vbd, u64 number, enum xvbd_mode mode)
{
	struct xbback_place *place = kzalloc(sizeof(*place), GFP_KERNEL);

	if (!place)
		return NULL;
	place->vbd = vbd;
	place->mode = mode;
	INIT_LIST_HEAD(&place->user);
	if (mode != XVBD_MODE_WRITE || !join_claim(place, number))
		return place;
	kfree(place);
	return NULL;
}

void *xbback_place_holder(struct xbback_place *place)
{
	if (place->mode == XVBD_MODE_SHARE)
		return sharers;
	return place->claim;
}

/*
 * Of two writers the kernel has let both in. A vbd that changes its mode or its device has two
 * places for a moment.
 */
static bool exclude_each_other(const struct xbback_place *a, const struct xbback_place *b)
{
	if (a->vbd == b->vbd || (a->mode == XVBD_MODE_READ) == (b->mode == XVBD_MODE_READ))
		return false;
	return a->bdev == b->bdev || (a->disk == b->disk && !(a->part && b->part));
}

static bool enter(struct xbback_place *place)
{
	const struct xbback_place *other;
	bool alone = true;

	spin_lock(&users_lock);
	list_for_each_entry(other, &users, user)
		alone = alone && !exclude_each_other(place, other);
	if (alone)
		list_add_tail(&place->user, &users);
	spin_unlock(&users_lock);
	return alone;
}

int xbback_place_enter(struct xbback_place *place, struct block_device *bdev)
{
	place->bdev = bdev;
	place->disk = bdev->bd_disk;
	place->part = bdev_is_partition(bdev);
	return wait_event_timeout(user_left, enter(place), LEAVE_WAIT) ? 0 : -EBUSY;
}

static u64 requests_started(struct xbback_vbd *vbd)
{
	struct xbback_stats sum;

	xbback_stats_sum(vbd, &sum);
	return sum.rd_req + sum.wr_req + sum.f_req + sum.ds_req;
}

void xbback_hold(struct xbback_vbd *vbd, unsigned int why)
{
	unsigned int i;

	mutex_lock(&vbd->held_lock);
	for (i = 0; !vbd->held && i < vbd->nr_rings; i++)
		if (vbd->rings[i].worker)
			xbback_ring_pause(&vbd->rings[i]);
	vbd->held |= why;
	mutex_unlock(&vbd->held_lock);
}

void xbback_release(struct xbback_vbd *vbd, unsigned int why)
{
	unsigned int i, was;

	mutex_lock(&vbd->held_lock);
	was = vbd->held;
	vbd->held &= ~why;
	for (i = 0; was && !vbd->held && i < vbd->nr_rings; i++)
		if (vbd->rings[i].worker)
			xbback_ring_resume(&vbd->rings[i]);
	mutex_unlock(&vbd->held_lock);
}

static struct xbback_vbd *vbd_of(struct xvbd_turn *turn)
{
	return container_of(turn, struct xbback_place, turn)->vbd;
}

int xbback_place_take(struct xbback_place *place)
{
	struct claim *claim = place->claim;
	struct xbback_vbd *vbd = place->vbd;
	struct xvbd_turn *former;

	if (!claim || place->stub)
		return 0;
	place->started = requests_started(vbd);
	mutex_lock(&claim->lock);
	place->turn.fenced = READ_ONCE(vbd->held) & XBBACK_HELD_FENCED;
	place->taken = xvbd_turn_take(&claim->turns, &place->turn, &former);
	if (former) {
		xbback_hold(vbd_of(former), XBBACK_HELD_FENCED);
		dev_info(&vbd_of(former)->dev->dev,
			 "held: the VM goes on with this disk as domain %d\n",
			 vbd->dev->otherend_id);
	}
	mutex_unlock(&claim->lock);
	return place->taken ? 0 : -EBUSY;
}

/* The others stay where they are until the lock is released, and so alive. */
static void leave_row(struct xbback_place *place)
{
	struct claim *claim = place->claim;
	struct xbback_vbd *vbd = place->vbd;
	struct xvbd_turn *next;

	mutex_lock(&claim->lock);
	next = xvbd_turn_leave(&claim->turns, &place->turn,
			       requests_started(vbd) != place->started);
	if (next) {
		dev_info(&vbd_of(next)->dev->dev,
			 "goes on: domain %d has left without using the disk\n",
			 vbd->dev->otherend_id);
		xbback_release(vbd_of(next), XBBACK_HELD_FENCED);
		xbback_kick(vbd_of(next));
	}
	mutex_unlock(&claim->lock);
}

static void leave_claim(struct xbback_place *place)
{
	struct claim *claim = place->claim;

	mutex_lock(&claims_lock);
	list_del(&place->entry);
	if (list_empty(&claim->places)) {
		list_del(&claim->entry);
		kfree(claim->disk);
		kfree(claim);
	}
	mutex_unlock(&claims_lock);
}

void xbback_place_put(struct xbback_place *place)
{
	if (!place)
		return;
	if (place->taken)
		leave_row(place);
	spin_lock(&users_lock);
	list_del(&place->user);
	spin_unlock(&users_lock);
	wake_up_all(&user_left);
	if (place->claim)
		leave_claim(place);
	kfree(place);
}

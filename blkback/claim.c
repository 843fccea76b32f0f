// SPDX-License-Identifier: GPL-2.0
/*
 * Decides which vbds may use a device. The users of a device are either
 *
 * - one VM that writes, mode "w", with one of its vbds at a time; or
 * - any number of readers, mode "r"; or
 * - any number of writers that know of each other, mode "w!".
 *
 * A writer claims the device. The holder of the claim is its VM, or for mode "w!" one common
 * holder. The kernel refuses every claim of another holder, for example a mount.
 *
 * A reader claims nothing. A read-only mount claims the device like any other mount, and must
 * be possible beside readers. So the kernel does not know the readers. This file ensures that
 * no vbd writes to a device that other vbds read. The hotplug script refuses a device that is
 * mounted for writing.
 *
 * While a VM migrates within a host, its source domain and its target domain have the same
 * device. Therefore the holder of the claim is the VM: the kernel accepts several claims of
 * one holder. The lease (lease.h) says which of the two vbds serves the device. The target's vbd
 * takes the lease when it connects, which it can do only when the VM runs there. At that time
 * the requests in flight of the source's vbd have ended, and it starts no more. So no late
 * write of the source follows a write of the target. And a flush of the target covers the
 * writes that were answered to the source, because it is the same device.
 *
 * A stub domain runs the device model of a guest, and has the guest's disks: both are one VM.
 * The stub domain's vbd takes no lease. The guest may use the emulated disk without a time
 * limit, and its firmware may use the paravirtual disk before that. A guest with a driver of
 * its own makes the device model close the emulated disk first. The guest alone decides which
 * of the two it uses, as with a device model in dom0.
 */
#include <linux/list.h>
#include <linux/slab.h>

#include "blkback.h"

/**
 * struct claim - the claim of one disk of one VM on a device, to write to it
 * @entry:  entry in @claims, protected by @claims_lock
 * @users:  list of struct xbback_user that share the claim, protected by @claims_lock
 * @disk:   name of the VM and of its disk; NULL: unknown, the claim is not shared
 * @number: device number, as in struct xbback_disk
 * @lock:   protects @leases. Held while the vbd that had the lease drains. Sleeps; nests outside
 *          pause_lock and rings_lock of any vbd, no other lock is taken inside
 * @leases: which vbd has the lease, and which vbds may get it back
 *
 * The address of this struct is the holder that the kernel compares.
 */
struct claim {
	struct list_head entry;
	struct list_head users;
	char *disk;
	u64 number;
	struct mutex lock;
	struct xvbd_leases leases;
};

/**
 * struct xbback_user - a vbd as a user of a device
 * @entry:   entry in @users once the device is open, protected by @users_lock
 * @bdev:    the device, only for comparison: it is closed before this entry is freed
 * @disk:    the whole disk of @bdev, also only for comparison
 * @part:    @bdev is a partition of @disk
 * @mode:    access mode
 * @claim:   the claim, in mode "w"; NULL in the other modes, which do not use @claim_entry,
 *           @lease, @stub, @taken and @started
 * @claim_entry: entry in @claim->users
 * @vbd:     the vbd
 * @lease:   the vbd in @claim->leases
 * @stub:    the vbd is of a stub domain, and takes no lease
 * @taken:   the vbd has taken its lease
 * @started: number of requests that the vbd had started when it took its lease
 */
struct xbback_user {
	struct list_head entry;
	const struct block_device *bdev;
	const struct gendisk *disk;
	bool part;
	enum xsplit_mode mode;
	struct claim *claim;
	struct list_head claim_entry;
	struct xbback_vbd *vbd;
	struct xvbd_lease lease;
	bool stub;
	bool taken;
	u64 started;
};

static LIST_HEAD(claims);
static DEFINE_MUTEX(claims_lock);

static LIST_HEAD(users);
static DEFINE_SPINLOCK(users_lock);
static DECLARE_WAIT_QUEUE_HEAD(user_left);

/* Its address is the holder of the claims of all vbds of mode "w!". */
static char shared_holder[] = "xen-blkback sharers";

#define LEAVE_WAIT (2 * HZ) /* for another vbd that is about to close the device */

/* The domain ID of a stub domain's guest; -1 if @domid is no stub domain. */
static int read_guest(int domid)
{
	char dir[32], *text;
	int guest;

	snprintf(dir, sizeof(dir), "/local/domain/%d", domid);
	text = xsplit_read_string(dir, xvbd_key_name(XVBD_ID_TARGET));
	if (!text || kstrtoint(text, 10, &guest))
		guest = -1;
	kfree(text);
	return guest;
}

/*
 * The name of a disk: the VM as the toolstack names it, "/vm/UUID", and the number of the disk.
 * A guest cannot pretend to be another VM: libxl lets the guest only read /local/domain/DOMID,
 * and write only to some directories below. "vm" and "target" are not among them. A backend in
 * a driver domain may not read them, only dom0 may: then there is no name, and the claim is
 * not shared.
 */
static char *name_disk(struct xbback_vbd *vbd, bool *stub)
{
	int guest = read_guest(vbd->back.dev->otherend_id);
	char dir[32], *vm, *disk;

	*stub = guest >= 0;
	snprintf(dir, sizeof(dir), "/local/domain/%d",
		 *stub ? guest : vbd->back.dev->otherend_id);
	vm = xsplit_read_string(dir, xvbd_key_name(XVBD_ID_VM));
	if (!vm)
		return NULL;
	disk = kasprintf(GFP_KERNEL, "%s %s", vm, strrchr(vbd->back.dev->nodename, '/') + 1);
	kfree(vm);
	return disk;
}

/*
 * Whether a vbd may share a claim. Other domains of the same VM may. A second vbd of the same
 * domain may not: that is an error.
 */
static bool lets_in(const struct claim *claim, const struct xbback_vbd *vbd, const char *disk,
		    u64 number)
{
	const struct xbback_user *user;

	if (claim->number != number || !claim->disk || !disk || strcmp(claim->disk, disk))
		return false;
	list_for_each_entry(user, &claim->users, claim_entry)
		if (user->vbd->back.dev->otherend_id == vbd->back.dev->otherend_id)
			return false;
	return true;
}

/* Takes ownership of the string @disk, also if it fails. */
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
	INIT_LIST_HEAD(&claim->users);
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

/* Join a claim that @user->vbd may share, or make a new one. */
static int join_claim(struct xbback_user *user, u64 number)
{
	char *disk = name_disk(user->vbd, &user->stub);

	mutex_lock(&claims_lock);
	user->claim = claim_find(user->vbd, disk, number);
	if (user->claim)
		list_add_tail(&user->claim_entry, &user->claim->users);
	mutex_unlock(&claims_lock);
	return user->claim ? 0 : -ENOMEM;
}

struct xbback_user *xbback_user_get(struct xbback_vbd *vbd, u64 number, enum xsplit_mode mode)
{
	struct xbback_user *user = kzalloc(sizeof(*user), GFP_KERNEL);

	if (!user)
		return NULL;
	user->vbd = vbd;
	user->mode = mode;
	INIT_LIST_HEAD(&user->entry);
	if (mode != XSPLIT_MODE_WRITE || !join_claim(user, number))
		return user;
	kfree(user);
	return NULL;
}

void *xbback_user_holder(struct xbback_user *user)
{
	if (user->mode == XSPLIT_MODE_SHARE)
		return shared_holder;
	return user->claim;
}

/*
 * A reader and a writer exclude each other. Two writers do not: the kernel has accepted the
 * claims of both. A vbd that changes its mode or its device has two entries for a moment,
 * which do not exclude each other.
 */
static bool exclude_each_other(const struct xbback_user *a, const struct xbback_user *b)
{
	if (a->vbd == b->vbd || (a->mode == XSPLIT_MODE_READ) == (b->mode == XSPLIT_MODE_READ))
		return false;
	return a->bdev == b->bdev || (a->disk == b->disk && !(a->part && b->part));
}

static bool enter(struct xbback_user *user)
{
	const struct xbback_user *other;
	bool alone = true;

	spin_lock(&users_lock);
	list_for_each_entry(other, &users, entry)
		alone = alone && !exclude_each_other(user, other);
	if (alone)
		list_add_tail(&user->entry, &users);
	spin_unlock(&users_lock);
	return alone;
}

int xbback_user_enter(struct xbback_user *user, struct block_device *bdev)
{
	user->bdev = bdev;
	user->disk = bdev->bd_disk;
	user->part = bdev_is_partition(bdev);
	return wait_event_timeout(user_left, enter(user), LEAVE_WAIT) ? 0 : -EBUSY;
}

static u64 requests_started(struct xbback_vbd *vbd)
{
	unsigned int class;
	u64 nr = 0;

	for (class = 0; class < XVBD_OP_CLASS_COUNT - 1; class++)
		nr += xsplit_back_read_stat(&vbd->back, class);
	return nr;
}

void xbback_rings_pause(struct xbback_vbd *vbd, unsigned int why)
{
	struct xbback_ring *ring;
	unsigned int i;

	mutex_lock(&vbd->back.pause_lock);
	if (!vbd->paused)
		xbback_for_each_ring(vbd, i, ring)
			if (ring->worker)
				xbback_ring_pause(ring);
	vbd->paused |= why;
	mutex_unlock(&vbd->back.pause_lock);
}

void xbback_rings_resume(struct xbback_vbd *vbd, unsigned int why)
{
	struct xbback_ring *ring;
	unsigned int i, was;

	mutex_lock(&vbd->back.pause_lock);
	was = vbd->paused;
	vbd->paused &= ~why;
	if (was && !vbd->paused)
		xbback_for_each_ring(vbd, i, ring)
			if (ring->worker)
				xbback_ring_resume(ring);
	mutex_unlock(&vbd->back.pause_lock);
}

static struct xbback_vbd *vbd_of(struct xvbd_lease *lease)
{
	return container_of(lease, struct xbback_user, lease)->vbd;
}

int xbback_lease_take(struct xbback_user *user)
{
	struct claim *claim = user->claim;
	struct xbback_vbd *vbd = user->vbd;
	struct xvbd_lease *former;

	if (!claim || user->stub)
		return 0;
	user->started = requests_started(vbd);
	mutex_lock(&claim->lock);
	user->lease.fenced = READ_ONCE(vbd->paused) & XBBACK_PAUSE_FENCED;
	user->taken = xvbd_lease_take(&claim->leases, &user->lease, &former);
	if (former) {
		xbback_rings_pause(vbd_of(former), XBBACK_PAUSE_FENCED);
		dev_info(&vbd_of(former)->back.dev->dev,
			 "held: the VM goes on with this disk as domain %d\n",
			 vbd->back.dev->otherend_id);
	}
	mutex_unlock(&claim->lock);
	return user->taken ? 0 : -EBUSY;
}

/*
 * While claim->lock is held, no other vbd can leave @leases. So @next and its vbd
 * stay valid.
 */
static void lease_release(struct xbback_user *user)
{
	struct claim *claim = user->claim;
	struct xbback_vbd *vbd = user->vbd;
	struct xvbd_lease *next;

	mutex_lock(&claim->lock);
	next = xvbd_lease_release(&claim->leases, &user->lease,
			       requests_started(vbd) != user->started);
	if (next) {
		dev_info(&vbd_of(next)->back.dev->dev,
			 "goes on: domain %d has left without using the disk\n",
			 vbd->back.dev->otherend_id);
		xbback_rings_resume(vbd_of(next), XBBACK_PAUSE_FENCED);
		xsplit_back_kick(&vbd_of(next)->back);
	}
	mutex_unlock(&claim->lock);
}

static void leave_claim(struct xbback_user *user)
{
	struct claim *claim = user->claim;

	mutex_lock(&claims_lock);
	list_del(&user->claim_entry);
	if (list_empty(&claim->users)) {
		list_del(&claim->entry);
		kfree(claim->disk);
		kfree(claim);
	}
	mutex_unlock(&claims_lock);
}

void xbback_user_put(struct xbback_user *user)
{
	if (!user)
		return;
	if (user->taken)
		lease_release(user);
	spin_lock(&users_lock);
	list_del(&user->entry);
	spin_unlock(&users_lock);
	wake_up_all(&user_left);
	if (user->claim)
		leave_claim(user);
	kfree(user);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The object of a back: its references, its work item and its delayed works, and
 * the list of those that live. All other files of the core use this one.
 */
#include <linux/slab.h>
#include <linux/wait.h>

#include "backparts.h"

void xsplit_back_free(struct xsplit_back *back)
{
	kfree(back->key_error);
	kfree(back->wait_error);
	kfree(back->past_stats);
	kfree(back->otherend);
	kfree(back);
}

/* Protects @living of all classes, and the flag WAITS of all devices. */
static DEFINE_SPINLOCK(living_lock);
static DECLARE_WAIT_QUEUE_HEAD(one_left);

void xsplit_back_enter(struct xsplit_back *back)
{
	spin_lock(&living_lock);
	list_add_tail(&back->living, &back->class->living);
	spin_unlock(&living_lock);
}

/* Another device of the same directory: xenbus has removed one of the two. */
static bool is_namesake(const struct xsplit_back *a, const struct xsplit_back *b)
{
	return a != b && !strcmp(a->dev->nodename, b->dev->nodename);
}

bool xsplit_back_must_wait(struct xsplit_back *back)
{
	const struct xsplit_back *other;
	bool found = false, waited;

	spin_lock(&living_lock);
	list_for_each_entry(other, &back->class->living, living)
		found |= is_namesake(other, back);
	waited = test_bit(XSPLIT_BACK_WAITS, &back->flags);
	assign_bit(XSPLIT_BACK_WAITS, &back->flags, found);
	spin_unlock(&living_lock);
	if (found && !waited) {
		xsplit_dev_error(back->dev, -EBUSY,
				 "waits: the device that had this directory has I/O in flight");
		xsplit_error_save(back->dev, &back->wait_error);
	} else if (!found && back->wait_error) {
		xsplit_error_clear(back->dev, &back->wait_error);
	}
	return found;
}

/* Whoever waits for all to leave may go on, and free the class, before this returns. */
static void leave(struct xsplit_back *back)
{
	struct xsplit_back *other, *next = NULL;

	spin_lock(&living_lock);
	list_del(&back->living);
	list_for_each_entry(other, &back->class->living, living)
		if (!next && is_namesake(other, back) &&
		    test_bit(XSPLIT_BACK_WAITS, &other->flags) && kref_get_unless_zero(&other->ref))
			next = other;
	spin_unlock(&living_lock);
	wake_up_all(&one_left);
	if (!next)
		return;
	xsplit_back_kick(next);
	xsplit_back_put(next);
}

static bool all_have_left(struct xsplit_back_class *class)
{
	bool empty;

	spin_lock(&living_lock);
	empty = list_empty(&class->living);
	spin_unlock(&living_lock);
	return empty;
}

void xsplit_back_wait_for_all(struct xsplit_back_class *class)
{
	wait_event(one_left, all_have_left(class));
}

static void release_back(struct kref *ref)
{
	struct xsplit_back *back = container_of(ref, struct xsplit_back, ref);

	if (back->class->release)
		back->class->release(back);
	leave(back);
	put_device(&back->dev->dev);
	xsplit_back_free(back);
}

void xsplit_back_put(struct xsplit_back *back)
{
	kref_put(&back->ref, release_back);
}

void xsplit_back_kick(struct xsplit_back *back)
{
	kref_get(&back->ref);
	if (!queue_work(back->class->wq, &back->work))
		xsplit_back_put(back);
}

void xsplit_back_changed(struct xsplit_back *back)
{
	if (!test_and_set_bit(XSPLIT_BACK_CHANGED, &back->flags))
		xsplit_back_kick(back);
}

void xsplit_back_ring_broken(struct xsplit_back_ring *ring)
{
	set_bit(XSPLIT_BACK_RING_BROKEN, &ring->back->flags);
	xsplit_back_kick(ring->back);
}

bool xsplit_back_is_removed(const struct xsplit_back *back)
{
	return test_bit(XSPLIT_BACK_REMOVED, &back->flags);
}

void xsplit_back_start_work(struct xsplit_back *back, struct delayed_work *work,
			    unsigned long delay)
{
	mutex_lock(&back->unregister_lock);
	if (!test_bit(XSPLIT_BACK_REMOVED, &back->flags))
		mod_delayed_work(back->class->wq, work, delay);
	mutex_unlock(&back->unregister_lock);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The facts of a front, and the actions of the handshake table. Only the work
 * of the device calls them; all sleep. The actions of a parked device are in
 * frontpark.c.
 */
#include <linux/slab.h>

#include "frontparts.h"

/*
 * Return: true if the directory of the backend is gone because its domain is gone. Then the
 * toolstack has not detached the device.
 */
static bool back_domain_is_gone(const char *otherend)
{
	unsigned int domid;
	char path[32];
	char *text;

	if (sscanf(otherend, "/local/domain/%u/", &domid) != 1)
		return false;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	/* The guest may not read the directory of a living domain: -EACCES, not -ENOENT. */
	text = xenbus_read(XBT_NIL, path, "", NULL);
	if (IS_ERR(text))
		return PTR_ERR(text) == -ENOENT;
	kfree(text);
	return false;
}

/* Return: whether the toolstack wants this device to be served, now or later. */
static bool is_wanted(const char *otherend)
{
	const char *key = xsplit_key_name(XSPLIT_ID_ONLINE);
	unsigned int online = xenbus_read_unsigned(otherend, key, UINT_MAX);

	return online == UINT_MAX ? back_domain_is_gone(otherend) : online;
}

static unsigned int facts_of_back(const char *otherend)
{
	unsigned int facts = 0;

	if (is_wanted(otherend))
		facts |= XSPLIT_F_ONLINE;
	if (!xsplit_read_number(otherend, &xsplit_keys[XSPLIT_ID_BACK_REJOIN]))
		facts |= XSPLIT_F_NO_REJOIN;
	if (!xenbus_exists(XBT_NIL, otherend, ""))
		facts |= XSPLIT_F_BACK_GONE;
	return facts;
}

static unsigned int facts_of_flags(const struct xsplit_front *front)
{
	static const struct {
		enum xsplit_front_flag flag;
		enum xsplit_fact fact;
	} facts_of[] = {
		{ XSPLIT_FRONT_UNPUBLISHED, XSPLIT_F_UNPUBLISHED },
		{ XSPLIT_FRONT_NEWS, XSPLIT_F_CHANGED },
		{ XSPLIT_FRONT_STALE, XSPLIT_F_STALE },
		{ XSPLIT_FRONT_BROKEN, XSPLIT_F_BROKEN },
		{ XSPLIT_FRONT_REMOVED, XSPLIT_F_REMOVED },
	};
	unsigned int i, facts = 0;

	for (i = 0; i < ARRAY_SIZE(facts_of); i++)
		if (test_bit(facts_of[i].flag, &front->flags))
			facts |= facts_of[i].fact;
	return facts;
}

/* A class with calls that can refuse a close is busy while one of them is taken. */
static bool is_in_use(struct xsplit_front *front)
{
	const struct xsplit_front_class *class = front->class;

	if (front->hiding || class->busy)
		return front->hiding || class->busy(front);
	return class->nr_calls && class->refuse && READ_ONCE(front->users);
}

unsigned int xsplit_front_facts(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);
	unsigned int facts = facts_of_back(m->otherend) | facts_of_flags(front);

	if (front->rings)
		facts |= XSPLIT_F_LINKED;
	if (front->shown)
		facts |= XSPLIT_F_SHOWN;
	if (front->parked)
		facts |= XSPLIT_F_PARKED;
	if (is_in_use(front))
		facts |= XSPLIT_F_BUSY;
	return facts;
}

void xsplit_front_discard(struct xsplit_front *front)
{
	if (!front->made)
		return;
	if (front->class->discard)
		front->class->discard(front);
	xsplit_front_end_waits(front);
	front->retries = 0;
	kfree(front->retry_error);
	front->retry_error = NULL;
	front->made = false;
	front->shown = false;
	front->hiding = false;
	clear_bit(XSPLIT_FRONT_HIDDEN, &front->flags);
	clear_bit(XSPLIT_FRONT_BROKEN, &front->flags);
}

/*
 * If this fails, the action UNLINK releases the rings. If it will be tried again, release them
 * here: other devices need the memory.
 */
static int act_publish(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);
	int err;

	clear_bit(XSPLIT_FRONT_UNPUBLISHED, &front->flags);
	err = xsplit_front_publish(front);
	if (err && front->parked)
		xsplit_front_close_rings(front);
	return xsplit_front_retry(front, err);
}

static int act_connect(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);
	int err;

	clear_bit(XSPLIT_FRONT_NEWS, &front->flags);
	err = front->class->connect ? front->class->connect(front) : 0;
	front->made = !err;
	return err;
}

static int act_show(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);

	front->shown = true;
	if (front->class->nr_calls) {
		xsplit_front_open_calls(front);
		xsplit_front_start_calls(front);
	}
	front->class->show(front);
	return 0;
}

static int act_refresh(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);

	clear_bit(XSPLIT_FRONT_NEWS, &front->flags);
	if (front->class->refresh)
		front->class->refresh(front);
	return 0;
}

static int act_refuse(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);

	if (front->class->refuse)
		front->class->refuse(front);
	return 0;
}

static int act_hide(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);
	int err = front->class->nr_calls ? xsplit_front_close_calls(front) : 0;

	if (!err && front->class->hide)
		err = front->class->hide(front);
	else if (!err)
		xsplit_front_hidden(front);
	if (err && front->class->nr_calls)
		xsplit_front_open_calls(front);
	front->hiding = !err;
	return err;
}

static int act_kill(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);

	if (front->class->nr_calls)
		xsplit_front_kill_calls(front);
	if (front->class->kill)
		front->class->kill(front);
	xsplit_front_discard(front);
	return 0;
}

static int act_unlink(struct xsplit_machine *m)
{
	struct xsplit_front *front = xsplit_front_of(m);

	/* Free what was made and never shown. What is parked stays. */
	if (!front->shown) {
		xsplit_front_discard(front);
		clear_bit(XSPLIT_FRONT_BROKEN, &front->flags);
	}
	/* Not earlier: until the backend has released the rings, it might execute requests. */
	if (front->class->nr_calls)
		xsplit_front_take_back_calls(front);
	if (front->class->detach)
		front->class->detach(front);
	xsplit_front_close_rings(front);
	clear_bit(XSPLIT_FRONT_RING_BROKEN, &front->flags);
	clear_bit(XSPLIT_FRONT_STALE, &front->flags);
	return 0;
}

const xsplit_action_fn xsplit_front_actions[XSPLIT_ACTIONS] = {
	[XSPLIT_A_PUBLISH] = act_publish,
	[XSPLIT_A_CONNECT] = act_connect,
	[XSPLIT_A_SHOW] = act_show,
	[XSPLIT_A_REFRESH] = act_refresh,
	[XSPLIT_A_PARK] = xsplit_front_park,
	[XSPLIT_A_RECONNECT] = xsplit_front_rejoin,
	[XSPLIT_A_UNPARK] = xsplit_front_unpark,
	[XSPLIT_A_REFUSE] = act_refuse,
	[XSPLIT_A_HIDE] = act_hide,
	[XSPLIT_A_KILL] = act_kill,
	[XSPLIT_A_UNLINK] = act_unlink,
};

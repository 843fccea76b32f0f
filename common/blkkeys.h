/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of all keys of a virtual block device. A new key is a row here, a reader and a
 * writer: what else has to know all keys asks the table.
 *
 * What an end reads at one time is a list: a part of the table, and an enum. What was read is
 * an array of numbers with that enum as its index.
 *
 * Source: xen/include/public/io/blkif.h, docs/misc/xenstore-paths.pandoc.
 *
 * Pure.
 */
#ifndef XVBD_BLKKEYS_H
#define XVBD_BLKKEYS_H

#include "keys.h"

#define XVBD_MAX_RING_PAGE_ORDER 4
#define XVBD_MAX_QUEUES 64

/*
 * What a front writes as feature-rejoin, and the back as 1: it starts over with another back.
 * A front with a disk writes 2: while the directory of its back is gone it says Closed. Tools
 * wait for that before they name another back.
 */
#define XVBD_REJOIN 1
#define XVBD_REJOIN_CLOSED 2

/* What the back reads in its own directory: written by toolstack and script. */
enum {
	XVBD_TOOL_PHYSICAL_DEVICE,
	XVBD_TOOL_MODE,
	XVBD_TOOL_DISCARD_ENABLE,
	XVBD_TOOL_REMOVABLE,
	XVBD_TOOL_KEYS
};

/* What the front reads in the back's directory before it makes rings. */
enum {
	XVBD_OFFER_MAX_RING_PAGE_ORDER,
	XVBD_OFFER_MAX_RING_PAGES, /* the older spelling */
	XVBD_OFFER_MAX_QUEUES,
	XVBD_OFFER_PERSISTENT_SEGMENTS, /* ours: 0: no bound is known */
	XVBD_OFFER_KEYS
};

/* What the front reads in the back's directory once both are connected. */
enum {
	XVBD_BACK_SECTORS,
	XVBD_BACK_SECTOR_SIZE,
	XVBD_BACK_PHYSICAL_SECTOR_SIZE,
	XVBD_BACK_INFO,
	XVBD_BACK_FLUSH_CACHE,
	XVBD_BACK_BARRIER,
	XVBD_BACK_DISCARD,
	XVBD_BACK_DISCARD_GRANULARITY, /* bytes */
	XVBD_BACK_DISCARD_ALIGNMENT, /* bytes */
	XVBD_BACK_DISCARD_SECURE,
	XVBD_BACK_PERSISTENT,
	XVBD_BACK_MAX_INDIRECT_SEGMENTS,
	XVBD_BACK_MEDIUM, /* ours: another number for another medium, until the back is another */
	XVBD_BACK_KEYS
};

/* What the back reads in the front's directory. */
enum {
	XVBD_FRONT_NUM_QUEUES,
	XVBD_FRONT_RING_PAGE_ORDER, /* XVBD_ABSENT: "ring-ref", not "ring-ref0" */
	XVBD_FRONT_NUM_RING_PAGES, /* the older spelling; XVBD_ABSENT as above */
	XVBD_FRONT_PERSISTENT,
	XVBD_FRONT_PERSISTENT_SEGMENTS, /* ours: XVBD_ABSENT: all requests use grants again */
	XVBD_FRONT_KEYS
};

/* What the front reads in its own directory. */
enum {
	XVBD_OWN_VIRTUAL_DEVICE,
	XVBD_OWN_VIRTUAL_DEVICE_EXT, /* the number, where older guests are not to see it */
	XVBD_OWN_TRUSTED,
	XVBD_OWN_KEYS
};

/* Where each list begins in the table; and all that is read alone, or by others. */
enum xvbd_key_id {
	/* In the back's directory. */
	XVBD_ID_TOOL,
	XVBD_ID_OFFER = XVBD_ID_TOOL + XVBD_TOOL_KEYS,
	XVBD_ID_BACK = XVBD_ID_OFFER + XVBD_OFFER_KEYS,
	XVBD_ID_BACK_STATE = XVBD_ID_BACK + XVBD_BACK_KEYS,
	XVBD_ID_BACK_REJOIN,
	XVBD_ID_FRONTEND,
	XVBD_ID_FRONTEND_ID,
	XVBD_ID_ONLINE,
	XVBD_ID_PARAMS,
	XVBD_ID_SCRIPT,
	XVBD_ID_TYPE,
	XVBD_ID_DEV,
	XVBD_ID_BOOTABLE,
	XVBD_ID_BACK_DEVICE_TYPE,
	XVBD_ID_DIRECT_IO_SAFE,
	XVBD_ID_SPECIFICATION,
	XVBD_ID_CGROUP,
	XVBD_ID_SERIAL,
	XVBD_ID_WWID,
	XVBD_ID_PHYSICAL_DEVICE_PATH,
	XVBD_ID_DISKSEQ,
	XVBD_ID_NODE,
	XVBD_ID_NODE_REPLACED,
	XVBD_ID_HOTPLUG_STATUS,
	XVBD_ID_HOTPLUG_ERROR,
	XVBD_ID_HOTPLUG_UNDO,
	/* In the front's. */
	XVBD_ID_FRONT,
	XVBD_ID_OWN = XVBD_ID_FRONT + XVBD_FRONT_KEYS,
	XVBD_ID_FRONT_STATE = XVBD_ID_OWN + XVBD_OWN_KEYS,
	XVBD_ID_FRONT_REJOIN,
	XVBD_ID_PROTOCOL,
	XVBD_ID_QUEUE,
	XVBD_ID_BACKEND,
	XVBD_ID_BACKEND_ID,
	XVBD_ID_FRONT_DEVICE_TYPE,
	/* There for one ring, else in each queue's. */
	XVBD_ID_EVENT_CHANNEL,
	XVBD_ID_RING_REF, /* its name is "ring-ref", or has a number */
	/* In the domain's. */
	XVBD_ID_VM,
	XVBD_ID_TARGET,
	XVBD_ID_KEYS
};

extern const struct xvbd_key xvbd_keys[XVBD_ID_KEYS];

/* The name of a key that is read alone. */
static inline const char *xvbd_key_name(enum xvbd_key_id id)
{
	return xvbd_keys[id].name;
}

/* The lists. */
extern const struct xvbd_key *const xvbd_tool_keys;
extern const struct xvbd_key *const xvbd_offer_keys;
extern const struct xvbd_key *const xvbd_back_keys;
extern const struct xvbd_key *const xvbd_front_keys;
extern const struct xvbd_key *const xvbd_own_keys;

/**
 * xvbd_blkkey_find() - look a name up in the table
 * @dir:  the directory that has the name
 * @name: in that directory
 *
 * Return: the key, or NULL if nobody here knows this name.
 */
static inline const struct xvbd_key *xvbd_blkkey_find(enum xvbd_key_dir dir, const char *name)
{
	return xvbd_key_find(xvbd_keys, XVBD_ID_KEYS, dir, name);
}

/**
 * xvbd_blkkey_is_stale() - whether a name in the front's directory is of a former publication
 * @name: the name
 *
 * Return: true if it is removed before the front publishes anew, whoever has written it.
 */
bool xvbd_blkkey_is_stale(const char *name);

/**
 * xvbd_blkkey_is_agreed() - whether a name is a part of what two ends agree on
 * @dir:  the directory that has the name
 * @name: in that directory
 *
 * Return: as the table says; a feature that the table does not know is of another driver.
 */
bool xvbd_blkkey_is_agreed(enum xvbd_key_dir dir, const char *name);

#endif /* XVBD_BLKKEYS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of all xenstore keys of a virtual block device. A new key needs a
 * row in this table, a reader and a writer. All other code that must know every
 * key reads the table.
 *
 * A list is the part of the table that one end reads in one step. Each list has
 * an enum. The values read are an array of numbers with that enum as the index.
 *
 * Source: xen/include/public/io/blkif.h, docs/misc/xenstore-paths.pandoc.
 *
 * Pure: no allocation, no lock, no sleep.
 */
#ifndef XVBD_BLKKEYS_H
#define XVBD_BLKKEYS_H

#include "splitkeys.h"

/*
 * Keys that the backend reads in its own directory. The toolstack and the
 * hotplug script write them.
 */
enum {
	XVBD_TOOL_PHYSICAL_DEVICE,
	XVBD_TOOL_MODE,
	XVBD_TOOL_DISCARD_ENABLE,
	XVBD_TOOL_REMOVABLE,
	XVBD_TOOL_KEYS
};

/* Keys that the frontend reads in the backend's directory before it makes rings. */
enum {
	XVBD_OFFER_PERSISTENT_SEGMENTS, /* ours: 0: the backend names no bound */
	XVBD_OFFER_KEYS
};

/* Keys that the frontend reads in the backend's directory when both are Connected. */
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
	XVBD_BACK_WRITE_ZEROES, /* ours */
	XVBD_BACK_PERSISTENT,
	XVBD_BACK_MAX_INDIRECT_SEGMENTS,
	XVBD_BACK_MEDIUM, /* ours: changes with the medium, comparable within one backend */
	XVBD_BACK_KEYS
};

/* Keys that the backend reads in the frontend's directory. */
enum {
	XVBD_FRONT_PERSISTENT,
	XVBD_FRONT_PERSISTENT_SEGMENTS, /* ours: XSPLIT_ABSENT: all use persistent grants */
	XVBD_FRONT_KEYS
};

/* Keys that the frontend reads in its own directory. */
enum {
	XVBD_OWN_VIRTUAL_DEVICE,
	XVBD_OWN_VIRTUAL_DEVICE_EXT, /* virtual device number, hidden from older guests */
	XVBD_OWN_TRUSTED,
	XVBD_OWN_KEYS
};

/*
 * Index of each key in the table. A list has the index of its first key. The
 * other keys are read one at a time, or by other programs.
 */
enum xvbd_key_id {
	/* In the backend's directory. */
	XVBD_ID_TOOL = XSPLIT_ID_KEYS, /* after the keys of every class */
	XVBD_ID_OFFER = XVBD_ID_TOOL + XVBD_TOOL_KEYS,
	XVBD_ID_BACK = XVBD_ID_OFFER + XVBD_OFFER_KEYS,
	XVBD_ID_PARAMS = XVBD_ID_BACK + XVBD_BACK_KEYS,
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
	/* In the frontend's directory. */
	XVBD_ID_FRONT,
	XVBD_ID_OWN = XVBD_ID_FRONT + XVBD_FRONT_KEYS,
	XVBD_ID_PROTOCOL = XVBD_ID_OWN + XVBD_OWN_KEYS,
	XVBD_ID_FRONT_DEVICE_TYPE,
	/* In the directory of the guest's domain. */
	XVBD_ID_VM,
	XVBD_ID_TARGET,
	XVBD_ID_KEYS
};

extern const struct xsplit_key xvbd_keys[XVBD_ID_KEYS];

/* The name of a key that is read alone, not as part of a list. */
static inline const char *xvbd_key_name(enum xvbd_key_id id)
{
	return xvbd_keys[id].name;
}

/* The first key of each list. */
extern const struct xsplit_key *const xvbd_tool_keys;
extern const struct xsplit_key *const xvbd_offer_keys;
extern const struct xsplit_key *const xvbd_back_keys;
extern const struct xsplit_key *const xvbd_front_keys;
extern const struct xsplit_key *const xvbd_own_keys;

/**
 * xvbd_blkkey_find() - look up a name in the table
 * @dir:  the directory that contains the name
 * @name: the name, without the directory
 *
 * Context: Any context.
 *
 * Return: the key, or NULL if the table does not contain the name.
 */
static inline const struct xsplit_key *xvbd_blkkey_find(enum xsplit_key_dir dir, const char *name)
{
	return xsplit_key_find(xvbd_keys, XVBD_ID_KEYS, dir, name);
}

/**
 * xvbd_blkkey_is_negotiated() - whether a name is part of what both ends negotiate
 * @dir:  the directory that contains the name
 * @name: the name, without the directory
 *
 * Context: Any context.
 *
 * Return: the value in the table. For a name that is not in the table: true if
 * it begins with "feature-", because another driver may negotiate it.
 */
bool xvbd_blkkey_is_negotiated(enum xsplit_key_dir dir, const char *name);

#endif /* XVBD_BLKKEYS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys of the store that the two drivers read: name, type, range, default.
 *
 * Each list is a table; what is read becomes an array of numbers that is
 * indexed by the list's enum. Whatever the other end wrote is judged here,
 * before anything is allocated for it.
 *
 * Source: xen/include/public/io/blkif.h, docs/misc/xenstore-paths.pandoc.
 *
 * Pure.
 */
#ifndef XVBD_KEYS_H
#define XVBD_KEYS_H

#include "types.h"

enum xvbd_key_type {
	XVBD_KEY_NUMBER, /* decimal, no sign */
	XVBD_KEY_POWER, /* a decimal power of two */
	XVBD_KEY_DEVICE, /* major:minor, both hexadecimal; read as major << 32 | minor */
	XVBD_KEY_MODE, /* starts with r or w; read as an enum xvbd_mode */
};

enum xvbd_key_need {
	XVBD_KEY_OPTIONAL, /* it may be absent */
	XVBD_KEY_REQUIRED,
	XVBD_KEY_HINT, /* nothing depends on it: what cannot be used is as good as absent */
};

/**
 * struct xvbd_key - one key
 * @name:     under the directory that the list belongs to
 * @type:     how its text is read
 * @need:     what it means that the key is absent, or its value cannot be used
 * @min:      smallest value
 * @max:      largest value
 * @fallback: value of a key that may be absent and is, and of a hint that is no use
 */
struct xvbd_key {
	const char *name;
	enum xvbd_key_type type;
	enum xvbd_key_need need;
	u64 min;
	u64 max;
	u64 fallback;
};

enum xvbd_key_verdict {
	XVBD_KEY_OK,
	XVBD_KEY_MISSING,
	XVBD_KEY_MALFORMED,
	XVBD_KEY_RANGE,
	XVBD_KEY_VERDICTS,
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
extern const struct xvbd_key xvbd_front_keys[XVBD_FRONT_KEYS];

/* What the back reads for each ring, in the front's directory or in queue-N. */
extern const struct xvbd_key xvbd_event_channel_key;
extern const struct xvbd_key xvbd_ring_ref_key; /* its name is "ring-ref", or has a number */

/*
 * What a front writes as feature-rejoin, and the back as 1: it starts over with another back.
 * A front with a disk writes 2: while the directory of its back is gone it says Closed. Tools
 * wait for that before they name another back.
 */
#define XVBD_REJOIN 1
#define XVBD_REJOIN_CLOSED 2

/* The value of an absent key that has no other fallback. */
#define XVBD_ABSENT (~0ULL)

#define XVBD_MAX_RING_PAGE_ORDER 4
#define XVBD_MAX_QUEUES 64

enum xvbd_mode {
	XVBD_MODE_READ,
	XVBD_MODE_WRITE, /* nobody else may have the device */
	XVBD_MODE_SHARE, /* "w!": others write too, and all know of it */
};

/* What the back reads in its own directory: written by toolstack and script. */
enum {
	XVBD_TOOL_PHYSICAL_DEVICE,
	XVBD_TOOL_MODE,
	XVBD_TOOL_DISCARD_ENABLE,
	XVBD_TOOL_REMOVABLE,
	XVBD_TOOL_KEYS
};
extern const struct xvbd_key xvbd_tool_keys[XVBD_TOOL_KEYS];

/* What the front reads in the back's directory before it makes rings. */
enum {
	XVBD_OFFER_MAX_RING_PAGE_ORDER,
	XVBD_OFFER_MAX_RING_PAGES, /* the older spelling */
	XVBD_OFFER_MAX_QUEUES,
	XVBD_OFFER_PERSISTENT_SEGMENTS, /* ours: 0: no bound is known */
	XVBD_OFFER_KEYS
};
extern const struct xvbd_key xvbd_offer_keys[XVBD_OFFER_KEYS];

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
	XVBD_BACK_KEYS,
};
extern const struct xvbd_key xvbd_back_keys[XVBD_BACK_KEYS];

/* What the front reads in its own directory. */
enum {
	XVBD_OWN_VIRTUAL_DEVICE,
	XVBD_OWN_VIRTUAL_DEVICE_EXT, /* the number, where older guests are not to see it */
	XVBD_OWN_TRUSTED,
	XVBD_OWN_KEYS
};
extern const struct xvbd_key xvbd_own_keys[XVBD_OWN_KEYS];

/**
 * xvbd_key_parse() - judge and read a key's text
 * @key:   what is expected
 * @text:  the text, or NULL where the key is absent
 * @value: result, set on XVBD_KEY_OK
 */
enum xvbd_key_verdict xvbd_key_parse(const struct xvbd_key *key, const char *text, u64 *value);

/**
 * xvbd_diskseq_parse() - read the sequence number that came with a device's number
 * @text:   "MAJOR:MINOR@SEQUENCE", as our hotplug agent writes it, or "SEQUENCE", as
 *          Qubes' script does; all hexadecimal
 * @device: major << 32 | minor
 * @seq:    result, set on XVBD_KEY_OK
 *
 * Return: XVBD_KEY_MISSING if the text is about another device.
 */
enum xvbd_key_verdict xvbd_diskseq_parse(const char *text, u64 device, u64 *seq);

const char *xvbd_key_verdict_text(enum xvbd_key_verdict v);

#endif /* XVBD_KEYS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A xenstore key: its name, its writer, the form of its value, and when it is
 * removed. And the parser: it validates every value that the other end wrote
 * before the driver allocates anything for it.
 *
 * The table of keys belongs to the device class: see blkkeys.c.
 *
 * Pure: no allocation, no lock, no sleep.
 */
#ifndef XVBD_KEYS_H
#define XVBD_KEYS_H

#include "types.h"

/* The directory that contains a key. */
enum xvbd_key_dir {
	XVBD_DIR_BACK, /* the backend's directory */
	XVBD_DIR_FRONT, /* the frontend's, and queue-N below it: see enum xvbd_key_scope */
	XVBD_DIR_DOMAIN, /* the directory of the guest's domain, /local/domain/DOMID */
	XVBD_DIRS,
};

enum xvbd_key_scope {
	XVBD_SCOPE_DEVICE,
	/*
	 * One key for each queue. With several queues it is in queue-N, with
	 * one queue in the directory itself.
	 */
	XVBD_SCOPE_QUEUE,
};

/*
 * The program that writes a key. Each key has one, but a toolstack may write
 * the first value of state and protocol.
 */
enum xvbd_key_writer {
	XVBD_BY_NOBODY,
	XVBD_BY_TOOLSTACK,
	XVBD_BY_HOTPLUG, /* the hotplug script */
	XVBD_BY_BACK,
	XVBD_BY_FRONT,
	XVBD_WRITERS,
};

enum xvbd_key_type {
	XVBD_KEY_TEXT, /* any text; it has no numeric value */
	XVBD_KEY_NUMBER, /* decimal, without a sign */
	XVBD_KEY_POWER, /* decimal, a power of two */
	XVBD_KEY_DEVICE, /* major:minor, both hexadecimal; the value is major << 32 | minor */
	XVBD_KEY_SEQUENCE, /* disk sequence number of a device; see xvbd_diskseq_parse() */
	XVBD_KEY_MODE, /* begins with r or w; the value is an enum xvbd_mode */
	XVBD_KEY_DIRECTORY, /* a directory of keys, without a value */
	XVBD_KEY_TYPES,
};

enum xvbd_key_need {
	XVBD_KEY_OPTIONAL, /* the key may be absent */
	XVBD_KEY_REQUIRED,
	XVBD_KEY_HINT, /* nothing depends on the key: an invalid value counts as absent */
};

/*
 * Flags of a key. A key without XVBD_KEY_ANEW and XVBD_KEY_LEAVES stays until
 * the directory is removed.
 */
enum xvbd_key_flag {
	XVBD_KEY_ANEW = 1, /* the frontend removes it before it publishes again */
	XVBD_KEY_LEAVES = 2, /* the driver removes it when it leaves the device */
	XVBD_KEY_AGREED = 4, /* both ends negotiate it */
	XVBD_KEY_NUMBERED = 8, /* a number may follow the name */
	XVBD_KEY_SETTLED = 16, /* the value is fixed for as long as the current rings exist */
	XVBD_KEY_LIVE = 32, /* the backend applies a new value while both ends are Connected */
};

/**
 * struct xvbd_key - one key
 * @name:     name in the directory
 * @dir:      the directory
 * @scope:    one key for the device, or one for each queue
 * @writer:   the program that writes the key
 * @flags:    bit mask of enum xvbd_key_flag
 * @type:     the form of the value
 * @need:     whether an absent or invalid value is an error
 * @min:      smallest value
 * @max:      largest value
 * @fallback: value of an absent key that may be absent, and of an invalid hint
 * @says:     the meaning, as text for people; not in the kernel
 */
struct xvbd_key {
	const char *name;
	enum xvbd_key_dir dir;
	enum xvbd_key_scope scope;
	enum xvbd_key_writer writer;
	unsigned int flags;
	enum xvbd_key_type type;
	enum xvbd_key_need need;
	u64 min;
	u64 max;
	u64 fallback;
#ifndef __KERNEL__
	const char *says;
#endif
};

enum xvbd_key_verdict {
	XVBD_KEY_OK,
	XVBD_KEY_MISSING,
	XVBD_KEY_MALFORMED,
	XVBD_KEY_RANGE,
	XVBD_KEY_VERDICTS,
};

/* The value of an absent key that has no other fallback. */
#define XVBD_ABSENT (~0ULL)

enum xvbd_mode {
	XVBD_MODE_READ,
	XVBD_MODE_WRITE, /* exclusive: no other user may have the device */
	XVBD_MODE_SHARE, /* "w!": other users may write, too, on purpose */
};

/**
 * xvbd_key_parse() - validate and read the text of a key
 * @key:   the expected key
 * @text:  the text, or NULL if the key is absent
 * @value: result; written only with XVBD_KEY_OK
 *
 * Context: Any context.
 *
 * Return: the verdict. A text is XVBD_KEY_MALFORMED if the type has no numeric
 * value.
 */
enum xvbd_key_verdict xvbd_key_parse(const struct xvbd_key *key, const char *text, u64 *value);

/**
 * xvbd_diskseq_parse() - read the disk sequence number of a device
 * @text:   "MAJOR:MINOR@SEQUENCE", as our hotplug agent writes it, or
 *          "SEQUENCE", as the script of Qubes does; all hexadecimal
 * @device: major << 32 | minor
 * @seq:    result; written only with XVBD_KEY_OK
 *
 * Context: Any context.
 *
 * Return: XVBD_KEY_OK, XVBD_KEY_MALFORMED, or XVBD_KEY_MISSING if the text
 * names another device.
 */
enum xvbd_key_verdict xvbd_diskseq_parse(const char *text, u64 device, u64 *seq);

/**
 * xvbd_key_verdict_text() - text of a verdict, for a log line
 * @v: the verdict
 *
 * Context: Any context.
 *
 * Return: a constant string.
 */
const char *xvbd_key_verdict_text(enum xvbd_key_verdict v);

/*
 * Size of a buffer for a name with its numbers and NUL, in bytes. keys_test.c
 * checks that every name fits.
 */
#define XVBD_KEY_NAME_MAX 48

/*
 * The directory of a queue, below the frontend's directory. The number of the
 * queue follows.
 */
#define XVBD_QUEUE_NAME "queue-"

/* No queue, or no number after the name. */
#define XVBD_NO_NUMBER (-1)

/**
 * xvbd_key_spell() - write the name of a key with its numbers
 * @key:    the key
 * @queue:  number of the queue whose directory contains the key, or
 *          XVBD_NO_NUMBER
 * @number: number that follows the name, or XVBD_NO_NUMBER
 * @name:   result, XVBD_KEY_NAME_MAX bytes; relative to the directory of the
 *          device
 *
 * Context: Any context.
 *
 * Return: false if the name does not fit. The caller must not use @name then.
 */
bool xvbd_key_spell(const struct xvbd_key *key, int queue, int number, char *name);

/**
 * xvbd_key_find() - look up a name in a table
 * @keys: the table
 * @nr:   number of keys in the table
 * @dir:  the directory that contains the name
 * @name: the name, without the directory
 *
 * Context: Any context.
 *
 * Return: the key, or NULL if the table does not contain the name.
 */
const struct xvbd_key *xvbd_key_find(const struct xvbd_key *keys, unsigned int nr,
				     enum xvbd_key_dir dir, const char *name);

/**
 * xvbd_key_is_stale() - whether a name is left from an earlier publication
 * @keys: the table
 * @nr:   number of keys in the table
 * @name: a name in the frontend's directory
 *
 * Context: Any context.
 *
 * Return: true if the frontend must remove the name before it publishes again,
 * even if another driver wrote it.
 */
bool xvbd_key_is_stale(const struct xvbd_key *keys, unsigned int nr, const char *name);

#endif /* XVBD_KEYS_H */

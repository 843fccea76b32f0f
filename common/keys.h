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
#ifndef XSPLIT_KEYS_H
#define XSPLIT_KEYS_H

#include "types.h"

/* The directory that contains a key. */
enum xsplit_key_dir {
	XSPLIT_DIR_BACK, /* the backend's directory */
	XSPLIT_DIR_FRONT, /* the frontend's, and queue-N below it: see enum xsplit_key_scope */
	XSPLIT_DIR_DOMAIN, /* the directory of the guest's domain, /local/domain/DOMID */
	XSPLIT_DIRS,
};

enum xsplit_key_scope {
	XSPLIT_SCOPE_DEVICE,
	/*
	 * One key for each queue. With several queues it is in queue-N, with
	 * one queue in the directory itself.
	 */
	XSPLIT_SCOPE_QUEUE,
};

/*
 * The program that writes a key. Each key has one, but a toolstack may write
 * the first value of state and protocol.
 */
enum xsplit_key_writer {
	XSPLIT_BY_NOBODY,
	XSPLIT_BY_TOOLSTACK,
	XSPLIT_BY_HOTPLUG, /* the hotplug script */
	XSPLIT_BY_BACK,
	XSPLIT_BY_FRONT,
	XSPLIT_WRITERS,
};

enum xsplit_key_type {
	XSPLIT_KEY_TEXT, /* any text; it has no numeric value */
	XSPLIT_KEY_NUMBER, /* decimal, without a sign */
	XSPLIT_KEY_POWER, /* decimal, a power of two */
	XSPLIT_KEY_DEVICE, /* major:minor, both hexadecimal; the value is major << 32 | minor */
	XSPLIT_KEY_SEQUENCE, /* disk sequence number of a device; see xsplit_diskseq_parse() */
	XSPLIT_KEY_MODE, /* begins with r or w; the value is an enum xsplit_mode */
	XSPLIT_KEY_DIRECTORY, /* a directory of keys, without a value */
	XSPLIT_KEY_TYPES,
};

enum xsplit_key_need {
	XSPLIT_KEY_OPTIONAL, /* the key may be absent */
	XSPLIT_KEY_REQUIRED,
	XSPLIT_KEY_HINT, /* nothing depends on the key: an invalid value counts as absent */
};

/*
 * Flags of a key. A key without XSPLIT_KEY_REPUBLISHED and XSPLIT_KEY_WITHDRAWN stays until
 * the directory is removed.
 */
enum xsplit_key_flag {
	XSPLIT_KEY_REPUBLISHED = 1, /* the frontend removes it before it publishes again */
	XSPLIT_KEY_WITHDRAWN = 2, /* the driver removes it when it leaves the device */
	XSPLIT_KEY_NEGOTIATED = 4, /* both ends negotiate it */
	XSPLIT_KEY_NUMBERED = 8, /* a number may follow the name */
	XSPLIT_KEY_FIXED = 16, /* the value is fixed for as long as the current rings exist */
	XSPLIT_KEY_LIVE = 32, /* the backend applies a new value while both ends are Connected */
};

/**
 * struct xsplit_key - one key
 * @name:     name in the directory
 * @dir:      the directory
 * @scope:    one key for the device, or one for each queue
 * @writer:   the program that writes the key
 * @flags:    bit mask of enum xsplit_key_flag
 * @type:     the form of the value
 * @need:     whether an absent or invalid value is an error
 * @min:      smallest value
 * @max:      largest value
 * @fallback: value of an absent key that may be absent, and of an invalid hint
 * @doc:     the meaning, as text for people; not in the kernel
 */
struct xsplit_key {
	const char *name;
	enum xsplit_key_dir dir;
	enum xsplit_key_scope scope;
	enum xsplit_key_writer writer;
	unsigned int flags;
	enum xsplit_key_type type;
	enum xsplit_key_need need;
	u64 min;
	u64 max;
	u64 fallback;
#ifndef __KERNEL__
	const char *doc;
#endif
};

enum xsplit_key_verdict {
	XSPLIT_KEY_OK,
	XSPLIT_KEY_MISSING,
	XSPLIT_KEY_MALFORMED,
	XSPLIT_KEY_RANGE,
	XSPLIT_KEY_VERDICTS,
};

/* The value of an absent key that has no other fallback. */
#define XSPLIT_ABSENT (~0ULL)

enum xsplit_mode {
	XSPLIT_MODE_READ,
	XSPLIT_MODE_WRITE, /* exclusive: no other user may have the device */
	XSPLIT_MODE_SHARE, /* "w!": other users may write, too, on purpose */
};

/**
 * xsplit_key_parse() - validate and read the text of a key
 * @key:   the expected key
 * @text:  the text, or NULL if the key is absent
 * @value: result; written only with XSPLIT_KEY_OK
 *
 * Context: Any context.
 *
 * Return: the verdict. A text is XSPLIT_KEY_MALFORMED if the type has no numeric
 * value.
 */
enum xsplit_key_verdict xsplit_key_parse(const struct xsplit_key *key, const char *text,
					 u64 *value);

/**
 * xsplit_diskseq_parse() - read the disk sequence number of a device
 * @text:   "MAJOR:MINOR@SEQUENCE", as our hotplug agent writes it, or
 *          "SEQUENCE", as the script of Qubes does; all hexadecimal
 * @device: major << 32 | minor
 * @seq:    result; written only with XSPLIT_KEY_OK
 *
 * Context: Any context.
 *
 * Return: XSPLIT_KEY_OK, XSPLIT_KEY_MALFORMED, or XSPLIT_KEY_MISSING if the text
 * names another device.
 */
enum xsplit_key_verdict xsplit_diskseq_parse(const char *text, u64 device, u64 *seq);

/**
 * xsplit_key_verdict_text() - text of a verdict, for a log line
 * @v: the verdict
 *
 * Context: Any context.
 *
 * Return: a constant string.
 */
const char *xsplit_key_verdict_text(enum xsplit_key_verdict v);

/*
 * Size of a buffer for a name with its numbers and NUL, in bytes. keys_test.c
 * checks that every name fits.
 */
#define XSPLIT_KEY_NAME_MAX 48

/*
 * The directory of a queue, below the frontend's directory. The number of the
 * queue follows.
 */
#define XSPLIT_QUEUE_NAME "queue-"

/* No queue, or no number after the name. */
#define XSPLIT_NO_NUMBER (-1)

/**
 * xsplit_key_spell() - write the name of a key with its numbers
 * @key:    the key
 * @queue:  number of the queue whose directory contains the key, or
 *          XSPLIT_NO_NUMBER
 * @number: number that follows the name, or XSPLIT_NO_NUMBER
 * @name:   result, XSPLIT_KEY_NAME_MAX bytes; relative to the directory of the
 *          device
 *
 * Context: Any context.
 *
 * Return: false if the name does not fit. The caller must not use @name then.
 */
bool xsplit_key_spell(const struct xsplit_key *key, int queue, int number, char *name);

/**
 * xsplit_key_find() - look up a name in a table
 * @keys: the table
 * @nr:   number of keys in the table
 * @dir:  the directory that contains the name
 * @name: the name, without the directory
 *
 * Context: Any context.
 *
 * Return: the key, or NULL if the table does not contain the name.
 */
const struct xsplit_key *xsplit_key_find(const struct xsplit_key *keys, unsigned int nr,
					 enum xsplit_key_dir dir, const char *name);

/**
 * xsplit_key_is_stale() - whether a name is left from an earlier publication
 * @keys: the table
 * @nr:   number of keys in the table
 * @name: a name in the frontend's directory
 *
 * Context: Any context.
 *
 * Return: true if the frontend must remove the name before it publishes again,
 * even if another driver wrote it.
 */
bool xsplit_key_is_stale(const struct xsplit_key *keys, unsigned int nr, const char *name);

#endif /* XSPLIT_KEYS_H */

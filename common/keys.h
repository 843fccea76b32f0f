/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A key of the store: what it is called, who writes it, what its text may be, when it is
 * removed. And the parser: whatever the other end wrote is judged here, before anything
 * is allocated for it.
 *
 * The keys themselves are in a table of the device class: blkkeys.c.
 *
 * Pure.
 */
#ifndef XVBD_KEYS_H
#define XVBD_KEYS_H

#include "types.h"

/* The directory that a key is in. */
enum xvbd_key_dir {
	XVBD_DIR_BACK, /* the back's */
	XVBD_DIR_FRONT, /* the front's, and queue-N below it: see enum xvbd_key_scope */
	XVBD_DIR_DOMAIN, /* that of the guest's domain, /local/domain/DOMID */
	XVBD_DIRS,
};

enum xvbd_key_scope {
	XVBD_SCOPE_DEVICE,
	/* One for each queue: in queue-N where there are several, else in the directory itself. */
	XVBD_SCOPE_QUEUE,
};

/* Each key has one writer. */
enum xvbd_key_writer {
	XVBD_BY_NOBODY,
	XVBD_BY_TOOLSTACK,
	XVBD_BY_HOTPLUG, /* the hotplug script */
	XVBD_BY_BACK,
	XVBD_BY_FRONT,
	XVBD_WRITERS,
};

enum xvbd_key_type {
	XVBD_KEY_TEXT, /* any text: no number can be read from it */
	XVBD_KEY_NUMBER, /* decimal, no sign */
	XVBD_KEY_POWER, /* a decimal power of two */
	XVBD_KEY_DEVICE, /* major:minor, both hexadecimal; read as major << 32 | minor */
	XVBD_KEY_SEQUENCE, /* of a device: xvbd_diskseq_parse() reads it */
	XVBD_KEY_MODE, /* starts with r or w; read as an enum xvbd_mode */
	XVBD_KEY_DIRECTORY, /* it has keys below it and no value */
	XVBD_KEY_TYPES,
};

enum xvbd_key_need {
	XVBD_KEY_OPTIONAL, /* it may be absent */
	XVBD_KEY_REQUIRED,
	XVBD_KEY_HINT, /* nothing depends on it: what cannot be used is as good as absent */
};

/* More about a key. A key with none of the first two stays until its directory is removed. */
enum xvbd_key_flag {
	XVBD_KEY_ANEW = 1, /* the front removes it before it publishes anew */
	XVBD_KEY_LEAVES = 2, /* a driver that leaves the device removes it */
	XVBD_KEY_AGREED = 4, /* it is negotiated: a part of what the two ends agree on */
	XVBD_KEY_NUMBERED = 8, /* a number may follow the name */
	XVBD_KEY_SETTLED = 16, /* it holds as long as the rings that are there */
};

/**
 * struct xvbd_key - one key
 * @name:     in its directory
 * @dir:      the directory
 * @scope:    whether there is one for the device or one for each queue
 * @writer:   who writes it
 * @flags:    of enum xvbd_key_flag
 * @type:     how its text is read
 * @need:     what it means that the key is absent, or its value cannot be used
 * @min:      smallest value
 * @max:      largest value
 * @fallback: value of a key that may be absent and is, and of a hint that is no use
 * @says:     what it means, for people; a kernel has no such text
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
	XVBD_MODE_WRITE, /* nobody else may have the device */
	XVBD_MODE_SHARE, /* "w!": others write too, and all know of it */
};

/**
 * xvbd_key_parse() - judge and read a key's text
 * @key:   what is expected
 * @text:  the text, or NULL where the key is absent
 * @value: result, set on XVBD_KEY_OK
 *
 * Return: the verdict. A key whose type is no number is malformed.
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

/**
 * xvbd_key_verdict_text() - a verdict, for a log line
 * @v: the verdict
 *
 * Return: the text.
 */
const char *xvbd_key_verdict_text(enum xvbd_key_verdict v);

/* Room for a name with its numbers and its NUL; keys_test.c shows that all names fit. */
#define XVBD_KEY_NAME_MAX 48

/* The directory of a queue, below the front's: its number follows. */
#define XVBD_QUEUE_NAME "queue-"

/* A place that has no number. */
#define XVBD_NO_NUMBER (-1)

/**
 * xvbd_key_spell() - the name of a key with its numbers
 * @key:    which
 * @queue:  the queue whose directory it is in, or XVBD_NO_NUMBER: in no queue's
 * @number: the number that follows the name, or XVBD_NO_NUMBER
 * @name:   result, XVBD_KEY_NAME_MAX bytes: the name in the directory of the device
 *
 * Return: false if the name does not fit: it must not be used then.
 */
bool xvbd_key_spell(const struct xvbd_key *key, int queue, int number, char *name);

/**
 * xvbd_key_find() - look a name up
 * @keys: table
 * @nr:   how many keys it has
 * @dir:  the directory that has the name
 * @name: in that directory
 *
 * Return: the key, or NULL if the table has none of this name.
 */
const struct xvbd_key *xvbd_key_find(const struct xvbd_key *keys, unsigned int nr,
				     enum xvbd_key_dir dir, const char *name);

#endif /* XVBD_KEYS_H */

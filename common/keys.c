// SPDX-License-Identifier: GPL-2.0
#include "keys.h"

/*
 * Read digits of @base at the start of @text. Return the end of the digits, or
 * NULL if there is no digit or the value does not fit.
 */
static const char *digits(const char *text, unsigned int base, u64 *value)
{
	const char *p = text;
	u64 v = 0;

	for (;; p++) {
		unsigned int d;

		if (*p >= '0' && *p <= '9')
			d = *p - '0';
		else if (base == 16 && *p >= 'a' && *p <= 'f')
			d = *p - 'a' + 10;
		else if (base == 16 && *p >= 'A' && *p <= 'F')
			d = *p - 'A' + 10;
		else
			break;
		/*
		 * Refuse v of 2^59 and above before the next digit: v * base
		 * cannot overflow, and no key needs a larger value.
		 */
		if (v >> 59)
			return NULL;
		v = v * base + d;
	}
	*value = v;
	return p == text ? NULL : p;
}

static bool parse_number(const char *text, u64 *value)
{
	const char *end = digits(text, 10, value);

	return end && !*end;
}

static bool parse_power(const char *text, u64 *value)
{
	return parse_number(text, value) && *value && !(*value & (*value - 1));
}

/* As digits(), for MAJOR:MINOR. */
static const char *device_number(const char *text, u64 *value)
{
	u64 major, minor;
	const char *end = digits(text, 16, &major);

	if (!end || *end != ':')
		return NULL;
	end = digits(end + 1, 16, &minor);
	if (!end || major > 0xfff || minor > 0xfffff)
		return NULL;
	*value = major << 32 | minor;
	return end;
}

static bool parse_device(const char *text, u64 *value)
{
	const char *end = device_number(text, value);

	return end && !*end;
}

static bool parse_mode(const char *text, u64 *value)
{
	if (!strchr(text, 'w'))
		*value = XVBD_MODE_READ;
	else
		*value = strchr(text, '!') ? XVBD_MODE_SHARE : XVBD_MODE_WRITE;
	return *text == 'w' || *text == 'r';
}

static bool (*const parsers[])(const char *text, u64 *value) = {
	[XVBD_KEY_NUMBER] = parse_number,
	[XVBD_KEY_POWER] = parse_power,
	[XVBD_KEY_DEVICE] = parse_device,
	[XVBD_KEY_MODE] = parse_mode,
	[XVBD_KEY_TYPES] = NULL,
};

static enum xvbd_key_verdict judge(const struct xvbd_key *key, const char *text, u64 *value)
{
	if (!text)
		return XVBD_KEY_MISSING;
	/* A type without a numeric value has no parser. */
	if (key->type >= XVBD_KEY_TYPES || !parsers[key->type] ||
	    !parsers[key->type](text, value))
		return XVBD_KEY_MALFORMED;
	if (*value < key->min || *value > key->max)
		return XVBD_KEY_RANGE;
	return XVBD_KEY_OK;
}

enum xvbd_key_verdict xvbd_key_parse(const struct xvbd_key *key, const char *text, u64 *value)
{
	enum xvbd_key_verdict verdict;
	u64 v;

	verdict = judge(key, text, &v);
	if (verdict != XVBD_KEY_OK &&
	    (key->need == XVBD_KEY_HINT ||
	     (key->need == XVBD_KEY_OPTIONAL && verdict == XVBD_KEY_MISSING))) {
		v = key->fallback;
		verdict = XVBD_KEY_OK;
	}
	if (verdict == XVBD_KEY_OK)
		*value = v;
	return verdict;
}

/* A sequence number without a device number is valid for any @device. */
enum xvbd_key_verdict xvbd_diskseq_parse(const char *text, u64 device, u64 *seq)
{
	u64 named = device, value;
	const char *sequence = strchr(text, '@'), *end;

	if (sequence && device_number(text, &named) != sequence)
		return XVBD_KEY_MALFORMED;
	end = digits(sequence ? sequence + 1 : text, 16, &value);
	if (!end || *end)
		return XVBD_KEY_MALFORMED;
	if (named != device)
		return XVBD_KEY_MISSING;
	*seq = value;
	return XVBD_KEY_OK;
}

const char *xvbd_key_verdict_text(enum xvbd_key_verdict v)
{
	static const char *const texts[XVBD_KEY_VERDICTS] = {
		[XVBD_KEY_OK] = "valid",
		[XVBD_KEY_MISSING] = "missing",
		[XVBD_KEY_MALFORMED] = "malformed",
		[XVBD_KEY_RANGE] = "out of range",
	};

	return (unsigned int)v < XVBD_KEY_VERDICTS ? texts[v] : "unknown";
}

bool xvbd_key_spell(const struct xvbd_key *key, int queue, int number, char *name)
{
	int len = 0;

	if (queue != XVBD_NO_NUMBER)
		len = snprintf(name, XVBD_KEY_NAME_MAX, XVBD_QUEUE_NAME "%d/", queue);
	if (len < XVBD_KEY_NAME_MAX)
		len += snprintf(name + len, XVBD_KEY_NAME_MAX - len, "%s", key->name);
	if (number != XVBD_NO_NUMBER && len < XVBD_KEY_NAME_MAX)
		len += snprintf(name + len, XVBD_KEY_NAME_MAX - len, "%d", number);
	return len < XVBD_KEY_NAME_MAX;
}

/*
 * A number may follow the name of a key with XVBD_KEY_NUMBERED. A directory
 * must have a number.
 */
static bool is_named(const struct xvbd_key *key, const char *name)
{
	size_t len = strlen(key->name);
	u64 number;

	if (strncmp(name, key->name, len))
		return false;
	if (!name[len])
		return key->type != XVBD_KEY_DIRECTORY;
	return key->flags & XVBD_KEY_NUMBERED && parse_number(name + len, &number);
}

const struct xvbd_key *xvbd_key_find(const struct xvbd_key *keys, unsigned int nr,
				     enum xvbd_key_dir dir, const char *name)
{
	const struct xvbd_key *key;

	for (key = keys; key < keys + nr; key++)
		if (key->dir == dir && is_named(key, name))
			return key;
	return NULL;
}

bool xvbd_key_is_stale(const struct xvbd_key *keys, unsigned int nr, const char *name)
{
	const struct xvbd_key *key = xvbd_key_find(keys, nr, XVBD_DIR_FRONT, name);

	return key && key->flags & XVBD_KEY_ANEW;
}

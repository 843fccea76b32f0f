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
		*value = XSPLIT_MODE_READ;
	else
		*value = strchr(text, '!') ? XSPLIT_MODE_SHARE : XSPLIT_MODE_WRITE;
	return *text == 'w' || *text == 'r';
}

static bool (*const parsers[])(const char *text, u64 *value) = {
	[XSPLIT_KEY_NUMBER] = parse_number,
	[XSPLIT_KEY_POWER] = parse_power,
	[XSPLIT_KEY_DEVICE] = parse_device,
	[XSPLIT_KEY_MODE] = parse_mode,
	[XSPLIT_KEY_TYPES] = NULL,
};

static enum xsplit_key_verdict judge(const struct xsplit_key *key, const char *text, u64 *value)
{
	if (!text)
		return XSPLIT_KEY_MISSING;
	/* A type without a numeric value has no parser. */
	if (key->type >= XSPLIT_KEY_TYPES || !parsers[key->type] ||
	    !parsers[key->type](text, value))
		return XSPLIT_KEY_MALFORMED;
	if (*value < key->min || *value > key->max)
		return XSPLIT_KEY_RANGE;
	return XSPLIT_KEY_OK;
}

enum xsplit_key_verdict xsplit_key_parse(const struct xsplit_key *key, const char *text, u64 *value)
{
	enum xsplit_key_verdict verdict;
	u64 v;

	verdict = judge(key, text, &v);
	if (verdict != XSPLIT_KEY_OK &&
	    (key->need == XSPLIT_KEY_HINT ||
	     (key->need == XSPLIT_KEY_OPTIONAL && verdict == XSPLIT_KEY_MISSING))) {
		v = key->fallback;
		verdict = XSPLIT_KEY_OK;
	}
	if (verdict == XSPLIT_KEY_OK)
		*value = v;
	return verdict;
}

/* A sequence number without a device number is valid for any @device. */
enum xsplit_key_verdict xsplit_diskseq_parse(const char *text, u64 device, u64 *seq)
{
	u64 named = device, value;
	const char *sequence = strchr(text, '@'), *end;

	if (sequence && device_number(text, &named) != sequence)
		return XSPLIT_KEY_MALFORMED;
	end = digits(sequence ? sequence + 1 : text, 16, &value);
	if (!end || *end)
		return XSPLIT_KEY_MALFORMED;
	if (named != device)
		return XSPLIT_KEY_MISSING;
	*seq = value;
	return XSPLIT_KEY_OK;
}

const char *xsplit_key_verdict_text(enum xsplit_key_verdict v)
{
	static const char *const texts[XSPLIT_KEY_VERDICTS] = {
		[XSPLIT_KEY_OK] = "valid",
		[XSPLIT_KEY_MISSING] = "missing",
		[XSPLIT_KEY_MALFORMED] = "malformed",
		[XSPLIT_KEY_RANGE] = "out of range",
	};

	return (unsigned int)v < XSPLIT_KEY_VERDICTS ? texts[v] : "unknown";
}

bool xsplit_key_spell(const struct xsplit_key *key, int queue, int number, char *name)
{
	int len = 0;

	if (queue != XSPLIT_NO_NUMBER)
		len = snprintf(name, XSPLIT_KEY_NAME_MAX, XSPLIT_QUEUE_NAME "%d/", queue);
	if (len < XSPLIT_KEY_NAME_MAX)
		len += snprintf(name + len, XSPLIT_KEY_NAME_MAX - len, "%s", key->name);
	if (number != XSPLIT_NO_NUMBER && len < XSPLIT_KEY_NAME_MAX)
		len += snprintf(name + len, XSPLIT_KEY_NAME_MAX - len, "%d", number);
	return len < XSPLIT_KEY_NAME_MAX;
}

/*
 * A number may follow the name of a key with XSPLIT_KEY_NUMBERED. A directory
 * must have a number.
 */
static bool is_named(const struct xsplit_key *key, const char *name)
{
	size_t len = strlen(key->name);
	u64 number;

	if (strncmp(name, key->name, len))
		return false;
	if (!name[len])
		return key->type != XSPLIT_KEY_DIRECTORY;
	return key->flags & XSPLIT_KEY_NUMBERED && parse_number(name + len, &number);
}

const struct xsplit_key *xsplit_key_find(const struct xsplit_key *keys, unsigned int nr,
					 enum xsplit_key_dir dir, const char *name)
{
	const struct xsplit_key *key;

	for (key = keys; key < keys + nr; key++)
		if (key->dir == dir && is_named(key, name))
			return key;
	return NULL;
}

bool xsplit_key_is_stale(const struct xsplit_key *keys, unsigned int nr, const char *name)
{
	const struct xsplit_key *key = xsplit_key_find(keys, nr, XSPLIT_DIR_FRONT, name);

	return key && key->flags & XSPLIT_KEY_REPUBLISHED;
}

// SPDX-License-Identifier: GPL-2.0
#include "keys.h"
#include "protocol.h"

#define NUMBER XVBD_KEY_NUMBER
#define POWER XVBD_KEY_POWER
#define OPTIONAL XVBD_KEY_OPTIONAL
#define REQUIRED XVBD_KEY_REQUIRED
#define HINT XVBD_KEY_HINT
#define U32_TOP 0xffffffffULL

/* clang-format off */
const struct xvbd_key xvbd_front_keys[XVBD_FRONT_KEYS] = {
	/* name, type, need, min, max, fallback */
	[XVBD_FRONT_NUM_QUEUES] = { "multi-queue-num-queues", NUMBER, OPTIONAL, 1, XVBD_MAX_QUEUES, 1 },
	[XVBD_FRONT_RING_PAGE_ORDER] = { "ring-page-order", NUMBER, OPTIONAL,
					 0, XVBD_MAX_RING_PAGE_ORDER, XVBD_ABSENT },
	[XVBD_FRONT_NUM_RING_PAGES] = { "num-ring-pages", POWER, OPTIONAL,
					1, 1 << XVBD_MAX_RING_PAGE_ORDER, XVBD_ABSENT },
	[XVBD_FRONT_PERSISTENT] = { "feature-persistent", NUMBER, OPTIONAL, 0, 1, 0 },
	[XVBD_FRONT_PERSISTENT_SEGMENTS] = { "persistent-segments", NUMBER, OPTIONAL,
					     1, U32_TOP, XVBD_ABSENT },
};

const struct xvbd_key xvbd_event_channel_key = { "event-channel", NUMBER, REQUIRED, 1, U32_TOP, 0 };
const struct xvbd_key xvbd_ring_ref_key = { "ring-ref", NUMBER, REQUIRED, 1, U32_TOP, 0 };

const struct xvbd_key xvbd_tool_keys[XVBD_TOOL_KEYS] = {
	[XVBD_TOOL_PHYSICAL_DEVICE] = { "physical-device", XVBD_KEY_DEVICE, REQUIRED, 0, ~0ULL, 0 },
	[XVBD_TOOL_MODE]            = { "mode",            XVBD_KEY_MODE,   REQUIRED, 0, 2,     0 },
	[XVBD_TOOL_DISCARD_ENABLE]  = { "discard-enable",  NUMBER, OPTIONAL, 0, 1, 1 },
	[XVBD_TOOL_REMOVABLE]       = { "removable",       NUMBER, OPTIONAL, 0, 1, 0 },
};

/* A back may offer more than this front knows: then there is a limit of our own. */
const struct xvbd_key xvbd_offer_keys[XVBD_OFFER_KEYS] = {
	[XVBD_OFFER_MAX_RING_PAGE_ORDER] = { "max-ring-page-order", NUMBER, OPTIONAL, 0, U32_TOP, 0 },
	[XVBD_OFFER_MAX_RING_PAGES]      = { "max-ring-pages", NUMBER, OPTIONAL, 1, U32_TOP, 1 },
	[XVBD_OFFER_MAX_QUEUES] = { "multi-queue-max-queues", NUMBER, OPTIONAL, 1, U32_TOP, 1 },
	[XVBD_OFFER_PERSISTENT_SEGMENTS] = { "persistent-segments", NUMBER, OPTIONAL, 0, U32_TOP, 0 },
};

const struct xvbd_key xvbd_back_keys[XVBD_BACK_KEYS] = {
	[XVBD_BACK_SECTORS]     = { "sectors",     NUMBER, REQUIRED, 0,   XVBD_MAX_DISK_SECTORS, 0 },
	[XVBD_BACK_SECTOR_SIZE] = { "sector-size", POWER, OPTIONAL, 512, 4096,  512 },
	[XVBD_BACK_PHYSICAL_SECTOR_SIZE] = { "physical-sector-size", POWER, HINT, 512, 1 << 20, 0 },
	[XVBD_BACK_INFO]        = { "info",        NUMBER, OPTIONAL, 0,   U32_TOP, 0 },
	[XVBD_BACK_FLUSH_CACHE] = { "feature-flush-cache", NUMBER, OPTIONAL, 0, 1, 0 },
	[XVBD_BACK_BARRIER]     = { "feature-barrier",     NUMBER, OPTIONAL, 0, 1, 0 },
	[XVBD_BACK_DISCARD]     = { "feature-discard",     NUMBER, OPTIONAL, 0, 1, 0 },
	[XVBD_BACK_DISCARD_GRANULARITY] = { "discard-granularity", NUMBER, HINT, 0, U32_TOP, 0 },
	[XVBD_BACK_DISCARD_ALIGNMENT]   = { "discard-alignment",   NUMBER, HINT, 0, U32_TOP, 0 },
	[XVBD_BACK_DISCARD_SECURE] = { "discard-secure",     NUMBER, OPTIONAL, 0, 1, 0 },
	[XVBD_BACK_PERSISTENT]     = { "feature-persistent", NUMBER, OPTIONAL, 0, 1, 0 },
	[XVBD_BACK_MAX_INDIRECT_SEGMENTS] = { "feature-max-indirect-segments", NUMBER, OPTIONAL,
					      0, U32_TOP, 0 },
	[XVBD_BACK_MEDIUM]      = { "medium",      NUMBER, OPTIONAL, 0,   XVBD_ABSENT - 1, 0 },
};

const struct xvbd_key xvbd_own_keys[XVBD_OWN_KEYS] = {
	[XVBD_OWN_VIRTUAL_DEVICE] = { "virtual-device", NUMBER, OPTIONAL, 0, U32_TOP, XVBD_ABSENT },
	[XVBD_OWN_VIRTUAL_DEVICE_EXT] = { "virtual-device-ext", NUMBER, OPTIONAL, 0, U32_TOP,
					  XVBD_ABSENT },
	[XVBD_OWN_TRUSTED]        = { "trusted", NUMBER, OPTIONAL, 0, 1, 1 },
};
/* clang-format on */

/*
 * Read digits of @base at the start of @text. Returns what follows the
 * last digit, or NULL if there is no digit or the value does not fit.
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
		/* No value of ours needs the top bits: v * base cannot wrap. */
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
};

static enum xvbd_key_verdict judge(const struct xvbd_key *key, const char *text, u64 *value)
{
	if (!text)
		return XVBD_KEY_MISSING;
	if (!parsers[key->type](text, value))
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
	    (key->need == HINT || (key->need == OPTIONAL && verdict == XVBD_KEY_MISSING))) {
		v = key->fallback;
		verdict = XVBD_KEY_OK;
	}
	if (verdict == XVBD_KEY_OK)
		*value = v;
	return verdict;
}

/* A bare sequence is about @device, whatever that is. */
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

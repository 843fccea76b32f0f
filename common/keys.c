// SPDX-License-Identifier: GPL-2.0
#include "keys.h"
#include "protocol.h"

#define NUMBER XVBD_KEY_NUMBER
#define POWER XVBD_KEY_POWER
#define U32_TOP 0xffffffffULL

/* clang-format off */
const struct xvbd_key xvbd_front_keys[XVBD_FRONT_KEYS] = {
	/* name, type, required, min, max, fallback */
	[XVBD_FRONT_NUM_QUEUES] = { "multi-queue-num-queues", NUMBER, false, 1, XVBD_MAX_QUEUES, 1 },
	[XVBD_FRONT_RING_PAGE_ORDER] = { "ring-page-order", NUMBER, false,
					 0, XVBD_MAX_RING_PAGE_ORDER, XVBD_ABSENT },
	[XVBD_FRONT_NUM_RING_PAGES] = { "num-ring-pages", POWER, false,
					1, 1 << XVBD_MAX_RING_PAGE_ORDER, XVBD_ABSENT },
	[XVBD_FRONT_PERSISTENT] = { "feature-persistent", NUMBER, false, 0, 1, 0 },
	[XVBD_FRONT_PERSISTENT_SEGMENTS] = { "persistent-segments", NUMBER, false,
					     1, U32_TOP, XVBD_ABSENT },
};

const struct xvbd_key xvbd_event_channel_key = { "event-channel", NUMBER, true, 1, U32_TOP, 0 };
const struct xvbd_key xvbd_ring_ref_key = { "ring-ref", NUMBER, true, 1, U32_TOP, 0 };

const struct xvbd_key xvbd_tool_keys[XVBD_TOOL_KEYS] = {
	[XVBD_TOOL_PHYSICAL_DEVICE] = { "physical-device", XVBD_KEY_DEVICE, true, 0, ~0ULL, 0 },
	[XVBD_TOOL_MODE]            = { "mode",            XVBD_KEY_MODE,   true, 0, 1,     0 },
	[XVBD_TOOL_DISCARD_ENABLE]  = { "discard-enable",  NUMBER, false, 0, 1, 1 },
	[XVBD_TOOL_REMOVABLE]       = { "removable",       NUMBER, false, 0, 1, 0 },
};

/* A back may offer more than this front knows: then there is a limit of our own. */
const struct xvbd_key xvbd_offer_keys[XVBD_OFFER_KEYS] = {
	[XVBD_OFFER_MAX_RING_PAGE_ORDER] = { "max-ring-page-order", NUMBER, false, 0, U32_TOP, 0 },
	[XVBD_OFFER_MAX_RING_PAGES]      = { "max-ring-pages", NUMBER, false, 1, U32_TOP, 1 },
	[XVBD_OFFER_MAX_QUEUES] = { "multi-queue-max-queues", NUMBER, false, 1, U32_TOP, 1 },
	[XVBD_OFFER_PERSISTENT_SEGMENTS] = { "persistent-segments", NUMBER, false, 0, U32_TOP, 0 },
};

const struct xvbd_key xvbd_back_keys[XVBD_BACK_KEYS] = {
	[XVBD_BACK_SECTORS]     = { "sectors",     NUMBER, true,  0,   XVBD_MAX_DISK_SECTORS, 0 },
	[XVBD_BACK_SECTOR_SIZE] = { "sector-size", POWER,  false, 512, 4096,  512 },
	[XVBD_BACK_PHYSICAL_SECTOR_SIZE] = { "physical-sector-size", POWER, false, 512, 1 << 20, 0 },
	[XVBD_BACK_INFO]        = { "info",        NUMBER, false, 0,   U32_TOP, 0 },
	[XVBD_BACK_FLUSH_CACHE] = { "feature-flush-cache", NUMBER, false, 0, 1, 0 },
	[XVBD_BACK_BARRIER]     = { "feature-barrier",     NUMBER, false, 0, 1, 0 },
	[XVBD_BACK_DISCARD]     = { "feature-discard",     NUMBER, false, 0, 1, 0 },
	[XVBD_BACK_DISCARD_GRANULARITY] = { "discard-granularity", NUMBER, false, 0, U32_TOP, 0 },
	[XVBD_BACK_DISCARD_ALIGNMENT]   = { "discard-alignment",   NUMBER, false, 0, U32_TOP, 0 },
	[XVBD_BACK_DISCARD_SECURE] = { "discard-secure",     NUMBER, false, 0, 1, 0 },
	[XVBD_BACK_PERSISTENT]     = { "feature-persistent", NUMBER, false, 0, 1, 0 },
	[XVBD_BACK_MAX_INDIRECT_SEGMENTS] = { "feature-max-indirect-segments", NUMBER, false,
					      0, U32_TOP, 0 },
	[XVBD_BACK_MEDIUM]      = { "medium",      NUMBER, false, 0,   XVBD_ABSENT - 1, 0 },
};

const struct xvbd_key xvbd_own_keys[XVBD_OWN_KEYS] = {
	[XVBD_OWN_VIRTUAL_DEVICE] = { "virtual-device", NUMBER, false, 0, U32_TOP, XVBD_ABSENT },
	[XVBD_OWN_VIRTUAL_DEVICE_EXT] = { "virtual-device-ext", NUMBER, false, 0, U32_TOP,
					  XVBD_ABSENT },
	[XVBD_OWN_TRUSTED]        = { "trusted", NUMBER, false, 0, 1, 1 },
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
	*value = strchr(text, 'w') != NULL;
	return *text == 'w' || *text == 'r';
}

static bool (*const parsers[])(const char *text, u64 *value) = {
	[XVBD_KEY_NUMBER] = parse_number,
	[XVBD_KEY_POWER] = parse_power,
	[XVBD_KEY_DEVICE] = parse_device,
	[XVBD_KEY_MODE] = parse_mode,
};

enum xvbd_key_verdict xvbd_key_parse(const struct xvbd_key *key, const char *text, u64 *value)
{
	u64 v;

	if (!text) {
		if (key->required)
			return XVBD_KEY_MISSING;
		*value = key->fallback;
		return XVBD_KEY_OK;
	}
	if (!parsers[key->type](text, &v))
		return XVBD_KEY_MALFORMED;
	if (v < key->min || v > key->max)
		return XVBD_KEY_RANGE;
	*value = v;
	return XVBD_KEY_OK;
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

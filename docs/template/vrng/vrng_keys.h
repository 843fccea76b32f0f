/* SPDX-License-Identifier: GPL-2.0 */
/* The xenstore keys of vrng, beside those that each class has (splitkeys.h). */
#ifndef VRNG_KEYS_H
#define VRNG_KEYS_H

#include "splitkeys.h"

/* In the backend's directory. */
enum {
	VRNG_ID_RATE = XSPLIT_ID_KEYS,
	VRNG_ID_KEYS,
};

extern const struct xsplit_key vrng_keys[VRNG_ID_KEYS];

#endif /* VRNG_KEYS_H */

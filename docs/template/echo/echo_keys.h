/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The xenstore keys of echo, beside those that each class has (splitkeys.h). A new
 * key needs an index here, a row in echo_keys.c, a writer and a reader.
 */
#ifndef ECHO_KEYS_H
#define ECHO_KEYS_H

#include "splitkeys.h"

/* All are in the backend's directory. */
enum {
	ECHO_ID_ROTATE = XSPLIT_ID_KEYS,
	ECHO_ID_MAX_LENGTH,
	ECHO_ID_PARAMS,
	ECHO_ID_SCRIPT,
	ECHO_ID_HOTPLUG_STATUS,
	ECHO_ID_HOTPLUG_ERROR,
	ECHO_ID_KEYS
};

extern const struct xsplit_key echo_keys[ECHO_ID_KEYS];

#endif /* ECHO_KEYS_H */

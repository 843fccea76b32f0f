// SPDX-License-Identifier: GPL-2.0
#include "keyrows.h"
#include "splitkeys.h"

const struct xsplit_key xsplit_keys[XSPLIT_ID_KEYS] = { XSPLIT_KEY_ROWS };

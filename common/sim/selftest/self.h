/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The class of the self test: the back adds the key "add" to a number in a granted page.
 * SIM_FAULT_NAME builds a fault in: see faults.sh.
 */
#ifndef SELF_H
#define SELF_H

#include "keyrows.h"
#include "splitkeys.h"

#define SELF_ADD XSPLIT_ID_KEYS
#define SELF_KEYS (SELF_ADD + 1)

static const struct xsplit_key self_keys[SELF_KEYS] = {
	XSPLIT_KEY_ROWS,
	[SELF_ADD] = { "add", BACK_DIR(TOOLSTACK, LIVE),
		       NEEDS_NUMBER(0, 1000) },
};

struct self_request {
	u32 id;
	u32 gref;
	u64 zero;
};
struct self_response {
	u32 id;
	s32 status;
};

#endif /* SELF_H */

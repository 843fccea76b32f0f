// SPDX-License-Identifier: GPL-2.0
#include "vrng_keys.h"
#include "keyrows.h"

/* clang-format off */
const struct xsplit_key vrng_keys[VRNG_ID_KEYS] = {
	XSPLIT_KEY_ROWS,

	[VRNG_ID_RATE] = { "rate", BACK_DIR(TOOLSTACK, LIVE), IS_NUMBER(0, U32_TOP, 0),
		DOC("bytes a second that the guest may have; 0: no limit") },
};
/* clang-format on */

// SPDX-License-Identifier: GPL-2.0
#include "echo_keys.h"
#include "keyrows.h"
#include "echo_wire.h"

/* clang-format off */
const struct xsplit_key echo_keys[ECHO_ID_KEYS] = {
	XSPLIT_KEY_ROWS,

	[ECHO_ID_ROTATE] = { "rotate", BACK_DIR(HOTPLUG, LIVE), NEEDS_NUMBER(0, ECHO_LETTERS - 1),
		DOC("places that each letter is moved by; the back waits for this key") },
	[ECHO_ID_MAX_LENGTH] = { "max-length", BACK_DIR(BACK, NEGOTIATED), NEEDS_NUMBER(1, ECHO_MAX_LENGTH),
		DOC("the longest text of a request, in bytes") },
	[ECHO_ID_PARAMS] = { "params", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("name of the rotation, for the hotplug script: `rot13`, `caesar`, or a number") },
	[ECHO_ID_SCRIPT] = { "script", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("the hotplug script") },
	[ECHO_ID_HOTPLUG_STATUS] = { "hotplug-status", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("`connected` or `error`; tools wait for it") },
	[ECHO_ID_HOTPLUG_ERROR] = { "hotplug-error", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("what went wrong, in a sentence") },
};
/* clang-format on */

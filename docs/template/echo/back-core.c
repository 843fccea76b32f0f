// SPDX-License-Identifier: GPL-2.0
/* What both modules share, compiled into the back: see backcore.c. */
#include "backcore.c"
#include "echo_keys.c"
#include "echo_wire.c"

// SPDX-License-Identifier: GPL-2.0
/* What both modules share, compiled into the back: see backcore.c. */
#include "backcore.c"
#include "vrng_keys.c"
#include "vrng_wire.c"

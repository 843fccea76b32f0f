// SPDX-License-Identifier: GPL-2.0
/* What both modules share, compiled into the front: see frontcore.c. */
#include "frontcore.c"
#include "vrng_keys.c"
#include "vrng_wire.c"

// SPDX-License-Identifier: GPL-2.0
/* The code of common/, compiled into this module: see backcore.c. */
#include "backcore.c"
#include "block/blkkeys.c"
#include "block/lease.c"
#include "block/protocol.c"

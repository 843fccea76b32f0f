// SPDX-License-Identifier: GPL-2.0
/* The code of common/, compiled into this module: see frontcore.c. */
#include "frontcore.c"
#include "block/blkkeys.c"
#include "block/protocol.c"
#include "block/vdev.c"

// SPDX-License-Identifier: GPL-2.0
/*
 * The shared code, compiled into this module. kbuild does not build one object
 * for two modules, so each module includes the source files of common/.
 */
#include "block/blkkeys.c"
#include "block/protocol.c"
#include "block/vdev.c"
#include "front.c"
#include "frontdev.c"
#include "frontpark.c"
#include "frontring.c"
#include "frontsteps.c"
#include "handshake.c"
#include "keys.c"
#include "machine.c"
#include "splitkeys.c"
#include "state.c"
#include "store.c"

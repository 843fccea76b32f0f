// SPDX-License-Identifier: GPL-2.0
/*
 * Compiles the code of common/ into this module. A source file of common/ belongs to two
 * modules, and kbuild does not link one object into two modules.
 */
#include "back.c"
#include "backconnect.c"
#include "backdev.c"
#include "backring.c"
#include "block/blkkeys.c"
#include "block/lease.c"
#include "block/protocol.c"
#include "handshake.c"
#include "keys.c"
#include "machine.c"
#include "splitkeys.c"
#include "state.c"
#include "store.c"

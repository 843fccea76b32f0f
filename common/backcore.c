// SPDX-License-Identifier: GPL-2.0
/*
 * The core of a back, for a module. kbuild does not link one object into two
 * modules, so one source file of each module includes this file.
 */
#include "back.c"
#include "backconnect.c"
#include "backdev.c"
#include "backring.c"
#include "backserve.c"
#include "handshake.c"
#include "keys.c"
#include "machine.c"
#include "splitkeys.c"
#include "state.c"
#include "stats.c"
#include "store.c"

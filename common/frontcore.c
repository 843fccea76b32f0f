// SPDX-License-Identifier: GPL-2.0
/*
 * The core of a front, for a module. kbuild does not link one object into two
 * modules, so one source file of each module includes this file.
 */
#include "front.c"
#include "frontcall.c"
#include "frontdev.c"
#include "frontpage.c"
#include "frontpark.c"
#include "frontresponse.c"
#include "frontring.c"
#include "frontsteps.c"
#include "handshake.c"
#include "keys.c"
#include "machine.c"
#include "splitkeys.c"
#include "state.c"
#include "stats.c"
#include "store.c"

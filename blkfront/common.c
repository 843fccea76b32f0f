// SPDX-License-Identifier: GPL-2.0
/*
 * The shared code, compiled into this module: a source file of common/ belongs
 * to two modules, which kbuild does not build from one object.
 */
#include "blkkeys.c"
#include "handshake.c"
#include "keys.c"
#include "machine.c"
#include "protocol.c"
#include "state.c"
#include "store.c"
#include "vdev.c"

// SPDX-License-Identifier: GPL-2.0
/* What both modules share, compiled into the front: see frontcore.c. */
#include "frontcore.c"
#include "echo_keys.c"
#include "echo_wire.c"

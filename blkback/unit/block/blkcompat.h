/* SPDX-License-Identifier: GPL-2.0 */
/* Replaces common/block/blkcompat.h: these tests do not depend on a kernel version. */
#include "kernel.h"

struct xvbd_bdev;

/* SPDX-License-Identifier: GPL-2.0 */
/* In place of common/compat.h: nothing here depends on a kernel's version. */
#include "kernel.h"

struct xvbd_bdev;

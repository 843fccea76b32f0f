/* SPDX-License-Identifier: GPL-2.0 */
/* Replaces common/compat.h: these tests do not depend on a kernel version. */
#ifndef XVBD_COMPAT_H
#define XVBD_COMPAT_H

#include "kernel.h"

#endif

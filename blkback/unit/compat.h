/* SPDX-License-Identifier: GPL-2.0 */
/* Replaces common/compat.h: these tests do not depend on a kernel version. */
#ifndef XSPLIT_COMPAT_H
#define XSPLIT_COMPAT_H

#include "kernel.h"

#endif

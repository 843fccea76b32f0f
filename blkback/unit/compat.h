/* SPDX-License-Identifier: GPL-2.0 */
/* Replaces common/compat.h: these tests do not depend on a kernel version. */
#include "kernel.h"

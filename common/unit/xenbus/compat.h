/* SPDX-License-Identifier: GPL-2.0 */
/* In place of common/compat.h, whose guard it has: it comes first, by -include. */
#ifndef XVBD_COMPAT_H
#define XVBD_COMPAT_H

#include <errno.h>
#include <stdarg.h>

#include "types.h"

#define XVBD_FRONT_IS_REPLACED true

/* The test has one thread. */
#define smp_load_acquire(p) READ_ONCE(*(p))
#define cmpxchg(p, old, new) __sync_val_compare_and_swap(p, old, new)

#endif

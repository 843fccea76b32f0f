/* SPDX-License-Identifier: GPL-2.0 */
/* Replaces common/compat.h: it has the same guard, and -include reads it first. */
#ifndef XSPLIT_COMPAT_H
#define XSPLIT_COMPAT_H

#include <errno.h>
#include <stdarg.h>

#include "types.h"

#define XSPLIT_FRONT_IS_REPLACED true

/* The test has one thread. */
#define smp_load_acquire(p) READ_ONCE(*(p))
#define cmpxchg(p, old, new) __sync_val_compare_and_swap(p, old, new)

#endif

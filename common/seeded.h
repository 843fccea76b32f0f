/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Deliberate faults. Tests use them to see whether a debug kernel and the test
 * harness report such a fault. `make SEEDED=use-after-free` or `make
 * SEEDED=lock-inversion` builds one fault; without SEEDED= this file adds no
 * code. Modules with a fault say so in modinfo and in the log. The Makefile
 * neither installs nor packages them.
 */
#ifndef XSPLIT_SEEDED_H
#define XSPLIT_SEEDED_H

#include <linux/module.h>
#include <linux/mutex.h>

#ifdef XSPLIT_SEEDED
#define xsplit_seeded_announce()                                                                \
	do {                                                                                    \
		MODULE_INFO(seeded, XSPLIT_SEEDED);                                             \
		pr_info(KBUILD_MODNAME ": built with a fault on purpose: " XSPLIT_SEEDED "\n"); \
	} while (0)
#else
#define xsplit_seeded_announce() \
	do {                     \
	} while (0)
#endif

/* Write to an object that the caller has just freed. */
static inline void xsplit_seeded_use_after_free(unsigned long *freed)
{
#ifdef XSPLIT_SEEDED_USE_AFTER_FREE
	WRITE_ONCE(*freed, 1);
#endif
}

/*
 * Take @second inside @first, where the driver takes @first inside @second. The
 * caller holds neither lock.
 */
static inline void xsplit_seeded_lock_inversion(struct mutex *first, struct mutex *second)
{
#ifdef XSPLIT_SEEDED_LOCK_INVERSION
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
#endif
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on purpose, for tests that see whether a debug kernel and the harness report such
 * a fault. `make SEEDED=use-after-free` or `make SEEDED=lock-inversion` builds one in;
 * without SEEDED= there is no code here. Modules with a fault say so in modinfo and in the
 * log, and are neither installed nor packaged.
 */
#ifndef XVBD_SEEDED_H
#define XVBD_SEEDED_H

#include <linux/module.h>
#include <linux/mutex.h>

#ifdef XVBD_SEEDED
#define xvbd_seeded_say()                                                        \
	do {                                                                     \
		MODULE_INFO(seeded, XVBD_SEEDED);                                \
		pr_info(KBUILD_MODNAME ": built with a fault on purpose: "       \
			XVBD_SEEDED "\n");                                      \
	} while (0)
#else
#define xvbd_seeded_say() do {} while (0)
#endif

/* Called with an object that has just been freed: writes to it. */
static inline void xvbd_seeded_use_after_free(unsigned long *freed)
{
#ifdef XVBD_SEEDED_USE_AFTER_FREE
	WRITE_ONCE(*freed, 1);
#endif
}

/* Called with no lock held, where others take @first within @second: takes them the other way. */
static inline void xvbd_seeded_lock_inversion(struct mutex *first, struct mutex *second)
{
#ifdef XVBD_SEEDED_LOCK_INVERSION
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
#endif
}

#endif

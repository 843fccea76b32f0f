/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names that the pure files of common/ need from their environment. With
 * them the same source compiles into both modules and into user space.
 */
#ifndef XSPLIT_TYPES_H
#define XSPLIT_TYPES_H

#ifdef __KERNEL__

#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

#else

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define BIT(n) (1UL << (n))
#define barrier() __asm__ __volatile__("" : : : "memory")

/*
 * The other end runs on another CPU, even if this kernel is built for one CPU.
 * So these barriers are needed without SMP, too.
 */
#define virt_mb() __sync_synchronize()
#define virt_rmb() __sync_synchronize()
#define virt_wmb() __sync_synchronize()

#endif /* __KERNEL__ */

/*
 * Read a value of shared memory once, at any alignment: as READ_ONCE(), which needs an aligned
 * address. The other end may change the memory at any time (XSA-155).
 */
#define XSPLIT_READ(type, from) \
	(((const volatile struct { type v; } __attribute__((packed)) *)(from))->v)

#endif /* XSPLIT_TYPES_H */

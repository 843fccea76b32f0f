/* SPDX-License-Identifier: GPL-2.0 */
/* Types and small helpers of the kernel. */
#ifndef SIM_BASE_H
#define SIM_BASE_H

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;
typedef u16 __le16;
typedef u32 __le32;
typedef unsigned int gfp_t;
typedef s64 ktime_t;
typedef u16 domid_t;
typedef long long sim_loff_t;
#define loff_t sim_loff_t

#define ERESTARTSYS 512
#define ENOTSUPP 524

#define __init
#define __exit
#define __user
#define __iomem
#define __percpu
#define __must_check __attribute__((warn_unused_result))
#define __maybe_unused __attribute__((unused))
#define __always_unused __attribute__((unused))
#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __printf(a, b) __attribute__((format(printf, a, b)))
#define fallthrough __attribute__((fallthrough))
#define noinline __attribute__((noinline))
#define likely(x) (x)
#define unlikely(x) (x)
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define SMP_CACHE_BYTES 64
#define L1_CACHE_BYTES 64

#define BITS_PER_LONG 64
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define U8_MAX 0xffU
#define U16_MAX 0xffffU
#define U32_MAX 0xffffffffU
#define U64_MAX (~0ULL)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a) (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define DIV_ROUND_UP_ULL(n, d) DIV_ROUND_UP((u64)(n), d)
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define array_index_nospec(index, size) (index)
#define barrier() __asm__ __volatile__("" : : : "memory")
#define virt_mb() __sync_synchronize()
#define virt_rmb() __sync_synchronize()
#define virt_wmb() __sync_synchronize()
#define smp_mb() __sync_synchronize()
#define smp_rmb() __sync_synchronize()
#define smp_wmb() __sync_synchronize()
#define smp_load_acquire(p) READ_ONCE(*(p))
#define smp_store_release(p, v) WRITE_ONCE(*(p), v)
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define BUILD_BUG_ON(c) _Static_assert(!(c), "BUILD_BUG_ON")
#ifndef static_assert
#define static_assert _Static_assert
#endif
#define __stringify_1(x) #x
#define __stringify(x) __stringify_1(x)

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define clamp_t(t, v, lo, hi) clamp((t)(v), (t)(lo), (t)(hi))
#define clamp_val(v, lo, hi) clamp_t(__typeof__(v), v, lo, hi)
#define swap(a, b)                   \
	do {                         \
		__typeof__(a) t_ = a; \
		a = b;               \
		b = t_;              \
	} while (0)
#define ilog2(x) (63 - __builtin_clzll(x))
#define is_power_of_2(x) ((x) && !((x) & ((x)-1)))
#define upper_32_bits(x) ((u32)((x) >> 32))
#define lower_32_bits(x) ((u32)(x))

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}
#define div64_u64(a, b) ((u64)(a) / (u64)(b))
#define mul_u64_u32_div(a, m, d) ((u64)((unsigned __int128)(a) * (m) / (d)))
#define do_div(n, d)                 \
	({                           \
		u32 r_ = (n) % (d);  \
		(n) /= (d);          \
		r_;                  \
	})

#define MAX_ERRNO 4095
#define IS_ERR_VALUE(x) ((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR(p) IS_ERR_VALUE(p)
#define IS_ERR_OR_NULL(p) (!(p) || IS_ERR(p))
#define PTR_ERR(p) ((long)(p))
#define PTR_ERR_OR_ZERO(p) (IS_ERR(p) ? (int)PTR_ERR(p) : 0)
#define ERR_PTR(e) ((void *)(long)(e))
#define ERR_CAST(p) ((void *)(p))

/* What is wrong. Counted; a life with a problem fails. */
void sim_problem(const char *fmt, ...) __printf(1, 2);
/* The simulator cannot go on: something is too small, or gone. */
void sim_die(const char *where) __attribute__((noreturn));
/* A line for people who replay a seed. */
void sim_say(const char *fmt, ...) __printf(1, 2);
/* A number below @n, drawn from the seed. */
unsigned int sim_random(unsigned int n);
/* A place where another context may run. */
void sim_point(void);

#define WARN_ON(c)                                                                   \
	({                                                                           \
		bool c_ = !!(c);                                                     \
		if (c_)                                                              \
			sim_problem("WARN at %s:%d: %s", __FILE__, __LINE__, #c);    \
		c_;                                                                  \
	})
#define WARN_ON_ONCE(c) WARN_ON(c)
#define WARN(c, ...) WARN_ON(c)
#define WARN_ONCE(c, ...) WARN_ON(c)
#define pr_info(fmt, ...) sim_say(fmt, ##__VA_ARGS__)
#define pr_warn pr_info
#define pr_err pr_info
#define pr_info_once pr_info
#define pr_warn_once pr_info
#define pr_err_ratelimited pr_info
#define pr_warn_ratelimited pr_info
#define KERN_INFO ""

static inline void sim_set_bit(int n, unsigned long *w)
{
	sim_point();
	*w |= BIT(n);
}

static inline void sim_clear_bit(int n, unsigned long *w)
{
	sim_point();
	*w &= ~BIT(n);
}

static inline bool sim_exchange_bit(int n, unsigned long *w, bool value)
{
	bool was = *w & BIT(n);

	sim_point();
	was = *w & BIT(n);
	*w = value ? *w | BIT(n) : *w & ~BIT(n);
	return was;
}

#define set_bit(n, w) sim_set_bit(n, w)
#define clear_bit(n, w) sim_clear_bit(n, w)
#define __set_bit(n, w) (*(w) |= BIT(n))
#define __clear_bit(n, w) (*(w) &= ~BIT(n))
#define assign_bit(n, w, v) ((v) ? sim_set_bit(n, w) : sim_clear_bit(n, w))
#define test_bit(n, w) (!!(*(w) & BIT(n)))
#define test_and_set_bit(n, w) sim_exchange_bit(n, w, true)
#define test_and_clear_bit(n, w) sim_exchange_bit(n, w, false)
#define DECLARE_BITMAP(name, bits) unsigned long name[DIV_ROUND_UP(bits, BITS_PER_LONG)]
#define xchg(p, v)                                \
	({                                        \
		__typeof__(*(p)) o_;              \
		sim_point();                      \
		o_ = *(p);                        \
		*(p) = (v);                       \
		o_;                               \
	})
#define cmpxchg(p, o, n)                          \
	({                                        \
		__typeof__(*(p)) o_;              \
		sim_point();                      \
		o_ = *(p);                        \
		if (o_ == (o))                    \
			*(p) = (n);               \
		o_;                               \
	})

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }
#define atomic_read(v) ((v)->counter)
#define atomic_set(v, i) ((void)((v)->counter = (i)))
#define atomic_inc(v) ((void)(v)->counter++)
#define atomic_dec(v) ((void)(v)->counter--)
#define atomic_add(i, v) ((void)((v)->counter += (i)))
#define atomic_sub(i, v) ((void)((v)->counter -= (i)))
#define atomic_inc_return(v) (++(v)->counter)
#define atomic_dec_return(v) (--(v)->counter)
#define atomic_dec_and_test(v) (!--(v)->counter)
#define atomic_xchg(v, n) xchg(&(v)->counter, n)
#define atomic64_read atomic_read
#define atomic64_set atomic_set
#define atomic64_inc atomic_inc
#define atomic64_add atomic_add

struct kref {
	int count;
};

static inline void kref_init(struct kref *k)
{
	k->count = 1;
}

static inline void kref_get(struct kref *k)
{
	if (k->count <= 0)
		sim_problem("kref_get() of an object without references");
	k->count++;
}

static inline int kref_put(struct kref *k, void (*release)(struct kref *))
{
	if (k->count <= 0)
		sim_problem("kref_put() of an object without references");
	if (--k->count)
		return 0;
	release(k);
	return 1;
}
#define kref_read(k) ((k)->count)
#define kref_get_unless_zero(k) ((k)->count ? (k)->count++, 1 : 0)
typedef struct kref refcount_t;
#define refcount_set(r, n) ((r)->count = (n))
#define refcount_inc(r) kref_get(r)
#define refcount_dec_and_test(r) (!--(r)->count)
#define refcount_read(r) ((r)->count)

struct list_head {
	struct list_head *next, *prev;
};
#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l->prev = l;
}

static inline void list_add(struct list_head *n, struct list_head *after)
{
	n->next = after->next;
	n->prev = after;
	after->next->prev = n;
	after->next = n;
}

static inline void list_del(struct list_head *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = l->prev = NULL;
}

static inline void list_del_init(struct list_head *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	INIT_LIST_HEAD(l);
}
#define list_add_tail(n, l) list_add(n, (l)->prev)
#define list_move_tail(n, l) (list_del(n), list_add_tail(n, l))
#define list_empty(l) ((l)->next == (l))
#define list_entry(p, type, member) container_of(p, type, member)
#define list_first_entry(l, type, member) list_entry((l)->next, type, member)
#define list_first_entry_or_null(l, type, member) \
	(list_empty(l) ? NULL : list_first_entry(l, type, member))
#define list_for_each_entry(p, l, member)                          \
	for (p = list_entry((l)->next, __typeof__(*p), member);    \
	     &p->member != (l);                                    \
	     p = list_entry(p->member.next, __typeof__(*p), member))
#define list_for_each_entry_safe(p, n, l, member)                       \
	for (p = list_entry((l)->next, __typeof__(*p), member),         \
	    n = list_entry(p->member.next, __typeof__(*p), member);     \
	     &p->member != (l);                                         \
	     p = n, n = list_entry(n->member.next, __typeof__(*n), member))

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (len == size) {
		memcpy(to, from, size - 1);
		to[size - 1] = 0;
		return -E2BIG;
	}
	memcpy(to, from, len + 1);
	return len;
}

#define str_has_prefix(s, p) (strncmp(s, p, strlen(p)) ? 0 : strlen(p))
#define memzero_explicit(p, n) memset(p, 0, n)
int kstrtouint(const char *text, unsigned int base, unsigned int *value);
int kstrtou64(const char *text, unsigned int base, u64 *value);
/* As the kernel's: the formats %pE and %*pE, and the number of bytes that were written. */
int sim_vsnprintf(char *text, size_t size, const char *fmt, va_list ap);
int scnprintf(char *text, size_t size, const char *fmt, ...) __printf(3, 4);

#define module_init(f) \
	int sim_module_init(void) \
	{ \
		return f(); \
	}
#define module_exit(f) \
	void sim_module_exit(void) \
	{ \
		f(); \
	}
struct module;
#define THIS_MODULE ((struct module *)NULL)
#define KBUILD_MODNAME "sim"
#define MODULE_DESCRIPTION(x)
#define MODULE_LICENSE(x)
#define MODULE_AUTHOR(x)
#define MODULE_ALIAS(x)
#define MODULE_INFO(tag, x)
#define MODULE_PARM_DESC(name, x)
#define module_param(name, type, perm)
#define module_param_named(name, value, type, perm)
#define EXPORT_SYMBOL_GPL(x)

#endif /* SIM_BASE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Memory: objects, and pages of the two domains that can be granted. */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include "base.h"

#define __GFP_ZERO 1U
#define __GFP_NOWARN 2U
#define __GFP_NORETRY 4U
#define __GFP_NOFAIL 8U
#define __GFP_SLEEPS 16U /* of this simulator: the allocation may sleep */
#define GFP_KERNEL __GFP_SLEEPS
#define GFP_NOIO __GFP_SLEEPS
#define GFP_ATOMIC 0U
#define GFP_NOWAIT 0U

void *sim_alloc(size_t size, gfp_t gfp);
void kfree(const void *p);
#define kmalloc(size, gfp) sim_alloc(size, gfp)
#define kzalloc(size, gfp) sim_alloc(size, (gfp) | __GFP_ZERO)
#define kcalloc(n, size, gfp) sim_alloc((size_t)(n) * (size), (gfp) | __GFP_ZERO)
#define kmalloc_array(n, size, gfp) sim_alloc((size_t)(n) * (size), gfp)
#define kvzalloc kzalloc
#define kvmalloc kmalloc
#define kvcalloc kcalloc
#define kvfree kfree
#define kfree_sensitive kfree
#define vmalloc(size) sim_alloc(size, GFP_KERNEL)
#define vzalloc(size) sim_alloc(size, GFP_KERNEL | __GFP_ZERO)
#define vfree kfree
char *kstrdup(const char *text, gfp_t gfp);
char *kvasprintf(gfp_t gfp, const char *fmt, va_list ap);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);
void *kmemdup(const void *from, size_t size, gfp_t gfp);
char *kmemdup_nul(const char *from, size_t size, gfp_t gfp);
#define memalloc_noio_save() 0U
#define memalloc_noio_restore(flags) ((void)(flags))

#define PAGE_SIZE 4096UL
#define PAGE_SHIFT 12
#define XEN_PAGE_SIZE PAGE_SIZE
#define XEN_PAGE_SHIFT PAGE_SHIFT
#define offset_in_page(p) ((unsigned long)(p) & (PAGE_SIZE - 1))

struct page {
	int references;
};
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *address, size_t size);
void *page_address(const struct page *page);
struct page *virt_to_page(const void *address);
void put_page(struct page *page);
void get_page(struct page *page);
#define get_zeroed_page(gfp) ((unsigned long)alloc_pages_exact(PAGE_SIZE, (gfp) | __GFP_ZERO))
#define __get_free_page(gfp) ((unsigned long)alloc_pages_exact(PAGE_SIZE, gfp))
#define free_page(address) ((address) ? free_pages_exact((void *)(address), PAGE_SIZE) : (void)0)
#define __free_page put_page

static inline struct page *alloc_page(gfp_t gfp)
{
	void *address = alloc_pages_exact(PAGE_SIZE, gfp);

	return address ? virt_to_page(address) : NULL;
}

#endif /* SIM_MEMORY_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory. Objects are of malloc(), so that the address sanitizer sees each use after free.
 * Pages are of a file in memory: a page that is granted can be mapped at a second address, and a
 * page that is free is poisoned at the first.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include "world.h"

#define NR_PAGES 1024
#define FIRST_GFN 0x1000
#define FAIL_ONE_OF 24 /* allocations, if memory is short */

struct object {
	struct object *next, *prev;
	void *caller;
	size_t size;
};

static struct object objects = { &objects, &objects, NULL, 0 };
static struct rcu_head *rcu_waiting;
/* The second half has no memory of its own: it is where pages of the first half are mapped. */
static struct page pages[2 * NR_PAGES];
static char *arena;
static int arena_file;

static bool is_refused(gfp_t gfp)
{
	if (gfp & __GFP_SLEEPS) {
		sim_may_sleep("an allocation");
		sim_point();
	}
	return sim_memory_short && !(gfp & __GFP_NOFAIL) &&
	       !sim_random(FAIL_ONE_OF);
}

static void *alloc_for(void *caller, size_t size, gfp_t gfp)
{
	struct object *o;

	if (is_refused(gfp))
		return NULL;
	o = malloc(sizeof(*o) + size);
	if (!o)
		sim_die(__func__);
	*o = (struct object){ &objects, objects.prev, caller, size };
	o->prev->next = o;
	objects.prev = o;
	memset(o + 1, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	return o + 1;
}

void *sim_alloc(size_t size, gfp_t gfp)
{
	return alloc_for(__builtin_return_address(0), size, gfp);
}

void kfree(const void *p)
{
	struct object *o;

	if (!p)
		return;
	o = (struct object *)p - 1;
	o->prev->next = o->next;
	o->next->prev = o->prev;
	free(o);
}

static void *copy_for(void *caller, const void *from, size_t size, gfp_t gfp)
{
	void *copy = alloc_for(caller, size, gfp);

	return copy ? memcpy(copy, from, size) : NULL;
}

void *kmemdup(const void *from, size_t size, gfp_t gfp)
{
	return copy_for(__builtin_return_address(0), from, size, gfp);
}

char *kmemdup_nul(const char *from, size_t size, gfp_t gfp)
{
	char *copy = alloc_for(__builtin_return_address(0), size + 1,
			       gfp | __GFP_ZERO);

	return copy ? memcpy(copy, from, size) : NULL;
}

char *kstrdup(const char *text, gfp_t gfp)
{
	return text ? copy_for(__builtin_return_address(0), text,
			       strlen(text) + 1, gfp) :
		      NULL;
}

char *kvasprintf(gfp_t gfp, const char *fmt, va_list ap)
{
	char text[512];

	sim_vsnprintf(text, sizeof(text), fmt, ap);
	return copy_for(__builtin_return_address(0), text, strlen(text) + 1,
			gfp);
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = kvasprintf(gfp, fmt, ap);
	va_end(ap);
	return text;
}

void sim_free_rcu(struct rcu_head *head, void *object)
{
	head->object = object;
	head->next = rcu_waiting;
	rcu_waiting = head;
}

/* Readers cannot be suspended: there is none where the scheduler runs. */
void sim_free_all_rcu(void)
{
	while (rcu_waiting) {
		struct rcu_head *head = rcu_waiting;

		rcu_waiting = head->next;
		kfree(head->object);
	}
}

static void make_arena(void)
{
	arena_file = memfd_create("pages", 0);
	arena = mmap(NULL, 2 * NR_PAGES * PAGE_SIZE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena_file < 0 || arena == MAP_FAILED ||
	    ftruncate(arena_file, NR_PAGES * PAGE_SIZE) ||
	    mmap(arena, NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, arena_file, 0) == MAP_FAILED)
		sim_die(__func__);
	ASAN_POISON_MEMORY_REGION(arena, NR_PAGES * PAGE_SIZE);
}

/* Find consecutive free pages; -1: there are none. */
static int find_free(int from, int to, int nr)
{
	int i, run = 0;

	for (i = from; i < to; i++) {
		run = pages[i].references ? 0 : run + 1;
		if (run == nr)
			return i - nr + 1;
	}
	return -1;
}

static void *take_pages(int from, int to, int nr)
{
	int first, i;

	if (!arena)
		make_arena();
	first = find_free(from, to, nr);
	if (first < 0)
		sim_die(__func__);
	for (i = first; i < first + nr; i++)
		pages[i].references = 1;
	return arena + first * PAGE_SIZE;
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	void *address;

	if (is_refused(gfp))
		return NULL;
	size = ALIGN(size, PAGE_SIZE);
	address = take_pages(0, NR_PAGES, size / PAGE_SIZE);
	ASAN_UNPOISON_MEMORY_REGION(address, size);
	memset(address, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	return address;
}

void free_pages_exact(void *address, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE_SIZE)
		put_page(virt_to_page((char *)address + i));
}

void *page_address(const struct page *page)
{
	return arena + (page - pages) * PAGE_SIZE;
}

struct page *virt_to_page(const void *address)
{
	size_t i = ((const char *)address - arena) / PAGE_SIZE;

	if (!arena || i >= ARRAY_SIZE(pages)) {
		sim_problem("%p is no page", address);
		sim_die(__func__);
	}
	return &pages[i];
}

void get_page(struct page *page)
{
	page->references++;
}

void put_page(struct page *page)
{
	if (page->references <= 0) {
		sim_problem("a page is freed that is not allocated");
		return;
	}
	if (!--page->references && page < pages + NR_PAGES)
		ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
}

u64 sim_gfn(const void *address)
{
	return FIRST_GFN + (virt_to_page(address) - pages);
}

void *sim_page_of(u64 gfn)
{
	u64 i = gfn - FIRST_GFN;

	return arena && i < NR_PAGES && pages[i].references ?
		       arena + i * PAGE_SIZE :
		       NULL;
}

static void map_at(void *address, int prot, int flags, int file, off_t offset)
{
	if (mmap(address, PAGE_SIZE, prot, flags | MAP_FIXED, file, offset) !=
	    address)
		sim_die(__func__);
}

void sim_map(void *address, u64 gfn)
{
	map_at(address, PROT_READ | PROT_WRITE, MAP_SHARED, arena_file,
	       (gfn - FIRST_GFN) * PAGE_SIZE);
}

void sim_unmap(void *address)
{
	map_at(address, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	       -1, 0);
}

int gnttab_alloc_pages(int nr, struct page **array)
{
	char *address;
	int i;

	if (is_refused(GFP_KERNEL))
		return -ENOMEM;
	address = take_pages(NR_PAGES, 2 * NR_PAGES, nr);
	for (i = 0; i < nr; i++)
		array[i] = virt_to_page(address + i * PAGE_SIZE);
	return 0;
}

void gnttab_free_pages(int nr, struct page **array)
{
	int i;

	sim_may_sleep("gnttab_free_pages()");
	for (i = 0; i < nr; i++)
		put_page(array[i]);
}

void sim_end_memory(void)
{
	unsigned int i;
	char where[256];

	sim_free_all_rcu();
	while (objects.next != &objects) {
		struct object *o = objects.next;

		__sanitizer_symbolize_pc(o->caller, "%f, %s:%l", where,
					 sizeof(where));
		sim_problem("%zu bytes are left, which were allocated by %s",
			    o->size, where);
		kfree(o + 1);
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		if (pages[i].references)
			sim_problem("a page of the %s is left",
				    i < NR_PAGES ? "guest" : "back");
		pages[i].references = 0;
	}
	if (arena)
		ASAN_POISON_MEMORY_REGION(arena, NR_PAGES * PAGE_SIZE);
}

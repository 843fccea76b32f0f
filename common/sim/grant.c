// SPDX-License-Identifier: GPL-2.0
/* The grant table: the domain and the page of each grant, and its number of mappings. */
#include <stdlib.h>

#include "world.h"

#define NR_GRANTS 2048
#define FIRST_GRANT 8 /* Xen reserves those before */
#define MAX_HANDLES 512

struct grant {
	bool claimed; /* allocated, perhaps not in use */
	bool used;
	bool ended; /* given up while it was mapped: its page waits */
	bool readonly;
	domid_t domid;
	u64 gfn;
	int mapped;
	struct page *page;
	grant_ref_t next; /* of those that are reserved together */
};
struct handle {
	grant_ref_t ref; /* 0: not in use */
	void *address;
	void *ring; /* the first page of the ring that it is of */
};

bool sim_may_forsake;
static struct grant grants[NR_GRANTS];
static grant_ref_t next_grant = FIRST_GRANT;
static struct handle handles[MAX_HANDLES];

static grant_ref_t claim_grant(void)
{
	unsigned int i;

	if (sim_memory_short && !sim_random(24))
		return 0;
	for (i = 0; i < NR_GRANTS - FIRST_GRANT; i++) {
		grant_ref_t ref = next_grant;

		next_grant = ref + 1 < NR_GRANTS ? ref + 1 : FIRST_GRANT;
		if (grants[ref].claimed)
			continue;
		grants[ref] = (struct grant){ .claimed = true };
		return ref;
	}
	return 0;
}

static struct grant *grant_of(grant_ref_t ref, const char *what)
{
	if (ref < FIRST_GRANT || ref >= NR_GRANTS || !grants[ref].claimed) {
		sim_problem("%s: the guest has no grant %u", what, ref);
		return NULL;
	}
	return &grants[ref];
}

int gnttab_alloc_grant_references(u16 count, grant_ref_t *head)
{
	grant_ref_t ref, first = 0;

	while (count--) {
		ref = claim_grant();
		if (!ref) {
			gnttab_free_grant_references(first);
			return -ENOSPC;
		}
		grants[ref].next = first;
		first = ref;
	}
	*head = first;
	return 0;
}

void gnttab_free_grant_references(grant_ref_t head)
{
	while (head && head != INVALID_GRANT_REF) {
		grants[head].claimed = false;
		head = grants[head].next;
	}
}

int gnttab_claim_grant_reference(grant_ref_t *head)
{
	grant_ref_t ref = *head;

	if (!ref || ref == INVALID_GRANT_REF)
		return -ENOSPC;
	*head = grants[ref].next;
	return ref;
}

void gnttab_release_grant_reference(grant_ref_t *head, grant_ref_t ref)
{
	struct grant *g = grant_of(ref, "release");

	if (!g)
		return;
	if (g->used)
		sim_problem("grant %u is released while it is in use", ref);
	g->next = *head;
	*head = ref;
}

void gnttab_free_grant_reference(grant_ref_t ref)
{
	struct grant *g = grant_of(ref, "free");

	if (g && g->used)
		sim_problem("grant %u is freed while it is in use", ref);
	if (g)
		g->claimed = false;
}

void gnttab_grant_foreign_access_ref(grant_ref_t ref, domid_t domid,
				     unsigned long frame, int readonly)
{
	struct grant *g = grant_of(ref, "grant");

	if (!g)
		return;
	if (g->used)
		sim_problem("grant %u is granted twice", ref);
	if (!sim_page_of(frame))
		sim_problem("grant %u is of a page that is not allocated", ref);
	g->used = true;
	g->domid = domid;
	g->gfn = frame;
	g->readonly = readonly;
}

int gnttab_grant_foreign_access(domid_t domid, unsigned long frame,
				int readonly)
{
	grant_ref_t ref = claim_grant();

	if (!ref)
		return -ENOSPC;
	gnttab_grant_foreign_access_ref(ref, domid, frame, readonly);
	return ref;
}

int gnttab_end_foreign_access_ref(grant_ref_t ref)
{
	struct grant *g = grant_of(ref, "end");

	if (!g)
		return 0;
	if (!g->used || g->ended)
		sim_problem("grant %u is ended twice", ref);
	if (g->mapped)
		return 0;
	g->used = false;
	return 1;
}

int gnttab_try_end_foreign_access(grant_ref_t ref)
{
	int ended = gnttab_end_foreign_access_ref(ref);

	if (ended)
		grants[ref].claimed = false;
	return ended;
}

/* The kernel keeps a page that is still mapped until it is not, see gnttab_add_deferred(). */
void gnttab_end_foreign_access(grant_ref_t ref, struct page *page)
{
	struct grant *g = grant_of(ref, "end");

	if (!g)
		return;
	if (gnttab_try_end_foreign_access(ref)) {
		if (page)
			put_page(page);
		return;
	}
	if (!sim_may_forsake)
		sim_problem(
			"the guest gives up a page while the back has it mapped (grant %u)",
			ref);
	g->ended = true;
	g->page = page ?: virt_to_page(sim_page_of(g->gfn));
	if (!page)
		get_page(g->page);
}

static void drop_mapping(struct grant *g)
{
	if (--g->mapped || !g->ended)
		return;
	g->used = g->claimed = false;
	put_page(g->page);
}

static struct grant *usable_grant(grant_ref_t ref, domid_t domid)
{
	struct grant *g = ref >= FIRST_GRANT && ref < NR_GRANTS ? &grants[ref] :
								  NULL;

	if (!g || !g->claimed || !g->used || g->ended ||
	    domid != sim_domid(SIM_FRONT) || g->domid != sim_domid(SIM_BACK))
		return NULL;
	return g;
}

void *sim_granted_page(grant_ref_t ref)
{
	return ref < NR_GRANTS && grants[ref].used ?
		       sim_page_of(grants[ref].gfn) :
		       NULL;
}

void gnttab_set_map_op(struct gnttab_map_grant_ref *map, u64 address, u32 flags,
		       grant_ref_t ref, domid_t domid)
{
	*map = (struct gnttab_map_grant_ref){
		.host_addr = address, .flags = flags, .ref = ref, .dom = domid
	};
}

void gnttab_set_unmap_op(struct gnttab_unmap_grant_ref *unmap, u64 address,
			 u32 flags, grant_handle_t handle)
{
	(void)flags;
	*unmap = (struct gnttab_unmap_grant_ref){ .host_addr = address,
						  .handle = handle };
}

static void map_one(struct gnttab_map_grant_ref *map)
{
	struct grant *g = usable_grant(map->ref, map->dom);
	unsigned int i;

	map->status = GNTST_bad_gntref;
	if (!g || (sim_memory_short && !sim_random(24)))
		return;
	for (i = 0; i < MAX_HANDLES && handles[i].ref; i++)
		;
	if (i == MAX_HANDLES)
		sim_die(__func__);
	handles[i] = (struct handle){ map->ref,
				      (void *)(unsigned long)map->host_addr,
				      NULL };
	g->mapped++;
	sim_map(handles[i].address, g->gfn);
	map->handle = i;
	map->status = GNTST_okay;
}

int gnttab_map_refs(struct gnttab_map_grant_ref *map, void *kmap,
		    struct page **pages, unsigned int count)
{
	unsigned int i;

	(void)kmap;
	(void)pages;
	sim_point();
	for (i = 0; i < count; i++)
		map_one(&map[i]);
	return 0;
}

int gnttab_unmap_refs(struct gnttab_unmap_grant_ref *unmap, void *kunmap,
		      struct page **pages, unsigned int count)
{
	unsigned int i;

	(void)kunmap;
	(void)pages;
	for (i = 0; i < count; i++) {
		struct handle *h = unmap[i].handle < MAX_HANDLES ?
					   &handles[unmap[i].handle] :
					   NULL;

		if (!h || !h->ref ||
		    h->address != (void *)(unsigned long)unmap[i].host_addr) {
			sim_problem("the back unmaps what it has not mapped");
			continue;
		}
		sim_unmap(h->address);
		drop_mapping(&grants[h->ref]);
		h->ref = 0;
		unmap[i].status = GNTST_okay;
	}
	return 0;
}

/* As xenbus: it notes the handles of what it maps. Here they are found by the address. */
int xenbus_map_ring_valloc(struct xenbus_device *dev, grant_ref_t *refs,
			   unsigned int nr, void **address)
{
	struct gnttab_map_grant_ref map;
	struct page *pages[64];
	unsigned int i;

	sim_may_sleep("xenbus_map_ring_valloc()");
	*address = NULL;
	if (nr > ARRAY_SIZE(pages) || gnttab_alloc_pages(nr, pages))
		return -ENOMEM;
	*address = page_address(pages[0]);
	for (i = 0; i < nr; i++) {
		gnttab_set_map_op(&map, (unsigned long)page_address(pages[i]),
				  GNTMAP_host_map, refs[i], dev->otherend_id);
		map_one(&map);
		if (map.status == GNTST_okay) {
			handles[map.handle].ring = *address;
			continue;
		}
		/* It also switches the device to Closing: see docs/changing.md. */
		xenbus_switch_state(dev, XenbusStateClosing);
		xenbus_unmap_ring_vfree(dev, *address);
		gnttab_free_pages(nr - i, pages + i);
		*address = NULL;
		return -ENOENT;
	}
	return 0;
}

int xenbus_unmap_ring_vfree(struct xenbus_device *dev, void *address)
{
	struct handle *h;

	(void)dev;
	sim_may_sleep("xenbus_unmap_ring_vfree()");
	for (h = handles; h < handles + MAX_HANDLES; h++) {
		if (!h->ref || h->ring != address)
			continue;
		sim_unmap(h->address);
		drop_mapping(&grants[h->ref]);
		h->ref = 0;
		put_page(virt_to_page(h->address));
	}
	return 0;
}

/* Where one side of a copy is; NULL: the domain may not. */
static char *copy_address(bool is_grant, grant_ref_t ref, domid_t domid,
			  u64 gfn, bool writes)
{
	struct grant *g;

	if (!is_grant)
		return sim_page_of(gfn);
	g = usable_grant(ref, domid);
	return g && !(writes && g->readonly) ? sim_page_of(g->gfn) : NULL;
}

void gnttab_batch_copy(struct gnttab_copy *copies, unsigned int nr)
{
	struct gnttab_copy *c;

	sim_may_sleep("gnttab_batch_copy()");
	for (c = copies; c < copies + nr; c++) {
		/* Xen pins both pages while it copies. */
		sim_point();
		char *from = copy_address(c->flags & GNTCOPY_source_gref,
					  c->source.u.ref, c->source.domid,
					  c->source.u.gmfn, false);
		char *to = copy_address(c->flags & GNTCOPY_dest_gref,
					c->dest.u.ref, c->dest.domid,
					c->dest.u.gmfn, true);

		c->status = GNTST_bad_gntref;
		if (!from || !to || c->source.offset + c->len > PAGE_SIZE ||
		    c->dest.offset + c->len > PAGE_SIZE)
			continue;
		memmove(to + c->dest.offset, from + c->source.offset, c->len);
		c->status = GNTST_okay;
	}
	sim_point();
}

void sim_end_grants(void)
{
	unsigned int i;

	for (i = 0; i < NR_GRANTS; i++)
		if (grants[i].claimed)
			sim_problem("grant %u is left%s%s", i,
				    grants[i].used ? ", in use" : "",
				    grants[i].mapped ? ", mapped" : "");
	for (i = 0; i < MAX_HANDLES; i++)
		if (handles[i].ref)
			sim_problem("a mapping is left");
	memset(grants, 0, sizeof(grants));
	memset(handles, 0, sizeof(handles));
	next_grant = FIRST_GRANT;
}

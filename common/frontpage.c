// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/mm.h>
#include <xen/page.h>

#include "frontpage.h"

int xsplit_page_alloc(struct xsplit_page *page, gfp_t gfp)
{
	grant_ref_t refs;

	page->granted = false;
	page->data = (void *)get_zeroed_page(gfp);
	if (!page->data)
		return -ENOMEM;
	if (gnttab_alloc_grant_references(1, &refs)) {
		free_page((unsigned long)page->data);
		page->data = NULL;
		return -ENOSPC;
	}
	page->gref = gnttab_claim_grant_reference(&refs);
	return 0;
}

void xsplit_page_grant(struct xsplit_page *page, domid_t domid)
{
	gnttab_grant_foreign_access_ref(page->gref, domid, virt_to_gfn(page->data), 0);
	page->granted = true;
}

bool xsplit_page_take_back(struct xsplit_page *page)
{
	page->granted = false;
	if (gnttab_end_foreign_access_ref(page->gref))
		return true;
	gnttab_end_foreign_access(page->gref, virt_to_page(page->data));
	page->data = NULL;
	return false;
}

void xsplit_page_free(struct xsplit_page *page)
{
	if (page->granted && !xsplit_page_take_back(page))
		return;
	if (!page->data)
		return;
	gnttab_free_grant_reference(page->gref);
	free_page((unsigned long)page->data);
	page->data = NULL;
}

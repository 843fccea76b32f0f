/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page of ours that the other end may use for one request at a time. It has a grant reference
 * for as long as it exists, so that a request never fails because there is none.
 *
 * The other end reads and changes the page while it is granted, even if it is to do only one of
 * both, or neither: put nothing else there, and read it after xsplit_page_take_back().
 *
 * The owner of a page sees to it that one context at a time uses it. No function sleeps, but
 * xsplit_page_alloc() if its @gfp allows it.
 */
#ifndef XSPLIT_FRONTPAGE_H
#define XSPLIT_FRONTPAGE_H

#include <xen/grant_table.h>

/**
 * struct xsplit_page - a page and its grant reference
 * @data:    the page; NULL: there is none, or the other end has not given it back
 * @gref:    its grant reference, for the request
 * @granted: the other end has it
 */
struct xsplit_page {
	void *data;
	grant_ref_t gref;
	bool granted;
};

/**
 * xsplit_page_alloc() - get a page and a grant reference
 * @page: zeroed, or freed before
 * @gfp:  how to allocate the page, which is zeroed
 *
 * Return: 0; or -ENOMEM or -ENOSPC, and there is no page.
 */
int xsplit_page_alloc(struct xsplit_page *page, gfp_t gfp);

/**
 * xsplit_page_free() - free a page, granted or not
 * @page: the page, or none
 *
 * If the other end has mapped it, the kernel frees it when it is unmapped (XSA-396).
 */
void xsplit_page_free(struct xsplit_page *page);

/**
 * xsplit_page_grant() - let another domain read and write the page
 * @page:  a page that is not granted
 * @domid: the domain, which is that of the device's other end: @dev->otherend_id
 */
void xsplit_page_grant(struct xsplit_page *page, domid_t domid);

/**
 * xsplit_page_take_back() - end the access of the other end
 * @page: a page that is granted
 *
 * Return: true: only we can change the page now; or false: the other end has mapped it, and can
 * still change it. Then we do not have the page any more: the kernel frees it when it is
 * unmapped. After it has answered a request, the other end has no reason to map the page.
 */
bool xsplit_page_take_back(struct xsplit_page *page);

#endif /* XSPLIT_FRONTPAGE_H */

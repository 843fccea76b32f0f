/* SPDX-License-Identifier: GPL-2.0 */
/* Grants and event channels, as the headers of Linux 6.1 have them. */
#ifndef SIM_XEN_H
#define SIM_XEN_H

#include "memory.h"
#include "xenbus.h"

typedef u32 grant_ref_t;
typedef u32 grant_handle_t;
typedef u32 evtchn_port_t;
typedef u64 xen_pfn_t;
#define INVALID_GRANT_REF ((grant_ref_t)-1)
#define INVALID_GRANT_HANDLE ((grant_handle_t)-1)
#define DOMID_SELF 0x7ff0
#define xen_domain() true
#define xen_initial_domain() false
#define xen_has_pv_devices() true

#define GNTST_okay 0
#define GNTST_general_error (-1)
#define GNTST_bad_gntref (-3)
#define GNTMAP_host_map 2
#define GNTMAP_readonly 4

u64 sim_gfn(const void *address);
#define virt_to_gfn(p) sim_gfn(p)
#define xen_page_to_gfn(page) sim_gfn(page_address(page))
int gnttab_grant_foreign_access(domid_t domid, unsigned long frame, int readonly);
void gnttab_grant_foreign_access_ref(grant_ref_t ref, domid_t domid, unsigned long frame,
				     int readonly);
int gnttab_end_foreign_access_ref(grant_ref_t ref);
void gnttab_end_foreign_access(grant_ref_t ref, struct page *page);
int gnttab_try_end_foreign_access(grant_ref_t ref);
int gnttab_alloc_grant_references(u16 count, grant_ref_t *head);
void gnttab_free_grant_references(grant_ref_t head);
int gnttab_claim_grant_reference(grant_ref_t *head);
void gnttab_release_grant_reference(grant_ref_t *head, grant_ref_t ref);
void gnttab_free_grant_reference(grant_ref_t ref);

struct gnttab_map_grant_ref {
	u64 host_addr;
	u32 flags;
	grant_ref_t ref;
	domid_t dom;
	s16 status;
	grant_handle_t handle;
	u64 dev_bus_addr;
};
struct gnttab_unmap_grant_ref {
	u64 host_addr;
	u64 dev_bus_addr;
	grant_handle_t handle;
	s16 status;
};
void gnttab_set_map_op(struct gnttab_map_grant_ref *map, u64 address, u32 flags, grant_ref_t ref,
		       domid_t domid);
void gnttab_set_unmap_op(struct gnttab_unmap_grant_ref *unmap, u64 address, u32 flags,
			 grant_handle_t handle);
int gnttab_map_refs(struct gnttab_map_grant_ref *map, void *kmap, struct page **pages,
		    unsigned int count);
int gnttab_unmap_refs(struct gnttab_unmap_grant_ref *unmap, void *kunmap, struct page **pages,
		      unsigned int count);
int gnttab_alloc_pages(int nr, struct page **pages);
void gnttab_free_pages(int nr, struct page **pages);
int xenbus_map_ring_valloc(struct xenbus_device *dev, grant_ref_t *refs, unsigned int nr,
			   void **address);
int xenbus_unmap_ring_vfree(struct xenbus_device *dev, void *address);

#define GNTCOPY_source_gref 1
#define GNTCOPY_dest_gref 2
struct gnttab_copy {
	struct {
		union {
			grant_ref_t ref;
			xen_pfn_t gmfn;
		} u;
		domid_t domid;
		u16 offset;
	} source, dest;
	u16 len;
	u16 flags;
	s16 status;
};
void gnttab_batch_copy(struct gnttab_copy *copies, unsigned int nr);

typedef int irqreturn_t;
#define IRQ_NONE 0
#define IRQ_HANDLED 1
typedef irqreturn_t (*irq_handler_t)(int irq, void *argument);
#define XEN_EOI_FLAG_SPURIOUS 1
#define EVTCHNOP_alloc_unbound 6
struct evtchn_alloc_unbound {
	domid_t dom;
	domid_t remote_dom;
	evtchn_port_t port;
};
int HYPERVISOR_event_channel_op(int op, void *argument);
int xenbus_free_evtchn(struct xenbus_device *dev, int port);
int bind_evtchn_to_irq_lateeoi(evtchn_port_t port);
int bind_interdomain_evtchn_to_irqhandler_lateeoi(struct xenbus_device *dev, evtchn_port_t port,
						  irq_handler_t handler, unsigned long flags,
						  const char *name, void *argument);
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *argument);
void unbind_from_irqhandler(unsigned int irq, void *argument);
int evtchn_put(evtchn_port_t port);
void enable_irq(unsigned int irq);
void disable_irq(unsigned int irq);
#define disable_irq_nosync disable_irq
#define synchronize_irq(irq) sim_may_sleep("synchronize_irq()")
void xen_irq_lateeoi(unsigned int irq, unsigned int flags);
void notify_remote_via_irq(int irq);

#endif /* SIM_XEN_H */

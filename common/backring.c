// SPDX-License-Identifier: GPL-2.0
/*
 * The rings of a back: what the front has published about them, their memory and
 * their event channels.
 */
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "backparts.h"

/**
 * struct ring_info - what the front has published for one ring
 * @dir:      directory of the ring's keys
 * @nr_pages: number of ring pages
 * @gref:     grant references of the ring pages
 * @port:     event channel port of the front
 */
struct ring_info {
	char *dir;
	unsigned int nr_pages;
	grant_ref_t gref[XSPLIT_MAX_RING_PAGES];
	evtchn_port_t port;
};

unsigned int xsplit_back_max_queues(const struct xsplit_back *back)
{
	const struct xsplit_back_class *class = back->class;

	return class->max_queues ?
		       clamp(class->max_queues(), 1U, (unsigned int)XSPLIT_MAX_QUEUES) :
		       1;
}

unsigned int xsplit_back_max_order(const struct xsplit_back *back)
{
	const struct xsplit_back_class *class = back->class;

	return class->max_ring_page_order ?
		       min(class->max_ring_page_order(), (unsigned int)XSPLIT_MAX_RING_PAGE_ORDER) :
		       0;
}

/*
 * There are two keys for the size of a ring. The front writes one of them, or
 * both with the same meaning. Without a key, a ring has one page.
 */
static int check_pages(struct xsplit_back *back, const u64 *keys)
{
	u64 order = keys[XSPLIT_FRONT_RING_PAGE_ORDER];
	u64 pages = keys[XSPLIT_FRONT_NUM_RING_PAGES];
	unsigned int nr, max = 1U << xsplit_back_max_order(back);

	if (order != XSPLIT_ABSENT && pages != XSPLIT_ABSENT && pages != 1ULL << order)
		return xsplit_dev_error(back->dev, -EINVAL,
					"%s: ring-page-order %llu and num-ring-pages %llu contradict",
					back->otherend, order, pages);
	nr = order != XSPLIT_ABSENT ? 1U << order : pages != XSPLIT_ABSENT ? pages : 1;
	if (nr > max)
		return xsplit_dev_error(back->dev, -EINVAL,
					"%s: rings of %u pages, but %u were offered",
					back->otherend, nr, max);
	back->config.nr_pages = nr;
	return 0;
}

static int check_queues(struct xsplit_back *back, const u64 *keys)
{
	unsigned int nr = keys[XSPLIT_FRONT_NUM_QUEUES], max = xsplit_back_max_queues(back);

	if (nr > max)
		return xsplit_dev_error(back->dev, -EINVAL,
					"%s/multi-queue-num-queues: %u, but %u were offered",
					back->otherend, nr, max);
	back->config.nr_rings = nr;
	return 0;
}

int xsplit_back_read_config(struct xsplit_back *back)
{
	u64 keys[XSPLIT_FRONT_KEYS];
	int err = xsplit_read_keys(back->dev, back->otherend, xsplit_front_keys, XSPLIT_FRONT_KEYS,
				   keys);

	if (!err)
		err = check_pages(back, keys);
	if (!err)
		err = check_queues(back, keys);
	return err;
}

static bool has_gref(const struct ring_info *info, int number)
{
	char name[XSPLIT_KEY_NAME_MAX];

	return xsplit_key_spell(&xsplit_keys[XSPLIT_ID_RING_REF], XSPLIT_NO_NUMBER, number, name) &&
	       xenbus_exists(XBT_NIL, info->dir, name);
}

/* The key of a single page is "ring-ref", but some fronts write "ring-ref0". */
static bool is_numbered(const struct ring_info *info)
{
	return info->nr_pages > 1 || (!has_gref(info, XSPLIT_NO_NUMBER) && has_gref(info, 0));
}

static int read_grefs(struct xsplit_back *back, struct ring_info *info)
{
	bool numbered = is_numbered(info);
	struct xsplit_key key = xsplit_keys[XSPLIT_ID_RING_REF];
	char name[XSPLIT_KEY_NAME_MAX];
	unsigned int i;
	u64 gref;
	int err;

	for (i = 0; i < info->nr_pages; i++) {
		if (!xsplit_key_spell(&xsplit_keys[XSPLIT_ID_RING_REF], XSPLIT_NO_NUMBER,
				      numbered ? (int)i : XSPLIT_NO_NUMBER, name))
			return -ENAMETOOLONG;
		key.name = name;
		err = xsplit_read_keys(back->dev, info->dir, &key, 1, &gref);
		if (err)
			return err;
		info->gref[i] = gref;
	}
	return 0;
}

/* The caller must kfree() @info->dir, also after an error. */
static int read_ring_info(struct xsplit_back *back, unsigned int index, struct ring_info *info)
{
	u64 port;
	int err;

	info->nr_pages = back->config.nr_pages;
	info->dir = back->config.nr_rings == 1 ?
			    kstrdup(back->otherend, GFP_KERNEL) :
			    kasprintf(GFP_KERNEL, "%s/%s%u", back->otherend,
				      xsplit_key_name(XSPLIT_ID_QUEUE), index);
	if (!info->dir)
		return xsplit_dev_error(back->dev, -ENOMEM, "out of memory for a name");
	err = read_grefs(back, info);
	if (!err)
		err = xsplit_read_keys(back->dev, info->dir, &xsplit_keys[XSPLIT_ID_EVENT_CHANNEL],
				       1, &port);
	if (!err)
		info->port = port;
	return err;
}

static int tell_unmappable(struct xenbus_device *dev, const struct ring_info *info, int err)
{
	if (info->nr_pages == 1)
		return xsplit_dev_error(dev, err, "%s/ring-ref: grant %u cannot be mapped",
					info->dir, info->gref[0]);
	return xsplit_dev_error(dev, err,
				"%s/ring-ref0: this or another of %u grants cannot be mapped",
				info->dir, info->nr_pages);
}

static int map_and_unmap(domid_t domid, const grant_ref_t *gref, struct page **pages,
			 unsigned int nr)
{
	struct gnttab_map_grant_ref map[XSPLIT_MAX_RING_PAGES];
	struct gnttab_unmap_grant_ref unmap[XSPLIT_MAX_RING_PAGES];
	unsigned int i, mapped = 0;
	int err;

	for (i = 0; i < nr; i++) {
		gnttab_set_map_op(&map[i], (unsigned long)page_address(pages[i]), GNTMAP_host_map,
				  gref[i], domid);
		map[i].status = GNTST_general_error; /* Xen may fail without an error (XSA-316) */
	}
	err = gnttab_map_refs(map, NULL, pages, nr);
	for (i = 0; i < nr; i++) {
		if (map[i].status == GNTST_okay) {
			gnttab_set_unmap_op(&unmap[mapped], map[i].host_addr, GNTMAP_host_map,
					    map[i].handle);
			pages[mapped++] = pages[i];
		} else {
			err = -EINVAL;
		}
	}
	if (mapped)
		gnttab_unmap_refs(unmap, NULL, pages, mapped);
	return err;
}

/*
 * If xenbus_map_ring_valloc() cannot map a grant, it writes the state Closing, and
 * a front may take that as the end of its device: the in-tree front of a disk does.
 * So test first whether the grants can be mapped.
 */
static int try_to_map(domid_t domid, const struct ring_info *info)
{
	struct page *pages[XSPLIT_MAX_RING_PAGES], *used[XSPLIT_MAX_RING_PAGES];
	int err = gnttab_alloc_pages(info->nr_pages, pages);

	if (err)
		return err;
	memcpy(used, pages, sizeof(used));
	err = map_and_unmap(domid, info->gref, used, info->nr_pages);
	gnttab_free_pages(info->nr_pages, pages);
	return err;
}

static int map_shared(struct xsplit_back_ring *ring, struct ring_info *info)
{
	struct xsplit_back *back = ring->back;
	struct xenbus_device *dev = back->dev;
	int err;

	/* The ring must have room for one slot, and the slots are counted by their size. */
	if (WARN_ON_ONCE(!back->slot_size || back->slot_size < back->class->response_size ||
			 back->slot_size > XEN_PAGE_SIZE - sizeof(struct xsplit_sring)))
		return xsplit_dev_error(dev, -EINVAL, "slots of %u bytes: the driver is wrong",
					back->slot_size);
	err = try_to_map(dev->otherend_id, info);
	if (!err)
		err = xenbus_map_ring_valloc(dev, info->gref, info->nr_pages, &ring->shared);
	if (err)
		return tell_unmappable(dev, info, err);
	if (!xsplit_back_ring_init(&ring->ring, ring->shared, info->nr_pages * XEN_PAGE_SIZE,
				   back->slot_size))
		return xsplit_dev_error(dev, -EPROTO,
					"%s/ring-ref: the ring's indices make no sense", info->dir);
	return 0;
}

/* This may run before bind_event() has the number of the interrupt. */
static irqreturn_t event_arrived(int irq, void *arg)
{
	struct xsplit_back_ring *ring = arg;

	WRITE_ONCE(ring->irq, irq);
	ring->back->class->event(ring);
	return IRQ_HANDLED;
}

static int bind_event(struct xsplit_back_ring *ring, const struct ring_info *info)
{
	struct xenbus_device *dev = ring->back->dev;
	int irq = bind_interdomain_evtchn_to_irqhandler_lateeoi(dev, info->port, event_arrived, 0,
								ring->name, ring);

	if (irq < 0)
		return xsplit_dev_error(dev, irq, "%s/event-channel: port %u cannot be bound",
					info->dir, info->port);
	WRITE_ONCE(ring->irq, irq);
	return 0;
}

/* Bind the event channel before the class starts the ring, which uses @irq. */
static int open_ring(struct xsplit_back_ring *ring, struct ring_info *info)
{
	const struct xsplit_back_class *class = ring->back->class;
	int err = map_shared(ring, info);

	if (!err && class->serve)
		err = xsplit_back_serve_open(ring);
	if (err)
		return err;
	ring->opened = true;
	err = class->ring_open ? class->ring_open(ring) : 0;
	if (!err)
		err = bind_event(ring, info);
	if (!err)
		err = class->ring_start(ring);
	return err;
}

int xsplit_back_open_ring(struct xsplit_back_ring *ring)
{
	struct ring_info info;
	int err = read_ring_info(ring->back, ring->index, &info);

	/*
	 * After the removal these may be the rings of a new device, whose directory has the same
	 * name. The work item runs once more, and releases what there is.
	 */
	if (!err && xsplit_back_is_removed(ring->back))
		err = -EINPROGRESS;
	if (!err)
		err = open_ring(ring, &info);
	kfree(info.dir);
	return err;
}

/* Readers still find the ring: count nothing twice. */
static void keep_stats(struct xsplit_back_ring *ring)
{
	struct xsplit_back *back = ring->back;
	const struct xsplit_back_class *class = back->class;
	unsigned int i;
	u64 *stat;

	mutex_lock(&back->rings_lock);
	for (i = 0; i < class->nr_stats; i++) {
		stat = xsplit_stat_of(ring, &class->stats[i]);
		back->past_stats[i] += *stat;
		*stat = 0;
	}
	mutex_unlock(&back->rings_lock);
}

/* rings_lock keeps the rings from being freed meanwhile (CVE-2026-100082). */
u64 xsplit_back_read_stat(struct xsplit_back *back, unsigned int index)
{
	unsigned int i;
	u64 sum;

	mutex_lock(&back->rings_lock);
	sum = back->past_stats[index];
	for (i = 0; i < back->nr_rings; i++)
		sum += READ_ONCE(*xsplit_stat_of(back->rings[i], &back->class->stats[index]));
	mutex_unlock(&back->rings_lock);
	return sum;
}

/*
 * Each step makes the next one safe. When the class has stopped, nothing is in
 * flight. Without the event channel no interrupt uses the ring. Then the memory
 * has no user, except readers that RCU protects.
 */
void xsplit_back_close_ring(struct xsplit_back_ring *ring)
{
	const struct xsplit_back_class *class = ring->back->class;

	if (ring->irq) {
		class->ring_stop(ring);
		unbind_from_irqhandler(ring->irq, ring);
		ring->irq = 0;
	}
	if (ring->opened) {
		if (class->ring_close)
			class->ring_close(ring);
		keep_stats(ring);
	}
	ring->opened = false;
	xsplit_back_serve_close(ring);
	if (ring->shared) {
		xenbus_unmap_ring_vfree(ring->back->dev, ring->shared);
		ring->shared = NULL;
	}
}

// SPDX-License-Identifier: GPL-2.0
/* The class "vbd" of fronts, and the life of a vbd as far as it is about disks. */
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "blkfront.h"

/* An HVM guest may have an emulated disk for the same device. */
static bool is_emulated(struct xenbus_device *dev)
{
	unsigned int number = xenbus_read_unsigned(
		dev->nodename, xvbd_own_keys[XVBD_OWN_VIRTUAL_DEVICE].name, 0);
	bool cdrom;
	char *type;

	if (!xen_hvm_domain())
		return false;
	type = xsplit_read_string(dev->nodename, xvbd_key_name(XVBD_ID_FRONT_DEVICE_TYPE));
	cdrom = type && !strcmp(type, "cdrom");
	kfree(type);
	return xvbd_vdev_is_emulated(number, cdrom, xen_has_pv_and_legacy_disk_devices());
}

static int init_vbd(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);

	if (is_emulated(front->dev))
		return -ENODEV;
	spin_lock_init(&vbd->open_lock);
	INIT_LIST_HEAD(&vbd->minors_entry);
	INIT_WORK(&vbd->show_work, xbfront_disk_show_work);
	INIT_WORK(&vbd->view_work, xbfront_disk_view_work);
	INIT_WORK(&vbd->hide_work, xbfront_disk_hide_work);
	INIT_DELAYED_WORK(&vbd->trim_work, xbfront_trim_work);
	return 0;
}

/* Both have ended or had nothing to do. None may outlive the module. */
static void remove_vbd(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);

	flush_work(&vbd->show_work);
	flush_work(&vbd->hide_work);
}

static void release_vbd(struct xsplit_front *front)
{
	kfree(xbfront_of(front)->busy_error);
}

static bool is_vbd_ready(struct xsplit_front *front)
{
	return READ_ONCE(xbfront_of(front)->added);
}

/* Show users that the disk no longer supports the operation. */
static void op_refused(struct xbfront_vbd *vbd)
{
	dev_info_ratelimited(&vbd->core.dev->dev,
			     "the back does not do an operation that it has offered\n");
	if (vbd->gd)
		xbfront_disk_refresh(vbd);
}

static void look_at_flags(struct xsplit_front *front)
{
	struct xbfront_vbd *vbd = xbfront_of(front);

	if (test_and_clear_bit(XBFRONT_SHOW_FAILED, &vbd->flags))
		xsplit_front_fail(front, -ENODEV, "the block layer did not take the disk");
	if (test_and_clear_bit(XBFRONT_OP_REFUSED, &vbd->flags))
		op_refused(vbd);
}

/* @slot_size is set before the class is registered. */
static struct xsplit_front_class vbd_class __ro_after_init = {
	.type = "vbd",
	.name = "xbfront",
	.irq_name = "blkif",
	.size = sizeof(struct xbfront_vbd),
	.ring_size = sizeof(struct xbfront_ring),
	.ring_grants = XBFRONT_RING_GRANTS,
	.keys = xvbd_keys,
	.nr_keys = XVBD_ID_KEYS,
	.park_timeout = &xbfront_park_timeout,

	.init = init_vbd,
	.remove = remove_vbd,
	.release = release_vbd,
	.is_ready = is_vbd_ready,
	.look = look_at_flags,
	.plan = xbfront_plan,
	.publish = xbfront_publish,
	.connect = xbfront_connect,
	.show = xbfront_disk_show,
	.refresh = xbfront_refresh,
	.busy = xbfront_disk_busy,
	.refuse = xbfront_disk_refuse,
	.hide = xbfront_disk_hide,
	.kill = xbfront_disk_kill,
	.discard = xbfront_disk_discard,
	.park = xbfront_park,
	.detach = xbfront_detach,
	.reconnect = xbfront_reconnect,
	.unpark = xbfront_unpark,
	.ring_open = xbfront_ring_open,
	.ring_close = xbfront_ring_close,
	.event = xbfront_ring_event,
	.event_stop = xbfront_ring_event_stop,
};

int __init xbfront_register(void)
{
	vbd_class.slot_size = xvbd_native->slot_size;
	return xsplit_front_register(&vbd_class);
}

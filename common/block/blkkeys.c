// SPDX-License-Identifier: GPL-2.0
#include "blkkeys.h"
#include "keyrows.h"
#include "protocol.h"

/* clang-format off */
const struct xsplit_key xvbd_keys[XVBD_ID_KEYS] = {
	XSPLIT_KEY_ROWS,

	/* The backend's directory: keys that the backend reads. */
	[XVBD_ID_TOOL + XVBD_TOOL_PHYSICAL_DEVICE] = { "physical-device", BACK_DIR(HOTPLUG, LIVE), IS_DEVICE,
		DOC("the block device to serve; the back waits for this key") },
	[XVBD_ID_TOOL + XVBD_TOOL_MODE] = { "mode", BACK_DIR(TOOLSTACK, LIVE), IS_MODE,
		DOC("`r`: read only; `w`: writable, with no other user of the device; `w!`: writable, shared on purpose") },
	[XVBD_ID_TOOL + XVBD_TOOL_DISCARD_ENABLE] = { "discard-enable", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(1),
		DOC("0: offer no discard, whatever the device can do, and unmap nothing that is zeroed") },
	[XVBD_ID_TOOL + XVBD_TOOL_REMOVABLE] = { "removable", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(0),
		DOC("1: the front is told that the medium can be removed") },

	/* What the backend offers before there are rings. */
	[XVBD_ID_OFFER + XVBD_OFFER_PERSISTENT_SEGMENTS] = { "persistent-segments", BACK_DIR(BACK, NEGOTIATED | WITHDRAWN), IS_NUMBER(0, U32_TOP, 0),
		DOC("the largest request, in segments, whose grants the back keeps mapped for a front that knows this bound; no other driver has this key") },

	/* Properties of the disk, from the backend. */
	[XVBD_ID_BACK + XVBD_BACK_SECTORS] = { "sectors", BACK_DIR(BACK, 0), NEEDS_NUMBER(0, XVBD_MAX_DISK_SECTORS),
		DOC("size of the disk, in units of 512 bytes") },
	[XVBD_ID_BACK + XVBD_BACK_SECTOR_SIZE] = { "sector-size", BACK_DIR(BACK, NEGOTIATED), IS_POWER(512, 4096, 512),
		DOC("logical block size, in bytes") },
	[XVBD_ID_BACK + XVBD_BACK_PHYSICAL_SECTOR_SIZE] = { "physical-sector-size", BACK_DIR(BACK, NEGOTIATED), HINTS_POWER(512, 1 << 20, 512),
		DOC("physical block size, in bytes; never less than the logical one") },
	[XVBD_ID_BACK + XVBD_BACK_INFO] = { "info", BACK_DIR(BACK, NEGOTIATED), IS_NUMBER(0, U32_TOP, 0),
		DOC("sum of 1: a CD drive; 2: removable; 4: read only") },
	[XVBD_ID_BACK + XVBD_BACK_FLUSH_CACHE] = { "feature-flush-cache", BACK_DIR(BACK, NEGOTIATED), IS_YES_NO(0),
		DOC("1: there is a write cache, and the operation to flush it") },
	[XVBD_ID_BACK + XVBD_BACK_BARRIER] = { "feature-barrier", BACK_DIR(BACK, NEGOTIATED), IS_YES_NO(0),
		DOC("1: the operation that orders writes, for fronts that know no flush") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD] = { "feature-discard", BACK_DIR(BACK, NEGOTIATED), IS_YES_NO(0),
		DOC("1: the operation discard") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD_GRANULARITY] = { "discard-granularity", BACK_DIR(BACK, NEGOTIATED), HINTS_NUMBER(0, U32_TOP, 0),
		DOC("what the device discards as a unit, in bytes") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD_ALIGNMENT] = { "discard-alignment", BACK_DIR(BACK, NEGOTIATED), HINTS_NUMBER(0, U32_TOP, 0),
		DOC("where the first such unit begins, in bytes") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD_SECURE] = { "discard-secure", BACK_DIR(BACK, NEGOTIATED), IS_YES_NO(0),
		DOC("1: a discard may ask that the data can never be read again") },
	[XVBD_ID_BACK + XVBD_BACK_WRITE_ZEROES] = { "feature-write-zeroes", BACK_DIR(BACK, NEGOTIATED | WITHDRAWN), IS_YES_NO(0),
		DOC("1: the operation that writes zeroes without data; no other driver has this key") },
	[XVBD_ID_BACK + XVBD_BACK_PERSISTENT] = { "feature-persistent", BACK_DIR(BACK, NEGOTIATED | FIXED), IS_YES_NO(0),
		DOC("1: the back keeps grants mapped for a front that says the same") },
	[XVBD_ID_BACK + XVBD_BACK_MAX_INDIRECT_SEGMENTS] = { "feature-max-indirect-segments", BACK_DIR(BACK, NEGOTIATED | FIXED), IS_NUMBER(0, U32_TOP, 0),
		DOC("most segments of an indirect request; 0: no such requests") },
	[XVBD_ID_BACK + XVBD_BACK_MEDIUM] = { "medium", BACK_DIR(BACK, NEGOTIATED), IS_NUMBER(0, XSPLIT_ABSENT - 1, 0),
		DOC("another number is another medium; no other driver has this key") },

	/* Other keys of the backend's directory. */
	[XVBD_ID_PARAMS] = { "params", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("the target, as the disk line has it; for the hotplug script") },
	[XVBD_ID_SCRIPT] = { "script", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("the hotplug script") },
	[XVBD_ID_TYPE] = { "type", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("`phy`, also for an image file") },
	[XVBD_ID_DEV] = { "dev", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("name of the disk in the guest, such as `xvda`") },
	[XVBD_ID_BOOTABLE] = { "bootable", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(1),
		DOC("for the toolstack's own use") },
	[XVBD_ID_BACK_DEVICE_TYPE] = { "device-type", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("`disk` or `cdrom`: the second is told to the front in `info`") },
	[XVBD_ID_DIRECT_IO_SAFE] = { "direct-io-safe", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(0),
		DOC("for QEMU as the back: it may bypass its page cache") },
	[XVBD_ID_SPECIFICATION] = { "specification", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("`xen`: the disk is a Xen disk, and no virtio one") },
	[XVBD_ID_CGROUP] = { "cgroup", BACK_DIR(TOOLSTACK, LIVE), IS_TEXT,
		DOC("the cgroup that the disk's I/O is charged to; `vbd limit` writes it") },
	[XVBD_ID_SERIAL] = { "serial", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("serial number of the disk, which the guest has in sysfs; udev makes a link in `/dev/disk/by-id` from it") },
	[XVBD_ID_WWID] = { "wwid", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("world wide name of the disk, which the guest has in sysfs; udev makes a link in `/dev/disk/by-id` from it") },
	[XVBD_ID_PHYSICAL_DEVICE_PATH] = { "physical-device-path", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("path of the block device; for people and tools") },
	[XVBD_ID_DISKSEQ] = { "diskseq", BACK_DIR(HOTPLUG, 0), IS_SEQUENCE,
		DOC("sequence number of the block device: a device with this number but another sequence number is another device, unless it is removable") },
	[XVBD_ID_NODE] = { "node", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("the loop device that the script has made for an image file") },
	[XVBD_ID_NODE_REPLACED] = { "node-replaced", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("the former `node`, until it has been released after a swap") },
	[XVBD_ID_HOTPLUG_STATUS] = { "hotplug-status", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("`connected` or `error`; the toolstack waits for it") },
	[XVBD_ID_HOTPLUG_ERROR] = { "hotplug-error", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("what went wrong, in a sentence") },
	[XVBD_ID_HOTPLUG_UNDO] = { "hotplug-undo", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		DOC("what a detach has to undo; see targets.md") },

	/* The frontend's directory: what the frontend has chosen. */
	[XVBD_ID_FRONT + XVBD_FRONT_PERSISTENT] = { "feature-persistent", FRONT_DIR(FRONT, NEGOTIATED), IS_YES_NO(0),
		DOC("1: the front reuses grants (persistent grants), if the back does") },
	[XVBD_ID_FRONT + XVBD_FRONT_PERSISTENT_SEGMENTS] = { "persistent-segments", FRONT_DIR(FRONT, NEGOTIATED | REPUBLISHED | WITHDRAWN), IS_NUMBER(1, U32_TOP, XSPLIT_ABSENT),
		DOC("the largest request, in segments, whose grants the front reuses (persistent grants); absent: it reuses all") },

	/* Keys for the frontend, from the toolstack. */
	[XVBD_ID_OWN + XVBD_OWN_VIRTUAL_DEVICE] = { "virtual-device", FRONT_DIR(TOOLSTACK, 0), IS_NUMBER(0, U32_TOP, XSPLIT_ABSENT),
		DOC("number of the disk: it gives the name and the device numbers in the guest") },
	[XVBD_ID_OWN + XVBD_OWN_VIRTUAL_DEVICE_EXT] = { "virtual-device-ext", FRONT_DIR(TOOLSTACK, 0), IS_NUMBER(0, U32_TOP, XSPLIT_ABSENT),
		DOC("the same, where older guests are not to see it") },
	[XVBD_ID_OWN + XVBD_OWN_TRUSTED] = { "trusted", FRONT_DIR(TOOLSTACK, 0), IS_YES_NO(1),
		DOC("0: the back is to see nothing but the disk's data") },

	/* Other keys of the frontend's directory. */
	[XVBD_ID_PROTOCOL] = { "protocol", FRONT_DIR(FRONT, NEGOTIATED), IS_TEXT,
		DOC("layout of the slots: `x86_64-abi`, `x86_32-abi` or `arm-abi`; absent: that of the back's kernel; a toolstack may write it first") },
	[XVBD_ID_FRONT_DEVICE_TYPE] = { "device-type", FRONT_DIR(TOOLSTACK, 0), IS_TEXT,
		DOC("`disk` or `cdrom`: a fully virtualised guest has a CD drive by other means") },

	/* The directory of the guest's domain. */
	[XVBD_ID_VM] = { "vm", DOMAIN_DIR, IS_TEXT,
		DOC("path of the VM: domains of one VM may have the same device") },
	[XVBD_ID_TARGET] = { "target", DOMAIN_DIR, IS_NUMBER(0, DOMID_TOP, XSPLIT_ABSENT),
		DOC("of a stub domain: the guest whose device model runs in it") },
};
/* clang-format on */

const struct xsplit_key *const xvbd_tool_keys = &xvbd_keys[XVBD_ID_TOOL];
const struct xsplit_key *const xvbd_offer_keys = &xvbd_keys[XVBD_ID_OFFER];
const struct xsplit_key *const xvbd_back_keys = &xvbd_keys[XVBD_ID_BACK];
const struct xsplit_key *const xvbd_front_keys = &xvbd_keys[XVBD_ID_FRONT];
const struct xsplit_key *const xvbd_own_keys = &xvbd_keys[XVBD_ID_OWN];

bool xvbd_blkkey_is_negotiated(enum xsplit_key_dir dir, const char *name)
{
	const struct xsplit_key *key = xvbd_blkkey_find(dir, name);

	return key ? key->flags & XSPLIT_KEY_NEGOTIATED :
		     !strncmp(name, "feature-", strlen("feature-"));
}

// SPDX-License-Identifier: GPL-2.0
#include "blkkeys.h"
#include "protocol.h"

#define U32_TOP 0xffffffffULL
#define DOMID_TOP 0x7fef
#define STATE_TOP 8

/* The directory, scope and writer of a key, and its flags. */
#define BACK_DIR(writer, flags) XVBD_DIR_BACK, XVBD_SCOPE_DEVICE, XVBD_BY_##writer, flags
#define FRONT_DIR(writer, flags) XVBD_DIR_FRONT, XVBD_SCOPE_DEVICE, XVBD_BY_##writer, flags
#define QUEUE_DIR(flags) XVBD_DIR_FRONT, XVBD_SCOPE_QUEUE, XVBD_BY_FRONT, flags
#define DOMAIN_DIR XVBD_DIR_DOMAIN, XVBD_SCOPE_DEVICE, XVBD_BY_TOOLSTACK, 0

/* Flags of a key. */
#define AGREED XVBD_KEY_AGREED
#define ANEW XVBD_KEY_ANEW
#define LEAVES XVBD_KEY_LEAVES
#define NUMBERED XVBD_KEY_NUMBERED
#define SETTLED XVBD_KEY_SETTLED

/* The type, need, range and fallback of a key. */
#define IS_NUMBER(min, max, fallback) XVBD_KEY_NUMBER, XVBD_KEY_OPTIONAL, min, max, fallback
#define NEEDS_NUMBER(min, max) XVBD_KEY_NUMBER, XVBD_KEY_REQUIRED, min, max, 0
#define HINTS_NUMBER(min, max, fallback) XVBD_KEY_NUMBER, XVBD_KEY_HINT, min, max, fallback
#define IS_POWER(min, max, fallback) XVBD_KEY_POWER, XVBD_KEY_OPTIONAL, min, max, fallback
#define HINTS_POWER(min, max, fallback) XVBD_KEY_POWER, XVBD_KEY_HINT, min, max, fallback
#define IS_YES_NO(fallback) IS_NUMBER(0, 1, fallback)
#define IS_DEVICE XVBD_KEY_DEVICE, XVBD_KEY_REQUIRED, 0, ~0ULL, 0
#define IS_SEQUENCE XVBD_KEY_SEQUENCE, XVBD_KEY_OPTIONAL, 0, 0, 0
#define IS_MODE XVBD_KEY_MODE, XVBD_KEY_REQUIRED, XVBD_MODE_READ, XVBD_MODE_SHARE, 0
#define IS_TEXT XVBD_KEY_TEXT, XVBD_KEY_OPTIONAL, 0, 0, 0
#define NEEDS_TEXT XVBD_KEY_TEXT, XVBD_KEY_REQUIRED, 0, 0, 0
#define IS_DIRECTORY XVBD_KEY_DIRECTORY, XVBD_KEY_OPTIONAL, 0, 0, 0

#ifdef __KERNEL__
#define SAYS(text)
#else
#define SAYS(text) text
#endif

/* clang-format off */
const struct xvbd_key xvbd_keys[XVBD_ID_KEYS] = {
	/* The backend's directory: keys that the backend reads. */
	[XVBD_ID_TOOL + XVBD_TOOL_PHYSICAL_DEVICE] = { "physical-device", BACK_DIR(HOTPLUG, 0), IS_DEVICE,
		SAYS("the block device to serve; the back waits for this key") },
	[XVBD_ID_TOOL + XVBD_TOOL_MODE] = { "mode", BACK_DIR(TOOLSTACK, 0), IS_MODE,
		SAYS("`r`: read only; `w`: writable, with no other user of the device; `w!`: writable, shared on purpose") },
	[XVBD_ID_TOOL + XVBD_TOOL_DISCARD_ENABLE] = { "discard-enable", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(1),
		SAYS("0: offer no discard, whatever the device can do") },
	[XVBD_ID_TOOL + XVBD_TOOL_REMOVABLE] = { "removable", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(0),
		SAYS("1: the front is told that the medium can be removed") },

	/* Features that the backend offers before there are rings. */
	[XVBD_ID_OFFER + XVBD_OFFER_MAX_RING_PAGE_ORDER] = { "max-ring-page-order", BACK_DIR(BACK, AGREED), IS_NUMBER(0, U32_TOP, 0),
		SAYS("the largest ring, as the order of its pages") },
	[XVBD_ID_OFFER + XVBD_OFFER_MAX_RING_PAGES] = { "max-ring-pages", BACK_DIR(BACK, AGREED), IS_NUMBER(1, U32_TOP, 1),
		SAYS("the same as a number of pages: the older spelling") },
	[XVBD_ID_OFFER + XVBD_OFFER_MAX_QUEUES] = { "multi-queue-max-queues", BACK_DIR(BACK, AGREED), IS_NUMBER(1, U32_TOP, 1),
		SAYS("most rings of a disk") },
	[XVBD_ID_OFFER + XVBD_OFFER_PERSISTENT_SEGMENTS] = { "persistent-segments", BACK_DIR(BACK, AGREED | LEAVES), IS_NUMBER(0, U32_TOP, 0),
		SAYS("the largest request, in segments, whose grants the back keeps mapped for a front that knows this bound; no other driver has this key") },

	/* Properties of the disk, from the backend. */
	[XVBD_ID_BACK + XVBD_BACK_SECTORS] = { "sectors", BACK_DIR(BACK, 0), NEEDS_NUMBER(0, XVBD_MAX_DISK_SECTORS),
		SAYS("size of the disk, in units of 512 bytes") },
	[XVBD_ID_BACK + XVBD_BACK_SECTOR_SIZE] = { "sector-size", BACK_DIR(BACK, AGREED), IS_POWER(512, 4096, 512),
		SAYS("logical block size, in bytes") },
	[XVBD_ID_BACK + XVBD_BACK_PHYSICAL_SECTOR_SIZE] = { "physical-sector-size", BACK_DIR(BACK, AGREED), HINTS_POWER(512, 1 << 20, 512),
		SAYS("physical block size, in bytes; never less than the logical one") },
	[XVBD_ID_BACK + XVBD_BACK_INFO] = { "info", BACK_DIR(BACK, AGREED), IS_NUMBER(0, U32_TOP, 0),
		SAYS("sum of 1: a CD drive; 2: removable; 4: read only") },
	[XVBD_ID_BACK + XVBD_BACK_FLUSH_CACHE] = { "feature-flush-cache", BACK_DIR(BACK, AGREED), IS_YES_NO(0),
		SAYS("1: there is a write cache, and the operation to flush it") },
	[XVBD_ID_BACK + XVBD_BACK_BARRIER] = { "feature-barrier", BACK_DIR(BACK, AGREED), IS_YES_NO(0),
		SAYS("1: the operation that orders writes, for fronts that know no flush") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD] = { "feature-discard", BACK_DIR(BACK, AGREED), IS_YES_NO(0),
		SAYS("1: the operation discard") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD_GRANULARITY] = { "discard-granularity", BACK_DIR(BACK, AGREED), HINTS_NUMBER(0, U32_TOP, 0),
		SAYS("what the device discards as a unit, in bytes") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD_ALIGNMENT] = { "discard-alignment", BACK_DIR(BACK, AGREED), HINTS_NUMBER(0, U32_TOP, 0),
		SAYS("where the first such unit begins, in bytes") },
	[XVBD_ID_BACK + XVBD_BACK_DISCARD_SECURE] = { "discard-secure", BACK_DIR(BACK, AGREED), IS_YES_NO(0),
		SAYS("1: a discard may ask that the data can never be read again") },
	[XVBD_ID_BACK + XVBD_BACK_PERSISTENT] = { "feature-persistent", BACK_DIR(BACK, AGREED | SETTLED), IS_YES_NO(0),
		SAYS("1: the back keeps grants mapped for a front that says the same") },
	[XVBD_ID_BACK + XVBD_BACK_MAX_INDIRECT_SEGMENTS] = { "feature-max-indirect-segments", BACK_DIR(BACK, AGREED | SETTLED), IS_NUMBER(0, U32_TOP, 0),
		SAYS("most segments of an indirect request; 0: no such requests") },
	[XVBD_ID_BACK + XVBD_BACK_MEDIUM] = { "medium", BACK_DIR(BACK, AGREED), IS_NUMBER(0, XVBD_ABSENT - 1, 0),
		SAYS("another number is another medium; no other driver has this key") },

	/* Other keys of the backend's directory. */
	[XVBD_ID_BACK_STATE] = { "state", BACK_DIR(BACK, 0), IS_NUMBER(0, STATE_TOP, 0),
		SAYS("state of the handshake; a toolstack writes the first 1, and 5 for a detach") },
	[XVBD_ID_BACK_REJOIN] = { "feature-rejoin", BACK_DIR(BACK, AGREED | LEAVES), IS_NUMBER(0, XVBD_REJOIN, 0),
		SAYS("1: the back notices a front that starts over; no other driver has this key") },
	[XVBD_ID_FRONTEND] = { "frontend", BACK_DIR(TOOLSTACK, 0), NEEDS_TEXT,
		SAYS("path of the front's directory") },
	[XVBD_ID_FRONTEND_ID] = { "frontend-id", BACK_DIR(TOOLSTACK, 0), NEEDS_NUMBER(0, DOMID_TOP),
		SAYS("domain of the front") },
	[XVBD_ID_ONLINE] = { "online", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(1),
		SAYS("1: the disk is wanted; 0: it is being detached") },
	[XVBD_ID_PARAMS] = { "params", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("the target, as the disk line has it; for the hotplug script") },
	[XVBD_ID_SCRIPT] = { "script", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("the hotplug script") },
	[XVBD_ID_TYPE] = { "type", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("`phy`, also for an image file") },
	[XVBD_ID_DEV] = { "dev", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("name of the disk in the guest, such as `xvda`") },
	[XVBD_ID_BOOTABLE] = { "bootable", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(1),
		SAYS("for the toolstack's own use") },
	[XVBD_ID_BACK_DEVICE_TYPE] = { "device-type", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("`disk` or `cdrom`: the second is told to the front in `info`") },
	[XVBD_ID_DIRECT_IO_SAFE] = { "direct-io-safe", BACK_DIR(TOOLSTACK, 0), IS_YES_NO(0),
		SAYS("for QEMU as the back: it may bypass its page cache") },
	[XVBD_ID_SPECIFICATION] = { "specification", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("`xen`: the disk is a Xen disk, and no virtio one") },
	[XVBD_ID_CGROUP] = { "cgroup", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("the cgroup that the disk's I/O is charged to; `vbd limit` writes it") },
	[XVBD_ID_SERIAL] = { "serial", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("serial number of the disk, which the guest has in sysfs; udev makes a link in `/dev/disk/by-id` from it") },
	[XVBD_ID_WWID] = { "wwid", BACK_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("world wide name of the disk, which the guest has in sysfs; udev makes a link in `/dev/disk/by-id` from it") },
	[XVBD_ID_PHYSICAL_DEVICE_PATH] = { "physical-device-path", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		SAYS("path of the block device; for people and tools") },
	[XVBD_ID_DISKSEQ] = { "diskseq", BACK_DIR(HOTPLUG, 0), IS_SEQUENCE,
		SAYS("sequence number of the block device: a device with this number but another sequence number is another device, unless it is removable") },
	[XVBD_ID_NODE] = { "node", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		SAYS("the loop device that the script has made for an image file") },
	[XVBD_ID_NODE_REPLACED] = { "node-replaced", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		SAYS("the former `node`, until it has been released after a swap") },
	[XVBD_ID_HOTPLUG_STATUS] = { "hotplug-status", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		SAYS("`connected` or `error`; the toolstack waits for it") },
	[XVBD_ID_HOTPLUG_ERROR] = { "hotplug-error", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		SAYS("what went wrong, in a sentence") },
	[XVBD_ID_HOTPLUG_UNDO] = { "hotplug-undo", BACK_DIR(HOTPLUG, 0), IS_TEXT,
		SAYS("what a detach has to undo; see targets.md") },

	/* The frontend's directory: how the frontend made its rings. */
	[XVBD_ID_FRONT + XVBD_FRONT_NUM_QUEUES] = { "multi-queue-num-queues", FRONT_DIR(FRONT, AGREED | ANEW), IS_NUMBER(1, XVBD_MAX_QUEUES, 1),
		SAYS("number of rings; with several, the keys of each are in `queue-N`") },
	[XVBD_ID_FRONT + XVBD_FRONT_RING_PAGE_ORDER] = { "ring-page-order", FRONT_DIR(FRONT, AGREED | ANEW), IS_NUMBER(0, XVBD_MAX_RING_PAGE_ORDER, XVBD_ABSENT),
		SAYS("order of the pages of a ring; absent: one page") },
	[XVBD_ID_FRONT + XVBD_FRONT_NUM_RING_PAGES] = { "num-ring-pages", FRONT_DIR(FRONT, AGREED | ANEW), IS_POWER(1, 1 << XVBD_MAX_RING_PAGE_ORDER, XVBD_ABSENT),
		SAYS("the same as a number of pages: the older spelling") },
	[XVBD_ID_FRONT + XVBD_FRONT_PERSISTENT] = { "feature-persistent", FRONT_DIR(FRONT, AGREED), IS_YES_NO(0),
		SAYS("1: the front reuses grants (persistent grants), if the back does") },
	[XVBD_ID_FRONT + XVBD_FRONT_PERSISTENT_SEGMENTS] = { "persistent-segments", FRONT_DIR(FRONT, AGREED | ANEW | LEAVES), IS_NUMBER(1, U32_TOP, XVBD_ABSENT),
		SAYS("the largest request, in segments, whose grants the front reuses (persistent grants); absent: it reuses all") },

	/* Keys for the frontend, from the toolstack. */
	[XVBD_ID_OWN + XVBD_OWN_VIRTUAL_DEVICE] = { "virtual-device", FRONT_DIR(TOOLSTACK, 0), IS_NUMBER(0, U32_TOP, XVBD_ABSENT),
		SAYS("number of the disk: it gives the name and the device numbers in the guest") },
	[XVBD_ID_OWN + XVBD_OWN_VIRTUAL_DEVICE_EXT] = { "virtual-device-ext", FRONT_DIR(TOOLSTACK, 0), IS_NUMBER(0, U32_TOP, XVBD_ABSENT),
		SAYS("the same, where older guests are not to see it") },
	[XVBD_ID_OWN + XVBD_OWN_TRUSTED] = { "trusted", FRONT_DIR(TOOLSTACK, 0), IS_YES_NO(1),
		SAYS("0: the back is to see nothing but the disk's data") },

	/* Other keys of the frontend's directory. */
	[XVBD_ID_FRONT_STATE] = { "state", FRONT_DIR(FRONT, 0), IS_NUMBER(0, STATE_TOP, 0),
		SAYS("state of the handshake; a toolstack writes the first 1") },
	[XVBD_ID_FRONT_REJOIN] = { "feature-rejoin", FRONT_DIR(FRONT, AGREED | LEAVES), IS_NUMBER(0, XVBD_REJOIN_CLOSED, 0),
		SAYS("the front starts over with another back; 2: and it says Closed while its back's directory is gone; no other driver has this key") },
	[XVBD_ID_PROTOCOL] = { "protocol", FRONT_DIR(FRONT, AGREED), IS_TEXT,
		SAYS("layout of the slots: `x86_64-abi`, `x86_32-abi` or `arm-abi`; absent: that of the back's kernel; a toolstack may write it first") },
	[XVBD_ID_QUEUE] = { XVBD_QUEUE_NAME, FRONT_DIR(FRONT, AGREED | ANEW | NUMBERED), IS_DIRECTORY,
		SAYS("the keys of one ring, if there are several") },
	[XVBD_ID_BACKEND] = { "backend", FRONT_DIR(TOOLSTACK, 0), NEEDS_TEXT,
		SAYS("path of the back's directory; the front follows if another back is named") },
	[XVBD_ID_BACKEND_ID] = { "backend-id", FRONT_DIR(TOOLSTACK, 0), NEEDS_NUMBER(0, DOMID_TOP),
		SAYS("domain of the back") },
	[XVBD_ID_FRONT_DEVICE_TYPE] = { "device-type", FRONT_DIR(TOOLSTACK, 0), IS_TEXT,
		SAYS("`disk` or `cdrom`: a fully virtualised guest has a CD drive by other means") },

	/* Keys of each queue. With one ring they are in the frontend's directory. */
	[XVBD_ID_EVENT_CHANNEL] = { "event-channel", QUEUE_DIR(AGREED | ANEW), NEEDS_NUMBER(1, U32_TOP),
		SAYS("event channel of the ring") },
	[XVBD_ID_RING_REF] = { "ring-ref", QUEUE_DIR(AGREED | ANEW | NUMBERED), NEEDS_NUMBER(1, U32_TOP),
		SAYS("grant of the ring's page; with several pages `ring-ref0`, `ring-ref1`, ...") },

	/* The directory of the guest's domain. */
	[XVBD_ID_VM] = { "vm", DOMAIN_DIR, IS_TEXT,
		SAYS("path of the VM: domains of one VM may have the same device") },
	[XVBD_ID_TARGET] = { "target", DOMAIN_DIR, IS_NUMBER(0, DOMID_TOP, XVBD_ABSENT),
		SAYS("of a stub domain: the guest whose device model runs in it") },
};
/* clang-format on */

const struct xvbd_key *const xvbd_tool_keys = &xvbd_keys[XVBD_ID_TOOL];
const struct xvbd_key *const xvbd_offer_keys = &xvbd_keys[XVBD_ID_OFFER];
const struct xvbd_key *const xvbd_back_keys = &xvbd_keys[XVBD_ID_BACK];
const struct xvbd_key *const xvbd_front_keys = &xvbd_keys[XVBD_ID_FRONT];
const struct xvbd_key *const xvbd_own_keys = &xvbd_keys[XVBD_ID_OWN];

bool xvbd_blkkey_is_stale(const char *name)
{
	const struct xvbd_key *key = xvbd_blkkey_find(XVBD_DIR_FRONT, name);

	return key && key->flags & XVBD_KEY_ANEW;
}

bool xvbd_blkkey_is_agreed(enum xvbd_key_dir dir, const char *name)
{
	const struct xvbd_key *key = xvbd_blkkey_find(dir, name);

	return key ? key->flags & XVBD_KEY_AGREED : !strncmp(name, "feature-", strlen("feature-"));
}

// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"

/* Maximum length of an argument in a message; longer ones are shortened. */
#define ARGUMENT_MAX 300

struct entry {
	const char *name;
	const char *status;	/* value of hotplug-status */
	int exit;		/* exit status of vbd */
	const char *text;
};

#define ERROR(id, text)	[MSG_##id] = { #id, "error", EXIT_REFUSED, text }
#define BUSY(id, text)	[MSG_##id] = { #id, "busy", EXIT_BUSY, text }
#define TOOL(id, exit, text) [MSG_##id] = { #id, "error", EXIT_##exit, text }

static const struct entry table[MSG_COUNT] = {
	ERROR(NONE, ""),
	ERROR(MISSING, "{target} does not exist: check the name, or bring its storage online first"),
	ERROR(DIRECTORY, "{target} is a directory: give a block device or an image file"),
	ERROR(KIND, "{target} is {detail}: give a block device or an image file"),
	ERROR(EMPTY, "{target} is empty (size 0): give the image a size (truncate -s 10G FILE), or bring the storage behind the device online"),
	ERROR(SMALL, "{target} has only {detail} bytes, less than one sector: give it at least 512"),
	ERROR(FORMAT, "{target} is a {detail} image, and not a raw one: let QEMU serve it (backendtype=qdisk, format={detail}), or make it raw (qemu-img convert -O raw); to attach the bytes of the file as they are, put it on a loop device (losetup -f) and attach that"),
	ERROR(SHARED_FILE, "{target} is an image file, and only a device can be attached with mode w!: put it on a loop device (losetup -f) and attach that"),
	ERROR(READONLY_DEVICE, "{target} is a read-only device: attach it read-only (mode r), or make it writable (blockdev --setrw)"),
	ERROR(READONLY_FILE, "{target} has no write permission (file mode {detail}): attach it read-only (mode r), or make it writable (chmod u+w)"),
	ERROR(READONLY_MOUNT, "{target} is on a file system that is mounted read-only: attach it read-only (mode r), or remount that file system writable"),
	ERROR(PERMISSION, "{target} may not be opened: {detail}: run as root, and check the file's permissions and attributes (lsattr)"),
	ERROR(OPEN, "{target} cannot be opened: {detail}: check the storage behind it and the kernel log (dmesg)"),
	BUSY(BUSY_MOUNT, "{target} is in use: {detail}: unmount it first, or use it read-only in both (mount -o ro, mode r)"),
	BUSY(BUSY_SWAP, "{target} is in use: {detail} is swap space: run swapoff first"),
	BUSY(BUSY_HOLDER, "{target} is in use: {detail}: stop that first, or attach that instead"),
	BUSY(BUSY_VBD, "{target} is in use: {detail}: detach it there first, or attach it everywhere read-only (mode r) or, for a cluster file system, with mode w!"),
	BUSY(BUSY_LOOP, "{target} is in use: {detail}: release it there first, or use it read-only everywhere"),
	BUSY(BUSY_LOCK, "{target} is in use: another program holds a lock on it (QEMU, perhaps): stop that program first"),
	BUSY(BUSY_UNKNOWN, "{target} is in use: the kernel refuses an exclusive open, but no mount, swap, md, device-mapper or vbd is found that uses it: check with lsblk and fuser -v"),
	ERROR(NO_LOOP, "{target} is an image file and needs a loop device, but /dev/loop-control cannot be opened ({detail}): run modprobe loop"),
	ERROR(LOOP, "{target} cannot be put on a loop device: {detail}: see losetup -a and the kernel log (dmesg)"),
	ERROR(RELEASE, "{target} is not released: {detail}: see losetup -a, and detach it with losetup -d"),
	ERROR(TARGET, "{target} is not attached: {detail}"),
	ERROR(TARGET_LATE, "{target} did not come online in time ({detail}): check that its server can be reached, then attach it again"),
	ERROR(TARGET_RELEASE, "{target} is not released: {detail}"),
	ERROR(PROTOCOL, "{target}: the executable of this type of target {detail}: see docs/targets.md"),
	ERROR(NO_PARAMS, "no target: the node params in xenstore is {detail}: name a block device or an image file in the disk line"),
	ERROR(TYPE, "{target} is of the unknown type '{detail}': use phy:, file:, or the name of an executable in " SCRIPTS "/targets"),
	ERROR(MODE, "{target} cannot be attached with mode '{detail}': use r, w, or w! where several guests write to it on purpose"),
	TOOL(NO_DRIVER, TIME, "{target} is not attached: no backend driver took {detail}: run modprobe xen-blkback"),
	ERROR(CLOSING, "{target} is not attached: the backend is closing (state {detail}): detach the disk and attach it again"),
	ERROR(VANISHED, "{target} is not attached: {detail} has vanished from xenstore, so the disk was detached meanwhile: attach it again"),
	TOOL(TIMEOUT, TIME, "{target} is not attached: {detail}: check the storage behind it and the kernel log (dmesg), then attach it again"),
	TOOL(STORE, STORE, "{target}: xenstore failed: {detail}: check that xenstored runs and that this is root"),
	ERROR(ENVIRONMENT, "XENBUS_PATH is {detail}, but must be backend/vbd/DOMID/DEVID: this program is run by the toolstack or by udev, which set it"),
	ERROR(USAGE, "usage: block add|remove|bind|unbind [/sys/devices/vbd-DOMID-DEVID], with XENBUS_PATH set by the toolstack or by udev unless the device is named; or block changed, with MAJOR and MINOR set by udev"),

	TOOL(COMMAND, USAGE, "{target}: {detail}: vbd help shows the commands"),
	TOOL(OPTION, USAGE, "{target}: {detail}: vbd help {target} shows its options"),
	TOOL(NO_DOMAIN, NONE, "there is no domain {target}: xl list shows all domains, and vbd list those with disks"),
	TOOL(NO_DISK, NONE, "{target} has no disk {detail}: vbd list {target} shows its disks"),
	TOOL(DISK_NAME, USAGE, "'{target}' is not the name of a disk: give a name like xvdb, xvdb1 or sda, or a device number"),
	TOOL(DISK_TAKEN, BUSY, "{target} already exists ({detail}): choose another name, or run vbd detach for that one first"),
	TOOL(NONE_FREE, REFUSED, "{target} has no free name left from xvda to xvdz: give one (xvdaa, for example)"),
	TOOL(NO_BACKEND, REFUSED, "no backend driver is loaded here: run modprobe xen-blkback, or give --backend DOMAIN"),
	TOOL(ELSEWHERE, REFUSED, "the backend of {target} is in domain {detail}: run this command there"),
	TOOL(OTHER_KIND, REFUSED, "{target} is served by {detail}"),
	TOOL(OTHER_LIVES, BUSY, "{target} is not removed: {detail}, and run vbd detach again"),
	TOOL(OTHER_OWNER, REFUSED, "{target} belongs to xenopsd, which would not notice a change by vbd: use xe {detail}"),
	TOOL(NOT_CONNECTED, REFUSED, "{target} is not connected ({detail}): vbd status shows what it waits for"),
	TOOL(BACKEND_SAYS, REFUSED, "{target}: the backend refuses: {detail}: the kernel log (dmesg) has more"),
	TOOL(FRONTEND_SAYS, REFUSED, "{target}: the guest refuses: {detail}: its kernel log (dmesg) has more"),
	TOOL(SCRIPT_SAYS, REFUSED, "{target}: the hotplug script in the backend's domain fails: {detail}"),
	TOOL(ATTACH_TIME, TIME, "{target} is not attached, and nothing is left of it: {detail}: fix that, or attach with --no-wait"),
	TOOL(DETACH_TIME, BUSY, "{target} is not detached yet: {detail}: run vbd detach again later, or with --force, which fails the I/O in flight"),
	TOOL(SWAP_TIME, TIME, "{target} keeps its old device: the backend did not switch to the new one in {detail}: check that it is this project's xen-blkback"),
	TOOL(SWAP_TYPE, REFUSED, "{target} cannot be put behind a disk in use: bring that storage online by itself, and give vbd swap its device"),
	TOOL(MOVE_HERE, REFUSED, "{target} cannot be moved to this domain: no program would run its hotplug script here: detach and attach it"),
	TOOL(MOVE_LIVES, REFUSED, "{target} cannot be moved: it has a backend in domain {detail}: detach and attach it, or remove a dead domain (xl destroy)"),
	TOOL(MOVE_GONE, REFUSED, "{target} cannot be moved: {detail} is gone: detach and attach it"),
	TOOL(MOVE_COPY, REFUSED, "{target} cannot be moved: {detail} has no params: detach and attach it"),
	TOOL(MOVE_FRONT, TIME, "{target} cannot be moved yet: the frontend in {detail} has not closed it: check that the guest runs, and try again; nothing was changed"),
	TOOL(MOVE_TIME, TIME, "{target} has a new backend, but is not connected yet: {detail}: the guest's I/O waits until that is fixed"),
	TOOL(RESIZE_TIME, TIME, "{target} keeps its old size: the backend did not notice the new one in {detail}: check that it is this project's xen-blkback"),
	TOOL(LIMIT, USAGE, "'{target}' is not a limit: give iops=N, riops=N, wiops=N, bps=N, rbps=N or wbps=N, with commas between; N may end in K, M or G, or be max"),
	TOOL(CGROUP, REFUSED, "{target}: {detail}: limits need cgroup version 2 with its io controller: mount -t cgroup2 none /sys/fs/cgroup"),
	TOOL(NO_LIMITS, REFUSED, "{target} has no limit: its backend is not this project's xen-blkback, and does not support limits"),
	TOOL(LIMIT_TIME, TIME, "{target} keeps its old limits: the backend did not apply the new ones in {detail}: check the kernel log (dmesg)"),
	TOOL(CONFIG, REFUSED, "libxl's record of {target} could not be updated ({detail}): check the disk after the guest is saved, migrated or rebooted"),
	TOOL(NO_SCRIPT, REFUSED, "{target}: the hotplug script {detail}: the disk's storage may still be online"),
	TOOL(DEVICE_CLASS, USAGE, "'{target}' is not the name of a class of devices: give small letters, digits and hyphens, a letter first, 31 at most"),
	TOOL(DEVICE_DISK, USAGE, "devices of the class {target} have tools of their own: use {detail}"),
	TOOL(DEVICE_LONG, USAGE, "{target} is too long: Linux ignores a device whose class, domain and number, with the hyphens, have more than {detail} characters: give a shorter class or a smaller number"),
	TOOL(DEVICE_ID, USAGE, "'{target}' is not the number of a device: give one from 0 to {detail}"),
	TOOL(DEVICE_KEY, USAGE, "'{target}' is refused: {detail}: vbd help new shows what it takes"),
	TOOL(DEVICE_TAKEN, BUSY, "{target} already exists ({detail}): give another number, or none, or run vbd delete for that one first"),
	TOOL(DEVICE_NONE, NONE, "{target} has no device {detail}"),
	TOOL(DEVICE_ENDED, REFUSED, "{target} is not made, and nothing is left of it: it was closed or removed, and nobody says why ({detail}): see the kernel logs (dmesg) of both ends"),
	TOOL(DEVICE_TIME, TIME, "{target} is not made, and nothing is left of it: {detail}: fix that, or use --no-wait"),
	TOOL(DEVICE_LATE, BUSY, "the directories of {target} are removed, though {detail}: its host may still hold what it served, see the kernel log (dmesg) there"),
	TOOL(DEVICE_BUSY, BUSY, "{target} is not deleted yet: {detail}: run vbd delete again later, or with --force, which takes it from the guest"),
	TOOL(DEVICE_SCRIPT, REFUSED, "{target}: the hotplug script {detail}: what it has made may still be there"),
	TOOL(INTERRUPTED, INTERRUPTED, "interrupted: {target} {detail}"),
	TOOL(LOG, REFUSED, "{target} cannot be read: {detail}: give a file that vbd watch --record has written"),
	TOOL(LOG_LINE, REFUSED, "{target}: line {detail} is not a line of a recording: give a file that vbd watch --record has written"),
};

const char *message_name(enum message id)
{
	return table[id].name;
}

const char *message_status(enum message id)
{
	return table[id].status;
}

static void put_char(char *text, size_t *at, char c)
{
	if (*at < MESSAGE_MAX - 1)
		text[(*at)++] = (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

static void put_argument(char *text, size_t *at, const char *s)
{
	size_t i;

	for (i = 0; s[i] && i < ARGUMENT_MAX; i++)
		put_char(text, at, s[i]);
	for (i = s[i] ? 3 : 0; i; i--)
		put_char(text, at, '.');
}

static void expand_text(char *text, const char *t, const char *target,
			const char *detail)
{
	static const char target_mark[] = "{target}", detail_mark[] = "{detail}";
	size_t at = 0;

	while (*t) {
		if (!strncmp(t, target_mark, sizeof(target_mark) - 1)) {
			put_argument(text, &at, target);
			t += sizeof(target_mark) - 1;
		} else if (!strncmp(t, detail_mark, sizeof(detail_mark) - 1)) {
			put_argument(text, &at, detail);
			t += sizeof(detail_mark) - 1;
		} else {
			put_char(text, &at, *t++);
		}
	}
	text[at] = '\0';
}

int message_exit(enum message id)
{
	return table[id].exit;
}

int fail(struct failure *f, enum message id, const char *target)
{
	f->id = id;
	expand_text(f->text, table[id].text, target, "");
	return -1;
}

int fail_detail(struct failure *f, enum message id, const char *target,
		const char *fmt, ...)
{
	char detail[MESSAGE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	f->id = id;
	expand_text(f->text, table[id].text, target, detail);
	return -1;
}

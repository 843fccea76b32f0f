/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual device numbers: what the toolstack calls a disk, and what Linux does.
 *
 * Source: docs/man/xen-vbd-interface(7); the minors are those that Linux users
 * know from the kernel's own front (major 202, 16 minors a disk, 256 for the
 * extended numbers).
 *
 * Pure.
 */
#ifndef XVBD_VDEV_H
#define XVBD_VDEV_H

#include "types.h"

#define XVBD_MAJOR 202
#define XVBD_NAME_MAX 32 /* as DISK_NAME_LEN */

/**
 * struct xvbd_vdev - a virtual device number taken apart
 * @disk:        0 for xvda, 1 for xvdb, ...
 * @part:        0 for a whole disk; else this vdev is one partition, with no
 *               table of its own
 * @first_minor: under XVBD_MAJOR
 * @nr_minors:   1 for a partition
 */
struct xvbd_vdev {
	u32 disk;
	u32 part;
	u32 first_minor;
	u32 nr_minors;
};

/**
 * xvbd_vdev_parse() - take a virtual device number apart
 *
 * IDE (3, 22) and SCSI (8, 65-71, 128-135) numbers name xvd disks too.
 *
 * Return: false if @vdev is no number that Linux can show as a disk.
 */
bool xvbd_vdev_parse(u64 vdev, struct xvbd_vdev *v);

/* Whether @vdev is a number of xvd's own, which no emulated disk can have. */
bool xvbd_vdev_is_xvd(u64 vdev);

/**
 * xvbd_vdev_is_emulated() - whether a fully virtualised guest has a disk by other means
 * @vdev:    its number; 0: there is none
 * @cdrom:   it is a CD drive: always emulated
 * @plugged: the emulated disks were not unplugged, and are there beside ours
 *
 * Return: true if showing it would show one device twice.
 */
bool xvbd_vdev_is_emulated(u64 vdev, bool cdrom, bool plugged);

/**
 * xvbd_vdev_name() - xvda, xvdaa, xvda1
 * @name: at least XVBD_NAME_MAX bytes
 */
void xvbd_vdev_name(const struct xvbd_vdev *v, char *name);

#endif /* XVBD_VDEV_H */

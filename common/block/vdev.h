/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual device numbers: the number that the toolstack gives a disk, and the
 * name and minors in Linux.
 *
 * Source: docs/man/xen-vbd-interface(7). The minors are those of the kernel's
 * own frontend: major 202, 16 minors for a disk, 256 for a disk with an
 * extended number.
 *
 * Pure: no allocation, no lock, no sleep.
 */
#ifndef XVBD_VDEV_H
#define XVBD_VDEV_H

#include "types.h"

#define XVBD_MAJOR 202
#define XVBD_NAME_MAX 32 /* bytes, as DISK_NAME_LEN */

/**
 * struct xvbd_vdev - the parts of a virtual device number
 * @disk:        0 for xvda, 1 for xvdb, ...
 * @part:        0 for a whole disk; else the device is one partition, without a
 *               partition table of its own
 * @first_minor: first minor, under XVBD_MAJOR
 * @nr_minors:   number of minors; 1 for a partition
 */
struct xvbd_vdev {
	u32 disk;
	u32 part;
	u32 first_minor;
	u32 nr_minors;
};

/**
 * xvbd_vdev_parse() - split a virtual device number into its parts
 * @vdev: the number
 * @v:    result
 *
 * IDE (3, 22) and SCSI (8, 65-71, 128-135) numbers also name xvd disks.
 *
 * Context: Any context.
 *
 * Return: false if Linux cannot show a disk with this number.
 */
bool xvbd_vdev_parse(u64 vdev, struct xvbd_vdev *v);

/**
 * xvbd_vdev_is_xvd() - whether a number belongs to xvd alone
 * @vdev: the number
 *
 * Context: Any context.
 *
 * Return: true if no emulated disk can have the number.
 */
bool xvbd_vdev_is_xvd(u64 vdev);

/**
 * xvbd_vdev_is_emulated() - whether a fully virtualised guest already has a
 * disk
 * @vdev:    the number of the disk; 0: it has no number
 * @cdrom:   the disk is a CD drive, which is always emulated
 * @plugged: the guest has not unplugged the emulated disks: it sees them, too
 *
 * Context: Any context.
 *
 * Return: true if the guest would see one device twice.
 */
bool xvbd_vdev_is_emulated(u64 vdev, bool cdrom, bool plugged);

/**
 * xvbd_vdev_name() - the name of a disk or partition: xvda, xvdaa, xvda1
 * @v:    the parts of its number
 * @name: result, at least XVBD_NAME_MAX bytes
 *
 * Context: Any context.
 */
void xvbd_vdev_name(const struct xvbd_vdev *v, char *name);

#endif /* XVBD_VDEV_H */

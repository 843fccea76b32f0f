/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lease of a device: the right to serve it. When a VM migrates within a
 * host, two disks have the same device: that of the source and that of the
 * target. At any time only one of them has the lease. A disk that has lost it
 * to a later disk, and is out of date, never serves again.
 *
 * - take: the new disk gets the lease. The disk that had it is fenced. The
 *   caller drains it before the new disk serves.
 * - release: a disk that leaves without having served gives the lease back to
 *   the disk that had it before: the migration has failed. A disk that leaves
 *   after it has served leaves all earlier disks fenced for ever: what they
 *   know about the device is out of date.
 *
 * Pure: no allocation, no lock. The caller ensures that only one context at a
 * time uses a struct xvbd_leases.
 */
#ifndef XVBD_LEASE_H
#define XVBD_LEASE_H

#include "types.h"

/**
 * struct xvbd_lease - the lease of one disk
 * @before: the disk that had the lease before, if it may get it back
 * @fenced: the disk must not serve. The flag stays set after the disk has left,
 *          until the owner clears it
 */
struct xvbd_lease {
	struct xvbd_lease *before;
	bool fenced;
};

/**
 * struct xvbd_leases - the leases of one device
 * @holder: the disk that may serve, or NULL
 */
struct xvbd_leases {
	struct xvbd_lease *holder;
};

/**
 * xvbd_lease_take() - take the lease
 * @leases: the leases of the device
 * @me:     a disk without a lease
 * @drain:  result: the disk that must end its requests in flight and pause
 *          before @me serves; NULL if there is none
 *
 * Context: Any context. The caller serializes access to @leases.
 *
 * Return: false if @me is fenced and must not serve.
 */
bool xvbd_lease_take(struct xvbd_leases *leases, struct xvbd_lease *me, struct xvbd_lease **drain);

/**
 * xvbd_lease_release() - give up the lease
 * @leases: the leases of the device
 * @me:     a disk that has taken a lease
 * @served: the disk has begun a request since it took the lease
 *
 * Context: Any context. The caller serializes access to @leases.
 *
 * Return: the disk that gets the lease back and serves again, or NULL.
 */
struct xvbd_lease *xvbd_lease_release(struct xvbd_leases *leases, struct xvbd_lease *me,
				      bool served);

#endif /* XVBD_LEASE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The order in which disks may serve one device. When a VM migrates within a
 * host, two disks have the same device: that of the source and that of the
 * target. At any time only one of them serves. A disk that has lost the turn to
 * a later disk, and is out of date, never serves again.
 *
 * - take: the new disk gets the turn. The disk that had the turn is fenced. The
 *   caller drains it before the new disk serves.
 * - leave: a disk that leaves without having served gives the turn back to the
 *   disk that had it before: the migration has failed. A disk that leaves after
 *   it has served leaves all earlier disks fenced for ever: what they know
 *   about the device is out of date.
 *
 * Pure: no allocation, no lock. The caller ensures that only one context at a
 * time uses a struct xvbd_turns.
 */
#ifndef XVBD_TURN_H
#define XVBD_TURN_H

#include "types.h"

/**
 * struct xvbd_turn - the place of one disk in the order
 * @before: the disk that had the turn before, if it may get the turn back
 * @fenced: the disk must not serve. The flag stays set after the disk has left,
 *          until the owner clears it
 */
struct xvbd_turn {
	struct xvbd_turn *before;
	bool fenced;
};

/**
 * struct xvbd_turns - the order of the disks of one device
 * @now: the disk that may serve, or NULL
 */
struct xvbd_turns {
	struct xvbd_turn *now;
};

/**
 * xvbd_turn_take() - take the turn
 * @turns: the order of the device
 * @me:    a disk that is not in the order
 * @drain: result: the disk that must end its requests in flight and pause
 *         before @me serves; NULL if there is none
 *
 * Context: Any context. The caller serializes access to @turns.
 *
 * Return: false if @me is fenced and must not serve.
 */
bool xvbd_turn_take(struct xvbd_turns *turns, struct xvbd_turn *me, struct xvbd_turn **drain);

/**
 * xvbd_turn_leave() - leave the order
 * @turns:  the order of the device
 * @me:     a disk that has taken its turn
 * @served: the disk has begun a request since it took the turn
 *
 * Context: Any context. The caller serializes access to @turns.
 *
 * Return: the disk that gets the turn back and serves again, or NULL.
 */
struct xvbd_turn *xvbd_turn_leave(struct xvbd_turns *turns, struct xvbd_turn *me, bool served);

#endif /* XVBD_TURN_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose turn it is to serve a device. While a VM migrates within a host, the
 * disk of its source and that of its target hold the same device; at any time
 * one of them serves, and none that has been overtaken serves again.
 *
 *   take    the newcomer has the turn; who had it is fenced, and is drained
 *           before the newcomer serves
 *   leave   who goes without having served gives the turn back to whom it was
 *           taken from: a migration that has failed. Who goes after it has
 *           served leaves all before it fenced for good: what they know of the
 *           device is out of date
 *
 * Pure: no allocation, no lock; the caller sees to it that one at a time looks.
 */
#ifndef XVBD_TURN_H
#define XVBD_TURN_H

#include "types.h"

/**
 * struct xvbd_turn - one disk's place in the row
 * @before: whom it took the turn from, if that one may have it back
 * @fenced: it must not serve; stays so when it leaves, until it is forgotten
 */
struct xvbd_turn {
	struct xvbd_turn *before;
	bool fenced;
};

/**
 * struct xvbd_turns - one device
 * @now: who may serve, or NULL
 */
struct xvbd_turns {
	struct xvbd_turn *now;
};

/**
 * xvbd_turn_take() - begin to serve
 * @turns: of the device
 * @me:    not in the row
 * @drain: result: who must have ended all it has in flight, and pause, before
 *         @me serves; NULL if there is nobody
 *
 * Return: false if @me is fenced, and must not serve.
 */
bool xvbd_turn_take(struct xvbd_turns *turns, struct xvbd_turn *me, struct xvbd_turn **drain);

/**
 * xvbd_turn_leave() - serve no more
 * @turns:  of the device
 * @me:     has taken its turn there
 * @served: it has begun a request since then
 *
 * Return: who goes on serving, or NULL.
 */
struct xvbd_turn *xvbd_turn_leave(struct xvbd_turns *turns, struct xvbd_turn *me, bool served);

#endif /* XVBD_TURN_H */
